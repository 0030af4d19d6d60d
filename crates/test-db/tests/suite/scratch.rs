//! Runs a test of this binary again as a child, with lock files and so databases of its own.

use std::process::{Child, Command, Output, Stdio};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tempfile::TempDir;
use vsa_db::config::DatabaseUrl;

/// Set in a child: which part of the test it is to play.
const PART: &str = "TEST_DB_PART";

/// The part this process is to play; `None` in the parent.
pub(crate) fn part() -> Option<String> {
    std::env::var(PART).ok()
}

/// A checkout of its own, as far as `test_db` can tell.
pub(crate) struct Scratch {
    folder: TempDir,
    server: DatabaseUrl,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let server = match std::env::var("TEST_DATABASE_URL") {
            Ok(url) => url.parse().unwrap(),
            Err(_) => vsa_db::config::from_env().expect("these tests need TEST_DATABASE_URL"),
        };
        Self { folder, server }
    }

    /// The server, with its password.
    pub(crate) fn url(&self) -> String {
        self.server.expose().to_owned()
    }

    /// A child that plays one part of the test which calls this.
    pub(crate) fn command(&self, part: &str) -> Command {
        let thread = std::thread::current();
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", thread.name().unwrap(), "--nocapture"])
            .env(PART, part)
            .env("TEST_DATABASE_URL", self.server.expose())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    pub(crate) fn spawn(&self, part: &str) -> Child {
        self.command(part).spawn().unwrap()
    }

    pub(crate) fn play(&self, part: &str) -> Output {
        self.command(part).output().unwrap()
    }

    /// Plays a part that must pass.
    pub(crate) fn pass(&self, part: &str) {
        let output = self.play(part);
        assert!(output.status.success(), "{part}: {}", text(&output));
    }

    /// Runs SQL in the maintenance database; the first column of all rows.
    pub(crate) fn query(&self, sql: &str) -> Vec<String> {
        block_on(async {
            let mut conn = PgConnection::connect_with(&self.server.options()).await?;
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned()))
                .fetch_all(&mut conn)
                .await
        })
    }

    /// Runs SQL in the maintenance database.
    pub(crate) fn execute(&self, sql: &str) {
        block_on(async {
            let mut conn = PgConnection::connect_with(&self.server.options()).await?;
            sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))
                .execute(&mut conn)
                .await
        });
    }

    /// The databases of this checkout, without the prefix, in order.
    pub(crate) fn databases(&self) -> Vec<String> {
        let Some(prefix) = self.prefix() else {
            return Vec::new();
        };
        let names = self.query("SELECT datname FROM pg_database ORDER BY 1");
        let ours = names.iter().filter_map(|name| name.strip_prefix(&prefix));
        ours.map(str::to_owned).collect()
    }

    /// `vsa_test_<checkout>_`, once a test has run.
    pub(crate) fn prefix(&self) -> Option<String> {
        let locks = std::fs::read_dir(self.folder.path())
            .unwrap()
            .next()?
            .unwrap();
        let file = std::fs::read_dir(locks.path()).unwrap().next()?.unwrap();
        let name = file.file_name().into_string().unwrap();
        Some(format!("vsa_test_{}_", name.split('-').next().unwrap()))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let Some(prefix) = self.prefix() else { return };
        for name in self.databases() {
            let name = format!("{prefix}{name}");
            if name.ends_with("_template") {
                self.execute(&format!("ALTER DATABASE {name} IS_TEMPLATE false"));
            }
            self.execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

/// What a child wrote, both ways.
pub(crate) fn text(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

fn block_on<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
        .unwrap()
}
