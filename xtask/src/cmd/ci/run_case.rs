//! Running one case: in a process group of its own, bounded in time, in the checkout or in a fresh copy of it.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use nix::sys::signal::{Signal, killpg};

use super::cases::{Case, FRESH, IMAGE, TARGET, lacks};
use super::fresh::{Fresh, PRELUDE, TempFolder, shell};
use crate::context::Context;
use crate::{interrupt, proc};

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
    match fresh {
        Some(fresh) => fresh.end(ctx, outcome),
        None => outcome,
    }
}

fn script(ctx: &Context, case: &Case, image: Option<&str>, cwd: &Path) -> Result<()> {
    let scratch = TempFolder::create("out")?;
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
        Some(status) => lacks(&case.expect, status.code(), &stdout, &stderr),
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

/// Runs to the end, or until the time is up (`None`) or Ctrl-C; then everything in its group ends with it.
fn run_group(command: &mut Command, limit: Duration) -> Result<Option<ExitStatus>> {
    let mut child = proc::spawn(command.process_group(0))?;
    let group = proc::pid(&child);
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait().context("cannot wait for a case")? {
            return Ok(Some(status));
        }
        let interrupted = interrupt::check();
        if interrupted.is_err() || started.elapsed() > limit {
            for signal in [Signal::SIGTERM, Signal::SIGKILL] {
                // The group may be gone already: that is what we want.
                let _ = killpg(group, signal);
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

#[cfg(test)]
mod tests {
    use nix::sys::signal::kill;
    use nix::unistd::Pid;

    use super::*;

    #[test]
    fn a_case_that_hangs_is_ended_with_everything_it_started() {
        let scratch = TempFolder::create("test").unwrap();
        let pid_file = scratch.path.join("pid");
        let mut shell = Command::new("sh");
        shell
            .args(["-c", "sleep 600 & echo $! > \"$0\"; wait"])
            .arg(&pid_file);
        assert_eq!(run_group(&mut shell, Duration::from_secs(2)).unwrap(), None);
        let pid = fs::read_to_string(&pid_file)
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        let gone = kill(Pid::from_raw(pid), None).is_err()
            || fs::read_to_string(format!("/proc/{pid}/stat"))
                .is_ok_and(|stat| stat.contains(") Z "));
        assert!(gone, "process {pid} is still there");
    }
}
