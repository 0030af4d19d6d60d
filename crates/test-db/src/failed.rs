//! The database of a failed test is kept, and the test says how to look into it.

use std::any::Any;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sqlx::{AssertSqlSafe, Connection as _};
use tokio::time::timeout;

use crate::TestDb;
use crate::checkout::Checkout;
use crate::names::{of_kept_database, quoted};
use crate::slot::Slot;
use crate::{sweep, template};

/// How long the test's connections may take to close before the server is told to end them.
const CLOSE_TIMEOUT: Duration = Duration::from_millis(500);

/// Renames the slot's database, so that no later test uses it, and tells where it is.
pub(crate) async fn keep(db: &TestDb, checkout: &Checkout, slot: &Slot, test: &str, error: &str) {
    drop(timeout(CLOSE_TIMEOUT, db.pool().close()).await);
    eprintln!("test {test} failed: {error}");
    match rename(db, checkout, slot, test).await {
        Ok(name) => {
            let url = db.url().with_database(&name).to_string();
            eprintln!("its database {name} is kept for a day; look into it with\n    psql '{url}'");
            if url.contains("***") {
                eprintln!("with the server's password in place of ***");
            }
        }
        Err(problem) => {
            eprintln!("its database {} could not be kept: {problem:#}", db.name());
        }
    }
}

async fn rename(
    db: &TestDb,
    checkout: &Checkout,
    slot: &Slot,
    test: &str,
) -> anyhow::Result<String> {
    let now = unix_millis();
    let name = of_kept_database(
        &format!("{}failed_", checkout.prefix()),
        test,
        &format!("{now}_{}", slot.number()),
    );
    let mut conn = template::maintenance(db.server()).await?;
    // A rename needs the database without sessions; tasks of the test may still hold some.
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
    sweep::failed(&mut conn, checkout, now).await?;
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

/// Milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "the edge of a test program: the age of kept databases"
)]
pub(crate) fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(0))
}
