//! The migrator: sqlx's files, checksums and ledger, without the faults of sqlx's runner.
//!
//! One migrator works on a database at a time. A file runs in one transaction together with its entry in the ledger,
//! or, when it begins with `-- no-transaction`, statement by statement; then a row with `success = false` says until
//! the end that it is half done, and the next `up` runs it again from its first statement (our files can be run
//! twice). A statement waits half a second for a lock, so that the queue behind it never grows long, and is tried
//! again until [`Settings::lock_wait`] is over. What only looks cannot write: the server itself forbids it.
//!
//! Work is done by a connection of its own, which must reach the server without a pooler that shares sessions. It is
//! closed when the future is dropped, too; [`terminate`] makes sure that the server has noticed.

mod error;
mod ledger;
mod lex;
mod lock;
mod options;
mod patience;
mod report;
mod run;
mod script;
mod session;
mod source;
mod split;
mod state;

use std::fmt;
use std::sync::Arc;

pub use error::{MigrateError, StatementError};
pub use options::{DownOptions, DownTarget, Settings, UpOptions};
pub use report::{
    Direction, Done, Event, HistoryEntry, MigrationStatus, Plan, PlannedStep, Report, State, Status,
};
pub use session::{Backend, terminate};
pub use source::{File, Migration, Source, SourceError, fingerprint};
pub use state::Problem;

use crate::config::DatabaseUrl;
use ledger::{Applied, Ledger};
use run::{Job, Runner};
use session::{Access, Session};

/// Runs migrations and tells how they stand.
#[derive(Clone)]
pub struct Migrator {
    source: Source,
    settings: Settings,
    tell: Arc<dyn Fn(Event) + Send + Sync>,
}

impl fmt::Debug for Migrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            source,
            settings,
            tell: _,
        } = self;
        f.debug_struct("Migrator")
            .field("source", source)
            .field("settings", settings)
            .finish_non_exhaustive()
    }
}

impl Migrator {
    /// A migrator for these files, with the usual limits, that tells nothing.
    pub fn new(source: Source) -> Self {
        Self {
            source,
            settings: Settings::default(),
            tell: Arc::new(|_| {}),
        }
    }

    /// The same with other limits.
    #[must_use]
    pub fn with_settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// The same, telling what happens while it happens.
    #[must_use]
    pub fn with_listener(self, tell: impl Fn(Event) + Send + Sync + 'static) -> Self {
        Self {
            tell: Arc::new(tell),
            ..self
        }
    }

    /// Its files.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// Applies what is pending. Of several at once each migration is applied by one.
    pub async fn up(&self, url: &DatabaseUrl, options: UpOptions) -> Result<Report, MigrateError> {
        self.up_watched(url, options, go_on).await
    }

    /// The same, with `after` called when a file is done and before the next begins. The migrator's lock is held
    /// meanwhile. Its error ends the way up there; what is done stays done.
    pub async fn up_watched<E: From<MigrateError>>(
        &self,
        url: &DatabaseUrl,
        options: UpOptions,
        after: impl AsyncFnMut(&Done) -> Result<(), E>,
    ) -> Result<Report, E> {
        let choose = |rows: &[Applied], database: &str| self.jobs_up(rows, database, options);
        self.change(url, choose, after).await
    }

    /// Reverts.
    pub async fn down(
        &self,
        url: &DatabaseUrl,
        options: DownOptions,
    ) -> Result<Report, MigrateError> {
        self.down_watched(url, options, go_on).await
    }

    /// The same, with `after` called as in [`up_watched`](Self::up_watched).
    pub async fn down_watched<E: From<MigrateError>>(
        &self,
        url: &DatabaseUrl,
        options: DownOptions,
        after: impl AsyncFnMut(&Done) -> Result<(), E>,
    ) -> Result<Report, E> {
        refuse_remote(url, options.allow_remote)?;
        let choose =
            |rows: &[Applied], database: &str| self.jobs_down(rows, database, options.target);
        self.change(url, choose, after).await
    }

    /// Reverts the last migration and applies it again, under one lock.
    pub async fn redo(
        &self,
        url: &DatabaseUrl,
        allow_remote: bool,
    ) -> Result<Report, MigrateError> {
        refuse_remote(url, allow_remote)?;
        self.change(url, |rows, database| self.jobs_redo(rows, database), go_on)
            .await
    }

