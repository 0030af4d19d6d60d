//! Slots: numbered places for a database, each claimed by at most one test at a time.
//!
//! The lock file of a slot says what is in it: nothing, `in use: <database>`, or the state of a
//! database that was left clean.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::checkout::Checkout;
use crate::clean::State;

/// What a slot holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A clone of the migrated template.
    Migrated,
    /// An empty database.
    Empty,
}

/// A claimed slot: ours until dropped or until this process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Slot {
    kind: Kind,
    number: u32,
    database: String,
    file: File,
}

impl Slot {
    /// The first slot nobody has, and what its last user wrote down if he left it clean.
    ///
    /// From here on it does not count as clean for anyone until [`release`](Self::release) says so:
    /// a killed test leaves nothing that looks usable.
    pub(crate) fn claim(
        checkout: &Checkout,
        kind: Kind,
        fingerprint: &str,
    ) -> anyhow::Result<(Self, Option<State>)> {
        let mut number = 0;
        loop {
            let path = path(checkout, kind, number);
            if let Some(mut file) = try_lock(&path)? {
                let database = match kind {
                    Kind::Migrated => format!("{}{fingerprint}_{number}", checkout.prefix()),
                    Kind::Empty => format!("{}empty_{number}", checkout.prefix()),
                };
                let mut text = String::new();
                file.read_to_string(&mut text)
                    .and_then(|_| overwrite(&mut file, &format!("in use: {database}")))
                    .with_context(|| format!("cannot read and write {}", path.display()))?;
                let slot = Self {
                    kind,
                    number,
                    database,
                    file,
                };
                return Ok((slot, State::parse(&text)));
            }
            number += 1;
        }
    }

    /// The name of the slot's database.
    pub(crate) fn database(&self) -> &str {
        &self.database
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Gives the slot back; with a state if its database was left clean. A state that cannot be
    /// written whole does not parse, and is as good as none.
    pub(crate) fn release(mut self, clean: Option<&State>) {
        let text = clean.map(State::to_string).unwrap_or_default();
        drop(overwrite(&mut self.file, &text));
    }
}

/// Keeps tests from claiming a slot as long as the answer lives, so that `database`, an old one
/// of that slot, can be dropped. `None` if the slot's user is using that very database.
pub(crate) fn hold_off(
    checkout: &Checkout,
    number: u32,
    database: &str,
) -> anyhow::Result<Option<File>> {
    let path = path(checkout, Kind::Migrated, number);
    if let Some(file) = try_lock(&path)? {
        return Ok(Some(file));
    }
    // Somebody has the slot. With a newer database in it, the old one is in nobody's way.
    let text = fs::read_to_string(&path).unwrap_or_default();
    match text.strip_prefix("in use: ") {
        Some(used) if used != database => Ok(Some(open(&path)?)),
        _ => Ok(None),
    }
}

fn path(checkout: &Checkout, kind: Kind, number: u32) -> PathBuf {
    checkout.lock_file(&match kind {
        Kind::Migrated => format!("slot-{number}"),
        Kind::Empty => format!("empty-{number}"),
    })
}

fn open(path: &Path) -> anyhow::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .with_context(|| format!("cannot open the lock file {}", path.display()))
}

fn try_lock(path: &Path) -> anyhow::Result<Option<File>> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

fn overwrite(file: &mut File, text: &str) -> std::io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(text.as_bytes())
}
