//! PostgreSQL programs that are installed on this machine.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::proc;

/// The oldest major version the schema runs on.
pub(crate) const OLDEST: u32 = 15;

/// A folder with `postgres`, `initdb` and usually `psql`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) dir: PathBuf,
    pub(crate) major: u32,
    /// Where it was found, for the reader.
    pub(crate) how: &'static str,
}

/// The first PostgreSQL of a fitting version: `VSA_PG_BIN`, `PATH`, `pg_config`, then the folders of Debian, Homebrew
/// and Postgres.app, newest first.
pub(crate) fn find() -> anyhow::Result<Found> {
    if let Some(dir) = std::env::var_os("VSA_PG_BIN").filter(|dir| !dir.is_empty()) {
        let dir = PathBuf::from(dir);
        let major = version(&dir).with_context(|| {
            format!("VSA_PG_BIN={} is no folder of PostgreSQL server programs; set it to one that holds postgres and initdb, or unset it", dir.display())
        })?;
        if major < OLDEST {
            bail!(
                "VSA_PG_BIN={} holds PostgreSQL {major}; {OLDEST} or later is needed",
                dir.display()
            );
        }
        return Ok(Found {
            dir,
            major,
            how: "VSA_PG_BIN",
        });
    }
    let mut too_old = None;
    for (dir, how) in candidates() {
        match version(&dir) {
            Ok(major) if major >= OLDEST => return Ok(Found { dir, major, how }),
            Ok(major) => too_old = too_old.or(Some((dir, major))),
            Err(_) => {}
        }
    }
    match too_old {
        Some((dir, major)) => bail!(
            "{} holds PostgreSQL {major}; {OLDEST} or later is needed",
            dir.display()
        ),
        None => bail!("no PostgreSQL server programs on PATH or in the usual folders"),
    }
}

/// A folder whose programs are of exactly this major version: only those can read a data folder made by it.
pub(crate) fn find_major(major: u32) -> Option<PathBuf> {
    let given = std::env::var_os("VSA_PG_BIN").map(PathBuf::from);
    given
        .into_iter()
        .chain(candidates().into_iter().map(|(dir, _)| dir))
        .find(|dir| version(dir).is_ok_and(|v| v == major))
}

/// The major version of the `postgres` in `dir`; an error when the folder lacks `postgres` or `initdb`.
pub(crate) fn version(dir: &Path) -> anyhow::Result<u32> {
    if !dir.join("initdb").is_file() {
        bail!("{} holds no initdb", dir.display());
    }
    let output = proc::capture(
        Command::new(dir.join("postgres")).arg("--version"),
        Duration::from_secs(20),
    )?;
    let text = String::from_utf8_lossy(&output.stdout);
    major(&text).with_context(|| {
        format!(
            "{} does not tell its version",
            dir.join("postgres").display()
        )
    })
}

/// `postgres (PostgreSQL) 15.18 (Debian …)` → 15; also `19beta1`.
fn major(text: &str) -> Option<u32> {
    let number = text.split_once("(PostgreSQL) ")?.1;
    let digits: String = number.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

/// Folders that may hold a server, in the order in which they are tried. Doubles are left out.
fn candidates() -> Vec<(PathBuf, &'static str)> {
    let mut found: Vec<(PathBuf, &'static str)> = Vec::new();
    let mut add = |dir: PathBuf, how| {
        // `/usr/local/bin/postgres` is often a link: its neighbours are where it really lies.
        let Ok(program) = dir.join("postgres").canonicalize() else {
            return;
        };
        if let Some(dir) = program.parent().map(Path::to_owned)
            && !found.iter().any(|(known, _)| *known == dir)
        {
            found.push((dir, how));
        }
    };
    for dir in std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()) {
        add(dir, "on PATH");
    }
    if let Ok(output) = proc::capture(
        Command::new("pg_config").arg("--bindir"),
        Duration::from_secs(20),
    ) && output.status.success()
    {
        add(
            String::from_utf8_lossy(&output.stdout).trim().into(),
            "pg_config",
        );
    }
    for (parent, how) in [
        ("/usr/lib/postgresql", "installed package"),
        ("/usr/pgsql", "installed package"),
        ("/opt/homebrew/opt", "Homebrew"),
        ("/usr/local/opt", "Homebrew"),
        ("/home/linuxbrew/.linuxbrew/opt", "Homebrew"),
        (
            "/Applications/Postgres.app/Contents/Versions",
            "Postgres.app",
        ),
    ] {
        for dir in versioned(Path::new(parent)) {
            add(dir.join("bin"), how);
        }
    }
    found
}

/// Sub-folders called `15`, `17.2`, `postgresql@16` …, newest first.
fn versioned(parent: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut dirs: Vec<(u32, PathBuf)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            let name = name.strip_prefix("postgresql@").unwrap_or(&name);
            Some((name.split('.').next()?.parse().ok()?, entry.path()))
        })
        .collect();
    dirs.sort_by(|a, b| b.cmp(a));
    dirs.into_iter().map(|(_, dir)| dir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_postgres_prints_them() {
        assert_eq!(
            major("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major("postgres (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("postgres: command not found"), None);
    }

    #[test]
    fn the_newest_version_comes_first() {
        let temp = tempfile::tempdir().unwrap();
        for name in ["9.6", "17", "15", "postgresql@16", "openssl@3", "latest"] {
            std::fs::create_dir(temp.path().join(name)).unwrap();
        }
        let names: Vec<_> = versioned(temp.path())
            .iter()
            .map(|dir| dir.file_name().unwrap().to_string_lossy().into_owned())
            .collect();
        assert_eq!(names, ["17", "postgresql@16", "15", "9.6"]);
    }

    #[test]
    fn a_folder_without_initdb_is_no_server_folder() {
        let temp = tempfile::tempdir().unwrap();
        assert!(
            version(temp.path())
                .unwrap_err()
                .to_string()
                .contains("initdb")
        );
    }
}
