//! The database of a failed test is kept, and the test says how to look into it.

use std::any::Any;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{AssertSqlSafe, Connection as _};
use tokio::time::timeout;

use crate::TestDb;
use crate::names::{of_kept_database, quoted};
use crate::slot::Slot;
use crate::template;

/// How long the test's connections may take to close before the server is told to end them.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Renames the slot's database, so that no later test uses it, and tells where it is.
pub(crate) async fn keep(db: &TestDb, slot: &Slot, test: &str, error: &str) {
    drop(timeout(CLOSE_TIMEOUT, db.pool().close()).await);
    match rename(db, slot, test).await {
        Ok(name) => {
            let url = db.url().with_database(&name);
            eprintln!(
                "test {test} failed: {error}\nits database is kept; look into it with\n  psql '{url}'"
            );
        }
        Err(problem) => eprintln!(
            "test {test} failed: {error}\nits database {} could not be kept: {problem:#}",
            db.name()
        ),
    }
}

async fn rename(db: &TestDb, slot: &Slot, test: &str) -> anyhow::Result<String> {
    let prefix = db.name().rsplitn(3, '_').last().unwrap_or_default();
    let suffix = format!("{}_{}", unix_time(), slot.number());
    let name = of_kept_database(&format!("{prefix}_failed_"), test, &suffix);
    let mut conn = template::maintenance(&db.url().with_database("postgres")).await?;
    sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
        .bind(db.name())
        .execute(&mut conn)
        .await?;
    let sql = format!(
        "ALTER DATABASE {} RENAME TO {}",
        quoted(db.name()),
        quoted(&name)
    );
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
    drop(conn.close().await);
    Ok(name)
}

/// The message of a panic.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}

/// Seconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge of a test program: names of kept databases"
)]
fn unix_time() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}
