//! Files and ledger laid side by side: what is applied, what is pending, what contradicts.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Serialize, Serializer};

use super::ledger::Applied;
use super::report::{Direction, MigrationStatus, State, Status};
use super::source::{File, Migration, Source};

/// A contradiction between files and ledger, told with what to do about it. In JSON it is that text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A file differs from what was applied (up) or from what it was when its up file was applied (down).
    Edited {
        /// The file.
        file: String,
        /// Which of the two it is.
        direction: Direction,
        /// Its checksum then.
        was: String,
        /// Its checksum now.
        now: String,
    },
    /// Applied, but there is no such file.
    Missing {
        /// Number of the migration.
        version: i64,
        /// The words of its file name.
        description: String,
        /// The checksum of the up file that was applied.
        was: String,
    },
    /// Not applied, but a later one is.
    OutOfOrder {
        /// The file.
        file: String,
        /// The highest version applied.
        highest: i64,
    },
    /// A file that runs outside of a transaction stopped midway.
    Dirty {
        /// The file.
        file: String,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited {
                file,
                direction,
                was,
                now,
            } => write!(
                f,
                "{file} was edited after it was applied: it was {}, it is {}; {}",
                short(was),
                short(now),
                match direction {
                    Direction::Up =>
                        "restore it from version control and put the change into a new migration, or, if it is the \
                         last and was never merged, `redo` runs it anew",
                    Direction::Down =>
                        "restore it from version control; it may be changed while its migration is not applied",
                }
            ),
            Self::Missing {
                version,
                description,
                was,
            } => write!(
                f,
                "migration {version:04} ({description}, {}) is applied, but its files are missing; get them back \
                 from version control, or use a program that is as new as this database",
                short(was)
            ),
            Self::OutOfOrder { file, highest } => write!(
                f,
                "{file} is pending, but {highest:04} is applied already; give it the next free number, or run \
                 `up --allow-out-of-order`"
            ),
            Self::Dirty { file } => write!(
                f,
                "{file} stopped midway and what it did until then is kept; `up` runs it again from its first \
                 statement, `down` takes it back"
            ),
        }
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Enough of a checksum to tell two apart: its kind and twelve digits.
fn short(checksum: &str) -> String {
    match checksum.split_once(':') {
        Some((kind, digits)) => format!("{kind}:{}…", digits.get(..12).unwrap_or(digits)),
        None => checksum.to_owned(),
    }
}

/// Lays them side by side.
pub(super) fn compare(database: &str, source: &Source, rows: &[Applied]) -> Status {
    let mut pairs: BTreeMap<i64, (Option<&Migration>, Option<&Applied>)> = BTreeMap::new();
    for migration in source.migrations() {
        pairs.entry(migration.version).or_default().0 = Some(migration);
    }
    for row in rows {
        pairs.entry(row.version).or_default().1 = Some(row);
    }
    let highest = rows.iter().map(|row| row.version).max().unwrap_or(0);
    let mut problems = Vec::new();
    let mut migrations = Vec::with_capacity(pairs.len());
    for (version, pair) in pairs {
        let (state, found) = match pair {
            (Some(migration), Some(row)) => judge(migration, row),
            (Some(migration), None) if version < highest => (
                State::Pending,
                vec![Problem::OutOfOrder {
                    file: migration.up.path.clone(),
                    highest,
                }],
            ),
            (Some(_), None) => (State::Pending, Vec::new()),
            (None, Some(row)) => (State::Missing, vec![missing(row)]),
            // Every entry was made for one of the two.
            (None, None) => continue,
        };
        problems.extend(found);
        migrations.push(MigrationStatus {
            version,
            description: match pair {
                (Some(migration), _) => migration.description.clone(),
                (None, row) => row.map(|row| row.description.clone()).unwrap_or_default(),
            },
            state,
            installed_on: pair.1.map(|row| row.installed_on),
            checksum: match pair {
                (_, Some(row)) => sha384(&row.checksum),
                (migration, None) => migration
                    .map(|migration| sha384(&migration.up.sha384()))
                    .unwrap_or_default(),
            },
        });
    }
    let pending = migrations
        .iter()
        .filter(|migration| migration.state == State::Pending)
        .count();
    Status {
        database: database.to_owned(),
        applied: rows.len(),
        pending,
        problems,
        migrations,
    }
}

fn judge(migration: &Migration, row: &Applied) -> (State, Vec<Problem>) {
    // A half-done file may be edited: that is how it is repaired.
    if !row.success {
        return (
            State::Dirty,
            vec![Problem::Dirty {
                file: migration.up.path.clone(),
            }],
        );
    }
    let mut problems = Vec::new();
    let mut differ = |file: &File, direction: Direction, was: &str, now: &str| {
        if was != now {
            problems.push(Problem::Edited {
                file: file.path.clone(),
                direction,
                was: was.to_owned(),
                now: now.to_owned(),
            });
        }
    };
    differ(
        &migration.up,
        Direction::Up,
        &sha384(&row.checksum),
        &sha384(&migration.up.sha384()),
    );
    if let Some(was) = &row.down_checksum {
        differ(
            &migration.down,
            Direction::Down,
            was,
            &migration.down.sha256(),
        );
    }
    let state = if problems.is_empty() {
        State::Applied
    } else {
        State::Edited
    };
    (state, problems)
}

fn missing(row: &Applied) -> Problem {
    Problem::Missing {
        version: row.version,
        description: row.description.clone(),
        was: sha384(&row.checksum),
    }
}

fn sha384(bytes: &[u8]) -> String {
    format!("sha384:{}", hex::encode(bytes))
}
