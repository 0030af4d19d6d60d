//! Databases that live as long as a piece of work.
//!
//! Each is held by an advisory lock of the session that made it. A run that is killed loses its session, and with it
//! the lock: the next run on that server sees a database that nobody holds, and drops it.

mod interrupt;

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::sync::Mutex;
use vsa_db::config::DatabaseUrl;
use vsa_db::error::{describe, sqlstate};
use vsa_db::migrate::{Backend, Settings, terminate};
use vsa_db::pool::ConnectError;

use crate::connect::connect;
use interrupt::Interrupt;
pub use interrupt::Interrupted;

/// How often, and how far apart, it is looked whether the sessions of a database have ended: half a second in all.
const LEAVING: (u32, Duration) = (250, Duration::from_millis(2));

/// A server on which databases may be created.
#[derive(Debug)]
pub struct Server {
    url: DatabaseUrl,
    prefix: String,
    /// The process that makes them.
    backend: Backend,
    /// How a database is made here.
    strategy: &'static str,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    conn: PgConnection,
    made: Vec<String>,
}

/// Does `work` with a server on which it may create databases. They are dropped afterwards, also when it fails or is
/// interrupted, then with the error [`Interrupted`].
pub async fn with<T>(
    url: &DatabaseUrl,
    work: impl AsyncFnOnce(&Server) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let mut interrupt = Interrupt::listen()?;
    let server = interrupt.unless(Server::open(url)).await??;
    let result = interrupt.unless(work(&server)).await;
    let dropped = server.close(result.is_err()).await;
    let value = result??;
    dropped.map(|()| value)
}

impl Server {
    async fn open(url: &DatabaseUrl) -> anyhow::Result<Self> {
        let mut conn = maintenance(url).await?;
        // Advisory locks are those of one database: whoever works from another one uses other names. No other session
        // has the number of ours; what a dead one that had it left is swept now.
        let family: String = sqlx::query_scalar(
            "SELECT format('vsa_scratch_%s_', oid) FROM pg_database WHERE datname = current_database()",
        )
        .fetch_one(&mut conn)
        .await
        .map_err(|error| failed("cannot tell the database", &error))?;
        let backend = Backend::of(&mut conn)
            .await
            .map_err(|error| failed("cannot tell the session", &error))?;
        sweep(&mut conn, &family)
            .await
            .map_err(|error| failed("cannot sweep what earlier runs left", &error))?;
        // A copy of the files is half as dear as one through the log, for a database this small; but it waits for two
        // checkpoints, which on a disk is dearer than all the rest.
        let durable: bool = sqlx::query_scalar("SELECT current_setting('fsync')::boolean")
            .fetch_one(&mut conn)
            .await
            .map_err(|error| failed("cannot tell whether the server waits for its disk", &error))?;
        let state = State {
            conn,
            made: Vec::new(),
        };
        Ok(Self {
            url: url.clone(),
            prefix: format!("{family}{}", backend.pid),
            backend,
            strategy: if durable { "wal_log" } else { "file_copy" },
            state: Mutex::new(state),
        })
    }

    /// An empty database. It is dropped when the work of [`with`] is done.
    pub async fn create(&self) -> anyhow::Result<DatabaseUrl> {
        let mut state = self.state.lock().await;
        let name = format!("{}_{}", self.prefix, state.made.len());
        if !try_hold(&mut state.conn, &name)
            .await
            .map_err(|error| failed("cannot hold a scratch database", &error))?
        {
            return Err(anyhow!("another run holds {name}; try again"));
        }
        // Noted before it is there: an interrupted CREATE DATABASE may still succeed.
        state.made.push(name.clone());
        let strategy = self.strategy;
        let sql = format!(
            "CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' STRATEGY {strategy}"
        );
        execute(&mut state.conn, sql)
            .await
            .map_err(|error| match sqlstate(&error).as_deref() {
                Some("42501") => anyhow!(
                    "the user of {} may not create databases there; give it CREATEDB, or name another server",
                    self.url
                ),
                _ => failed(&format!("cannot create {name} on {}", self.url.server()), &error),
            })?;
        // Nothing in it has to outlive the server: no session waits for the disk.
        let sql = format!(
            "SET synchronous_commit = off; ALTER DATABASE {name} SET synchronous_commit = off"
        );
        execute(&mut state.conn, sql)
            .await
            .map_err(|error| failed(&format!("cannot set up {name}"), &error))?;
        Ok(self.url.with_database(&name))
    }

    /// Drops what was created, on a new connection: an interrupted statement leaves one that answers nothing more. The
    /// old one, which holds the locks, stays until the end; of an interrupted run it is ended first, for a database that it
    /// is just making cannot be dropped yet. What cannot be dropped is left for the next run, and told.
    async fn close(self, interrupted: bool) -> anyhow::Result<()> {
        let State { conn, made } = self.state.into_inner();
        if made.is_empty() {
            drop(conn.close().await);
            return Ok(());
        }
        let mut dropping = maintenance(&self.url)
            .await
            .with_context(|| format!("the scratch databases {} stay", made.join(", ")))?;
        if interrupted {
            let url = self.url.with_database(&self.backend.database);
            // If it cannot be ended, what it makes cannot be dropped, and that is told.
            drop(terminate(&url, &self.backend, &Settings::default()).await);
        }
        let mut all = Ok(());
        for name in &made {
            let dropped = drop_database(&mut dropping, name)
                .await
                .map_err(|error| failed(&format!("the scratch database {name} stays"), &error));
            all = all.and(dropped);
        }
        drop(dropping.close().await);
        drop(conn);
        all
    }
}

/// A connection from which databases can be made: the URL of a server may name one that is yet to be made.
async fn maintenance(url: &DatabaseUrl) -> Result<PgConnection, ConnectError> {
    match connect(url).await {
        Err(ConnectError::NoDatabase { .. }) => connect(&url.with_database("postgres")).await,
        connected => connected,
    }
}

/// Drops what killed runs left: databases of our names that no session holds.
async fn sweep(conn: &mut PgConnection, prefix: &str) -> Result<(), sqlx::Error> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT datname::text FROM pg_database WHERE starts_with(datname, $1) ORDER BY datname",
    )
    .bind(prefix)
    .fetch_all(&mut *conn)
    .await?;
    for name in names {
        if try_hold(conn, &name).await? {
            // Whoever may not drop it leaves it to those who may.
            drop(execute(conn, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await);
            sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
                .bind(&name)
                .execute(&mut *conn)
                .await?;
        }
    }
    Ok(())
}

async fn try_hold(conn: &mut PgConnection, name: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar("SELECT pg_try_advisory_lock(hashtextextended($1, 0))")
        .bind(name)
        .fetch_one(conn)
        .await
}

/// The server naps for a tenth of a second when it has to end a session first; usually it is just about to go.
async fn drop_database(conn: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let (tries, pause) = LEAVING;
    for _ in 0..tries {
        let used: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1)")
                .bind(name)
                .fetch_one(&mut *conn)
                .await?;
        if !used {
            break;
        }
        tokio::time::sleep(pause).await;
    }
    execute(conn, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await
}

async fn execute(conn: &mut PgConnection, sql: String) -> Result<(), sqlx::Error> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

/// Without stored values, and without a source that would tell it again.
fn failed(doing: &str, error: &sqlx::Error) -> anyhow::Error {
    anyhow!("{doing}: {}", describe(error))
}
