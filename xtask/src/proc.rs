//! Running other programs: shown, bounded in time, ended by Ctrl-C.

use std::io::Read;
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context as _;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::interrupt;

/// The command as a person would type it. Environment variables are left out: that is where secrets travel.
pub(crate) fn render(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| quoted(&word.to_string_lossy()))
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_=./:,@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// Starts a program; the error says which one and, when it is simply absent, that.
pub(crate) fn spawn(command: &mut Command) -> anyhow::Result<Child> {
    command
        .spawn()
        .with_context(|| format!("cannot run `{}`", render(command)))
}

/// The number of a process we started, as signals want it.
pub(crate) fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().cast_signed())
}

/// Waits for `child`, at most `limit`; `None` when time was up. On Ctrl-C and when time is up the child is ended first.
pub(crate) fn wait(
    child: &mut Child,
    limit: Option<Duration>,
) -> anyhow::Result<Option<ExitStatus>> {
    let started = Instant::now();
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child
            .try_wait()
            .context("cannot wait for a child process")?
        {
            interrupt::check()?;
            return Ok(Some(status));
        }
        if let Err(interrupted) = interrupt::check() {
            end(child);
            return Err(interrupted.into());
        }
        if limit.is_some_and(|limit| started.elapsed() > limit) {
            end(child);
            return Ok(None);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Asks the child to end (SIGTERM), gives it two seconds, then kills it. It may be gone already: nothing to report then.
fn end(child: &mut Child) {
    let _ = kill(pid(child), Signal::SIGTERM);
    let asked = Instant::now();
    while asked.elapsed() < Duration::from_secs(2) {
        if !matches!(child.try_wait(), Ok(None)) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
}

/// Runs a program whose output nobody needs to see unless it fails. stdin is empty. Time is bounded.
pub(crate) fn capture(command: &mut Command, limit: Duration) -> anyhow::Result<Output> {
    let shown = render(command);
    if interrupt::is_shielded() {
        // A second Ctrl-C goes to everything in the terminal's group: cleaning up is not to die of it.
        command.process_group(0);
    }
    let mut child = spawn(
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped()),
    )?;
    let stdout = drain(child.stdout.take());
    let stderr = drain(child.stderr.take());
    let status = wait(&mut child, Some(limit))?
        .with_context(|| format!("`{shown}` did not end within {} s", limit.as_secs()))?;
    Ok(Output {
        status,
        stdout: stdout.join().unwrap_or_default(),
        stderr: stderr.join().unwrap_or_default(),
    })
}

/// Reads a pipe in a thread of its own, so that a child that writes much to both never blocks.
fn drain(pipe: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // A broken pipe ends the output; what was read so far is what there is.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// Runs a program that talks to the person; its stdout joins our stderr, because our stdout is for results.
pub(crate) fn talkative(command: &mut Command) -> anyhow::Result<ExitStatus> {
    let stderr = std::io::stderr()
        .as_fd()
        .try_clone_to_owned()
        .context("cannot share stderr with a child process")?;
    let mut child = spawn(command.stdin(Stdio::null()).stdout(stderr))?;
    wait(&mut child, None)?.context("a wait without a limit ran out of time")
}

/// Runs a program in our stead: its stdin, stdout and exit code are ours.
pub(crate) fn pass_through(command: &mut Command) -> anyhow::Result<std::process::ExitCode> {
    let mut child = spawn(command)?;
    let status = wait(&mut child, None)?.context("a wait without a limit ran out of time")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map(std::process::ExitCode::from)
        .with_context(|| format!("`{}` ended with {status}", render(command)))
}

/// The last `lines` lines of a program's output, for the end of an error message.
pub(crate) fn tail(bytes: &[u8], lines: usize) -> String {
    let text = String::from_utf8_lossy(bytes);
    let all: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendered_command_can_be_pasted_into_a_shell() {
        let mut command = Command::new("echo");
        command
            .args(["two words", "it's", "plain-1", ""])
            .env("PGPASSWORD", "secret");
        assert_eq!(render(&command), r"echo 'two words' 'it'\''s' plain-1 ''");
    }

    #[test]
    fn capture_gives_both_streams_and_the_status() {
        let output = capture(
            Command::new("sh").args(["-c", "echo out; echo err >&2; exit 3"]),
            Duration::from_secs(20),
        )
        .unwrap();
        assert_eq!(output.status.code(), Some(3));
        assert_eq!(
            (output.stdout.as_slice(), output.stderr.as_slice()),
            (&b"out\n"[..], &b"err\n"[..])
        );
    }

    #[test]
    fn a_program_that_hangs_is_ended_when_its_time_is_up() {
        let started = Instant::now();
        let error =
            capture(Command::new("sleep").arg("600"), Duration::from_millis(50)).unwrap_err();
        assert!(
            error.to_string().contains("`sleep 600` did not end"),
            "{error}"
        );
        assert!(started.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn an_absent_program_is_named() {
        let error =
            capture(&mut Command::new("no-such-program"), Duration::from_secs(1)).unwrap_err();
        assert!(error.to_string().contains("no-such-program"), "{error}");
    }

    #[test]
    fn the_tail_leaves_out_blank_lines() {
        assert_eq!(tail(b"a\n\nb\nc\n\n", 2), "b\nc");
    }
}
