//! Whether a database is as its template was, and making it so again after a test.
//!
//! The server counts every row that is inserted, updated or deleted, table by table, those of its
//! own catalogs included: no counter of a catalog moved means no object was made, changed or
//! dropped, nothing was granted, commented or analysed. That is one cheap query and misses nothing,
//! where comparing the catalogs themselves takes 5 to 10 ms.

use std::fmt;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgRow, Postgres};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _};
use tokio::time::timeout;

use crate::TestDb;

/// Databases whose tables have grown beyond this are cloned anew: dead rows slow the tests down.
const MAX_TABLE_BYTES: i64 = 4 << 20;
/// How long to wait for the test's other sessions to end, in steps of a millisecond.
const SESSION_POLLS: u32 = 100;
/// How long a database that should be there may take to open.
const OPEN_TIMEOUT: Duration = Duration::from_secs(1);
/// How long connections may take to return to the pool.
const SETTLE_TIMEOUT: Duration = Duration::from_millis(100);
/// How long the test may still hold connections after its end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// One line that is equal as long as nobody changed the database: which one it is, its own row
/// (owner, grants), the counters of its rows, and those of the settings and comments of all databases.
const CERTIFICATE: &str = "\
    SELECT concat_ws(' ', d.oid, d.xmin,
        pg_stat_get_db_tuples_inserted(d.oid),
        pg_stat_get_db_tuples_updated(d.oid),
        pg_stat_get_db_tuples_deleted(d.oid),
        pg_stat_get_db_stat_reset_time(d.oid),
        (SELECT string_agg((pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
            + pg_stat_get_tuples_deleted(oid))::text, ' ')
         FROM unnest('{2396, 2964}'::oid[]) AS shared(oid))) AS certificate
    FROM pg_database d WHERE d.datname = current_database()";

/// What a clean database of a slot looks like. The catalogs are listed once, when the database is
/// made; looking them up after every test would cost more than cleaning up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    /// See [`CERTIFICATE`].
    certificate: String,
    /// Oids, by commas, of the tables no test may change and stay clean: the server's catalogs and
    /// what the template holds rows in.
    constant: String,
    /// Oids, by commas, of the tables that are empty in the template.
    empty: String,
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
            constant: next()?,
            empty: next()?,
            sequences: next()?,
        };
        lines.next().is_none().then_some(state)
    }

    /// The state of a database that was just cloned.
    pub(crate) async fn of_fresh(db: &TestDb) -> Result<Self, sqlx::Error> {
        let mut conn = db.pool().acquire().await?;
        let row = sqlx::raw_sql(
            "WITH tables AS (
                SELECT oid::text, oid >= 16384 AND pg_relation_size(oid) = 0 AS empty
                FROM pg_class WHERE relkind = 'r' AND NOT relisshared)
            SELECT string_agg(oid, ',') FILTER (WHERE NOT empty) AS constant,
                coalesce(string_agg(oid, ',') FILTER (WHERE empty), '') AS empty,
                (SELECT coalesce(string_agg(seqrelid || '=' ||
                    coalesce(pg_sequence_last_value(seqrelid)::text, ''), ','), '')
                 FROM pg_sequence) AS sequences
            FROM tables",
        )
        .fetch_one(&mut *conn)
        .await?;
        let state = Self {
            certificate: certificate(&mut conn).await?,
            constant: row.try_get("constant")?,
            empty: row.try_get("empty")?,
            sequences: row.try_get("sequences")?,
        };
        give_back(db, conn).await;
        Ok(state)
    }

    fn sequence_oids(&self) -> impl Iterator<Item = &str> {
        let pairs = self.sequences.split(',');
        pairs
            .filter_map(|pair| pair.split_once('='))
            .map(|(oid, _)| oid)
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            certificate,
            constant,
            empty,
            sequences,
        } = self;
        write!(f, "{certificate}\n{constant}\n{empty}\n{sequences}\nend\n")
    }
}

