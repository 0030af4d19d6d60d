//! One statement of a plan, and what it may do.

use std::fmt;

use serde::Serialize;

/// What a step may do to those who work with the database, or to the rows in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Hazard {
    /// Rows, columns or digits are gone afterwards.
    DeletesData,
    /// The way down brings back the schema, but not what was in it.
    CannotBeUndone,
    /// Every row is written anew.
    RewritesTable,
    /// Every row is written, some at a time, while others work.
    WritesRows,
    /// Nobody can write to the table for as long as it takes, or read it.
    BlocksWrites,
    /// Every row is read, while others work.
    Scans,
    /// An index is built.
    BuildsIndex,
    /// It fails, and changes nothing, if there is a row that does not fit.
    FailsOnRows,
    /// Programs that use the old name find nothing there.
    BreaksPrograms,
}

impl fmt::Display for Hazard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DeletesData => "deletes data",
            Self::CannotBeUndone => "cannot be undone",
            Self::RewritesTable => "rewrites the table",
            Self::WritesRows => "writes every row",
            Self::BlocksWrites => "blocks writes",
            Self::Scans => "scans",
            Self::BuildsIndex => "builds an index",
            Self::FailsOnRows => "fails if a row does not fit",
            Self::BreaksPrograms => "breaks programs that use the old name",
        })
    }
}

/// One statement of a plan. It can be run twice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// What it is about: `contacts.email`.
    pub object: String,
    /// The statement, without its semicolon.
    pub sql: String,
    /// What may happen.
    pub hazards: Vec<Hazard>,
}

impl Step {
    pub(super) fn new(object: impl Into<String>, sql: impl Into<String>) -> Self {
        Self {
            object: object.into(),
            sql: sql.into(),
            hazards: Vec::new(),
        }
    }

    pub(super) fn hazards(mut self, hazards: &[Hazard]) -> Self {
        self.hazards.extend(hazards);
        self
    }
}
