//! Ctrl-C, SIGTERM and SIGHUP: noted in a flag, so that every wait can end early and clean up after itself.
//!
//! The default action would end xtask between two steps and leave a half-made cluster or a server nobody knows.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);
static SHIELDED: AtomicBool = AtomicBool::new(false);

/// The person at the keyboard (or the CI runner) asked us to stop. `main` answers with exit code 130.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl std::fmt::Display for Interrupted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("interrupted; what was half made is removed")
    }
}

impl std::error::Error for Interrupted {}

/// Installs the handler. Called before anything is created.
pub(crate) fn trap() -> anyhow::Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::SeqCst)).context("cannot trap Ctrl-C")
}

/// An error once Ctrl-C was pressed; called in every loop that waits and between two steps.
pub(crate) fn check() -> Result<(), Interrupted> {
    if INTERRUPTED.load(Ordering::SeqCst) && !SHIELDED.load(Ordering::SeqCst) {
        Err(Interrupted)
    } else {
        Ok(())
    }
}

/// Whether work is going on that Ctrl-C must not cut short.
pub(crate) fn is_shielded() -> bool {
    SHIELDED.load(Ordering::SeqCst)
}

/// Does work that Ctrl-C must not cut short: removing what is half made, which itself runs programs and waits for them.
pub(crate) fn shielded<T>(work: impl FnOnce() -> T) -> T {
    let before = SHIELDED.swap(true, Ordering::SeqCst);
    let result = work();
    SHIELDED.store(before, Ordering::SeqCst);
    result
}