/// Whether the database is there and still as the last test left it. Any error is a no: the way
/// to find out what is wrong is to make it anew.
pub(crate) async fn is_untouched(db: &TestDb, state: &State) -> bool {
    // Shorter than the pool's own patience, with which it tries again when there is no server.
    let Ok(Ok(mut conn)) = timeout(OPEN_TIMEOUT, db.pool().acquire()).await else {
        return false;
    };
    let found = certificate(&mut conn).await;
    give_back(db, conn).await;
    found.is_ok_and(|found| found == state.certificate)
}

/// Returns a connection and sees it back in the pool.
async fn give_back(db: &TestDb, conn: PoolConnection<Postgres>) {
    drop(conn);
    settle(db).await;
}

/// Waits until the connections that were given back are in the pool. They return in the background, and
/// whoever asks meanwhile opens another one, which takes longer than all the rest.
///
/// The thread naps between its looks, less than a timer of the runtime could: the server needs the
/// processor to answer, and nobody else is to run on this thread.
async fn settle(db: &TestDb) {
    let settled = async {
        while db.pool().num_idle() < db.pool().size() as usize {
            std::thread::sleep(Duration::from_micros(50));
            tokio::task::yield_now().await;
        }
    };
    drop(timeout(SETTLE_TIMEOUT, settled).await);
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
    settle(db).await;
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
    /// Rows ever changed in tables that no test may change.
    changes: i64,
    /// Whether a prepared transaction waits.
    prepared: bool,
    /// Bytes of the tables.
    bytes: i64,
    /// The tables that may hold rows, quoted.
    tables: Vec<String>,
    sequences: String,
    certificate: String,
}

impl Leftovers {
    async fn find(conn: &mut PgConnection, before: &State) -> Result<Self, sqlx::Error> {
        let State {
            constant, empty, ..
        } = before;
        let sequences: Vec<String> = before
            .sequence_oids()
            .map(|oid| format!(", '{oid}=' || coalesce(pg_sequence_last_value({oid})::text, '')"))
            .collect();
        let sequences = sequences.concat();
        let sql = format!(
            "SELECT pg_stat_get_db_numbackends(own.oid) AS sessions,
                (SELECT sum(pg_stat_get_tuples_inserted(oid) + pg_stat_get_tuples_updated(oid)
                    + pg_stat_get_tuples_deleted(oid))::int8
                 FROM unnest('{{{constant}}}'::oid[]) AS t(oid)) AS changes,
                EXISTS (SELECT FROM pg_prepared_xact() p WHERE p.dbid = own.oid) AS prepared,
                (SELECT coalesce(sum(pg_relation_size(oid)), 0)::int8
                 FROM unnest('{{{empty}}}'::oid[]) AS t(oid)) AS bytes,
                ARRAY(SELECT oid::regclass::text FROM unnest('{{{empty}}}'::oid[]) AS t(oid)
                    WHERE pg_relation_size(oid) > 0) AS tables,
                concat_ws(',', NULL{sequences}) AS sequences,
                own.certificate
            FROM (SELECT ({CERTIFICATE}) AS certificate,
                (SELECT datid FROM pg_stat_get_activity(pg_backend_pid())) AS oid) AS own",
        );
        let row: PgRow = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_one(conn).await?;
        Ok(Self {
            sessions: row.try_get("sessions")?,
            changes: row.try_get("changes")?,
            prepared: row.try_get("prepared")?,
            bytes: row.try_get("bytes")?,
            tables: row.try_get("tables")?,
            sequences: row.try_get("sequences")?,
            certificate: row.try_get("certificate")?,
        })
    }

    fn can_be_cleaned(&self, before: &State) -> bool {
        self.sessions <= 1
            && self.changes == 0
            && !self.prepared
            && same_but_rows(&self.certificate, &before.certificate)
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

/// Whether two certificates differ in nothing but the counters of the database's rows.
fn same_but_rows(one: &str, other: &str) -> bool {
    let rest = |text: &str| {
        let words = text.split(' ').enumerate();
        let kept = words.filter(|(index, _)| !(2..5).contains(index));
        kept.map(|(_, word)| word.to_owned()).collect::<Vec<_>>()
    };
    rest(one) == rest(other)
}
