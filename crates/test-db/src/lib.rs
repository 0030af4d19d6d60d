//! A migrated PostgreSQL database of its own for every test.
//!
//! ```no_run
//! #[test]
//! fn a_campaign_can_be_read_back() {
//!     test_db::run(async |db| {
//!         let mut conn = db.pool().acquire().await?;
//!         sqlx::query("SELECT 1").execute(&mut *conn).await?;
//!         Ok(())
//!     });
//! }
//! ```
//!
//! It works under nextest (a process a test) and under `cargo test` (a thread a test), on the first
//! server there is: `TEST_DATABASE_URL`, else `DATABASE_URL` (or the other ways
//! [`vsa_db::config::from_env`] knows), else a container started for the purpose.
//!
//! How it is fast: databases are not made for a test, but kept in numbered *slots*. A test claims a
//! slot by locking its file, and finds a clean copy of the migrated template there. A test that
//! passed cleans up on the connection it has anyway, and writes down what the server counted; only
//! a slot whose counters still say the same is used again. Whatever is not known to be clean (the
//! test failed, was killed, changed the schema, left a session behind, …) is cloned anew.
//!
//! What is isolated: everything inside a database. What is not, because the server has only one of
//! it: roles and their settings, tablespaces, `ALTER SYSTEM`, replication slots and subscriptions.
//! A test that changes those must undo it itself.

mod checkout;
mod clean;
mod failed;
mod names;
mod server;
mod slot;
mod template;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use vsa_db::config::DatabaseUrl;

use crate::checkout::Checkout;
use crate::slot::{Kind, Slot};

/// Connections a test may hold at once. They are opened when asked for, so the limit costs nothing;
/// it is there to find a test that forgets to give them back.
const MAX_CONNECTIONS: u32 = 10;
/// How long a test waits for one of its own connections.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// The database of one test.
#[derive(Debug)]
pub struct TestDb {
    pool: PgPool,
    url: DatabaseUrl,
}

impl TestDb {
    /// At most ten connections, opened on demand. A statement that waits for a lock fails after 5
    /// seconds, one that runs for 30 seconds too: a deadlocked test says so instead of hanging.
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// The URL of this database, for programs under test.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// The database's name on the server.
    pub fn name(&self) -> &str {
        self.url.database()
    }
}

/// Runs a test on a migrated database of its own.
///
/// # Panics
///
/// When the test returns an error or panics, or when no database can be had: the test fails. The
/// database of a failed test is kept, and standard error says how to look into it.
pub fn run(test: impl AsyncFnOnce(&TestDb) -> anyhow::Result<()>) {
    run_on(Kind::Migrated, test);
}

/// Runs a test on an empty database of its own, without any migration.
///
/// # Panics
///
/// As [`run`].
pub fn run_empty(test: impl AsyncFnOnce(&TestDb) -> anyhow::Result<()>) {
    run_on(Kind::Empty, test);
}

fn run_on(kind: Kind, test: impl AsyncFnOnce(&TestDb) -> anyhow::Result<()>) {
    let name = names::of_current_test();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime of one thread can always be built");
    let (db, slot) = match runtime.block_on(open(kind, &name)) {
        Ok(opened) => opened,
        Err(error) => fail(format!("no database for test {name}: {error:#}")),
    };
    let outcome = catch_unwind(AssertUnwindSafe(|| runtime.block_on(test(&db))));
    match outcome {
        Ok(Ok(())) => {
            let certificate = match kind {
                Kind::Migrated => runtime.block_on(clean::after_test(&db, slot.state())),
                Kind::Empty => None,
            };
            slot.release(certificate);
        }
        Ok(Err(error)) => {
            let text = format!("{error:#}");
            runtime.block_on(failed::keep(&db, &slot, &name, &text));
            fail(text);
        }
        Err(panic) => {
            let text = failed::panic_text(panic.as_ref());
            runtime.block_on(failed::keep(&db, &slot, &name, &text));
            resume_unwind(panic);
        }
    }
}

/// Fails the test without the panic hook: what there is to say has been said, and a backtrace
/// of this crate would help nobody.
fn fail(text: String) -> ! {
    eprintln!("error: {text}");
    resume_unwind(Box::new(text))
}

/// Claims a slot and makes sure that a clean database is in it.
async fn open(kind: Kind, test: &str) -> anyhow::Result<(TestDb, Slot)> {
    let checkout = Checkout::current()?;
    let server = server::choose(&checkout).await?;
    let mut slot = Slot::claim(&checkout, kind)?;
    let url = server.with_database(&slot.database(&checkout));
    let db = TestDb {
        pool: pool(&url, test),
        url,
    };
    if let Some(state) = slot.take_state()
        && clean::is_untouched(&db, &state).await
    {
        slot.set_state(state);
        return Ok((db, slot));
    }
    db.pool.close().await;
    let state = template::fill(&server, &checkout, &slot)
        .await
        .with_context(|| format!("cannot make {} on {server}", db.name()))?;
    slot.set_state(state);
    let db = TestDb {
        pool: pool(&db.url, test),
        url: db.url,
    };
    Ok((db, slot))
}

fn pool(url: &DatabaseUrl, test: &str) -> PgPool {
    let options: PgConnectOptions = url
        .options()
        .application_name(test)
        .options([("lock_timeout", "5s"), ("statement_timeout", "30s")]);
    PgPoolOptions::new()
        .max_connections(MAX_CONNECTIONS)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_lazy_with(options)
}
