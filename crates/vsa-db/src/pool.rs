//! Connections: bounded in number and in time, and a server that is too old is refused.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, PgPool};

use crate::config::DatabaseUrl;
use crate::error::{describe, sqlstate};

/// The oldest server that works, as `server_version_num`.
pub const OLDEST_SERVER: i32 = 150_000;
/// A connection that was idle for longer is asked whether it still lives before it is handed out.
const PING_AFTER: Duration = Duration::from_secs(1);

/// How many connections, for how long, and what each statement may take. Zero switches a session
/// time-out off, as in the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PoolSettings {
    /// Most connections at once. 10: a server serves few per core well, and its limit of 100 is
    /// shared by all processes.
    pub max_connections: u32,
    /// Connections kept open when idle. 0: a process that does nothing holds nothing.
    pub min_connections: u32,
    /// Longest wait for a connection, connecting included. 5 s: a caller wants an error he can act
    /// on while somebody is still waiting for him.
    pub acquire_timeout: Duration,
    /// An idle connection is closed after this. 10 min: bursts reuse it, nights do not keep it.
    pub idle_timeout: Duration,
    /// A connection is replaced after this. 30 min: server memory that grows by session is freed,
    /// and a fail-over or changed password is noticed. Ages differ by when each one was opened; the
    /// driver adds no jitter of its own.
    pub max_lifetime: Duration,
    /// Longest run of one statement. 30 s: operations take milliseconds; what takes this long is
    /// lost or wrong. A bulk load sets its own with `SET LOCAL`.
    pub statement_timeout: Duration,
    /// Longest wait for a lock. 5 s: below the statement's limit, so that the error names the cause.
    pub lock_timeout: Duration,
    /// Longest pause inside an open transaction. 60 s: a forgotten one keeps rows locked and makes
    /// every index scan slower, for all.
    pub idle_in_transaction_timeout: Duration,
    /// What `pg_stat_activity` shows.
    pub application_name: String,
}

impl Default for PoolSettings {
    fn default() -> Self {
        Self {
            max_connections: 10,
            min_connections: 0,
            acquire_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_mins(10),
            max_lifetime: Duration::from_mins(30),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(5),
            idle_in_transaction_timeout: Duration::from_mins(1),
            application_name: "vsa".to_owned(),
        }
    }
}

/// Why no connection could be had, with what to type next. No text holds a password.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// Nobody answers there.
    #[error(
        "no PostgreSQL answers at {server} ({reason}); start one with `cargo xtask db-up`, or check {url}"
    )]
    Unreachable {
        /// `host:port` or the socket.
        server: String,
        /// The URL, redacted.
        url: String,
        /// The error of the system.
        reason: String,
    },
    /// The time is up.
    #[error(
        "no connection to {server} within {seconds:.1} s; check that {url} is the right server and \
         that a firewall lets you through"
    )]
    TimedOut {
        /// `host:port` or the socket.
        server: String,
        /// The URL, redacted.
        url: String,
        /// The limit.
        seconds: f64,
    },
    /// The server starts up or shuts down: try again soon.
    #[error("{server} is starting up or shutting down ({reason}); try again in a moment")]
    NotReady {
        /// `host:port` or the socket.
        server: String,
        /// The server's words.
        reason: String,
    },
    /// User name or password are not accepted.
    #[error("{server} refuses user {user}: {reason}; check user and password in {url}")]
    Refused {
        /// `host:port` or the socket.
        server: String,
        /// The user.
        user: String,
        /// The server's words.
        reason: String,
        /// The URL, redacted.
        url: String,
    },
    /// The server is there, the database is not.
    #[error(
        "{server} has no database {database}; create it with `vsa-db create-database`, or check {url}"
    )]
    NoDatabase {
        /// `host:port` or the socket.
        server: String,
        /// The database.
        database: String,
        /// The URL, redacted.
        url: String,
    },
    /// The server has no connection left.
    #[error(
        "{server} has no free connection ({reason}); use fewer connections or raise its max_connections"
    )]
    Full {
        /// `host:port` or the socket.
        server: String,
        /// The server's words.
        reason: String,
    },
    /// A server that lacks what the schema needs.
    #[error("{0}")]
    TooOld(String),
    /// Everything else, encryption included.
    #[error("cannot connect to {server}: {reason}; check {url}")]
    Other {
        /// `host:port` or the socket.
        server: String,
        /// What happened.
        reason: String,
        /// The URL, redacted.
        url: String,
    },
}

