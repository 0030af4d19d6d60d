//! Slots: numbered places for a database, each claimed by at most one test at a time.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};

use anyhow::Context as _;

use crate::checkout::Checkout;
use crate::clean::State;
use crate::template;

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
    file: File,
    state: Option<State>,
}

impl Slot {
    /// The first slot nobody has. From here on the slot does not count as clean for anyone until
    /// [`release`](Self::release) says so: a killed test leaves nothing that looks usable.
    pub(crate) fn claim(checkout: &Checkout, kind: Kind) -> anyhow::Result<Self> {
        let mut number = 0;
        loop {
            if let Some(slot) = Self::try_claim(checkout, kind, number)? {
                return Ok(slot);
            }
            number += 1;
        }
    }

    /// This slot, unless somebody has it.
    pub(crate) fn try_claim(
        checkout: &Checkout,
        kind: Kind,
        number: u32,
    ) -> anyhow::Result<Option<Self>> {
        let path = checkout.lock_file(&match kind {
            Kind::Migrated => format!("slot-{number}"),
            Kind::Empty => format!("empty-{number}"),
        });
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .with_context(|| format!("cannot open the lock file {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
        let mut text = String::new();
        file.read_to_string(&mut text)
            .and_then(|_| file.set_len(0))
            .with_context(|| format!("cannot read and empty {}", path.display()))?;
        let state = State::parse(&text);
        Ok(Some(Self {
            kind,
            number,
            file,
            state,
        }))
    }

    /// The name of the slot's database.
    pub(crate) fn database(&self, checkout: &Checkout) -> String {
        let (prefix, number) = (checkout.prefix(), self.number);
        match self.kind {
            Kind::Migrated => format!("{prefix}{}_{number}", template::fingerprint()),
            Kind::Empty => format!("{prefix}empty_{number}"),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        self.kind
    }

    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// What the last test wrote down, once.
    pub(crate) fn take_state(&mut self) -> Option<State> {
        self.state.take()
    }

    /// What a clean database of this slot looks like, while a test uses it.
    pub(crate) fn set_state(&mut self, state: State) {
        self.state = Some(state);
    }

    pub(crate) fn state(&self) -> Option<&State> {
        self.state.as_ref()
    }

    /// Gives the slot back; with a state if its database was left clean. A state that cannot be
    /// written is as good as none.
    pub(crate) fn release(mut self, clean: Option<State>) {
        if let Some(state) = clean
            && self.file.rewind().is_ok()
            && self.file.write_all(state.to_string().as_bytes()).is_err()
        {
            // Half a line does not parse; an empty file is the plainer way to say so.
            drop(self.file.set_len(0));
        }
    }
}
