//! Whether the server of a data folder runs. `postmaster.pid` alone does not tell: after a kill it stays, and its number
//! may by now belong to some other program.

use std::path::Path;

use anyhow::Context as _;
use rustix::process::Pid;

use crate::talk::say;

/// The process that serves `data`, if one does.
pub(crate) fn of(data: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    // A negative number is a server in single-user mode, which serves nobody.
    let number = text
        .lines()
        .next()?
        .trim()
        .parse()
        .ok()
        .filter(|number| *number > 0)?;
    let pid = Pid::from_raw(number)?;
    serves(pid, data).then_some(pid)
}

/// Removes a `postmaster.pid` that no server stands behind. PostgreSQL itself refuses to start when the number in it
/// belongs to any live process of the same user.
pub(crate) fn forget_stale(data: &Path) -> anyhow::Result<()> {
    let file = data.join("postmaster.pid");
    if !file.exists() || of(data).is_some() {
        return Ok(());
    }
    say!("removing {}: the server it names is gone", file.display());
    std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))
}

/// A server works in its data folder, and no other program does.
#[cfg(target_os = "linux")]
fn serves(pid: Pid, data: &Path) -> bool {
    let process = Path::new("/proc").join(pid.as_raw_nonzero().to_string());
    // A process that has ended but was not yet collected by its parent has no working directory any more.
    match (std::fs::read_link(process.join("cwd")), data.canonicalize()) {
        (Ok(folder), Ok(data)) => folder == data,
        _ => false,
    }
}

/// Where there is no `/proc`, the command line names the data folder.
#[cfg(not(target_os = "linux"))]
fn serves(pid: Pid, data: &Path) -> bool {
    let number = pid.as_raw_nonzero().to_string();
    let mut ps = std::process::Command::new("ps");
    ps.args(["-ww", "-o", "command=", "-p", &number]);
    crate::proc::capture(&mut ps, std::time::Duration::from_secs(20)).is_ok_and(|output| {
        let line = String::from_utf8_lossy(&output.stdout);
        line.contains("postgres") && line.contains(&*data.to_string_lossy())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_belongs_to_another_program_is_no_server() {
        let data = tempfile::tempdir().unwrap();
        let file = data.path().join("postmaster.pid");
        std::fs::write(&file, format!("{}\n", std::process::id())).unwrap();
        assert_eq!(of(data.path()), None);
        forget_stale(data.path()).unwrap();
        assert!(!file.exists());
    }

    #[test]
    fn an_empty_or_senseless_file_is_no_server() {
        let data = tempfile::tempdir().unwrap();
        for text in ["", "\n", "zero\n", "0\n", "-1\n"] {
            std::fs::write(data.path().join("postmaster.pid"), text).unwrap();
            assert_eq!(of(data.path()), None, "{text:?}");
        }
    }
}
