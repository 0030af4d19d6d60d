//! A new column whose default differs from row to row, in a table that others use.

use std::time::Duration;

use anyhow::ensure;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::{Migrator, Settings, Source, UpOptions};
use vsa_drift::build::build;
use vsa_drift::catalog::read;
use vsa_drift::migration::render;
use vsa_drift::plan::{Hazard, Phase, Plan, plan as walk};
use vsa_drift::scratch;

use super::support::{LAST_OF_CONTACTS, names, plan, with_column};

/// The last column of `survey_responses`, which no trigger watches.
const LAST: &str = "      completed_at: {type: timestamptz, default: now(), comment: When the last question was answered.}\n";

#[test]
fn rows_that_are_there_are_filled_in_turns() {
    test_db::run(async |db| {
        let token = "      token: {type: uuid, default: gen_random_uuid(), comment: Token.}\n";
        let files = plan(db.url(), &[(LAST, &format!("{LAST}{token}"))], &[]).await?;
        assert_eq!(
            names(&files),
            [
                "0014_edit.up.sql",
                "0014_edit.down.sql",
                "0015_edit_fill.up.sql",
                "0015_edit_fill.down.sql",
                "0016_edit_finish.up.sql",
                "0016_edit_finish.down.sql"
            ]
        );
        assert_eq!(
            files[0].text,
            "-- survey_responses.token.\n\
             -- What takes a short lock, in one transaction.\n\
             \n\
             ALTER TABLE survey_responses ADD COLUMN IF NOT EXISTS token uuid;\n\
             ALTER TABLE survey_responses ALTER COLUMN token SET DEFAULT gen_random_uuid();\n\
             COMMENT ON COLUMN survey_responses.token IS 'Token.';\n"
        );
        let fill = &files[2].text;
        ensure!(
            fill.starts_with(
                "-- no-transaction\n\
                 -- survey_responses.token.\n\
                 -- Rows that are there get their value, some at a time; broken off, it can be run again.\n\
                 \n\
                 -- survey_responses.token: writes every row.\n\
                 DO $do$\n"
            ),
            "{fill}"
        );
        Ok(())
    });
}

#[test]
fn where_an_update_has_triggers_all_rows_are_rewritten_and_that_is_said() {
    test_db::run(async |db| {
        let column =
            with_column("token: {type: uuid, default: gen_random_uuid(), comment: Token.}");
        let files = plan(db.url(), &[(LAST_OF_CONTACTS, &column)], &[]).await?;
        assert_eq!(names(&files), ["0014_edit.up.sql", "0014_edit.down.sql"]);
        let up = &files[0].text;
        for part in [
            "In one transaction, which keeps its locks to its end: see what blocks writes.",
            "-- contacts.token: rewrites the table, blocks writes.",
            "ADD COLUMN IF NOT EXISTS token uuid NOT NULL DEFAULT gen_random_uuid();",
        ] {
            ensure!(up.contains(part), "no {part:?} in {up}");
        }
        // An update would fire `set_updated_at`: every contact would have been changed today.
        ensure!(!up.contains("UPDATE"), "{up}");
        Ok(())
    });
}

/// What stands in the way of filling: each is planned all the same, in one file, and says what it costs.
#[test]
fn what_others_would_notice_is_not_filled_later() {
    test_db::run(async |db| {
        let token = "      token: {type: text, default: gen_random_uuid()::text, comment: Token.";
        let length =
            "      token_length: {type: integer, generated: length(token), comment: Length.}\n";
        for new in [
            format!("{token}, nullable: true}}\n"),
            format!("{token}}}\n{length}"),
            format!("{token}, check: token <> ''}}\n"),
        ] {
            let files = plan(db.url(), &[(LAST, &format!("{LAST}{new}"))], &[]).await?;
            let up = &files[0].text;
            ensure!(!names(&files)[0].contains("fill"), "{up}");
            ensure!(
                up.contains("-- survey_responses.token: rewrites the table, blocks writes."),
                "{up}"
            );
        }
        Ok(())
    });
}

/// Variables of the loop are none of the table's columns.
#[test]
fn a_column_may_be_called_as_the_loop_calls_its_own() {
    test_db::run(async |db| {
        let both = "      start: {type: uuid, default: gen_random_uuid(), comment: Start.}
      last: {type: uuid, default: gen_random_uuid(), comment: Last.}\n";
        let files = plan(db.url(), &[(LAST, &format!("{LAST}{both}"))], &[]).await?;
        assert_eq!(names(&files)[2], "0015_edit_fill.up.sql");
        Ok(())
    });
}

const BEFORE: &str = "areas: {people: {title: People, comment: Who is asked.}}
tables:
  users:
    area: people
    model: User
    comment: People.
    columns:
      id: {type: bigint, comment: Primary key.}
      name: {type: text, comment: What they are called.}
";

