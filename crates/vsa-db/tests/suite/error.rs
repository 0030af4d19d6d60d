//! What is told of a database error: everything that helps, nothing that was stored.

use anyhow::{Context as _, Result};
use sqlx::{AssertSqlSafe, PgPool};
use vsa_db::error::{DatabaseError, constraint, describe, is_retryable};

/// The error of a statement on a table of phone numbers with one row.
async fn failure(pool: &PgPool, statement: &str) -> Result<sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(pool)
        .await
        .err()
        .context("it succeeded")
}

#[test]
fn errors_are_told_in_full_but_for_stored_values() {
    test_db::run_empty(async |db| {
        sqlx::raw_sql(
            "CREATE TABLE people (
                 id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
                 phone text NOT NULL CONSTRAINT people_phone_key UNIQUE CONSTRAINT people_phone_check CHECK (phone LIKE '+%'),
                 friend text CONSTRAINT people_friend_fkey REFERENCES people (phone));
             INSERT INTO people (phone) VALUES ('+39300) already exists.1')",
        )
        .execute(db.pool())
        .await?;
        for (statement, shown, hidden) in [
            (
                "INSERT INTO people (phone) VALUES ('+39300) already exists.1')",
                "duplicate key value violates unique constraint \"people_phone_key\" (23505; detail: Key (phone) already exists; table: people; constraint: people_phone_key)",
                "300",
            ),
            (
                "INSERT INTO people (phone, friend) VALUES ('+1', '+39301')",
                "(23503; detail: Key (friend) is not present in table \"people\"; table: people; constraint: people_friend_fkey)",
                "301",
            ),
            (
                "INSERT INTO people (phone, friend) VALUES ('+39302', '+39302'), ('+3', '+39302'); DELETE FROM people WHERE phone = '+39302'",
                "detail: Key (phone) is still referenced from table \"people\"",
                "302",
            ),
            (
                "INSERT INTO people (phone) VALUES ('39303')",
                "(23514; detail: not shown, it may repeat stored values; table: people; constraint: people_phone_check)",
                "303",
            ),
            (
                "INSERT INTO people (friend) VALUES ('+39304')",
                "column: phone)",
                "304",
            ),
            (
                "SELECT '39305-not-a-uuid'::uuid",
                "invalid input syntax for type uuid: (value not shown) (22P02)",
                "305",
            ),
            (
                "SELECT phon FROM people",
                "column \"phon\" does not exist (42703; hint: Perhaps you meant to reference the column \"people.phone\")",
                "+39",
            ),
            (
                "DO $$ BEGIN RAISE 'no' USING DETAIL = '+39306', HINT = 'do that'; END $$",
                "no (P0001; detail: not shown, it may repeat stored values; hint: do that)",
                "306",
            ),
        ] {
            let error = DatabaseError::from(failure(db.pool(), statement).await?);
            let text = error.to_string();
            assert!(text.contains(shown), "{text}\ndoes not contain\n{shown}");
            assert_eq!(format!("{error:?}"), format!("DatabaseError({text})"));
            let chain = format!("{:#}", anyhow::Error::new(error));
            assert!(!chain.contains(hidden), "{chain}");
        }
        let error = failure(db.pool(), "INSERT INTO people (phone) VALUES ('39303')").await?;
        assert_eq!(constraint(&error), Some("people_phone_check"));
        assert!(!is_retryable(&error));
        Ok(())
    });
}

#[test]
fn conflicts_are_retryable_and_their_detail_is_shown() {
    test_db::run_empty(async |db| {
        for (code, retryable) in [
            ("40001", true),
            ("40P01", true),
            ("55P03", false),
            ("57014", false),
        ] {
            let raise = format!(
                "DO $$ BEGIN RAISE 'x' USING ERRCODE = '{code}', DETAIL = 'Process 1 waits'; END $$"
            );
            let error = failure(db.pool(), &raise).await?;
            assert_eq!(is_retryable(&error), retryable, "{code}");
            assert!(
                describe(&error).contains("detail: Process 1 waits"),
                "{}",
                describe(&error)
            );
        }
        Ok(())
    });
}

#[test]
fn other_errors_are_told_as_they_are() {
    assert_eq!(
        describe(&sqlx::Error::RowNotFound),
        sqlx::Error::RowNotFound.to_string()
    );
    assert_eq!(constraint(&sqlx::Error::RowNotFound), None);
    assert!(!is_retryable(&sqlx::Error::PoolTimedOut));
}