    /// What [`up`](Self::up) would do. Writes nothing.
    pub async fn plan_up(
        &self,
        url: &DatabaseUrl,
        options: UpOptions,
    ) -> Result<Plan, MigrateError> {
        let (database, rows) = self.look(url).await?;
        self.jobs_up(&rows, &database, options)
            .map(|jobs| plan(database, &jobs))
    }

    /// What [`down`](Self::down) would do. Writes nothing, so that any host is allowed.
    pub async fn plan_down(
        &self,
        url: &DatabaseUrl,
        target: DownTarget,
    ) -> Result<Plan, MigrateError> {
        let (database, rows) = self.look(url).await?;
        self.jobs_down(&rows, &database, target)
            .map(|jobs| plan(database, &jobs))
    }

    /// What [`redo`](Self::redo) would do. Writes nothing, so that any host is allowed.
    pub async fn plan_redo(&self, url: &DatabaseUrl) -> Result<Plan, MigrateError> {
        let (database, rows) = self.look(url).await?;
        self.jobs_redo(&rows, &database)
            .map(|jobs| plan(database, &jobs))
    }

    /// How files and ledger stand to each other. Writes nothing.
    pub async fn status(&self, url: &DatabaseUrl) -> Result<Status, MigrateError> {
        let (database, rows) = self.look(url).await?;
        Ok(state::compare(&database, &self.source, &rows))
    }

    /// An error unless every file can be run and none contradicts the ledger. Pending files are fine. Writes nothing.
    pub async fn verify(&self, url: &DatabaseUrl) -> Result<Status, MigrateError> {
        for migration in self.source.migrations() {
            Job::new(migration, Direction::Up)?;
            Job::new(migration, Direction::Down)?;
        }
        let status = self.status(url).await?;
        refuse_problems(&status, |_| true)?;
        Ok(status)
    }

    /// What was ever done, oldest first. Writes nothing.
    pub async fn history(&self, url: &DatabaseUrl) -> Result<Vec<HistoryEntry>, MigrateError> {
        let mut session = Session::open(url, &self.settings, Access::ReadOnly).await?;
        let result = async {
            let ledger = Ledger::find(&mut session.conn).await?;
            ledger.history(&mut session.conn).await
        }
        .await;
        session.close().await;
        result
    }

    async fn look(&self, url: &DatabaseUrl) -> Result<(String, Vec<Applied>), MigrateError> {
        let mut session = Session::open(url, &self.settings, Access::ReadOnly).await?;
        let result = async {
            let ledger = Ledger::find(&mut session.conn).await?;
            ledger.applied(&mut session.conn).await
        }
        .await;
        let database = session.backend.database.clone();
        session.close().await;
        Ok((database, result?))
    }

