//! Runs one file: all of it in one transaction, or statement by statement where that cannot be.

use std::time::{Duration, Instant};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::Settings;
use super::error::{MigrateError, StatementError, is_lock_conflict, server_error, while_doing};
use super::ledger::{Ledger, Record};
use super::patience::Patience;
use super::report::{Direction, Done, Event};
use super::script::{Concurrent, Script, Statement};
use super::session::Session;
use super::source::Migration;
use crate::config::DatabaseUrl;
use crate::pool::connect_one;

const COMMIT: &str = "COMMIT";

/// A file to run.
pub(super) struct Job<'a> {
    pub(super) migration: &'a Migration,
    pub(super) direction: Direction,
    pub(super) script: Script<'a>,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        migration: &'a Migration,
        direction: Direction,
    ) -> Result<Self, MigrateError> {
        let file = match direction {
            Direction::Up => &migration.up,
            Direction::Down => &migration.down,
        };
        Ok(Self {
            migration,
            direction,
            script: Script::parse(file)?,
        })
    }
}

/// What it takes to run files.
pub(super) struct Runner<'a> {
    pub(super) url: &'a DatabaseUrl,
    pub(super) settings: &'a Settings,
    pub(super) ledger: Ledger,
    pub(super) tell: &'a (dyn Fn(Event) + Send + Sync),
}

/// Why a try ended; a lock conflict may be tried again.
struct Stopped<'a> {
    statement: Statement<'a>,
    index: usize,
    error: sqlx::Error,
}

