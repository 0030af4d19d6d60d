//! Whether a database is as its template was, and making it so again after a test.
//!
//! The server counts every row that is inserted, updated or deleted, table by table, those of its
//! own catalogs included: no counter of a catalog moved means no object was made, changed or
//! dropped, nothing was granted, commented or analysed. That is one cheap query and misses nothing,
//! where comparing the catalogs themselves takes 5 to 10 ms.

use std::fmt;
use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use crate::TestDb;

/// Databases whose tables have grown beyond this are cloned anew: dead rows slow the tests down.
const MAX_TABLE_BYTES: i64 = 4 << 20;
/// How long to wait for the test's other sessions to end, in steps of a millisecond.
const SESSION_POLLS: u32 = 100;
/// How long a database that should be there may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long the test may still hold connections after its end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// One line that is equal as long as nobody changed the database: which one it is, its settings
/// and the server's counters.
const CERTIFICATE: &str = "\
    SELECT concat_ws(' ', d.oid, d.xmin,
        pg_stat_get_db_tuples_inserted(d.oid),
        pg_stat_get_db_tuples_updated(d.oid),
        pg_stat_get_db_tuples_deleted(d.oid)) AS certificate
    FROM pg_database d WHERE d.datname = current_database()";

/// What a clean database of a slot looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// See [`CERTIFICATE`].
    certificate: String,
    /// Oids of the tables that hold rows from the template on, separated by commas.
    seeded: String,
    /// Where the sequences stand: `oid=value` (nothing after `=` if never used), by commas.
    sequences: String,
}

impl State {
    /// Reads what [`Display`](fmt::Display) wrote; `None` if that is not what it is.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_suffix("\nend\n")?.split('\n');
        let mut next = || lines.next().map(str::to_owned);
        let state = Self {
            certificate: next()?,
            seeded: next()?,
            sequences: next()?,
        };
        lines.next().is_none().then_some(state)
    }

    /// The state of a database that was just cloned.
    pub(crate) async fn of_fresh(db: &TestDb) -> Result<Self, sqlx::Error> {
        let mut conn = db.pool().acquire().await?;
        let row = sqlx::raw_sql(
            "SELECT concat_ws(',', 0, (SELECT string_agg(oid::text, ',') FROM pg_class
                    WHERE relkind = 'r' AND oid >= 16384 AND pg_relation_size(oid) > 0)) AS seeded,
                (SELECT coalesce(string_agg(seqrelid || '=' ||
                    coalesce(pg_sequence_last_value(seqrelid)::text, ''), ',' ORDER BY seqrelid), '')
                 FROM pg_sequence) AS sequences",
        )
        .fetch_one(&mut *conn)
        .await?;
        Ok(Self {
            certificate: certificate(&mut conn).await?,
            seeded: row.try_get("seeded")?,
            sequences: row.try_get("sequences")?,
        })
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            certificate,
            seeded,
            sequences,
        } = self;
        write!(f, "{certificate}\n{seeded}\n{sequences}\nend\n")
    }
}

/// Whether the database is there and still as the last test left it. Any error is a no: the way
/// to find out what is wrong is to make it anew.
pub(crate) async fn is_untouched(db: &TestDb, state: &State) -> bool {
    // Shorter than the pool's own patience, with which it tries again when there is no server.
    let Ok(Ok(mut conn)) = timeout(OPEN_TIMEOUT, db.pool().acquire()).await else {
        return false;
    };
    certificate(&mut conn).await.ok().as_ref() == Some(&state.certificate)
}

async fn certificate(conn: &mut PgConnection) -> Result<String, sqlx::Error> {
    let row = sqlx::raw_sql(CERTIFICATE).fetch_one(conn).await?;
    row.try_get("certificate")
}

/// Cleans up after a test that passed. `None` if the database must be made anew.
pub(crate) async fn after_test(db: &TestDb, before: &State) -> Option<State> {
    let mut conn = last_connection(db).await?;
    let state = clean(&mut conn, before).await.ok().flatten();
    // The server ends the session by itself; nothing is to be gained from waiting.
    drop(conn.close().await);
    state
}

/// Closes the pool, but for one connection.
async fn last_connection(db: &TestDb) -> Option<PgConnection> {
    if db.pool().is_closed() {
        return PgConnection::connect_with(&db.url().options()).await.ok();
    }
    let conn = timeout(CLOSE_TIMEOUT, db.pool().acquire())
        .await
        .ok()?
        .ok()?;
    let conn = conn.detach();
    timeout(CLOSE_TIMEOUT, db.pool().close()).await.ok()?;
    Some(conn)
}

