//! What is refused, and what a row that does not fit leaves behind.

use anyhow::ensure;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use vsa_db::migrate::{Migrator, UpOptions};
use vsa_drift::scratch;

use super::support::{
    CONTACT_EMAIL, DAY_13, LAST_OF_CONTACTS, first_thirteen, plan, refusal, with_column,
};

#[test]
fn what_deletes_data_must_be_named_and_nothing_else_may_be() {
    test_db::run(async |db| {
        let gone = [(CONTACT_EMAIL, "")];
        assert_eq!(
            refusal(db.url(), &gone, &[]).await?,
            "this migration deletes what is in `contacts.email`; if that is meant, add --deletes contacts.email, and if \
             something only gets another name, write `renamed_from` in the schema"
        );
        assert_eq!(
            refusal(db.url(), &gone, &["contacts.email", "contacts.phone"]).await?,
            "this migration deletes nothing called `contacts.phone`; leave out --deletes contacts.phone"
        );
        let files = plan(db.url(), &gone, &["contacts.email"]).await?;
        ensure!(
            files[0].text.contains(
                "-- contacts.email: deletes data, cannot be undone.\n\
                 -- squawk-ignore ban-drop-column -- meant: --deletes contacts.email\n\
                 ALTER TABLE contacts DROP COLUMN IF EXISTS email;\n"
            ),
            "{}",
            files[0].text
        );
        Ok(())
    });
}

#[test]
fn what_cannot_be_done_to_a_database_in_use_is_told_with_its_place() {
    test_db::run(async |db| {
        let line = |text: &str| {
            DAY_13
                .lines()
                .position(|line| line.contains(text))
                .map_or(0, |n| n + 1)
        };
        let required = with_column("nickname: {type: text, comment: Nickname.}");
        assert_eq!(
            refusal(db.url(), &[(LAST_OF_CONTACTS, &required)], &[]).await?,
            format!(
                "schema.yaml:{}:7: `contacts.nickname` is new, may not be null and has no default: rows that are there would \
                 have no value; write a `default`, or `nullable: true`",
                line("- [campaign_id, phone_number]") - 1
            )
        );
        let first = format!(
            "      nickname: {{type: text, nullable: true, comment: Nickname.}}\n{CONTACT_EMAIL}"
        );
        let error = refusal(db.url(), &[(CONTACT_EMAIL, &first)], &[]).await?;
        ensure!(
            error.contains("`contacts.email` stands after the new column `nickname`, and PostgreSQL adds columns only at the end; move `nickname` behind the last column of `contacts`"),
            "{error}"
        );
        let error = refusal(db.url(), &[("      busy: The line was busy.\n", "")], &[]).await?;
        assert_eq!(
            error,
            format!(
                "schema.yaml:{}:3: the label `busy` of `call_outcome` is missing, and `call_attempts.outcome` uses the type; keep \
                 it (a label cannot be taken from a type in use), or write `renamed_from: busy` at its new name",
                line("  call_outcome:")
            )
        );
        let swapped = [
            ("      busy: The line was busy.\n", ""),
            (
                "      no_answer: It",
                "      busy: The line was busy.\n      no_answer: It",
            ),
        ];
        let error = refusal(db.url(), &swapped, &[]).await?;
        ensure!(
            error.contains("the labels of `call_outcome` stand in another order, and `call_attempts.outcome` uses the type; keep the order: completed, refused, no_answer, busy, failed"),
            "{error}"
        );
        ensure!(
            error.starts_with(&format!("schema.yaml:{}:7: ", line("      no_answer: It"))),
            "{error}"
        );
        Ok(())
    });
}

#[test]
fn a_row_that_does_not_fit_leaves_the_database_as_it_was() {
    test_db::run(async |db| {
        let edits = [(
            "      description: {type: text, nullable: true,",
            "      description: {type: text, default: \"''\",",
        )];
        let files = plan(db.url(), &edits, &[]).await?;
        let all =
            first_thirteen()?.with(files.into_iter().map(|file| (file.name, file.text.into())))?;
        let error = scratch::with(db.url(), async |server| {
            let url = server.create().await?;
            Migrator::new(first_thirteen()?).up(&url, UpOptions::default()).await?;
            let mut conn = PgConnection::connect_with(&url.options()).await?;
            let sql = "INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.com', 'A');
                INSERT INTO campaigns (name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
                    question_3_text, question_3_type, created_by_user_id)
                SELECT 'c', '', '', 'scale', '', 'scale', '', 'scale', id FROM users";
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
            let migrator = Migrator::new(all.clone());
            let error = migrator.up(&url, UpOptions::default()).await.unwrap_err();
            let status = migrator.status(&url).await?;
            let there: bool = sqlx::query_scalar("SELECT description IS NULL FROM campaigns").fetch_one(&mut conn).await?;
            ensure!(there, "the row is as it was");
            Ok(format!("{error:#}\n{status:?}"))
        })
        .await?;
        ensure!(error.contains("0015_edit_finish.up.sql"), "{error}");
        Ok(())
    });
}