    /// Under the lock: reads the ledger, lets `choose` say what to run, runs it.
    async fn change<'a, E: From<MigrateError>>(
        &'a self,
        url: &DatabaseUrl,
        choose: impl FnOnce(&[Applied], &str) -> Result<Vec<Job<'a>>, MigrateError>,
        after: impl AsyncFnMut(&Done) -> Result<(), E>,
    ) -> Result<Report, E> {
        let mut session = Session::open(url, &self.settings, Access::ReadWrite).await?;
        (self.tell)(Event::Connected(session.backend.clone()));
        let result = self.change_in(&mut session, url, choose, after).await;
        let database = session.backend.database.clone();
        session.close().await;
        Ok(Report {
            database,
            done: result?,
        })
    }

    async fn change_in<'a, E: From<MigrateError>>(
        &'a self,
        session: &mut Session,
        url: &DatabaseUrl,
        choose: impl FnOnce(&[Applied], &str) -> Result<Vec<Job<'a>>, MigrateError>,
        mut after: impl AsyncFnMut(&Done) -> Result<(), E>,
    ) -> Result<Vec<Done>, E> {
        let waiting = |holder: &str| {
            (self.tell)(Event::Waiting {
                holder: holder.to_owned(),
            });
        };
        lock::acquire(session, self.settings.lock_wait, waiting).await?;
        let mut ledger = Ledger::find(&mut session.conn).await?;
        let rows = ledger.applied(&mut session.conn).await?;
        let jobs = choose(&rows, &session.backend.database)?;
        if jobs.is_empty() {
            return Ok(Vec::new());
        }
        let lock_wait = self.settings.lock_wait;
        ledger.create(&mut session.conn, lock_wait).await?;
        let runner = Runner {
            url,
            settings: &self.settings,
            ledger,
            tell: &*self.tell,
        };
        let mut done = Vec::with_capacity(jobs.len());
        for job in &jobs {
            let this = runner.run(session, job).await?;
            after(&this).await?;
            done.push(this);
        }
        Ok(done)
    }

    fn jobs_up(
        &self,
        rows: &[Applied],
        database: &str,
        options: UpOptions,
    ) -> Result<Vec<Job<'_>>, MigrateError> {
        if let Some(to) = options.to {
            self.check_version(to)?;
        }
        let status = state::compare(database, &self.source, rows);
        let last = options.to.unwrap_or(i64::MAX);
        refuse_problems(&status, |problem| match problem {
            Problem::OutOfOrder { .. } => !options.allow_out_of_order,
            // Running it again is what repairs it.
            Problem::Dirty { .. } => false,
            Problem::Edited { .. } | Problem::Missing { .. } => true,
        })?;
        let due = status.migrations.iter().filter(|migration| {
            matches!(migration.state, State::Pending | State::Dirty) && migration.version <= last
        });
        due.filter_map(|due| self.source.get(due.version))
            .map(|migration| Job::new(migration, Direction::Up))
            .collect()
    }

    fn jobs_down(
        &self,
        rows: &[Applied],
        database: &str,
        target: DownTarget,
    ) -> Result<Vec<Job<'_>>, MigrateError> {
        let above = match target {
            DownTarget::Version(version) if version != 0 => self.check_version(version)?,
            _ => 0,
        };
        let steps = if let DownTarget::Steps(steps) = target {
            steps
        } else {
            usize::MAX
        };
        let status = state::compare(database, &self.source, rows);
        let applied = status
            .migrations
            .iter()
            .rev()
            .filter(|migration| migration.state != State::Pending);
        let due: Vec<&Migration> = applied
            .take_while(|migration| migration.version > above)
            .take(steps)
            .filter_map(|applied| self.source.get(applied.version))
            .collect();
        refuse_problems(&status, |problem| match problem {
            // An edited up file is no obstacle to taking back what it did: the down file, which does that, is compared
            // on its own.
            Problem::Edited { file, .. } => !due.iter().any(|migration| migration.up.path == *file),
            Problem::Missing { .. } => true,
            Problem::OutOfOrder { .. } | Problem::Dirty { .. } => false,
        })?;
        due.into_iter()
            .map(|migration| Job::new(migration, Direction::Down))
            .collect()
    }

    fn jobs_redo(&self, rows: &[Applied], database: &str) -> Result<Vec<Job<'_>>, MigrateError> {
        let mut jobs = self.jobs_down(rows, database, DownTarget::Steps(1))?;
        if let Some(migration) = jobs.first().map(|job| job.migration) {
            jobs.push(Job::new(migration, Direction::Up)?);
        }
        Ok(jobs)
    }

    fn check_version(&self, version: i64) -> Result<i64, MigrateError> {
        match self.source.get(version) {
            Some(_) => Ok(version),
            None => Err(MigrateError::UnknownVersion {
                version,
                latest: self.source.latest(),
            }),
        }
    }
}

/// Between two files there is nothing to do.
async fn go_on(_: &Done) -> Result<(), MigrateError> {
    Ok(())
}

fn refuse_problems(
    status: &Status,
    is_obstacle: impl Fn(&Problem) -> bool,
) -> Result<(), MigrateError> {
    let found: Vec<Problem> = status
        .problems
        .iter()
        .filter(|problem| is_obstacle(problem))
        .cloned()
        .collect();
    if found.is_empty() {
        Ok(())
    } else {
        Err(MigrateError::Disagree(found))
    }
}

fn refuse_remote(url: &DatabaseUrl, allowed: bool) -> Result<(), MigrateError> {
    if allowed || url.is_local() {
        Ok(())
    } else {
        Err(MigrateError::Remote {
            server: url.server(),
        })
    }
}

fn plan(database: String, jobs: &[Job<'_>]) -> Plan {
    let step = |job: &Job<'_>| PlannedStep {
        version: job.migration.version,
        file: job.script.file.path.clone(),
        direction: job.direction,
        statements: job.script.statements.len(),
        transaction: !job.script.file.no_transaction(),
    };
    Plan {
        database,
        steps: jobs.iter().map(step).collect(),
    }
}
