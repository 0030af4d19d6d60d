//! A place to try commands in: the environment of somebody who has just cloned, and a copy of the checkout.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use xshell::cmd;

use crate::context::Context;
use crate::talk::say;
use crate::{cargo, interrupt, proc};

/// `cargo xtask` in a script is the program that runs it: what is tested is what was built, and in a fresh copy
/// nothing needs to be compiled again.
pub(crate) const PRELUDE: &str = r#"cargo() {
    if [ "${1-}" = xtask ]; then shift; "$VSA_XTASK" "$@"; else command "$VSA_CARGO" "$@"; fi
}
"#;

/// The path of this program. Ask for it early: a build may put a new file in its place, and the system then only
/// knows the old one as deleted.
pub(crate) fn program() -> Result<&'static Path> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    if let Some(known) = PROGRAM.get() {
        return Ok(known);
    }
    let found = std::env::current_exe().context("cannot tell which program this is")?;
    Ok(PROGRAM.get_or_init(|| found))
}

/// A shell with the environment of somebody who has just cloned: no database is named, nested cargo is clean.
pub(crate) fn shell(ctx: &Context, cwd: &Path) -> Result<Command> {
    // The helper knows which variables of the outer cargo must go; only the program is another.
    let cargo = cargo::cargo(ctx);
    let mut shell = Command::new("sh");
    for (name, value) in cargo.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    for name in [
        "DATABASE_URL",
        "TEST_DATABASE_URL",
        "DB_USER",
        "DB_PASSWORD",
        "DB_HOST",
        "DB_PORT",
        "DB_NAME",
        "VSA_POSTGRES_IMAGE",
    ] {
        shell.env_remove(name);
    }
    shell
        .env("VSA_XTASK", program()?)
        .env("VSA_CARGO", cargo.get_program())
        .current_dir(cwd)
        .stdin(Stdio::null());
    Ok(shell)
}

/// A folder in the machine's place for temporary files, removed when dropped.
pub(crate) struct TempFolder {
    pub(crate) path: PathBuf,
}

impl TempFolder {
    pub(crate) fn create(what: &str) -> Result<Self> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let nth = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vsa-ci-{}-{nth}-{what}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for TempFolder {
    fn drop(&mut self) {
        // What is left of it lies in the folder for temporary files; there is nobody to tell.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A copy of what git knows of the checkout, with a state folder of its own.
pub(crate) struct Fresh {
    pub(crate) checkout: PathBuf,
    _temp: TempFolder,
}

impl Fresh {
    pub(crate) fn copy(ctx: &Context) -> Result<Self> {
        let temp = TempFolder::create("fresh")?;
        let checkout = temp.path.join("a checkout, così");
        let sh = cargo::shell(ctx)?;
        let listed = cmd!(sh, "git ls-files -z --cached --others --exclude-standard")
            .read()
            .context("git does not list the files")?;
        for name in listed.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (ctx.root.join(name), checkout.join(name));
            // A file that is deleted but not yet committed is still listed.
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(&checkout))?;
                copy(&from, &to).with_context(|| format!("cannot copy {name}"))?;
            }
        }
        // Copied last, it is newer than its sources: nobody needs to build it again.
        let programs = checkout.join("target/debug");
        fs::create_dir_all(&programs)?;
        for tool in [&cargo::VSA_DB, &cargo::VSA_SCHEMA, &cargo::VSA_DRIFT] {
            let program = tool.program(ctx)?;
            fs::copy(
                &program,
                programs.join(program.file_name().unwrap_or_default()),
            )
            .with_context(|| format!("cannot copy {}", program.display()))?;
            tool.vouch(&programs, &checkout.canonicalize()?, None)?;
        }
        Ok(Self {
            checkout,
            _temp: temp,
        })
    }

    /// Ends what was left running, then removes the copy; Ctrl-C does not cut that short. `outcome` is what was done in
    /// the copy, and its error is the one that counts.
    pub(crate) fn end<T>(self, ctx: &Context, outcome: Result<T>) -> Result<T> {
        let ended = interrupt::shielded(|| self.purge(ctx));
        if let (Err(_), Err(error)) = (&outcome, &ended) {
            say!("{error:#}");
        }
        outcome.and_then(|done| ended.map(|()| done))
    }

    fn purge(&self, ctx: &Context) -> Result<()> {
        let mut down = shell(ctx, &self.checkout)?;
        // In a group of its own: a second Ctrl-C goes to the whole group of the terminal.
        down.process_group(0)
            .env_remove("CARGO_TARGET_DIR")
            .args(["-euc", &format!("{PRELUDE}cargo xtask db-down --purge")]);
        let output = proc::capture(&mut down, Duration::from_mins(1))?;
        ensure!(
            output.status.success(),
            "its database cannot be removed afterwards: {}",
            proc::tail(&output.stderr, 5)
        );
        Ok(())
    }
}

/// A link stays one: what is generated once must be seen by all that link to it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    match fs::read_link(from) {
        Ok(target) => symlink(target, to),
        Err(_) => fs::copy(from, to).map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_copied_as_one() {
        let temp = TempFolder::create("link").unwrap();
        let [file, link, copied] = ["file", "link", "copied"].map(|name| temp.path.join(name));
        fs::write(&file, "old").unwrap();
        symlink("file", &link).unwrap();
        copy(&link, &copied).unwrap();
        fs::write(&file, "new").unwrap();
        assert_eq!(fs::read_to_string(&copied).unwrap(), "new");
        copy(&file, &temp.path.join("other")).unwrap();
        assert!(fs::read_link(temp.path.join("other")).is_err());
    }

    #[test]
    fn a_temporary_folder_is_removed() {
        let path = {
            let temp = TempFolder::create("gone").unwrap();
            fs::write(temp.path.join("x"), "").unwrap();
            temp.path.clone()
        };
        assert!(!path.exists());
    }
}
