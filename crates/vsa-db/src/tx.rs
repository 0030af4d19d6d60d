//! Named transactions that run again when the server asks for it.
//!
//! Two transactions that get in each other's way are no fault of either: the server ends one with a
//! serialization failure (40001) or a deadlock (40P01) and expects it to be run again, whole. That
//! is done here once, for all. Every query function takes `&mut PgConnection` and never begins or
//! commits; whoever calls it decides what belongs together:
//!
//! ```no_run
//! # use vsa_db::tx::{TxError, run_tx};
//! # async fn example(pool: &sqlx::PgPool) -> Result<(), TxError> {
//! let n = run_tx(pool, "example", async |connection| {
//!     Ok::<i32, TxError>(sqlx::query_scalar("SELECT 1").fetch_one(connection).await?)
//! })
//! .await?;
//! # assert_eq!(n, 1);
//! # Ok(())
//! # }
//! ```
//!
//! The closure may run several times: it must change nothing but the database.

use std::error::Error;
use std::time::Duration;

use rand::RngExt as _;
use sqlx::{Executor as _, PgConnection, PgPool, Postgres, Transaction};
use tracing::{Instrument as _, Span, field};

use crate::error::is_retryable;

/// The first pause before another try; each further one may be twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(10);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// What a transaction sees of others that run at the same time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Isolation {
    /// Each statement sees what was committed before it began. The guards in `WHERE` are written
    /// for this.
    #[default]
    ReadCommitted,
    /// All statements see one snapshot; writing what another changed since is an error, retried.
    RepeatableRead,
    /// As if one transaction ran after the other; otherwise an error, retried.
    Serializable,
}

/// How a transaction runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TxOptions {
    /// What it sees of others.
    pub isolation: Isolation,
    /// Most runs of the closure, at least 1. The default of 8 pauses about a second in all.
    pub max_tries: u32,
}

impl Default for TxOptions {
    fn default() -> Self {
        Self {
            isolation: Isolation::default(),
            max_tries: 8,
        }
    }
}

/// An error that can tell whether running the transaction again may help.
pub trait Retryable {
    /// True for a serialization failure or a deadlock, however it is wrapped. Ask
    /// [`is_retryable`](crate::error::is_retryable) about the [`sqlx::Error`] inside.
    fn is_retryable(&self) -> bool;
}

impl Retryable for sqlx::Error {
    fn is_retryable(&self) -> bool {
        is_retryable(self)
    }
}

/// A transaction that met conflicts on every try. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
#[error("transaction {name} gave up after {tries} tries, each ended by another one: {source}")]
pub struct GaveUp {
    /// The transaction.
    pub name: &'static str,
    /// How often it was run.
    pub tries: u32,
    /// The last conflict.
    pub source: Box<dyn Error + Send + Sync>,
}

/// The plainest error a closure can have: the database's own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TxError {
    /// The database failed.
    #[error("{}", crate::error::describe(.0))]
    Database(#[from] sqlx::Error),
    /// Too many conflicts.
    #[error(transparent)]
    GaveUp(#[from] GaveUp),
}

impl Retryable for TxError {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Database(error) if is_retryable(error))
    }
}

