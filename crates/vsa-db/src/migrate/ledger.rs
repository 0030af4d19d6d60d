//! The two tables on which it stands what was done: sqlx's ledger and our history.

use std::time::Duration;

use sqlx::{AssertSqlSafe, FromRow, PgConnection};
use time::OffsetDateTime;

use super::error::{MigrateError, while_doing};
use super::report::{Direction, HistoryEntry};
use super::source::Migration;

/// Where the tables are, or will be.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    /// Their schema, quoted for SQL: a file may change the `search_path` before its row is written.
    schema: String,
    has_migrations: bool,
    has_history: bool,
}

/// A row of the ledger, with what the history remembers of its down file.
#[derive(Debug, Clone, FromRow)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) description: String,
    pub(super) installed_on: OffsetDateTime,
    pub(super) success: bool,
    pub(super) checksum: Vec<u8>,
    /// `sha256:…` of the down file as it was when the up file ran; `None` when another tool ran it.
    pub(super) down_checksum: Option<String>,
}

/// What is about to be written down.
pub(super) struct Record<'a> {
    pub(super) migration: &'a Migration,
    pub(super) direction: Direction,
    pub(super) elapsed: Duration,
    /// Who at the operating system runs the program.
    pub(super) os_user: &'a str,
}

impl Ledger {
    /// Looks for the tables; writes nothing.
    pub(super) async fn find(conn: &mut PgConnection) -> Result<Self, MigrateError> {
        let found: Option<(Option<String>, bool, bool)> = sqlx::query_as(
            "SELECT quote_ident(place.name), place.found, \
             to_regclass(quote_ident(place.name) || '.schema_migration_history') IS NOT NULL \
             FROM (SELECT coalesce(n.nspname, current_schema()) AS name, c.oid IS NOT NULL AS found \
             FROM (SELECT to_regclass('schema_migrations') AS oid) AS it \
             LEFT JOIN pg_class AS c ON c.oid = it.oid \
             LEFT JOIN pg_namespace AS n ON n.oid = c.relnamespace) AS place",
        )
        .fetch_optional(conn)
        .await
        .map_err(while_doing("cannot look for the ledger"))?;
        match found {
            Some((Some(schema), has_migrations, has_history)) => Ok(Self {
                schema,
                has_migrations,
                has_history,
            }),
            _ => Err(MigrateError::NoSchema),
        }
    }

    /// Creates what is missing of the two tables; waits this long for whoever is about to do the same.
    pub(super) async fn create(
        &mut self,
        conn: &mut PgConnection,
        lock_wait: Duration,
    ) -> Result<(), MigrateError> {
        if self.has_migrations && self.has_history {
            return Ok(());
        }
        // 0 would be for ever.
        let limit = lock_wait.as_millis().max(1);
        let mut ddl = format!("BEGIN; SET LOCAL lock_timeout = {limit};\n");
        if !self.has_migrations {
            ddl.push_str(include_str!("ledger.sql"));
        }
        if !self.has_history {
            ddl.push_str(include_str!("history.sql"));
        }
        ddl.push_str("COMMIT;");
        sqlx::raw_sql(AssertSqlSafe(ddl.replace("{schema}", &self.schema)))
            .execute(conn)
            .await
            .map_err(while_doing("cannot create the ledger"))?;
        (self.has_migrations, self.has_history) = (true, true);
        Ok(())
    }

    /// The rows of the ledger by version; none when there is no ledger.
    pub(super) async fn applied(
        &self,
        conn: &mut PgConnection,
    ) -> Result<Vec<Applied>, MigrateError> {
        if !self.has_migrations {
            return Ok(Vec::new());
        }
        let schema = &self.schema;
        let down_checksum = if self.has_history {
            format!(
                "(SELECT h.down_checksum FROM {schema}.schema_migration_history AS h WHERE h.version = m.version \
                 AND h.direction = 'up' AND h.outcome = 'done' ORDER BY h.id DESC LIMIT 1)"
            )
        } else {
            "NULL::text".to_owned()
        };
        let sql = format!(
            "SELECT m.version, m.description, m.installed_on, m.success, m.checksum, {down_checksum} AS down_checksum \
             FROM {schema}.schema_migrations AS m ORDER BY m.version"
        );
        sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(conn)
            .await
            .map_err(while_doing("cannot read the ledger"))
    }