impl Runner<'_> {
    /// Runs a file and writes it down. On an error nothing of a transactional file is kept.
    pub(super) async fn run(
        &self,
        session: &mut Session,
        job: &Job<'_>,
    ) -> Result<Done, MigrateError> {
        (self.tell)(Event::Starting {
            file: job.script.file.path.clone(),
        });
        let started = Instant::now();
        if job.script.file.no_transaction() {
            self.run_single_statements(session, job, started).await?;
        } else {
            self.run_in_transaction(session, job).await?;
        }
        let done = Done {
            version: job.migration.version,
            description: job.migration.description.clone(),
            direction: job.direction,
            duration: started.elapsed(),
        };
        (self.tell)(Event::Finished(done.clone()));
        Ok(done)
    }

    fn record<'r>(&'r self, job: &'r Job<'_>, started: Instant) -> Record<'r> {
        Record {
            migration: job.migration,
            direction: job.direction,
            elapsed: started.elapsed(),
            os_user: &self.settings.os_user,
        }
    }

    async fn run_in_transaction(
        &self,
        session: &mut Session,
        job: &Job<'_>,
    ) -> Result<(), MigrateError> {
        let mut patience = Patience::new(session);
        loop {
            let stopped = match self.try_in_transaction(session, job, &mut patience).await {
                Ok(()) => return Ok(()),
                Err(stopped) => stopped,
            };
            // Fails only when the connection is gone, and the transaction with it.
            let _ = sqlx::raw_sql("ROLLBACK").execute(&mut session.conn).await;
            if !is_lock_conflict(&stopped.error) {
                let outcome =
                    if stopped.statement.sql == COMMIT && server_error(&stopped.error).is_none() {
                        "nobody knows whether its transaction was committed: `status` tells"
                    } else {
                        "nothing of this file is kept: its transaction was rolled back"
                    };
                return Err(failed(job, &stopped, outcome.to_owned()));
            }
            self.wait_for_lock(&mut patience, job, &stopped.statement)
                .await?;
        }
    }

    async fn try_in_transaction<'a>(
        &self,
        session: &mut Session,
        job: &Job<'a>,
        patience: &mut Patience,
    ) -> Result<(), Stopped<'a>> {
        let statements = &job.script.statements;
        let started = Instant::now();
        // What is no statement of the file is told as if it stood on its last line.
        let last = job.script.file.sql.trim_end().matches('\n').count() + 1;
        let around = |sql: &'static str| {
            move |error| Stopped {
                statement: Statement {
                    sql,
                    line: last,
                    concurrent: None,
                },
                index: statements.len(),
                error,
            }
        };
        let set_lock_timeout = format!(
            "SET LOCAL lock_timeout = {}",
            self.settings.lock_timeout.as_millis()
        );
        sqlx::raw_sql(AssertSqlSafe(format!("BEGIN; {set_lock_timeout}")))
            .execute(&mut session.conn)
            .await
            .map_err(around("BEGIN"))?;
        for (index, statement) in statements.iter().enumerate() {
            patience
                .execute(session, statement.sql)
                .await
                .map_err(|error| Stopped {
                    statement: statement.clone(),
                    index,
                    error,
                })?;
        }
        // Deferred constraints speak now, while it is still this file that they speak of.
        patience
            .execute(session, "SET CONSTRAINTS ALL IMMEDIATE")
            .await
            .map_err(around("SET CONSTRAINTS"))?;
        session.reset().await.map_err(around("RESET ALL"))?;
        // The file's locks are held still: the wait for the ledger has a bound, too.
        sqlx::raw_sql(AssertSqlSafe(set_lock_timeout.as_str()))
            .execute(&mut session.conn)
            .await
            .map_err(around("SET lock_timeout"))?;
        let (pid, record) = (session.backend.pid, self.record(job, started));
        patience
            .watched(pid, self.ledger.finish(&mut session.conn, &record))
            .await
            .map_err(around("(the entry in the ledger)"))?;
        sqlx::raw_sql(COMMIT)
            .execute(&mut session.conn)
            .await
            .map_err(around(COMMIT))?;
        Ok(())
    }

    async fn run_single_statements(
        &self,
        session: &mut Session,
        job: &Job<'_>,
        started: Instant,
    ) -> Result<(), MigrateError> {
        self.write_down(session, &self.record(job, started), Ledger::start)
            .await?;
        for (index, statement) in job.script.statements.iter().enumerate() {
            let mut patience = Patience::new(session);
            while let Err(error) = self.try_statement(session, statement, &mut patience).await {
                let stopped = Stopped {
                    statement: statement.clone(),
                    index,
                    error,
                };
                let conflict = is_lock_conflict(&stopped.error);
                let given_up = if conflict {
                    self.wait_for_lock(&mut patience, job, statement)
                        .await
                        .err()
                } else {
                    Some(failed(job, &stopped, how_to_go_on(job, index)))
                };
                if let Some(error) = given_up {
                    self.note_failure(session, job, started, &stopped).await;
                    return Err(error);
                }
            }
        }
        session
            .reset()
            .await
            .map_err(while_doing("cannot reset the session"))?;
        self.write_down(session, &self.record(job, started), Ledger::finish)
            .await
    }

    /// Ledger and history in one transaction, where the file itself has none.
    async fn write_down(
        &self,
        session: &mut Session,
        record: &Record<'_>,
        entry: impl AsyncFnOnce(&Ledger, &mut PgConnection, &Record<'_>) -> Result<(), sqlx::Error>,
    ) -> Result<(), MigrateError> {
        let write = async {
            let mut transaction = session.conn.begin().await?;
            entry(&self.ledger, &mut transaction, record).await?;
            transaction.commit().await
        };
        write
            .await
            .map_err(while_doing("cannot write to the ledger"))
    }

    async fn try_statement(
        &self,
        session: &mut Session,
        statement: &Statement<'_>,
        patience: &mut Patience,
    ) -> Result<(), sqlx::Error> {
        if let Some(Concurrent::Create { index, table }) = &statement.concurrent {
            self.drop_invalid_index(session, index, table).await?;
        }
        // A concurrent build waits for old transactions by design; ended midway it would leave an invalid index.
        let lock_timeout = if statement.concurrent.is_some() {
            Duration::ZERO
        } else {
            self.settings.lock_timeout
        };
        let set = format!("SET lock_timeout = {}", lock_timeout.as_millis());
        sqlx::raw_sql(AssertSqlSafe(set))
            .execute(&mut session.conn)
            .await?;
        patience.execute(session, statement.sql).await
    }

    async fn drop_invalid_index(
        &self,
        session: &mut Session,
        index: &str,
        table: &str,
    ) -> Result<(), sqlx::Error> {
        let found: Option<String> = sqlx::query_scalar(
            "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_index AS i \
             JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace \
             WHERE i.indrelid = to_regclass($2) AND ARRAY[c.relname::text] = parse_ident($1) AND NOT i.indisvalid",
        )
        .bind(index)
        .bind(table)
        .fetch_optional(&mut session.conn)
        .await?;
        if let Some(name) = found {
            let drop = format!("DROP INDEX CONCURRENTLY {name}");
            sqlx::raw_sql("SET lock_timeout = 0")
                .execute(&mut session.conn)
                .await?;
            sqlx::raw_sql(AssertSqlSafe(drop))
                .execute(&mut session.conn)
                .await?;
            (self.tell)(Event::DroppedInvalidIndex { index: name });
        }
        Ok(())
    }

    /// Pauses before the next try, or gives up when the time is used up.
    async fn wait_for_lock(
        &self,
        patience: &mut Patience,
        job: &Job<'_>,
        statement: &Statement<'_>,
    ) -> Result<(), MigrateError> {
        patience.tries += 1;
        patience.waited += self.settings.lock_timeout;
        let waited = patience.waited;
        let file = &job.script.file.path;
        // Once at least it is tried again: only then it can be seen who stands in the way.
        if waited >= self.settings.lock_wait && patience.tries > 1 {
            return Err(MigrateError::LockTimeout {
                file: file.clone(),
                line: statement.line,
                statement: statement.first_line(),
                waited,
                tries: patience.tries,
                lock_timeout: self.settings.lock_timeout,
                blockers: match &patience.blockers {
                    Some(blockers) => format!("in its way: {blockers}"),
                    None => "it could not be seen who holds it".to_owned(),
                },
            });
        }
        if patience.watcher.is_none() {
            // Without it, only the name of the culprit is missing.
            patience.watcher = connect_one(self.url, self.settings.connect_timeout)
                .await
                .ok();
        }
        let pause = patience.pauses.next();
        patience.waited += pause;
        (self.tell)(Event::Retrying {
            file: file.clone(),
            line: statement.line,
            pause,
        });
        tokio::time::sleep(pause).await;
        Ok(())
    }

    /// Best effort: when the connection is gone the history shows a start without an end.
    async fn note_failure(
        &self,
        session: &mut Session,
        job: &Job<'_>,
        started: Instant,
        stopped: &Stopped<'_>,
    ) {
        let code = server_error(&stopped.error).map_or("no answer", |server| server.code());
        let (number, all) = (stopped.index + 1, job.script.statements.len());
        let detail = format!(
            "statement {number} of {all}, line {}: {code}",
            stopped.statement.line
        );
        if session.reset().await.is_ok() {
            let _ = self
                .ledger
                .fail(&mut session.conn, &self.record(job, started), &detail)
                .await;
        }
    }
}

fn how_to_go_on(job: &Job<'_>, index: usize) -> String {
    let kept = match index {
        0 => "no statement before it".to_owned(),
        1 => "statement 1".to_owned(),
        last => format!("statements 1 to {last}"),
    };
    format!(
        "the file runs outside of a transaction: {kept} of {} took effect and stays; repair the cause and run \
         `up`, which begins this file again at its first statement, or run `down` to take it back",
        job.script.statements.len()
    )
}

fn failed(job: &Job<'_>, stopped: &Stopped<'_>, outcome: String) -> MigrateError {
    Box::new(StatementError::new(
        job.script.file,
        &stopped.statement,
        &stopped.error,
        outcome,
    ))
    .into()
}
