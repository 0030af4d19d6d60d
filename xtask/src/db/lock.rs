//! One xtask at a time on a checkout's database: an advisory lock on a file, released by the kernel whatever happens.

use std::fs::{File, TryLockError};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

use crate::interrupt;
use crate::talk::say;

/// Held until dropped. The file handle is closed on exec, so no server we start keeps it.
#[derive(Debug)]
pub(crate) struct Lock {
    #[expect(dead_code, reason = "closing it is what releases the lock")]
    file: File,
}

/// Takes the lock at `path`, waiting for whoever holds it; `whose` says what they are doing.
pub(crate) fn take(path: &Path, whose: &str) -> anyhow::Result<Lock> {
    let mut said = false;
    loop {
        interrupt::check()?;
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
            .with_context(|| format!("cannot open the lock file {}", path.display()))?;
        match file.try_lock() {
            // `db-down --purge` removes the file: a lock on a removed file excludes nobody.
            Ok(()) if is_still(path, &file)? => return Ok(Lock { file }),
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                if !said {
                    say!("waiting: {whose}");
                    said = true;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}

fn is_still(path: &Path, file: &File) -> anyhow::Result<bool> {
    let held = file
        .metadata()
        .with_context(|| format!("cannot look at {}", path.display()))?;
    Ok(std::fs::metadata(path).is_ok_and(|now| (now.dev(), now.ino()) == (held.dev(), held.ino())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_on_a_removed_file_is_not_taken_for_a_lock() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("lock");
        let removed = File::create(&path).unwrap();
        removed.lock().unwrap();
        assert!(is_still(&path, &removed).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(!is_still(&path, &removed).unwrap());

        let _new = take(&path, "test").unwrap();
        assert!(!is_still(&path, &removed).unwrap());
        assert!(File::open(&path).unwrap().try_lock().is_err());
    }
}