    /// The whole history, oldest first; nothing when there is none.
    pub(super) async fn history(
        &self,
        conn: &mut PgConnection,
    ) -> Result<Vec<HistoryEntry>, MigrateError> {
        if !self.has_history {
            return Ok(Vec::new());
        }
        let sql = format!(
            "SELECT id, version, description, direction, outcome, checksum, down_checksum, db_user, os_user, \
             application, host(client_address) AS client_address, at, \
             (extract(epoch FROM duration) * 1000)::float8 AS duration_ms, tool_version, detail \
             FROM {}.schema_migration_history ORDER BY id",
            self.schema
        );
        sqlx::query_as(AssertSqlSafe(sql))
            .fetch_all(conn)
            .await
            .map_err(while_doing("cannot read the history"))
    }

    /// The file has run to its end: the ledger's row comes or goes, the history gets another.
    pub(super) async fn finish(
        &self,
        conn: &mut PgConnection,
        record: &Record<'_>,
    ) -> Result<(), sqlx::Error> {
        match record.direction {
            Direction::Up => self.set(conn, record, true).await?,
            Direction::Down => {
                let sql = format!(
                    "DELETE FROM {}.schema_migrations WHERE version = $1",
                    self.schema
                );
                sqlx::query(AssertSqlSafe(sql))
                    .bind(record.migration.version)
                    .execute(&mut *conn)
                    .await?;
            }
        }
        self.remember(conn, record, "done", None).await
    }

    /// A file without a transaction begins: until it has finished, its row says that it is half done.
    pub(super) async fn start(
        &self,
        conn: &mut PgConnection,
        record: &Record<'_>,
    ) -> Result<(), sqlx::Error> {
        self.set(conn, record, false).await?;
        self.remember(conn, record, "started", None).await
    }

    /// A file without a transaction stopped; `detail` says where, without any value.
    pub(super) async fn fail(
        &self,
        conn: &mut PgConnection,
        record: &Record<'_>,
        detail: &str,
    ) -> Result<(), sqlx::Error> {
        self.remember(conn, record, "failed", Some(detail)).await
    }

    async fn set(
        &self,
        conn: &mut PgConnection,
        record: &Record<'_>,
        success: bool,
    ) -> Result<(), sqlx::Error> {
        let sql = format!(
            "INSERT INTO {}.schema_migrations (version, description, success, checksum, execution_time) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT (version) DO UPDATE SET description = excluded.description, \
             installed_on = now(), success = excluded.success, checksum = excluded.checksum, \
             execution_time = excluded.execution_time",
            self.schema
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(record.migration.version)
            .bind(&record.migration.description)
            .bind(success)
            .bind(record.migration.up.sha384().as_slice())
            .bind(i64::try_from(record.elapsed.as_nanos()).unwrap_or(i64::MAX))
            .execute(conn)
            .await?;
        Ok(())
    }

    async fn remember(
        &self,
        conn: &mut PgConnection,
        record: &Record<'_>,
        outcome: &str,
        detail: Option<&str>,
    ) -> Result<(), sqlx::Error> {
        let migration = record.migration;
        let (file, down_checksum) = match record.direction {
            Direction::Up => (&migration.up, Some(migration.down.sha256())),
            Direction::Down => (&migration.down, None),
        };
        let sql = format!(
            "INSERT INTO {}.schema_migration_history \
             (version, description, direction, outcome, checksum, down_checksum, os_user, duration, tool_version, detail) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, make_interval(secs => $8), $9, $10)",
            self.schema
        );
        sqlx::query(AssertSqlSafe(sql))
            .bind(migration.version)
            .bind(&migration.description)
            .bind(record.direction.as_str())
            .bind(outcome)
            .bind(file.sha256())
            .bind(down_checksum)
            .bind(record.os_user)
            .bind(record.elapsed.as_secs_f64())
            .bind(env!("CARGO_PKG_VERSION"))
            .bind(detail)
            .execute(conn)
            .await?;
        Ok(())
    }
}
