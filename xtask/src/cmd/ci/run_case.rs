//! Running one case: in a process group of its own, bounded in time, in the checkout or in a fresh copy of it.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use rustix::process::{Pid, Signal, kill_process_group};

use super::cases::{Case, FRESH, IMAGE, TARGET, lacks};
use crate::context::Context;
use crate::{cargo, interrupt, proc};

/// `cargo xtask` in a script is the program that runs it: what is tested is what was built, and in a fresh copy
/// nothing needs to be compiled again.
const PRELUDE: &str = r#"cargo() {
    if [ "${1-}" = xtask ]; then shift; "$VSA_XTASK" "$@"; else "$VSA_CARGO" "$@"; fi
}
"#;

/// Runs a case. `Err` says what was expected and did not happen, with the end of what the case printed.
pub(super) fn run(ctx: &Context, case: &Case, image: Option<&str>) -> Result<()> {
    let fresh = if case.cwd == FRESH {
        Some(Fresh::copy(ctx)?)
    } else {
        None
    };
    let cwd = fresh
        .as_ref()
        .map_or_else(|| ctx.root.join(&case.cwd), |fresh| fresh.checkout.clone());
    ensure!(
        cwd.is_dir(),
        "its working folder {} does not exist",
        cwd.display()
    );
    let outcome = script(ctx, case, image, &cwd);
    if let Some(fresh) = fresh {
        fresh.end(ctx)?;
    }
    outcome
}

fn script(ctx: &Context, case: &Case, image: Option<&str>, cwd: &Path) -> Result<()> {
    let scratch = Scratch::create("out")?;
    let (out, err) = (scratch.path.join("stdout"), scratch.path.join("stderr"));
    let mut shell = shell(ctx, cwd)?;
    shell
        .args(["-euc", &format!("{PRELUDE}{}", case.run)])
        .stdout(fs::File::create(&out).context("cannot write the case's output")?)
        .stderr(fs::File::create(&err).context("cannot write the case's output")?);
    if case.cwd == FRESH {
        shell.env_remove("CARGO_TARGET_DIR");
    }
    for (name, value) in &case.env {
        match value {
            Some(value) => {
                let value = value.replace(IMAGE, image.unwrap_or_default());
                shell.env(
                    name,
                    value.replace(TARGET, &ctx.target_dir.to_string_lossy()),
                )
            }
            None => shell.env_remove(name),
        };
    }
    let status = run_group(&mut shell, Duration::from_secs(case.timeout))?;
    let read =
        |path: &Path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    let (stdout, stderr) = (read(&out), read(&err));
    let lacking = match status {
        Some(exit) => lacks(&case.expect, exit, &stdout, &stderr),
        None => vec![format!("not finished after {} s", case.timeout)],
    };
    ensure!(
        lacking.is_empty(),
        "{}\n--- end of stdout\n{}\n--- end of stderr\n{}\n---",
        lacking.join("; "),
        proc::tail(stdout.as_bytes(), 10),
        proc::tail(stderr.as_bytes(), 25)
    );
    Ok(())
}

/// A shell with the environment of somebody who has just cloned: no database is named, nested cargo is clean.
fn shell(ctx: &Context, cwd: &Path) -> Result<Command> {
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
        .env(
            "VSA_XTASK",
            std::env::current_exe().context("cannot tell which program this is")?,
        )
        .env("VSA_CARGO", cargo.get_program())
        .current_dir(cwd)
        .stdin(Stdio::null());
    Ok(shell)
}

/// Runs to the end, or until the time is up (`None`) or Ctrl-C; then everything in its group ends with it.
fn run_group(command: &mut Command, limit: Duration) -> Result<Option<Option<i32>>> {
    let mut child = proc::spawn(command.process_group(0))?;
    let group = i32::try_from(child.id())
        .ok()
        .and_then(Pid::from_raw)
        .context("a process has no id")?;
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a case")? {
            return Ok(Some(status.code()));
        }
        let interrupted = interrupt::check();
        if interrupted.is_err() || started.elapsed() > limit {
            for signal in [Signal::TERM, Signal::KILL] {
                // The group may be gone already: that is what we want.
                let _ = kill_process_group(group, signal);
                let asked = Instant::now();
                while matches!(child.try_wait(), Ok(None))
                    && asked.elapsed() < Duration::from_secs(5)
                {
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            interrupted?;
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A folder in the machine's place for temporary files, removed when dropped.
struct Scratch {
    path: PathBuf,
}

impl Scratch {
    fn create(what: &str) -> Result<Self> {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let nth = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("vsa-ci-{}-{nth}-{what}", std::process::id()));
        fs::create_dir(&path).with_context(|| format!("cannot create {}", path.display()))?;
        Ok(Self { path })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What is left of it lies in the folder for temporary files; there is nobody to tell.
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A copy of what git knows of the checkout, with a state folder of its own.
struct Fresh {
    checkout: PathBuf,
    _scratch: Scratch,
}

impl Fresh {
    fn copy(ctx: &Context) -> Result<Self> {
        let scratch = Scratch::create("fresh")?;
        let checkout = scratch.path.join("a checkout, così");
        let mut list = Command::new("git");
        list.current_dir(&ctx.root).args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let output = proc::capture(&mut list, Duration::from_secs(30))?;
        ensure!(
            output.status.success(),
            "git does not list the files: {}",
            proc::tail(&output.stderr, 2)
        );
        let listed = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
        for name in listed.split('\0').filter(|name| !name.is_empty()) {
            let (from, to) = (ctx.root.join(name), checkout.join(name));
            // A file that is deleted but not yet committed is still listed.
            if from.is_file() {
                fs::create_dir_all(to.parent().unwrap_or(&checkout))?;
                fs::copy(&from, &to).with_context(|| format!("cannot copy {name}"))?;
            }
        }
        // Copied last, it is newer than its sources: nobody needs to build it again.
        let programs = checkout.join("target/debug");
        fs::create_dir_all(&programs)?;
        fs::copy(cargo::vsa_db(ctx)?, programs.join("vsa-db")).context("cannot copy vsa-db")?;
        Ok(Self {
            checkout,
            _scratch: scratch,
        })
    }

    /// Ends what a case may have left running, then removes the copy.
    fn end(self, ctx: &Context) -> Result<()> {
        let mut down = shell(ctx, &self.checkout)?;
        down.env_remove("CARGO_TARGET_DIR")
            .args(["-euc", &format!("{PRELUDE}cargo xtask db-down --purge")]);
        let output = proc::capture(&mut down, Duration::from_secs(60))?;
        ensure!(
            output.status.success(),
            "its database cannot be removed afterwards: {}",
            proc::tail(&output.stderr, 5)
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_hangs_is_ended_with_everything_it_started() {
        let scratch = Scratch::create("test").unwrap();
        let pid_file = scratch.path.join("pid");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "sleep 600 & echo $! > \"$0\"; wait"])
            .arg(&pid_file);
        assert_eq!(run_group(&mut shell, Duration::from_secs(2)).unwrap(), None);
        let pid: i32 = fs::read_to_string(&pid_file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let gone = rustix::process::test_kill_process(Pid::from_raw(pid).unwrap()).is_err()
            || fs::read_to_string(format!("/proc/{pid}/stat"))
                .is_ok_and(|stat| stat.contains(") Z "));
        assert!(gone, "process {pid} is still there");
    }

    #[test]
    fn a_scratch_folder_is_removed() {
        let path = {
            let scratch = Scratch::create("gone").unwrap();
            fs::write(scratch.path.join("x"), "").unwrap();
            scratch.path.clone()
        };
        assert!(!path.exists());
    }
}
