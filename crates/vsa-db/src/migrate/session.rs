//! The migrator's own connection: how it is set up, and closed on every path.

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::Settings;
use super::error::{MigrateError, while_doing};
use crate::config::DatabaseUrl;
use crate::pool::connect_one;

/// One server process, for as long as it lives: its number alone may be given to another later.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Backend {
    /// Its process number.
    pub pid: i32,
    /// When it began, as the server writes it.
    pub started: String,
    /// The database it works in.
    pub database: String,
}

impl Backend {
    /// The one behind this connection.
    pub async fn of(conn: &mut PgConnection) -> Result<Self, sqlx::Error> {
        sqlx::query_as(
            "SELECT pid, backend_start::text AS started, current_database()::text AS database \
             FROM pg_stat_get_activity(pg_backend_pid())",
        )
        .fetch_one(conn)
        .await
    }
}

/// A connection no one else uses. Dropping it closes its socket; the server then ends the running statement within
/// half a second, rolls back and releases the lock.
pub(super) struct Session {
    pub(super) conn: PgConnection,
    pub(super) backend: Backend,
    setup: String,
}

/// Whether a session may write: what only looks is made unable to by the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    ReadOnly,
    ReadWrite,
}

impl Session {
    pub(super) async fn open(
        url: &DatabaseUrl,
        settings: &Settings,
        access: Access,
    ) -> Result<Self, MigrateError> {
        let mut conn = connect_one(url, settings.connect_timeout).await?;
        let setup = setup(url, access);
        sqlx::raw_sql(AssertSqlSafe(setup.as_str()))
            .execute(&mut conn)
            .await
            .map_err(while_doing("cannot set up the session"))?;
        let backend = Backend::of(&mut conn)
            .await
            .map_err(while_doing("cannot identify the session"))?;
        Ok(Self {
            conn,
            backend,
            setup,
        })
    }

    /// Undoes what a file may have set: role, `search_path`, time-outs, anything; and takes away temporary tables, open
    /// cursors and the last values of sequences: the next file may be run by another session.
    pub(super) async fn reset(&mut self) -> Result<(), sqlx::Error> {
        let reset = format!(
            "RESET SESSION AUTHORIZATION; RESET ROLE; RESET ALL; CLOSE ALL; DISCARD TEMP; DISCARD SEQUENCES; {}",
            self.setup
        );
        sqlx::raw_sql(AssertSqlSafe(reset))
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// Ends the session in good manners. What was done is committed by now, so a failure changes nothing.
    pub(super) async fn close(mut self) {
        // Unlocking before the goodbye: the next in line need not wait until the server has noticed it.
        let _ = sqlx::raw_sql("SELECT pg_advisory_unlock_all()")
            .execute(&mut self.conn)
            .await;
        let _ = self.conn.close().await;
    }
}

/// Ends `backend` on the server, if it still runs, and waits until it is gone: its statement is cancelled, its
/// transaction rolled back, its lock released. For a program that was interrupted. An error when it is still there
/// after 5 s.
pub async fn terminate(
    url: &DatabaseUrl,
    backend: &Backend,
    settings: &Settings,
) -> Result<(), MigrateError> {
    let mut conn = connect_one(url, settings.connect_timeout).await?;
    let doing = "cannot end the interrupted session";
    sqlx::query(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_get_activity($1) WHERE backend_start::text = $2",
    )
    .bind(backend.pid)
    .bind(&backend.started)
    .execute(&mut conn)
    .await
    .map_err(while_doing(doing))?;
    // Its answer is no for a process that was gone already, too; whether it is there decides.
    let there: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_stat_get_activity($1) WHERE backend_start::text = $2)",
    )
    .bind(backend.pid)
    .bind(&backend.started)
    .fetch_one(&mut conn)
    .await
    .map_err(while_doing(doing))?;
    let _ = conn.close().await;
    if there {
        return Err(MigrateError::StillRunning { pid: backend.pid });
    }
    Ok(())
}

/// Time-outs that a role or database may have by default must not end a migration, and a migrator that was killed
/// must not go on in the server. (A server on Windows cannot watch its client; 17 has `transaction_timeout`.)
fn setup(url: &DatabaseUrl, access: Access) -> String {
    let name = match url.options().get_application_name() {
        Some(_) => "",
        None => "SET application_name = 'vsa-db migrate'; ",
    };
    let read_only = if access == Access::ReadOnly {
        "on"
    } else {
        "off"
    };
    format!(
        "{name}SET default_transaction_read_only = {read_only}; \
         SET statement_timeout = 0; SET lock_timeout = 0; \
         SET idle_in_transaction_session_timeout = 0; SET idle_session_timeout = 0; \
         SELECT set_config('transaction_timeout', '0', false) WHERE current_setting('transaction_timeout', true) <> '0'; \
         SELECT set_config('client_connection_check_interval', '500', false) \
         WHERE version() !~* '(visual c|msvc|mingw)'; \
         SET client_min_messages = warning"
    )
}
