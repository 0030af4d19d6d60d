//! What every command needs to know about where it runs.

use std::path::PathBuf;

use anyhow::Context as _;

/// The checkout and its build folder; found once, handed to every command.
#[derive(Debug, Clone)]
pub(crate) struct Context {
    /// The canonical path of the checkout.
    pub(crate) root: PathBuf,
    /// Where cargo builds: `$CARGO_TARGET_DIR`, else `target/` in the checkout. Absolute.
    pub(crate) target_dir: PathBuf,
}

impl Context {
    /// Finds the checkout from the current folder upward.
    pub(crate) fn discover() -> anyhow::Result<Self> {
        let here = std::env::current_dir()
            .context("cannot tell the current folder; change into an existing one")?;
        let root = crate::root::find(&here)?;
        let target_dir = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(dir) if !dir.is_empty() => here.join(dir),
            _ => root.join("target"),
        };
        Ok(Self { root, target_dir })
    }
}
