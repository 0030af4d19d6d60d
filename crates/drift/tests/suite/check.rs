//! `vsa-drift check` as a program: what it says of files and databases that are not right, and what it leaves behind.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::support::{check, check_live, ran, root};
use anyhow::{Context as _, ensure};
use serde_json::Value;
use sqlx::AssertSqlSafe;
use test_db::TestDb;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, Source};

/// A copy of the migrations, with one more pair.
fn migrations_and(up: &str, down: &str) -> anyhow::Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    let mut last = 0;
    for entry in fs::read_dir(root().join("migrations"))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .context("a file has a name")?
            .to_string_lossy()
            .into_owned();
        last = last.max(
            name.split('_')
                .next()
                .unwrap_or_default()
                .parse()
                .unwrap_or(0),
        );
        fs::copy(&path, folder.path().join(name))?;
    }
    let number: u32 = last + 1;
    fs::write(folder.path().join(format!("{number:04}_more.up.sql")), up)?;
    fs::write(
        folder.path().join(format!("{number:04}_more.down.sql")),
        down,
    )?;
    Ok(folder)
}

fn with_migrations(mut command: Command, folder: &Path) -> Command {
    command.arg("--migrations").arg(folder);
    command
}

async fn scratch_databases(db: &TestDb) -> anyhow::Result<Vec<String>> {
    Ok(sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE starts_with(datname, 'vsa_scratch_' || \
         (SELECT oid FROM pg_database WHERE datname = current_database()) || '_') ORDER BY datname",
    )
    .fetch_all(db.pool())
    .await?)
}

#[test]
fn what_the_file_says_more_than_the_migrations_is_told() {
    test_db::run(async |db| {
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("schema.yaml");
        let text = fs::read_to_string(root().join("schema.yaml"))?;
        let more = text.replacen(
            "      viewer: Reads",
            "      guest: Nothing.\n      viewer: Reads",
            1,
        );
        ensure!(more != text, "the file is written otherwise now");
        fs::write(&file, more)?;
        let (stdout, _, code) = ran(check(db).arg("--schema").arg(&file))?;
        assert_eq!(code, Some(3), "{stdout}");
        assert!(
            stdout.starts_with(
                "schema.yaml and the migrations: 1 difference\n  breaking  enum user_role: labels differs\n"
            ),
            "{stdout}"
        );
        assert!(stdout.contains("cargo xtask migrate new NAME"), "{stdout}");
        assert!(
            stdout.contains("the migrations and the live database: not compared"),
            "{stdout}"
        );
        Ok(())
    });
}

#[test]
fn a_down_file_that_leaves_something_is_named_with_what_it_leaves() {
    test_db::run(async |db| {
        let folder = migrations_and("CREATE TYPE more AS ENUM ('a')", "SELECT 1")?;
        let (stdout, _, code) = ran(&mut with_migrations(check(db), folder.path()))?;
        assert_eq!(code, Some(3), "{stdout}");
        let told: Vec<&str> = stdout
            .lines()
            .skip_while(|line| !line.starts_with("up, down and up again"))
            .collect();
        assert_eq!(told[0], "up, down and up again: 1 difference", "{stdout}");
        assert!(
            told[1].starts_with("  after ") && told[1].ends_with("_more.down.sql"),
            "{stdout}"
        );
        assert_eq!(told[2], "  additive  enum more: is in after, not in before");
        let folder = migrations_and("CREATE INDEX users_name_idx ON users (name)", "SELECT 1")?;
        let (stdout, stderr, code) = ran(with_migrations(check(db), folder.path()).arg("--json"))?;
        assert_eq!(code, Some(3), "{stdout}{stderr}");
        let report: Value = serde_json::from_str(&stdout)?;
        let trip = &report["comparisons"][2];
        assert_eq!(trip["name"], "round_trip");
        let first = &trip["differences"][0];
        assert_eq!(first["object"], "index users_name_idx on users");
        assert_eq!(first["change"], "unexpected");
        assert!(
            first["after"]
                .as_str()
                .is_some_and(|file| file.ends_with("_more.down.sql")),
            "{stdout}"
        );
        Ok(())
    });
}

