//! Ctrl-C and SIGTERM, trapped before anything is created.

use std::future::Future;

use anyhow::Context as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The work was interrupted by Ctrl-C or SIGTERM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interrupted")]
pub struct Interrupted {
    /// What the program should exit with: 130 or 143.
    pub exit_code: u8,
}

pub(super) struct Interrupt {
    ctrl_c: Signal,
    term: Signal,
}

impl Interrupt {
    pub(super) fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            ctrl_c: signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?,
            term: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
        })
    }

    pub(super) async fn unless<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, Interrupted> {
        tokio::select! {
            biased;
            _ = self.ctrl_c.recv() => Err(Interrupted { exit_code: 130 }),
            _ = self.term.recv() => Err(Interrupted { exit_code: 143 }),
            done = work => Ok(done),
        }
    }
}