impl ConnectError {
    /// Whether waiting may help: nobody answers yet, the server starts up, or it is full.
    pub fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. }
                | Self::TimedOut { .. }
                | Self::NotReady { .. }
                | Self::Full { .. }
        )
    }

    fn from_sqlx(url: &DatabaseUrl, error: &sqlx::Error) -> Self {
        let (server, reason) = (url.server(), describe(error));
        let (user, url_text) = (url.options().get_username().to_owned(), url.to_string());
        if matches!(error, sqlx::Error::Io(_)) {
            return Self::Unreachable {
                server,
                url: url_text,
                reason,
            };
        }
        match sqlstate(error).as_deref() {
            Some("57P03" | "57P01" | "57P02") => Self::NotReady { server, reason },
            Some("28P01" | "28000") => Self::Refused {
                server,
                user,
                reason,
                url: url_text,
            },
            Some("3D000") => Self::NoDatabase {
                server,
                database: url.database().to_owned(),
                url: url_text,
            },
            Some("53300") => Self::Full { server, reason },
            _ => Self::Other {
                server,
                reason,
                url: url_text,
            },
        }
    }
}

/// A pool. One connection is made at once, so that a wrong address, password or server is an error
/// here, within [`PoolSettings::acquire_timeout`], and not in the first request.
pub async fn connect(url: &DatabaseUrl, settings: &PoolSettings) -> Result<PgPool, ConnectError> {
    // A pool retries a refused connection until the time is up; a single one tells the reason at once.
    let probe = connect_one(url, settings.acquire_timeout).await?;
    // The answer is there; how the server sees the goodbye is no concern of the caller.
    let _ = probe.close().await;
    Ok(PgPoolOptions::new()
        .max_connections(settings.max_connections)
        .min_connections(settings.min_connections)
        .acquire_timeout(settings.acquire_timeout)
        .idle_timeout(settings.idle_timeout)
        .max_lifetime(settings.max_lifetime)
        // A round trip less in every acquire of a busy pool; whoever comes after a pause still gets
        // a connection that works, also when the server was started again meanwhile.
        .test_before_acquire(false)
        .before_acquire(|connection, connection_is| {
            Box::pin(async move {
                if connection_is.idle_for > PING_AFTER {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(session_options(url, settings)))
}

/// One connection outside any pool, with no session time-outs: for the migrator, for waiting until a
/// server is there, for administration. `timeout` bounds connecting and the version check.
pub async fn connect_one(
    url: &DatabaseUrl,
    timeout: Duration,
) -> Result<PgConnection, ConnectError> {
    let options = named(url.options(), "vsa");
    let attempt = async {
        let mut connection = options.connect().await?;
        let version = server_version(&mut connection).await?;
        Ok((connection, version))
    };
    match tokio::time::timeout(timeout, attempt).await {
        Err(_) => Err(ConnectError::TimedOut {
            server: url.server(),
            url: url.to_string(),
            seconds: timeout.as_secs_f64(),
        }),
        Ok(Err(error)) => Err(ConnectError::from_sqlx(url, &error)),
        Ok(Ok((connection, version))) => {
            check_version(version, &url.server())?;
            Ok(connection)
        }
    }
}

/// The server's version as a number: 150018 is 15.18.
pub async fn server_version(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    sqlx::query_scalar("SELECT current_setting('server_version_num')::int4")
        .fetch_one(connection)
        .await
}

/// Refuses a server older than [`OLDEST_SERVER`].
pub fn check_version(version: i32, server: &str) -> Result<(), ConnectError> {
    if version >= OLDEST_SERVER {
        return Ok(());
    }
    // Until 9.6 the second number belonged to the major version.
    let shown = match version {
        100_000.. => format!("{}.{}", version / 10_000, version % 10_000),
        _ => format!(
            "{}.{}.{}",
            version / 10_000,
            version / 100 % 100,
            version % 100
        ),
    };
    Err(ConnectError::TooOld(format!(
        "{server} runs PostgreSQL {shown}, but version {} or newer is needed; upgrade it, or start a \
         new one with `cargo xtask db-up`",
        OLDEST_SERVER / 10_000
    )))
}

/// The driver itself asks for UTC and ISO dates in every session. The time-outs given here win over
/// those in the URL's `options`, in the role and in the server's configuration.
fn session_options(url: &DatabaseUrl, settings: &PoolSettings) -> PgConnectOptions {
    let milliseconds = |timeout: Duration| timeout.as_millis().to_string();
    named(url.options(), &settings.application_name).options([
        (
            "statement_timeout",
            milliseconds(settings.statement_timeout),
        ),
        ("lock_timeout", milliseconds(settings.lock_timeout)),
        (
            "idle_in_transaction_session_timeout",
            milliseconds(settings.idle_in_transaction_timeout),
        ),
    ])
}

/// A name in the URL or in `PGAPPNAME` wins.
fn named(options: PgConnectOptions, name: &str) -> PgConnectOptions {
    match options.get_application_name() {
        Some(_) => options,
        None => options.application_name(name),
    }
}
