//! Dropping what earlier runs of this checkout left, and nothing else.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::checkout::Checkout;
use crate::names::{Leftover, quoted};
use crate::slot;

/// The databases of failed tests are kept this long, in milliseconds: a day.
const KEEP_FAILED: u64 = 24 * 60 * 60 * 1000;

/// Drops what belongs to other migrations than `template` does, which is about to be made; and
/// failed tests' databases that are too old at `now` (milliseconds since 1970).
pub(crate) async fn all(
    conn: &mut PgConnection,
    checkout: &Checkout,
    template: &str,
    now: u64,
) -> anyhow::Result<()> {
    for (name, leftover) in leftovers(conn, checkout).await? {
        match leftover {
            Leftover::Template if name != template => {
                let sql = format!("ALTER DATABASE {} IS_TEMPLATE false", quoted(&name));
                drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut *conn).await);
                drop_if_unused(conn, &name).await;
            }
            Leftover::Slot(number) => {
                if let Some(held) = slot::hold_off(checkout, number, &name)? {
                    drop_if_unused(conn, &name).await;
                    drop(held);
                }
            }
            Leftover::Failed(time) if is_too_old(time, now) => drop_if_unused(conn, &name).await,
            Leftover::Template | Leftover::Failed(_) => {}
        }
    }
    Ok(())
}

/// Drops failed tests' databases that are too old at `now` (milliseconds since 1970).
pub(crate) async fn failed(
    conn: &mut PgConnection,
    checkout: &Checkout,
    now: u64,
) -> anyhow::Result<()> {
    for (name, leftover) in leftovers(conn, checkout).await? {
        if matches!(leftover, Leftover::Failed(time) if is_too_old(time, now)) {
            drop_if_unused(conn, &name).await;
        }
    }
    Ok(())
}

fn is_too_old(time: u64, now: u64) -> bool {
    now.saturating_sub(time) > KEEP_FAILED
}

/// The databases of this checkout that a sweep may consider.
async fn leftovers(
    conn: &mut PgConnection,
    checkout: &Checkout,
) -> Result<Vec<(String, Leftover)>, sqlx::Error> {
    let prefix = checkout.prefix();
    let names: Vec<String> =
        sqlx::query_scalar("SELECT datname FROM pg_database WHERE starts_with(datname, $1)")
            .bind(&prefix)
            .fetch_all(conn)
            .await?;
    let known = |name: String| Leftover::parse(&name[prefix.len()..]).map(|what| (name, what));
    Ok(names.into_iter().filter_map(known).collect())
}

/// Without `FORCE`: the server refuses while anybody is connected, and then it stays for the next sweep.
async fn drop_if_unused(conn: &mut PgConnection, name: &str) {
    let sql = format!("DROP DATABASE IF EXISTS {}", quoted(name));
    drop(sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await);
}
