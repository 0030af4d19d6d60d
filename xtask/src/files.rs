//! Folders that come and go.

use std::path::Path;

use anyhow::Context as _;

/// Removes a folder tree that may be absent.
pub(crate) fn remove(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}
