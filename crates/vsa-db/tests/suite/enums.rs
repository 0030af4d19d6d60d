//! The Rust enums are the database's: same names, same labels, same order.

use std::collections::BTreeMap;

use anyhow::ensure;
use sqlx::postgres::{PgHasArrayType, PgTypeInfo};
use sqlx::{PgConnection, Postgres, Type, TypeInfo};
use vsa_db::enums::UserRole;

/// What is done with each enum.
macro_rules! each_enum {
    ($($name:ident),+) => {
        /// The labels of each, by the name of the type.
        pub(crate) fn labels() -> std::collections::BTreeMap<String, Vec<String>> {
            [$(crate::enums::labels(
                vsa_db::enums::$name::TYPE_NAME,
                vsa_db::enums::$name::ALL,
            )),+]
            .into()
        }

        pub(crate) fn agree_with_their_labels() {
            $(crate::enums::agrees_with_its_label(
                vsa_db::enums::$name::TYPE_NAME,
                vsa_db::enums::$name::ALL,
                vsa_db::enums::$name::as_str,
            );)+
        }

        pub(crate) async fn travel(conn: &mut sqlx::PgConnection) -> anyhow::Result<()> {
            $(crate::enums::travels(conn, vsa_db::enums::$name::ALL).await?;)+
            Ok(())
        }
    };
}

mod generated;

/// All that an enum of ours can do.
trait PgEnum:
    Copy
    + Send
    + Sync
    + Unpin
    + std::fmt::Debug
    + ToString
    + PartialEq
    + std::str::FromStr<Err: std::fmt::Debug>
    + serde::Serialize
    + serde::de::DeserializeOwned
    + Type<Postgres>
    + PgHasArrayType
    + for<'q> sqlx::Encode<'q, Postgres>
    + for<'r> sqlx::Decode<'r, Postgres>
    + 'static
{
}

impl<T> PgEnum for T where
    T: Copy
        + Send
        + Sync
        + Unpin
        + std::fmt::Debug
        + ToString
        + PartialEq
        + std::str::FromStr<Err: std::fmt::Debug>
        + serde::Serialize
        + serde::de::DeserializeOwned
        + Type<Postgres>
        + PgHasArrayType
        + for<'q> sqlx::Encode<'q, Postgres>
        + for<'r> sqlx::Decode<'r, Postgres>
        + 'static
{
}

fn labels(type_name: &'static str, all: &[impl PgEnum]) -> (String, Vec<String>) {
    (
        type_name.to_owned(),
        all.iter().map(ToString::to_string).collect(),
    )
}

#[test]
fn labels_and_their_order_are_those_of_the_database() {
    test_db::run(async |db| {
        let theirs: Vec<(String, Vec<String>)> = sqlx::query_as(
            "SELECT typname::text, array_agg(enumlabel::text ORDER BY enumsortorder)
            FROM pg_type JOIN pg_enum ON enumtypid = pg_type.oid
            WHERE typnamespace = 'public'::regnamespace
            GROUP BY typname",
        )
        .fetch_all(db.pool())
        .await?;
        let theirs: BTreeMap<_, _> = theirs.into_iter().collect();
        assert_eq!(generated::labels(), theirs);
        Ok(())
    });
}

/// Display, `FromStr`, JSON and the SQL type of every value agree with its label.
fn agrees_with_its_label<T: PgEnum>(
    type_name: &'static str,
    all: &[T],
    label: fn(T) -> &'static str,
) {
    for &value in all {
        let text = label(value);
        assert_eq!(value.to_string(), text);
        assert_eq!(text.parse::<T>().unwrap(), value);
        let json = serde_json::to_value(value).unwrap();
        assert_eq!(json, text);
        assert_eq!(serde_json::from_value::<T>(json).unwrap(), value);
    }
    assert_eq!(<T as Type<Postgres>>::type_info().name(), type_name);
    assert_eq!(T::array_type_info(), PgTypeInfo::array_of(type_name));
}

#[test]
fn every_value_is_its_label_everywhere() {
    generated::agree_with_their_labels();
}

async fn travels<T: PgEnum>(conn: &mut PgConnection, all: &'static [T]) -> anyhow::Result<()> {
    let (array, text, first): (Vec<T>, Vec<String>, T) =
        sqlx::query_as("SELECT $1, $1::text[], $2")
            .bind(all)
            .bind(all[0])
            // The cache of statements goes by their text, which is the same for every type.
            .persistent(false)
            .fetch_one(&mut *conn)
            .await?;
    assert_eq!(array, all);
    assert_eq!(
        text,
        all.iter().map(ToString::to_string).collect::<Vec<_>>()
    );
    assert_eq!(first, all[0]);
    Ok(())
}

#[test]
fn every_value_travels_to_the_server_and_back_alone_and_in_an_array() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        generated::travel(&mut conn).await
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