/// Runs `work` in a transaction and commits it: read committed, at most 8 tries.
///
/// An error of `work` rolls everything back and is returned as it is, unless it is
/// [retryable](Retryable): then, and when the commit itself fails so, `work` runs again in a new
/// transaction after a growing pause. A panic or a dropped future rolls back too. Work that returns
/// `Ok` after it swallowed a database error is refused (25P02), because the server would answer its
/// commit with a silent rollback.
///
/// A connection lost during the commit is an error, not retried: nobody knows whether it was
/// written.
pub async fn run_tx<T, E, F>(pool: &PgPool, name: &'static str, work: F) -> Result<T, E>
where
    F: AsyncFnMut(&mut PgConnection) -> Result<T, E>,
    E: Error + From<sqlx::Error> + From<GaveUp> + Retryable + Send + Sync + 'static,
{
    run_tx_with(pool, name, TxOptions::default(), work).await
}

/// [`run_tx`] with another isolation level or number of tries.
pub async fn run_tx_with<T, E, F>(
    pool: &PgPool,
    name: &'static str,
    options: TxOptions,
    mut work: F,
) -> Result<T, E>
where
    F: AsyncFnMut(&mut PgConnection) -> Result<T, E>,
    E: Error + From<sqlx::Error> + From<GaveUp> + Retryable + Send + Sync + 'static,
{
    let span = tracing::debug_span!(
        "transaction",
        name,
        tries = field::Empty,
        outcome = field::Empty
    );
    let tries = async {
        let mut tries = 1;
        loop {
            let result = try_once(pool, options.isolation, &mut work).await;
            let outcome = match &result {
                Ok(_) => "committed",
                Err(error) if !error.is_retryable() => "rolled back",
                Err(_) if tries >= options.max_tries => "gave up",
                Err(_) => {
                    let pause = jittered_pause(tries);
                    tracing::debug!(name, tries, ?pause, "conflict, trying again");
                    tokio::time::sleep(pause).await;
                    tries += 1;
                    continue;
                }
            };
            Span::current()
                .record("tries", tries)
                .record("outcome", outcome);
            return match result {
                Err(error) if outcome == "gave up" => {
                    tracing::warn!(name, tries, "too many conflicts, gave up");
                    Err(GaveUp {
                        name,
                        tries,
                        source: error.into(),
                    }
                    .into())
                }
                result => result,
            };
        }
    };
    tries.instrument(span).await
}

async fn try_once<T, E, F>(pool: &PgPool, isolation: Isolation, work: &mut F) -> Result<T, E>
where
    F: AsyncFnMut(&mut PgConnection) -> Result<T, E>,
    E: From<sqlx::Error>,
{
    let mut transaction = pool.begin_with(begin(isolation)).await?;
    match work(&mut transaction).await {
        Ok(value) => {
            commit(transaction).await?;
            Ok(value)
        }
        Err(error) => {
            // The error of the work is the one to tell; should the rollback fail as well, the
            // connection is broken, and the server has rolled back by itself.
            let _ = transaction.rollback().await;
            Err(error)
        }
    }
}

async fn commit(mut transaction: Transaction<'_, Postgres>) -> Result<(), sqlx::Error> {
    // COMMIT of a failed transaction is a rollback and no error, and the driver does not tell; any
    // other statement is refused there.
    transaction.execute("SELECT 1").await?;
    transaction.commit().await
}

fn begin(isolation: Isolation) -> &'static str {
    match isolation {
        Isolation::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
        Isolation::RepeatableRead => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
    }
}

fn jittered_pause(tries: u32) -> Duration {
    #[expect(
        clippy::disallowed_methods,
        reason = "it only keeps two transactions from meeting again; no data depends on it"
    )]
    pause(tries, &mut rand::rng())
}

/// The pause after this many tries: a random time between half of the limit and the limit, which
/// doubles from [`FIRST_PAUSE`] up to [`LONGEST_PAUSE`].
fn pause(tries: u32, rng: &mut impl rand::Rng) -> Duration {
    let limit = FIRST_PAUSE
        .saturating_mul(2_u32.saturating_pow(tries.saturating_sub(1)))
        .min(LONGEST_PAUSE);
    rng.random_range(limit / 2..=limit)
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand::rngs::StdRng;

    use super::*;

    #[test]
    fn pauses_grow_stay_bounded_and_differ() {
        let mut rng = StdRng::seed_from_u64(1);
        for (tries, limit) in [(1, 10), (2, 20), (3, 40), (6, 320), (7, 500), (1_000, 500)] {
            let limit = Duration::from_millis(limit);
            let pauses: Vec<_> = (0..100).map(|_| pause(tries, &mut rng)).collect();
            assert!(
                pauses
                    .iter()
                    .all(|pause| (limit / 2..=limit).contains(pause)),
                "{tries}: {pauses:?}"
            );
            assert!(
                pauses.iter().any(|pause| *pause != pauses[0]),
                "{tries}: always {:?}",
                pauses[0]
            );
        }
    }
}