/// A database with more rows than one turn fills, and the plan that gives each of them a token.
async fn nine_thousand_people(
    server: &scratch::Server,
) -> anyhow::Result<(DatabaseUrl, PgConnection, Plan)> {
    let token = "      token: {type: uuid, default: gen_random_uuid(), comment: Token.}\n";
    let after = vsa_schema::read("schema.yaml", format!("{BEFORE}{token}").as_bytes())?;
    let before = vsa_schema::read("schema.yaml", BEFORE.as_bytes())?;
    let mut goal = PgConnection::connect_with(&server.create().await?.options()).await?;
    build(&mut goal, "schema.yaml", &after).await?;
    let goal = read(&mut goal).await?;
    let url = server.create().await?;
    let mut conn = PgConnection::connect_with(&url.options()).await?;
    build(&mut conn, "schema.yaml", &before).await?;
    let plan = walk(&mut conn, "schema.yaml", &after, &goal).await?;
    let people = "INSERT INTO users SELECT n, repeat('x', 400) FROM generate_series(1, 9000) n";
    sqlx::raw_sql(people).execute(&mut conn).await?;
    Ok((url, conn, plan))
}

/// More rows than one turn fills, and some that others change and add meanwhile.
#[test]
fn others_change_and_add_rows_while_they_are_filled() {
    test_db::run(async |db| {
        scratch::with(db.url(), async |server| {
            let (url, mut conn, plan) = nine_thousand_people(server).await?;
            let [change, fill, finish] = &*plan.parts else {
                anyhow::bail!("{plan:#?}");
            };
            assert_eq!(fill.phase, Phase::Fill);
            assert_eq!(fill.up[0].hazards, [Hazard::WritesRows]);

            for step in &change.up {
                sqlx::raw_sql(AssertSqlSafe(&*step.sql)).execute(&mut conn).await?;
            }
            let mut other = PgConnection::connect_with(&url.options()).await?;
            let mut open = other.begin().await?;
            sqlx::raw_sql("UPDATE users SET name = 'new' WHERE id = 8000")
                .execute(&mut *open)
                .await?;
            let filling = async {
                for step in &fill.up {
                    sqlx::raw_sql(AssertSqlSafe(&*step.sql)).execute(&mut conn).await?;
                }
                anyhow::Ok(())
            };
            let meanwhile = async {
                let mut third = PgConnection::connect_with(&url.options()).await?;
                // The turns before that of the open row have ended: others see what they wrote.
                loop {
                    let waits: bool = sqlx::query_scalar(
                        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')",
                    )
                    .fetch_one(&mut third)
                    .await?;
                    if waits {
                        break;
                    }
                }
                let filled: i64 = sqlx::query_scalar("SELECT count(token) FROM users")
                    .fetch_one(&mut third)
                    .await?;
                ensure!(filled > 0, "one turn for all rows");
                sqlx::raw_sql("UPDATE users SET name = 'newer' WHERE id IN (1, 9000); INSERT INTO users VALUES (9001, 'late')")
                    .execute(&mut third)
                    .await?;
                open.commit().await?;
                Ok(())
            };
            tokio::try_join!(filling, meanwhile)?;
            for step in &finish.up {
                sqlx::raw_sql(AssertSqlSafe(&*step.sql)).execute(&mut conn).await?;
            }
            let tokens: i64 = sqlx::query_scalar("SELECT count(DISTINCT token) FROM users")
                .fetch_one(&mut conn)
                .await?;
            assert_eq!(tokens, 9001);
            let names: Vec<String> =
                sqlx::query_scalar("SELECT name FROM users WHERE id IN (1, 8000, 9000, 9001) ORDER BY id")
                    .fetch_all(&mut conn)
                    .await?;
            assert_eq!(names, ["newer", "new", "newer", "late"]);
            Ok(())
        })
        .await
    });
}

/// A row that somebody holds for too long ends the migrator; what was filled by then stays filled.
#[test]
fn a_fill_that_is_broken_off_is_run_again() {
    test_db::run(async |db| {
        scratch::with(db.url(), async |server| {
            let (url, mut conn, plan) = nine_thousand_people(server).await?;
            let folder = tempfile::tempdir()?;
            for file in render(&plan, 1, "add_token") {
                std::fs::write(folder.path().join(file.name), file.text)?;
            }
            let migrator =
                Migrator::new(Source::from_dir(folder.path())?).with_settings(Settings {
                    lock_wait: Duration::from_millis(300),
                    lock_timeout: Duration::from_millis(50),
                    ..Settings::default()
                });

            let only_change = UpOptions {
                to: Some(1),
                ..UpOptions::default()
            };
            migrator.up(&url, only_change).await?;
            let mut other = PgConnection::connect_with(&url.options()).await?;
            let mut held = other.begin().await?;
            sqlx::raw_sql("SELECT FROM users WHERE id = 8000 FOR UPDATE")
                .execute(&mut *held)
                .await?;
            let error = migrator.up(&url, UpOptions::default()).await;
            let error = error.unwrap_err().to_string();
            held.rollback().await?;
            ensure!(error.contains("0002_add_token_fill.up.sql"), "{error}");
            let filled: i64 = sqlx::query_scalar("SELECT count(token) FROM users")
                .fetch_one(&mut conn)
                .await?;
            assert_eq!(filled, 8999);

            migrator.up(&url, UpOptions::default()).await?;
            let tokens: i64 = sqlx::query_scalar("SELECT count(DISTINCT token) FROM users")
                .fetch_one(&mut conn)
                .await?;
            assert_eq!(tokens, 9000);
            Ok(())
        })
        .await
    });
}
