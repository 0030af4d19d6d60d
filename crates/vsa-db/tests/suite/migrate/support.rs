//! What the tests share: migration files in a temporary folder, the program, and waiting without sleeping.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use test_db::TestDb;
use tokio::process::Command;
use tokio::sync::mpsc::UnboundedReceiver;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, Settings, Source, UpOptions};

/// Longer than anything here takes on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

pub(crate) const ALL: UpOptions = UpOptions {
    to: None,
    allow_out_of_order: false,
};

/// Reverts as `down` does.
pub(crate) fn down(target: DownTarget) -> DownOptions {
    DownOptions {
        target,
        allow_remote: false,
    }
}

/// Migration files in a folder of their own.
pub(crate) struct Files(TempDir);

impl Files {
    /// Migrations 1, 2, 3 … named `step`, from their up and down texts.
    pub(crate) fn new(pairs: &[(&str, &str)]) -> Self {
        let files = Self(TempDir::new().unwrap());
        for (version, (up, down)) in (1..).zip(pairs) {
            files.write(&name(version, "up"), up);
            files.write(&name(version, "down"), down);
        }
        files
    }

    /// `0001 create table one; 0002 create table two; …`, with their downs.
    pub(crate) fn tables(names: &[&str]) -> Self {
        let texts: Vec<_> = names
            .iter()
            .map(|name| {
                (
                    format!("create table {name} (id int);\n"),
                    format!("drop table {name};\n"),
                )
            })
            .collect();
        let pairs: Vec<_> = texts
            .iter()
            .map(|(up, down)| (up.as_str(), down.as_str()))
            .collect();
        Self::new(&pairs)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.path().join(name), text).unwrap();
    }

    pub(crate) fn remove(&self, version: i64) {
        for direction in ["up", "down"] {
            std::fs::remove_file(self.0.path().join(name(version, direction))).unwrap();
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn source(&self) -> Source {
        Source::from_dir(self.path()).unwrap()
    }

    /// A migrator with limits that suit a test.
    pub(crate) fn migrator(&self) -> Migrator {
        let settings = Settings {
            lock_wait: DEADLINE,
            lock_timeout: Duration::from_millis(200),
            os_user: "tester".to_owned(),
            ..Settings::default()
        };
        Migrator::new(self.source()).with_settings(settings)
    }

    pub(crate) async fn up(&self, db: &TestDb) -> anyhow::Result<Vec<i64>> {
        let report = self.migrator().up(db.url(), ALL).await?;
        Ok(report.done.iter().map(|done| done.version).collect())
    }

    /// The text of the error with which `up` must end.
    pub(crate) async fn up_error(&self, db: &TestDb) -> String {
        self.migrator()
            .up(db.url(), ALL)
            .await
            .expect_err("this must fail")
            .to_string()
    }
}

pub(crate) fn name(version: i64, direction: &str) -> String {
    format!("{version:04}_step.{direction}.sql")
}

/// Each part is in the text.
#[track_caller]
pub(crate) fn assert_tells(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "{part:?} is not in:\n{text}");
    }
}

/// One value.
pub(crate) async fn value<T>(pool: &PgPool, sql: &str) -> anyhow::Result<T>
where
    T: for<'r> sqlx::Decode<'r, sqlx::Postgres> + sqlx::Type<sqlx::Postgres> + Send + Unpin,
{
    sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_one(pool)
        .await
        .context(sql.to_owned())
}

pub(crate) async fn execute(pool: &PgPool, sql: &str) -> anyhow::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(pool)
        .await
        .context(sql.to_owned())?;
    Ok(())
}

/// Whether there is such a table.
pub(crate) async fn exists(db: &TestDb, table: &str) -> anyhow::Result<bool> {
    value(
        db.pool(),
        &format!("select to_regclass('{table}') is not null"),
    )
    .await
}

/// The versions in the ledger, with `!` behind those half done.
pub(crate) async fn ledger(db: &TestDb) -> anyhow::Result<String> {
    let versions = "select coalesce(string_agg(version || case when success then '' else '!' end, ' ' order by version), '') \
                    from schema_migrations";
    value(db.pool(), versions).await
}

/// Asks the server, again and again, until the answer is true.
pub(crate) async fn until(db: &TestDb, sql: &str) -> anyhow::Result<()> {
    let ask = async {
        while !value::<bool>(db.pool(), sql).await? {
            tokio::task::yield_now().await;
        }
        Ok(())
    };
    tokio::time::timeout(DEADLINE, ask)
        .await
        .with_context(|| format!("never true: {sql}"))?
}

/// What a listener reports, in time.
pub(crate) async fn told<T>(reports: &mut UnboundedReceiver<T>) -> anyhow::Result<T> {
    let report = tokio::time::timeout(DEADLINE, reports.recv()).await;
    report
        .context("never told")?
        .context("the listener is gone")
}

/// A migrator's session in this database, by what it does.
pub(crate) fn migrator_session(condition: &str) -> String {
    format!(
        "exists (select from pg_stat_activity where datname = current_database() \
         and application_name = 'vsa-db migrate' and ({condition}))"
    )
}

/// Nobody holds an advisory lock in this database.
pub(crate) const UNLOCKED: &str = "select not exists (select from pg_locks where locktype = 'advisory' \
    and database = (select oid from pg_database where datname = current_database()))";

/// The program, on this database and, if given, these files.
pub(crate) fn program(db: &TestDb, files: Option<&Files>, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vsa-db"));
    command.arg("--database-url").arg(db.url().expose());
    if let Some(files) = files {
        command.arg("--migrations").arg(files.path());
    }
    command
        .args(args)
        .env_remove("DATABASE_URL")
        .kill_on_drop(true);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// What became of a run of the program.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Run {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

pub(crate) async fn run(mut command: Command) -> anyhow::Result<Run> {
    let output = tokio::time::timeout(DEADLINE, command.output())
        .await
        .context("the program hangs")??;
    Ok(output.into())
}

/// Runs the program, which must succeed; gives its stdout.
pub(crate) async fn ok(
    db: &TestDb,
    files: Option<&Files>,
    args: &[&str],
) -> anyhow::Result<String> {
    let run = run(program(db, files, args)).await?;
    ensure!(run.code == Some(0), "{args:?}: {run:?}");
    Ok(run.stdout)
}
