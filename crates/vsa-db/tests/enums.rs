//! The Rust enums are the database's: same names, same labels, same order.

use std::collections::BTreeMap;

use anyhow::ensure;
use vsa_db::enums::{
    CallOutcome, CampaignStatus, ContactLanguage, ContactState, EmailStatus, EmailTemplateType,
    EventType, ExclusionSource, LanguageCode, LlmProvider, ProviderType, QuestionType, UserRole,
};

macro_rules! for_each_enum {
    ($do:ident!($($args:tt)*)) => {
        $do!($($args)*; UserRole, CampaignStatus, LanguageCode, QuestionType, ContactState,
            ContactLanguage, CallOutcome, ExclusionSource, EventType, EmailStatus,
            EmailTemplateType, ProviderType, LlmProvider)
    };
}

#[test]
fn labels_and_their_order_are_those_of_the_database() {
    macro_rules! labels {
        (; $($name:ident),+) => {
            BTreeMap::from([$((
                $name::TYPE_NAME.to_owned(),
                $name::ALL.iter().map(ToString::to_string).collect::<Vec<_>>(),
            )),+])
        };
    }
    test_db::run(async |db| {
        let ours = for_each_enum!(labels!());
        let theirs: Vec<(String, Vec<String>)> = sqlx::query_as(
            "SELECT typname::text, array_agg(enumlabel::text ORDER BY enumsortorder)
            FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid
            WHERE typnamespace = 'public'::regnamespace
            GROUP BY typname",
        )
        .fetch_all(db.pool())
        .await?;
        let theirs: BTreeMap<_, _> = theirs.into_iter().collect();
        assert_eq!(ours.len(), 13);
        assert_eq!(ours, theirs);
        Ok(())
    });
}

#[test]
fn every_value_travels_to_the_server_and_back_alone_and_in_an_array() {
    macro_rules! travel {
        ($conn:ident; $($name:ident),+) => {$(
            let (array, text, first): (Vec<$name>, Vec<String>, $name) =
                sqlx::query_as("SELECT $1, $1::text[], $2")
                    .bind($name::ALL)
                    .bind($name::ALL[0])
                    // The cache of statements goes by their text, which is the same for every type.
                    .persistent(false)
                    .fetch_one(&mut *$conn)
                    .await?;
            assert_eq!(array, $name::ALL);
            assert_eq!(text, $name::ALL.iter().map(ToString::to_string).collect::<Vec<_>>());
            assert_eq!(first, $name::ALL[0]);
        )+};
    }
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        for_each_enum!(travel!(conn));
        Ok(())
    });
}

#[test]
fn a_label_the_code_does_not_know_is_an_error_that_quotes_it() {
    test_db::run(async |db| {
        let mut tx = db.pool().begin().await?;
        sqlx::raw_sql("CREATE TYPE pg_temp.user_role AS ENUM ('superuser')")
            .execute(&mut *tx)
            .await?;
        let error = sqlx::query_scalar::<_, UserRole>("SELECT 'superuser'::pg_temp.user_role")
            .fetch_one(&mut *tx)
            .await
            .unwrap_err()
            .to_string();
        ensure!(
            error.contains("superuser") && error.contains("UserRole"),
            "{error}"
        );
        Ok(())
    });
}