#[test]
fn a_column_that_comes_back_last_is_no_difference_of_the_round_trip() {
    test_db::run(async |db| {
        let folder = migrations_and(
            "ALTER TABLE call_attempts DROP provider_raw_status",
            "ALTER TABLE call_attempts ADD provider_raw_status text; \
             COMMENT ON COLUMN call_attempts.provider_raw_status IS 'Status in the provider''s words, for diagnosis.'",
        )?;
        let (stdout, stderr, code) = ran(with_migrations(check(db), folder.path()).arg("--json"))?;
        assert_eq!(code, Some(3), "the file still has the column: {stderr}");
        let report: Value = serde_json::from_str(&stdout)?;
        let trip = &report["comparisons"][2];
        let told: Vec<&Value> = trip["differences"]
            .as_array()
            .into_iter()
            .flatten()
            .collect();
        assert!(
            told.iter()
                .all(|difference| difference["property"] == "comment"),
            "{stdout}"
        );
        Ok(())
    });
}

#[test]
fn what_is_pending_in_the_live_database_is_told_before_its_differences() {
    test_db::run(async |db| {
        let options = DownOptions {
            target: DownTarget::Version(12),
            allow_remote: true,
        };
        Migrator::new(Source::from_dir(&root().join("migrations"))?)
            .down(db.url(), options)
            .await?;
        let (stdout, _, code) = ran(&mut check_live(db))?;
        assert_eq!(code, Some(3), "{stdout}");
        let mut lines = stdout
            .lines()
            .skip(2)
            .skip_while(|line| line.starts_with("  pending   migrations/0"));
        let difference = lines.next().unwrap_or_default();
        assert!(
            stdout
                .contains("  pending   migrations/0013_triggers.up.sql: `cargo xtask migrate up`"),
            "{stdout}"
        );
        assert!(
            difference.contains("is in the migrations, not in the live database"),
            "{stdout}"
        );
        Ok(())
    });
}

#[test]
fn an_interrupted_run_leaves_no_database() {
    test_db::run(async |db| {
        let folder = migrations_and("SELECT pg_sleep(100)", "SELECT 1")?;
        let mut running = with_migrations(check(db), folder.path()).spawn()?;
        let sleeps = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE starts_with(datname, $1) AND wait_event = 'PgSleep')";
        let oid: String = sqlx::query_scalar(
            "SELECT oid::text FROM pg_database WHERE datname = current_database()",
        )
        .fetch_one(db.pool())
        .await?;
        while !sqlx::query_scalar::<_, bool>(sleeps)
            .bind(format!("vsa_scratch_{oid}_"))
            .fetch_one(db.pool())
            .await?
        {
            ensure!(running.try_wait()?.is_none(), "it ended by itself");
        }
        ensure!(scratch_databases(db).await?.len() == 2, "two are at work");
        let sent = Command::new("kill")
            .args(["-INT", &running.id().to_string()])
            .status()?;
        ensure!(sent.success(), "the signal could not be sent");
        assert_eq!(running.wait()?.code(), Some(130));
        assert_eq!(scratch_databases(db).await?, [""; 0]);
        Ok(())
    });
}

#[test]
fn passwords_are_not_told() {
    test_db::run(async |db| {
        let mut command = check(db);
        command
            .arg("--live")
            .env("LIVE_DATABASE_URL", "postgres://ann:geheim@127.0.0.1:1/vsa");
        let (stdout, stderr, code) = ran(&mut command)?;
        assert_eq!((stdout.as_str(), code), ("", Some(1)));
        assert!(
            stderr.contains("no PostgreSQL answers at 127.0.0.1:1"),
            "{stderr}"
        );
        assert!(!stderr.contains("geheim"), "{stderr}");
        Ok(())
    });
}

#[test]
fn the_live_database_is_only_read() {
    test_db::run(async |db| {
        sqlx::raw_sql(AssertSqlSafe(format!(
            "ALTER DATABASE {} SET default_transaction_read_only = on",
            db.name()
        )))
        .execute(db.pool())
        .await?;
        // Not into statistics of the planner, which the server writes when it likes, nor into what all databases share.
        let counters = "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint
            FROM pg_stat_all_tables AS counted
            JOIN pg_class ON pg_class.oid = counted.relid
            WHERE NOT relisshared
              AND counted.schemaname <> 'pg_toast'
              AND counted.relname NOT IN ('pg_statistic', 'pg_statistic_ext_data')";
        let before: i64 = sqlx::query_scalar(counters).fetch_one(db.pool()).await?;
        // The scratch databases are made from another one, whose sessions may write.
        let mut command = check_live(db);
        command.env("SCRATCH_URL", db.url().with_database("postgres").expose());
        let (stdout, stderr, code) = ran(&mut command)?;
        assert_eq!(code, Some(0), "{stdout}{stderr}");
        let after: i64 = sqlx::query_scalar(counters).fetch_one(db.pool()).await?;
        assert_eq!(after, before);
        Ok(())
    });
}