async fn clean(conn: &mut PgConnection, before: &State) -> Result<Option<State>, sqlx::Error> {
    // Whatever the test set for its session must not bend the queries below.
    sqlx::raw_sql("DISCARD ALL").execute(&mut *conn).await?;
    // The counters of this session are published when the statement has ended.
    sqlx::raw_sql("SELECT pg_stat_force_next_flush()")
        .execute(&mut *conn)
        .await?;
    let mut left = Leftovers::find(conn, before).await?;
    for _ in 0..SESSION_POLLS {
        if left.sessions <= 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        left = Leftovers::find(conn, before).await?;
    }
    if !left.can_be_cleaned(before) {
        return Ok(None);
    }
    let certificate = if left.tables.is_empty() && left.sequences == before.sequences {
        left.certificate
    } else {
        let sql = left.cleaning(before);
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *conn)
            .await?;
        certificate(conn).await?
    };
    Ok(Some(State {
        certificate,
        ..before.clone()
    }))
}

/// What a test left in its database.
struct Leftovers {
    /// Sessions in the database, ours included.
    sessions: i32,
    /// Whether something was changed that deleting rows does not undo.
    changed: bool,
    /// Bytes of the tables.
    bytes: i64,
    /// The tables that may hold rows, quoted.
    tables: Vec<String>,
    sequences: String,
    certificate: String,
}

impl Leftovers {
    async fn find(conn: &mut PgConnection, before: &State) -> Result<Self, sqlx::Error> {
        let sql = format!(
            "WITH base AS (SELECT oid, xmin FROM pg_database WHERE datname = current_database()),
            tables AS (
                SELECT oid, oid >= 16384 AS ours, oid IN ({seeded}) AS seeded,
                    CASE WHEN oid >= 16384 THEN pg_relation_size(oid) ELSE 0 END AS bytes,
                    pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
                        + pg_stat_get_tuples_deleted(oid) AS changes
                FROM pg_class WHERE relkind = 'r' AND NOT relisshared)
            SELECT pg_stat_get_db_numbackends(base.oid) AS sessions,
                EXISTS (SELECT FROM tables WHERE changes > 0 AND (seeded OR NOT ours))
                    OR pg_stat_get_db_stat_reset_time(base.oid) IS NOT NULL
                    OR EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = base.oid)
                    OR EXISTS (SELECT FROM pg_shdescription WHERE objoid = base.oid
                        AND classoid = 'pg_database'::regclass)
                    OR EXISTS (SELECT FROM pg_prepared_xact() p WHERE p.dbid = base.oid) AS changed,
                (SELECT coalesce(sum(bytes), 0)::int8 FROM tables) AS bytes,
                ARRAY(SELECT oid::regclass::text FROM tables WHERE bytes > 0 AND NOT seeded) AS tables,
                (SELECT coalesce(string_agg(seqrelid || '=' ||
                    coalesce(pg_sequence_last_value(seqrelid)::text, ''), ',' ORDER BY seqrelid), '')
                 FROM pg_sequence) AS sequences,
                base.oid || ' ' || base.xmin AS identity,
                ({CERTIFICATE}) AS certificate
            FROM base",
            seeded = before.seeded,
        );
        let row: PgRow = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(conn).await?;
        let identity: String = row.try_get("identity")?;
        Ok(Self {
            sessions: row.try_get("sessions")?,
            changed: row.try_get("changed")?
                || !before.certificate.starts_with(&format!("{identity} ")),
            bytes: row.try_get("bytes")?,
            tables: row.try_get("tables")?,
            sequences: row.try_get("sequences")?,
            certificate: row.try_get("certificate")?,
        })
    }

    fn can_be_cleaned(&self, before: &State) -> bool {
        self.sessions <= 1
            && !self.changed
            && self.bytes <= MAX_TABLE_BYTES
            && self
                .moved_sequences(before)
                .all(|(_, value)| value.is_empty())
    }

    /// Sequences that do not stand where they stood: oid, and the value there was.
    fn moved_sequences<'a>(
        &'a self,
        before: &'a State,
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        before
            .sequences
            .split(',')
            .zip(self.sequences.split(','))
            .filter(|(before, after)| before != after)
            .filter_map(|(before, _)| before.split_once('='))
    }

    /// SQL that deletes the rows without firing triggers or following foreign keys, which takes a
    /// superuser; and puts the sequences back to their beginning.
    fn cleaning(&self, before: &State) -> String {
        let delete = self
            .tables
            .iter()
            .map(|table| format!("DELETE FROM {table}"));
        let reset = self.moved_sequences(before).map(|(oid, _)| {
            format!(
                "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence WHERE seqrelid = {oid}"
            )
        });
        let statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]
            .map(str::to_owned)
            .into_iter()
            .chain(delete)
            .chain(reset)
            .chain(["COMMIT", "SELECT pg_stat_force_next_flush()"].map(str::to_owned));
        statements.collect::<Vec<_>>().join(";")
    }
}
