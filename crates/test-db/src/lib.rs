//! A migrated database of its own for every test, on a real server.
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

pub mod bench;
mod checkout;
mod clean;
mod container;
mod failed;
mod names;
pub mod private_server;
mod server;
mod slot;
mod sweep;
mod template;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::Duration;

use anyhow::Context as _;
use sqlx::PgPool;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::Source;

use crate::checkout::Checkout;
use crate::clean::State;
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
    server: DatabaseUrl,
}

impl TestDb {
    fn new(server: DatabaseUrl, database: &str, test: &str) -> Self {
        let url = server.with_database(database);
        Self {
            pool: pool(&url, test),
            url,
            server,
        }
    }

    /// The URL the server was chosen by, from which databases are made and renamed.
    fn server(&self) -> &DatabaseUrl {
        &self.server
    }

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

fn run_on(kind: Kind, body: impl AsyncFnOnce(&TestDb) -> anyhow::Result<()>) {
    let test = names::of_current_test();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime of one thread can always be built");
    let Opened {
        db,
        checkout,
        slot,
        state,
    } = match runtime.block_on(open(kind, &test)) {
        Ok(opened) => opened,
        Err(error) => fail(format!("no database for test {test}: {error:#}")),
    };
    match catch_unwind(AssertUnwindSafe(|| runtime.block_on(body(&db)))) {
        Ok(Ok(())) => {
            let state = state.and_then(|state| runtime.block_on(clean::after_test(&db, &state)));
            slot.release(state.as_ref());
        }
        Ok(Err(error)) => {
            let problem = format!("{error:#}");
            runtime.block_on(failed::keep(&db, &checkout, &slot, &test, &problem));
            resume_unwind(Box::new(problem));
        }
        Err(panic) => {
            let problem = failed::panic_text(panic.as_ref());
            runtime.block_on(failed::keep(&db, &checkout, &slot, &test, &problem));
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

/// A claimed slot with a clean database in it.
struct Opened {
    db: TestDb,
    checkout: Checkout,
    slot: Slot,
    /// What to compare with after the test; `None` for a database that is used only once.
    state: Option<State>,
}

async fn open(kind: Kind, test: &str) -> anyhow::Result<Opened> {
    let checkout = Checkout::current()?;
    let server = server::choose(&checkout).await?;
    let source = Source::embedded()?;
    let (slot, state) = Slot::claim(&checkout, kind, &template::fingerprint(&source))?;
    let mut db = TestDb::new(server, slot.database(), test);
    let state = match state {
        Some(state) if clean::is_untouched(&db, &state).await => Some(state),
        _ => {
            db.pool.close().await;
            template::fill(&db.server, &checkout, &source, &slot)
                .await
                .with_context(|| format!("cannot make {} on {}", slot.database(), db.server))?;
            db = TestDb::new(db.server, slot.database(), test);
            match kind {
                Kind::Migrated => Some(State::of_fresh(&db).await?),
                Kind::Empty => None,
            }
        }
    };
    Ok(Opened {
        db,
        checkout,
        slot,
        state,
    })
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
