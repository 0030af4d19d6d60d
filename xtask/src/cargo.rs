//! Nested cargo, and the programs of the workspace that it builds.

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime};

use anyhow::{Context as _, bail};
use xshell::Shell;

use crate::context::Context;
use crate::proc;
use crate::talk::{say, seconds};

/// Variables that `cargo run` sets for us and that would make a nested cargo rebuild everything whose build script
/// watches them, each time the two alternate.
fn is_ours_only(name: &str) -> bool {
    name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
        || name.starts_with("CARGO_CFG_")
        || [
            "CARGO_BIN_NAME",
            "CARGO_CRATE_NAME",
            "CARGO_PRIMARY_PACKAGE",
            "RUST_RECURSION_COUNT",
        ]
        .contains(&name)
}

/// The cargo that runs us (`$CARGO`).
pub(crate) fn program() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// A shell in the checkout, for `cmd!`.
pub(crate) fn shell(ctx: &Context) -> anyhow::Result<Shell> {
    let sh = Shell::new().context("cannot tell the current folder")?;
    sh.change_dir(&ctx.root);
    Ok(sh)
}

/// Our cargo in the checkout, with the environment a person's shell would give it.
pub(crate) fn cargo(ctx: &Context) -> Command {
    let mut command = Command::new(program());
    command.current_dir(&ctx.root);
    clean(command)
}

/// The same for one that is written as a line: `clean(cmd!(sh, "{cargo} fmt --all"))`.
pub(crate) fn clean(command: impl Into<Command>) -> Command {
    let mut command = command.into();
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_ours_only) {
            command.env_remove(&name);
        }
    }
    command
}

/// A program of the workspace that commands run.
#[derive(Debug)]
pub(crate) struct Tool {
    name: &'static str,
    /// What its build reads, besides `Cargo.toml` and `Cargo.lock`.
    sources: &'static [&'static str],
}

/// Migrates, seeds and checks databases.
pub(crate) const VSA_DB: Tool = Tool {
    name: "vsa-db",
    sources: &["crates/vsa-db", "migrations", "seed"],
};

/// Reads schema.yaml, and what follows from it.
pub(crate) const VSA_SCHEMA: Tool = Tool {
    name: "vsa-schema",
    sources: &["crates/schema"],
};

/// Compares and plans: schema file, migrations, databases.
pub(crate) const VSA_DRIFT: Tool = Tool {
    name: "vsa-drift",
    sources: &[
        "crates/drift",
        "crates/schema",
        "crates/vsa-db",
        "migrations",
        "seed",
    ],
};

