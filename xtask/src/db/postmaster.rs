//! Whether the server of a data folder runs. `postmaster.pid` alone does not tell: after a kill it stays, and its number
//! may by now belong to some other program.

#[cfg(target_os = "linux")]
use std::ffi::OsStr;
#[cfg(target_os = "linux")]
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;

use crate::talk::say;

/// What stands behind the number in a `postmaster.pid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// The server of this data folder.
    Ours(Pid),
    /// Nothing, or some other program.
    Gone,
    /// A live process that may be our server: it cannot be told.
    Unknown(Pid),
}

/// The process that serves `data`, if one does.
pub(crate) fn of(data: &Path) -> Option<Pid> {
    match standing(data) {
        Standing::Ours(pid) => Some(pid),
        Standing::Gone | Standing::Unknown(_) => None,
    }
}

/// Removes a `postmaster.pid` that no server stands behind. PostgreSQL itself refuses to start when the number in it
/// belongs to any live process of the same user. An error when a server may stand behind it.
pub(crate) fn forget_stale(data: &Path) -> anyhow::Result<()> {
    let file = data.join("postmaster.pid");
    if !file.exists() {
        return Ok(());
    }
    match standing(data) {
        Standing::Ours(_) => Ok(()),
        Standing::Unknown(pid) => bail!(
            "{} names process {pid}, which lives, and it cannot be told whether it is the server of this folder; \
             see `ps -p {pid}`, end it if it is, remove the file if it is not",
            file.display()
        ),
        Standing::Gone => {
            say!("removing {}: the server it names is gone", file.display());
            std::fs::remove_file(&file).with_context(|| format!("cannot remove {}", file.display()))
        }
    }
}

fn standing(data: &Path) -> Standing {
    let text = std::fs::read_to_string(data.join("postmaster.pid")).unwrap_or_default();
    let number = text
        .lines()
        .next()
        .and_then(|line| line.trim().parse().ok());
    // A negative number is a server in single-user mode, which serves nobody.
    match number.filter(|number| *number > 0).map(Pid::from_raw) {
        Some(pid) if kill(pid, None) != Err(Errno::ESRCH) => judge(pid, data),
        _ => Standing::Gone,
    }
}

/// The command line, which everybody may read, names the data folder; so does the working directory, which root may not
/// read in a container without the ptrace capability.
#[cfg(target_os = "linux")]
fn judge(pid: Pid, data: &Path) -> Standing {
    let process = Path::new("/proc").join(pid.to_string());
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let Ok(line) = std::fs::read(process.join("cmdline")) else {
        return Standing::Unknown(pid);
    };
    if line.is_empty() {
        // It has ended, and its parent has not yet collected it.
        return Standing::Gone;
    }
    let words: Vec<&Path> = line
        .split(|byte| *byte == 0)
        .map(|word| Path::new(OsStr::from_bytes(word)))
        .collect();
    let named = words
        .windows(2)
        .find(|pair| pair[0] == Path::new("-D") && pair[1].is_absolute())
        .map(|pair| pair[1]);
    if named.is_some_and(|named| named == data || real(named) == real(data)) {
        return Standing::Ours(pid);
    }
    match std::fs::read_link(process.join("cwd")) {
        Ok(folder) if folder == real(data) => Standing::Ours(pid),
        Ok(_) => Standing::Gone,
        // A server of another folder, or no server at all.
        Err(_) if named.is_some_and(Path::is_dir) => Standing::Gone,
        Err(_) if !String::from_utf8_lossy(&line).contains("postgres") => Standing::Gone,
        Err(_) => Standing::Unknown(pid),
    }
}

/// Where there is no `/proc`, the command line is asked of `ps`.
#[cfg(not(target_os = "linux"))]
fn judge(pid: Pid, data: &Path) -> Standing {
    let number = pid.to_string();
    let mut ps = std::process::Command::new("ps");
    ps.args(["-ww", "-o", "command=", "-p", &number]);
    let Ok(output) = crate::proc::capture(&mut ps, std::time::Duration::from_secs(20)) else {
        return Standing::Unknown(pid);
    };
    let line = String::from_utf8_lossy(&output.stdout);
    if line.contains("postgres") && line.contains(&*data.to_string_lossy()) {
        Standing::Ours(pid)
    } else {
        Standing::Gone
    }
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
