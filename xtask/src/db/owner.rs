//! The user the server runs as. PostgreSQL refuses root, so root lends it an unprivileged user and gives that user the
//! data folder; anybody else runs it as themselves.

use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};
use nix::unistd::geteuid;

use crate::proc;

/// An unprivileged user that stands in for root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) name: &'static str,
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    geteuid().is_root()
}

/// Whom root lends the server to: `postgres` where a package made that user, else `nobody`. `None` for anybody but root.
pub(crate) fn unprivileged() -> anyhow::Result<Option<Owner>> {
    if !is_root() {
        return Ok(None);
    }
    for name in ["postgres", "nobody"] {
        if let (Some(uid), Some(gid)) = (id("-u", name)?, id("-g", name)?)
            && uid != 0
        {
            return Ok(Some(Owner { name, uid, gid }));
        }
    }
    bail!(
        "PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody; run as an ordinary user"
    )
}

fn id(which: &str, name: &str) -> anyhow::Result<Option<u32>> {
    let output = proc::capture(
        Command::new("id").args([which, name]),
        Duration::from_secs(20),
    )?;
    Ok(String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .ok()
        .filter(|_| output.status.success()))
}

/// Makes `command` run as `owner`, in `folder`, which that user can enter wherever the checkout lies.
pub(crate) fn run_as(command: &mut Command, owner: Option<Owner>, folder: &Path) {
    command.current_dir(folder);
    if let Some(owner) = owner {
        // std also drops root's supplementary groups when it changes the user.
        command.uid(owner.uid).gid(owner.gid).env("HOME", folder);
    }
}

/// Makes a folder and those above it that are missing, all with this mode whatever the umask: under a strict one the
/// server's user could not pass through. A folder that is there already keeps its mode.
pub(crate) fn make_folders(path: &Path, mode: u32) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent() {
        make_folders(above, mode)?;
    }
    match std::fs::create_dir(path) {
        Ok(()) => std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)),
        // Another xtask was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Makes a folder that only the server's user can enter.
pub(crate) fn private_folder(path: &Path, owner: Option<Owner>) -> anyhow::Result<()> {
    use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
    let what = || format!("cannot make the folder {}", path.display());
    let uid = owner.map_or_else(|| geteuid().as_raw(), |owner| owner.uid);
    match std::fs::DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => {}
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            // In a folder everybody may write to, somebody else may have made it first.
            let meta = std::fs::symlink_metadata(path).with_context(what)?;
            if !meta.is_dir() || (meta.uid() != uid && meta.uid() != geteuid().as_raw()) {
                bail!(
                    "{} belongs to somebody else; remove it or set VSA_STATE_DIR to another folder",
                    path.display()
                );
            }
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
                .with_context(what)?;
        }
        Err(error) => return Err(error).with_context(what),
    }
    give(path, owner)
}

/// Gives `path` to the server's user; nothing to do for anybody but root.
pub(crate) fn give(path: &Path, owner: Option<Owner>) -> anyhow::Result<()> {
    if let Some(owner) = owner {
        std::os::unix::fs::chown(path, Some(owner.uid), Some(owner.gid))
            .with_context(|| format!("cannot give {} to user {}", path.display(), owner.name))?;
    }
    Ok(())
}
