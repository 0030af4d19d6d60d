//! PostgreSQL from a Python wheel.

use std::path::PathBuf;

/// What the wheel holds.
pub(crate) const VERSION: &str = "18.6";

/// stub
pub(crate) fn ensure() -> anyhow::Result<PathBuf> {
    anyhow::bail!("not here yet")
}
