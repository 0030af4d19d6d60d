//! Named transactions that run again when the server asks for it.
//!
//! Two transactions that get in each other's way are no fault of either: the server ends one with a
//! serialization failure (40001) or a deadlock (40P01) and expects it to be run again, whole. That
//! is done here once, for all. Every query function takes `&mut PgConnection` and never begins or
//! commits; whoever calls it decides what belongs together, with [`run_tx!`](crate::run_tx):
//!
//! ```no_run
//! # use vsa_db::tx::TxError;
//! # async fn example(pool: &sqlx::PgPool) -> Result<(), TxError> {
//! let sum: i32 = vsa_db::run_tx!(pool, "add", async |connection| {
//!     let one: i32 = sqlx::query_scalar("SELECT 1").fetch_one(&mut *connection).await?;
//!     let two: i32 = sqlx::query_scalar("SELECT 2").fetch_one(connection).await?;
//!     Ok::<_, TxError>(one + two)
//! })
//! .await?;
//! # assert_eq!(sum, 3);
//! # Ok(())
//! # }
//! ```
//!
//! It looks like a function that takes an async closure, and is a macro because such a function
//! cannot be used in a server: the future of an async closure that borrows anything is not known to
//! be `Send` (Rust 1.95, "implementation of `Send` is not general enough"), and closures that return
//! a boxed future may not borrow what they change, a random generator for instance. The macro puts
//! the block into a plain loop: it borrows as any block does, and `tokio::spawn` takes it.

use std::error::Error;
use std::time::Duration;

use rand::RngExt as _;
use sqlx::{Executor as _, PgPool, Postgres, Transaction};
use tracing::{Instrument as _, Span, field};

use crate::error::{DatabaseError, is_retryable};

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
    /// Most runs of the block, at least 1. The default of 8 pauses about a second in all.
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
    /// [`is_retryable`] about the [`sqlx::Error`] inside.
    fn is_retryable(&self) -> bool;
}

impl Retryable for sqlx::Error {
    fn is_retryable(&self) -> bool {
        is_retryable(self)
    }
}

/// A transaction that met conflicts on every try. Nothing of it was written.
#[derive(Debug, thiserror::Error)]
#[error("transaction {name} gave up after {tries} tries, each ended by a conflict")]
pub struct GaveUp {
    /// The transaction.
    pub name: &'static str,
    /// How often it was run.
    pub tries: u32,
    /// The last conflict.
    pub source: Box<dyn Error + Send + Sync>,
}

/// The plainest error a block can have: the database's own.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TxError {
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Too many conflicts.
    #[error(transparent)]
    GaveUp(#[from] GaveUp),
}

impl From<sqlx::Error> for TxError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl Retryable for TxError {
    fn is_retryable(&self) -> bool {
        matches!(self, Self::Database(error) if is_retryable(error.driver()))
    }
}

/// Runs a block in a transaction and commits it:
/// `run_tx!(pool, "name", async |connection| { … }).await`, or with [`TxOptions`](crate::tx::TxOptions)
/// before the block. `connection` is a `&mut PgConnection`; `?` and `return` leave the block.
///
/// An `Err` of the block rolls everything back and is returned as it is, unless it is
/// [retryable](crate::tx::Retryable): then, and when the commit itself fails so, the block runs again
/// in a new transaction after a growing pause. It must therefore change nothing but the database. A
/// panic or a dropped future rolls back too. A block that returns `Ok` after it swallowed a database
/// error is refused (25P02), because the server would answer its commit with a silent rollback.
///
/// The error type needs `From<sqlx::Error>`, `From<GaveUp>` and `Retryable`, as
/// [`TxError`](crate::tx::TxError) has. A connection lost during the commit is an error, not retried:
/// nobody knows whether it was written.
#[macro_export]
macro_rules! run_tx {
    ($pool:expr, $name:expr, async |$connection:ident| $work:expr) => {
        $crate::run_tx!(
            $pool,
            $name,
            $crate::tx::TxOptions::default(),
            async |$connection| $work
        )
    };
    ($pool:expr, $name:expr, $options:expr, async |$connection:ident| $work:expr) => {
        async {
            let mut tries = $crate::tx::Tries::new($pool, $name, $options);
            loop {
                let mut transaction = match tries.begin().await {
                    Ok(transaction) => transaction,
                    Err(error) => break Err(error.into()),
                };
                let $connection = &mut *transaction;
                let result = tries.within(async { $work }).await;
                if let Some(result) = tries.end(transaction, result).await {
                    break result;
                }
            }
        }
    };
}

/// What [`run_tx!`](crate::run_tx) counts and decides. For the macro; call that.
#[derive(Debug)]
pub struct Tries<'p> {
    pool: &'p PgPool,
    name: &'static str,
    options: TxOptions,
    begun: u32,
    span: Span,
}

impl<'p> Tries<'p> {
    /// Nothing tried yet.
    pub fn new(pool: &'p PgPool, name: &'static str, options: TxOptions) -> Self {
        let span = tracing::debug_span!(
            "transaction",
            name,
            tries = field::Empty,
            outcome = field::Empty
        );
        Self {
            pool,
            name,
            options,
            begun: 0,
            span,
        }
    }

    /// The next try.
    pub async fn begin(&mut self) -> Result<Transaction<'static, Postgres>, sqlx::Error> {
        self.begun += 1;
        self.pool
            .begin_with(begin(self.options.isolation))
            .instrument(self.span.clone())
            .await
    }

    /// Runs the work inside the span.
    pub async fn within<F: Future>(&self, work: F) -> F::Output {
        work.instrument(self.span.clone()).await
    }

    /// Commits or rolls back, and pauses before another try; `Some` ends the loop.
    pub async fn end<T, E>(
        &mut self,
        transaction: Transaction<'static, Postgres>,
        result: Result<T, E>,
    ) -> Option<Result<T, E>>
    where
        E: Error + From<sqlx::Error> + From<GaveUp> + Retryable + Send + Sync + 'static,
    {
        let (name, tries) = (self.name, self.begun);
        let (outcome, result) = match finish(transaction, result)
            .instrument(self.span.clone())
            .await
        {
            Ok(value) => ("committed", Ok(value)),
            Err(error) if !error.is_retryable() => ("rolled back", Err(error)),
            Err(error) if tries >= self.options.max_tries => {
                tracing::warn!(parent: &self.span, name, tries, "too many conflicts, gave up");
                (
                    "gave up",
                    Err(GaveUp {
                        name,
                        tries,
                        source: error.into(),
                    }
                    .into()),
                )
            }
            Err(_) => {
                let pause = jittered_pause(tries);
                tracing::debug!(parent: &self.span, name, tries, ?pause, "conflict, trying again");
                tokio::time::sleep(pause).await;
                return None;
            }
        };
        self.span.record("tries", tries).record("outcome", outcome);
        Some(result)
    }
}

async fn finish<T, E: From<sqlx::Error>>(
    mut transaction: Transaction<'static, Postgres>,
    result: Result<T, E>,
) -> Result<T, E> {
    match result {
        Ok(value) => {
            // COMMIT of a failed transaction is a rollback and no error, and the driver does not
            // tell; any other statement is refused there.
            transaction.execute("SELECT 1").await?;
            transaction.commit().await?;
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
