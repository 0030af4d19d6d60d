//! Which working copy this is, and the folder where its tests agree on who has which slot.

use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// A working copy, as seen by the current user on this machine.
#[derive(Debug)]
pub(crate) struct Checkout {
    /// Eight hexadecimal digits, part of the name of every database.
    id: String,
    /// Where the lock files are; only this user can enter it.
    locks: PathBuf,
}

impl Checkout {
    /// The checkout around the current folder, which cargo and nextest set to the package's.
    ///
    /// Not the folder the crate was compiled in: checkouts may share a target folder.
    pub(crate) fn current() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        let base = std::env::var_os("XDG_RUNTIME_DIR")
            .map(PathBuf::from)
            .filter(|folder| folder.is_dir())
            .unwrap_or_else(std::env::temp_dir);
        Self::of(&here, &base)
    }

    /// The checkout around `folder`, with its lock files in a private folder inside `base`.
    ///
    /// Two that do not see each other's locks must not share databases either, or a test would
    /// be cleaned away under its feet. So the id is made of all that the locks depend on: the lock folder,
    /// the user, the machine; and of the workspace, so that checkouts do not share failed tests.
    pub(crate) fn of(folder: &Path, base: &Path) -> anyhow::Result<Self> {
        let root = workspace_root(folder);
        let user = nix::unistd::getuid().as_raw();
        let locks = base.join(format!("vsa-test-db-{user}"));
        private_folder(&locks, user)?;
        let locks = fs::canonicalize(&locks)
            .with_context(|| format!("cannot resolve {}", locks.display()))?;
        // Elsewhere (macOS) the per-user temporary folder is unique to the machine already.
        let host = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        let mut hasher = DefaultHasher::new();
        (&root, &locks, user, host.trim()).hash(&mut hasher);
        let [.., a, b, c, d] = hasher.finish().to_le_bytes();
        let id = format!("{:08x}", u32::from_le_bytes([a, b, c, d]));
        Ok(Self { id, locks })
    }

    /// The beginning of the name of every database of this checkout.
    pub(crate) fn prefix(&self) -> String {
        format!("vsa_test_{}_", self.id)
    }

    /// The name of the container, if one is needed.
    pub(crate) fn container(&self) -> String {
        format!("vsa-test-{}", self.id)
    }

    /// A file of this checkout in the lock folder.
    pub(crate) fn lock_file(&self, name: &str) -> PathBuf {
        self.locks.join(format!("{}-{name}", self.id))
    }
}

/// The nearest folder upward whose `Cargo.toml` opens a workspace, else the folder itself.
fn workspace_root(folder: &Path) -> PathBuf {
    let is_root = |folder: &&Path| {
        fs::read_to_string(folder.join("Cargo.toml"))
            .is_ok_and(|text| text.lines().any(|line| line.trim() == "[workspace]"))
    };
    let root = folder.ancestors().find(is_root).unwrap_or(folder);
    fs::canonicalize(root).unwrap_or_else(|_| root.to_owned())
}

/// Makes the folder, or checks that the one there is a real folder nobody else can write into.
fn private_folder(path: &Path, user: u32) -> anyhow::Result<()> {
    let shown = path.display();
    match DirBuilder::new().mode(0o700).create(path) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(error).with_context(|| format!("cannot make the folder {shown}")),
    }
    let found = fs::symlink_metadata(path).with_context(|| format!("cannot look at {shown}"))?;
    ensure!(
        found.is_dir() && found.uid() == user && found.mode().trailing_zeros() >= 6,
        "{shown} is not a folder of this user alone (mode 0700); remove it, or set TMPDIR"
    );
    Ok(())
}