impl Tool {
    /// Where the program is; it is built first when any of its sources is newer than it. The usual call costs a walk over
    /// some forty files and starts no cargo.
    pub(crate) fn program(&self, ctx: &Context) -> anyhow::Result<PathBuf> {
        let name = self.name;
        let folder = ctx.target_dir.join("debug");
        let (program, stamp) = (folder.join(name), self.stamp(&folder));
        let newest = self.newest_source(ctx)?;
        let root = ctx.root.as_os_str().as_encoded_bytes();
        // Several checkouts may share a target folder.
        let ours = std::fs::read(&stamp).is_ok_and(|stamped| stamped == root);
        if program.is_file() && ours && modified(&stamp).is_some_and(|checked| checked > newest) {
            return Ok(program);
        }

        let mut build = cargo(ctx);
        build.args(["build", "--workspace", "--bin", name]);
        say!("building {name}: {}", proc::render(&build));
        let started = Instant::now();
        // What is edited while cargo works may not be in the program.
        std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::write(&stamp, ""))
            .with_context(|| format!("cannot write {}", stamp.display()))?;
        let began = modified(&stamp);
        let status = proc::talkative(&mut build)?;
        if !status.success() {
            bail!("{name} does not build; the compiler says why above");
        }
        if !program.is_file() {
            bail!(
                "cargo built {name}, but not as {}; unset build.target-dir or set CARGO_TARGET_DIR",
                program.display()
            );
        }
        self.vouch(&folder, &ctx.root, began)?;
        say!("built {name} in {}", seconds(started.elapsed()));
        Ok(program)
    }

    /// Notes that the program in `folder` is what the sources of the checkout were at that time, or are now: it keeps us
    /// from asking cargo each time.
    pub(crate) fn vouch(
        &self,
        folder: &Path,
        root: &Path,
        at: Option<SystemTime>,
    ) -> anyhow::Result<()> {
        let stamp = self.stamp(folder);
        let write = || {
            let mut file = File::create(&stamp)?;
            file.write_all(root.as_os_str().as_encoded_bytes())?;
            at.map_or(Ok(()), |at| file.set_modified(at))
        };
        write().with_context(|| format!("cannot write {}", stamp.display()))
    }

    fn stamp(&self, folder: &Path) -> PathBuf {
        folder.join(format!(".{}.checked", self.name))
    }

    /// When the youngest file that goes into the program was changed.
    fn newest_source(&self, ctx: &Context) -> anyhow::Result<SystemTime> {
        let mut newest = SystemTime::UNIX_EPOCH;
        for part in self.sources.iter().chain(&["Cargo.lock", "Cargo.toml"]) {
            let path = ctx.root.join(part);
            visit(&path, &mut newest).with_context(|| format!("cannot read {}", path.display()))?;
        }
        Ok(newest)
    }
}

fn visit(path: &Path, newest: &mut SystemTime) -> std::io::Result<()> {
    let meta = std::fs::metadata(path)?;
    *newest = (*newest).max(meta.modified()?);
    if meta.is_dir() {
        for entry in std::fs::read_dir(path)? {
            let entry = entry?;
            // Tests are no part of the program.
            if entry.file_name() != "tests" {
                visit(&entry.path(), newest)?;
            }
        }
    }
    Ok(())
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path)
        .and_then(|meta| meta.modified())
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_run_sets_is_not_handed_on() {
        for name in ["CARGO_PKG_NAME", "CARGO_MANIFEST_DIR", "CARGO_CFG_UNIX"] {
            assert!(is_ours_only(name), "{name}");
        }
        for name in [
            "CARGO",
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "PATH",
            "RUSTFLAGS",
        ] {
            assert!(!is_ours_only(name), "{name}");
        }
    }

    #[test]
    fn cargo_written_as_a_line_runs_in_the_checkout_and_is_cleaned() {
        let temp = tempfile::tempdir().unwrap();
        let ctx = Context {
            root: temp.path().to_owned(),
            target_dir: temp.path().join("target"),
        };
        let (sh, cargo) = (shell(&ctx).unwrap(), program());
        let line = clean(xshell::cmd!(sh, "{cargo} fmt --all"));
        assert_eq!(line.get_program(), cargo);
        assert_eq!(line.get_args().collect::<Vec<_>>(), ["fmt", "--all"]);
        assert_eq!(line.get_current_dir(), Some(temp.path()));
        // Cargo itself sets this one for the tests.
        for command in [line, super::cargo(&ctx)] {
            let removed = command
                .get_envs()
                .any(|(name, value)| name == "CARGO_PKG_NAME" && value.is_none());
            assert!(removed, "{command:?}");
        }
    }

    #[test]
    fn a_deeper_file_counts_as_a_source() {
        let temp = tempfile::tempdir().unwrap();
        let deep = temp.path().join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(deep.join("x.rs"), "").unwrap();
        let future = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(4_000_000_000);
        std::fs::File::options()
            .write(true)
            .open(deep.join("x.rs"))
            .unwrap()
            .set_modified(future)
            .unwrap();

        let mut newest = SystemTime::UNIX_EPOCH;
        visit(temp.path(), &mut newest).unwrap();
        assert_eq!(newest, future);
    }
}
