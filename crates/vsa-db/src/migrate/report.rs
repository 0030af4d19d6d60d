//! What the migrator tells: results that go to people as text and to scripts as JSON, with the field names below.

use std::time::Duration;

use serde::Serialize;
use time::OffsetDateTime;

use super::session::Backend;
use super::state::Problem;

/// Which file of a migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Applying.
    Up,
    /// Reverting.
    Down,
}

impl Direction {
    /// As the history and JSON have it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
        }
    }
}

/// What was done.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The database.
    pub database: String,
    /// The files that ran, in order.
    pub done: Vec<Done>,
}

/// One file that ran to its end.
#[derive(Debug, Clone, Serialize)]
pub struct Done {
    /// Number of the migration.
    pub version: i64,
    /// The words of its file name.
    pub description: String,
    /// Which of its files.
    pub direction: Direction,
    /// How long it took, bookkeeping included.
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub duration: Duration,
}

/// What would be done: the answer of a dry run.
#[derive(Debug, Clone, Serialize)]
pub struct Plan {
    /// The database.
    pub database: String,
    /// The files that would run, in order.
    pub steps: Vec<PlannedStep>,
}

/// One file that would run.
#[derive(Debug, Clone, Serialize)]
pub struct PlannedStep {
    /// Number of the migration.
    pub version: i64,
    /// The file.
    pub file: String,
    /// Which of the two it is.
    pub direction: Direction,
    /// How many statements it holds.
    pub statements: usize,
    /// Whether they run in one transaction.
    pub transaction: bool,
}

/// Files and ledger, side by side.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// The database.
    pub database: String,
    /// How many migrations are applied, edited, missing and half-done ones included.
    pub applied: usize,
    /// How many are not.
    pub pending: usize,
    /// What is wrong; empty when all is well.
    pub problems: Vec<Problem>,
    /// Every migration that has a file or a row, by version.
    pub migrations: Vec<MigrationStatus>,
}

/// One migration.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationStatus {
    /// Its number.
    pub version: i64,
    /// The words of its file name.
    pub description: String,
    /// How it stands.
    pub state: State,
    /// When it was applied; `null` when it is not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub installed_on: Option<OffsetDateTime>,
    /// `sha384:…` of the up file: as applied, or, while pending, as it is on disk.
    pub checksum: String,
}

/// How a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Applied, and its files are what they were then.
    Applied,
    /// Not applied.
    Pending,
    /// Applied, but one of its files was edited since.
    Edited,
    /// Applied, but its files are gone.
    Missing,
    /// A file that runs outside of a transaction stopped midway.
    Dirty,
}

impl State {
    /// As JSON has it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Pending => "pending",
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Dirty => "dirty",
        }
    }
}

/// One entry of the history.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct HistoryEntry {
    /// Order of the entries.
    pub id: i64,
    /// Number of the migration.
    pub version: i64,
    /// The words of its file name.
    pub description: String,
    /// `up` or `down`.
    pub direction: String,
    /// `done`; `started` and `failed` only of files that run outside of a transaction.
    pub outcome: String,
    /// `sha256:…` of the file that ran.
    pub checksum: String,
    /// Of an `up`: `sha256:…` of the down file at that time.
    pub down_checksum: Option<String>,
    /// Who was logged in at the server.
    pub db_user: String,
    /// Who ran the program on its machine.
    pub os_user: String,
    /// The program, as it named itself to the server.
    pub application: String,
    /// Where it came from; `null`: a Unix socket.
    pub client_address: Option<String>,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// How long the file had run by then, in milliseconds.
    pub duration_ms: f64,
    /// Version of the migrator.
    pub tool_version: String,
    /// Of a failed run: which statement and its SQLSTATE.
    pub detail: Option<String>,
}

/// What happens while it happens, for whoever tells it to a person.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Event {
    /// The session that will do the work; see [`terminate`](super::terminate).
    Connected(Backend),
    /// Another migrator is at work; it is waited for.
    Waiting {
        /// Who it is.
        holder: String,
    },
    /// A file begins.
    Starting {
        /// The file.
        file: String,
    },
    /// A statement did not get its lock; it, or its file, is tried again.
    Retrying {
        /// The file.
        file: String,
        /// The line of the statement.
        line: usize,
        /// After this pause.
        pause: Duration,
    },
    /// An invalid index, left by an earlier try, was dropped before it is built anew.
    DroppedInvalidIndex {
        /// Its name.
        index: String,
    },
    /// A file ran to its end.
    Finished(Done),
}

fn milliseconds<S: serde::Serializer>(
    duration: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1000.0)
}
