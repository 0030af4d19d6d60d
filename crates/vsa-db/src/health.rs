//! Whether the database can do its work: one real query, in bounded time.

use std::time::{Duration, Instant};

use serde::Serialize;
use sqlx::PgConnection;

use crate::error::DatabaseError;

/// What a working database says about itself.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Health {
    /// The server's version, as it writes it: `18.1 (Debian …)`.
    pub server_version: String,
    /// The same as a number: 180001.
    pub server_version_num: i32,
    /// The database.
    pub database: String,
    /// Whether the server is a standby, which cannot write.
    pub in_recovery: bool,
    /// The highest applied migration; `None` if no ledger exists, none is applied, or this user may
    /// not read it.
    pub migration: Option<i64>,
    /// How long the query took, in milliseconds.
    pub latency_ms: f64,
}

/// Why the check failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HealthError {
    /// The query failed.
    #[error("the database does not answer a query: {0}")]
    Database(DatabaseError),
    /// The query took too long.
    #[error("the database did not answer within {:.1} s; the connection is of no further use", .0.as_secs_f64())]
    TimedOut(Duration),
}

impl From<sqlx::Error> for HealthError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Asks the server, within `limit`. After a time-out close the connection: an answer may still come.
pub async fn check(connection: &mut PgConnection, limit: Duration) -> Result<Health, HealthError> {
    let started = Instant::now();
    let query = async {
        // The ledger is read only where it exists and may be read, or the query itself would fail.
        let (server_version, server_version_num, database, in_recovery, has_ledger): (String, i32, String, bool, bool) =
            sqlx::query_as(
                "SELECT current_setting('server_version'),
                        current_setting('server_version_num')::int4,
                        current_database()::text,
                        pg_is_in_recovery(),
                        coalesce(has_table_privilege(to_regclass('schema_migrations'), 'SELECT'), false)",
            )
            .fetch_one(&mut *connection)
            .await?;
        let latency_ms = started.elapsed().as_secs_f64() * 1e3;
        let migration = if has_ledger {
            sqlx::query_scalar("SELECT max(version) FROM schema_migrations WHERE success")
                .fetch_one(&mut *connection)
                .await?
        } else {
            None
        };
        Ok(Health {
            server_version,
            server_version_num,
            database,
            in_recovery,
            migration,
            latency_ms,
        })
    };
    tokio::time::timeout(limit, query)
        .await
        .unwrap_or(Err(HealthError::TimedOut(limit)))
}
