//! What can go wrong, told so that the reader knows what to type next.

use std::fmt::{self, Write as _};
use std::time::Duration;

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};

use super::script::Statement;
use super::source::File;
use super::state::Problem;
use crate::error::{DatabaseError, describe};
use crate::pool::ConnectError;

/// Why migrations were not run, not reverted or not looked at.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// No connection.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// A file holds what the runner does not run.
    #[error("{file}:{line}: {reason}")]
    Refused {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// Why.
        reason: String,
    },
    /// Another migrator holds the lock.
    #[error(
        "another migrator holds the lock of database {database} since {waited:.1?}: {holder}; wait for it, or end it \
         with `select pg_terminate_backend(pid)`"
    )]
    Locked {
        /// The database.
        database: String,
        /// How long was waited.
        waited: Duration,
        /// Its process number, name and state on the server.
        holder: String,
    },
    /// The files and the ledger contradict each other.
    #[error("files and ledger disagree, nothing was done:{}", ProblemList(.0))]
    Disagree(Vec<Problem>),
    /// A version that no file has.
    #[error("there is no migration {version}; the last is {latest}")]
    UnknownVersion {
        /// What was asked for.
        version: i64,
        /// The highest version there is.
        latest: i64,
    },
    /// A statement of a file failed.
    #[error(transparent)]
    Statement(#[from] Box<StatementError>),
    /// A statement could not get its lock, however often it was tried.
    #[error(
        "{file}:{line}: `{statement}` did not get its lock within {waited:.1?} ({tries} tries of {lock_timeout:?}); \
         {blockers}. nothing of this statement is kept; try again when they are done, or wait longer with --lock-wait"
    )]
    LockTimeout {
        /// The file.
        file: String,
        /// The line the statement begins in.
        line: usize,
        /// Its first line.
        statement: String,
        /// How long was waited in all.
        waited: Duration,
        /// How often.
        tries: u32,
        /// How long each time.
        lock_timeout: Duration,
        /// Who held it, or that this could not be seen.
        blockers: String,
    },
    /// Work on the ledger failed.
    #[error("{doing}: {cause}")]
    Database {
        /// What was being done.
        doing: &'static str,
        /// What the driver said, without stored values. Not the `source`: its text is in the message already.
        cause: DatabaseError,
    },
    /// An interrupted session was told to end and has not.
    #[error(
        "server process {pid} was told to end and still runs after 5 s; `select pg_terminate_backend({pid})` tells it \
         again, `vsa-db status` shows what is done"
    )]
    StillRunning {
        /// Its process number.
        pid: i32,
    },
    /// Reverting on a server that is not on this machine was not allowed.
    #[error(
        "{server} is not on this machine and reverting deletes data; add --allow-remote if that is what you mean"
    )]
    Remote {
        /// The server, without user or password.
        server: String,
    },
    /// The session has no schema to put the ledger into.
    #[error("no schema to keep the ledger in: the search_path of this user names none that exists")]
    NoSchema,
}

struct ProblemList<'a>(&'a [Problem]);

impl fmt::Display for ProblemList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

/// A statement that failed: where it is, what the server said, what became of the rest.
#[derive(Debug, thiserror::Error)]
#[error(
    "{file}:{line}: {reason}\n  in the statement of line {statement_line}: {statement}{extra}\n  {outcome}"
)]
pub struct StatementError {
    /// The file.
    pub file: String,
    /// The line of the fault if the server told its position, else that of the statement; from 1.
    pub line: usize,
    /// The line the statement begins in, from 1.
    pub statement_line: usize,
    /// The statement's first line.
    pub statement: String,
    /// The server's message and SQLSTATE.
    pub reason: String,
    /// DETAIL, HINT and CONTEXT, a line each.
    pub extra: String,
    /// What is kept of the file and what to do.
    pub outcome: String,
    /// The SQLSTATE, if the server sent one.
    pub sqlstate: Option<String>,
}

impl StatementError {
    pub(super) fn new(
        file: &File,
        statement: &Statement<'_>,
        error: &sqlx::Error,
        outcome: String,
    ) -> Self {
        let mut failed = Self {
            file: file.path.clone(),
            line: statement.line,
            statement_line: statement.line,
            statement: statement.first_line(),
            reason: describe(error),
            extra: String::new(),
            outcome,
            sqlstate: None,
        };
        if let Some(server) = server_error(error) {
            if let Some(PgErrorPosition::Original(position)) = server.position() {
                failed.line = statement.line_of(position);
            }
            failed.sqlstate = Some(server.code().to_owned());
            failed.tell(server);
        } else {
            failed.reason = format!("the connection to the server was lost ({error})");
        }
        failed
    }

    fn tell(&mut self, server: &PgDatabaseError) {
        // Classes 22 and 23 repeat stored values, which may be personal: `describe` leaves those out.
        // So does their CONTEXT (`JSON data, line 1: …`, `COPY b, line 1: …`) but for where in a function it was.
        let repeats_values = server.code().starts_with("22") || server.code().starts_with("23");
        if !repeats_values {
            self.reason = format!("{} ({})", server.message(), server.code());
            self.add("detail", server.detail());
            self.add("hint", server.hint());
        }
        let context: Vec<&str> = server.r#where().map_or_else(Vec::new, |context| {
            context
                .lines()
                .filter(|line| !repeats_values || line.starts_with("PL/pgSQL function"))
                .collect()
        });
        if !context.is_empty() {
            self.add("context", Some(&context.join("\n")));
        }
        if server.code() == "25001" {
            self.add(
                "hint",
                Some("begin the file with the line `-- no-transaction`"),
            );
        }
    }

    fn add(&mut self, name: &str, text: Option<&str>) {
        if let Some(text) = text {
            // Writing to a String cannot fail.
            let _ = write!(self.extra, "\n  {name}: {}", text.replace('\n', "\n    "));
        }
    }
}

/// The server's own error, if that is what it is.
pub(super) fn server_error(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    error.as_database_error()?.try_downcast_ref()
}

/// Whether the statement gave up waiting for a lock, or was chosen to end a deadlock: it may work a moment later.
pub(super) fn is_lock_conflict(error: &sqlx::Error) -> bool {
    server_error(error).is_some_and(|server| matches!(server.code(), "55P03" | "40P01"))
}

/// For `map_err`: says what was being done.
pub(super) fn while_doing(doing: &'static str) -> impl FnOnce(sqlx::Error) -> MigrateError {
    move |error| MigrateError::Database {
        doing,
        cause: error.into(),
    }
}
