//! The URL that environment variables and a `.env` file name.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use super::{DatabaseUrl, InvalidUrl, percent_encode};

/// The variables that together stand for a URL.
const PARTS: [&str; 5] = ["DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_NAME"];

/// Why no database URL could be had from the environment.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Neither the environment nor a `.env` file names a database.
    #[error(
        "no database is configured: set DATABASE_URL, or DB_USER, DB_PASSWORD, DB_HOST, DB_PORT \
         and DB_NAME, in the environment or in a .env file; or type `cargo xtask db-up` to start one"
    )]
    Nothing,
    /// Some `DB_*` variables are set, but not all that are needed.
    #[error(
        "{missing} not set, though {set} is: set DB_USER and DB_NAME too, or DATABASE_URL alone"
    )]
    Incomplete {
        /// The needed variables that are not set.
        missing: String,
        /// The first `DB_*` variable that is set.
        set: &'static str,
    },
    /// A variable holds something that makes no URL.
    #[error("{variable} in {origin}: {reason}")]
    Invalid {
        /// The variable, or `DB_*` for the five together.
        variable: &'static str,
        /// "the environment", or the path of the `.env` file.
        origin: String,
        /// What is wrong with it.
        reason: InvalidUrl,
    },
    /// A `.env` file was found but cannot be read.
    #[error("cannot read {}: {problem}", .path.display())]
    EnvFile {
        /// The file.
        path: PathBuf,
        /// What is wrong; never the text of a line, which may hold a password.
        problem: String,
    },
}

/// The database the surroundings name: the first of
///
/// 1. `DATABASE_URL` in the environment;
/// 2. `DB_USER`, `DB_PASSWORD`, `DB_HOST` (127.0.0.1), `DB_PORT` (5432), `DB_NAME`, if the environment
///    holds any of them, completed from `.env`;
/// 3. `DATABASE_URL` in the nearest `.env`, upward from the current folder;
/// 4. the five `DB_*` in that `.env`.
///
/// An empty variable counts as not set. The environment itself is not changed.
pub fn from_env() -> Result<DatabaseUrl, ConfigError> {
    let folder = std::env::current_dir().unwrap_or_default();
    resolve(
        |name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()),
        &folder,
    )
}

/// [`from_env`] with its surroundings as arguments: the environment, and the folder to search from.
pub fn resolve(
    environment: impl Fn(&str) -> Option<String>,
    folder: &Path,
) -> Result<DatabaseUrl, ConfigError> {
    let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(text) = environment("DATABASE_URL") {
        return parse(&text, "DATABASE_URL", "the environment");
    }
    let (path, file) = match folder
        .ancestors()
        .map(|folder| folder.join(".env"))
        .find(|path| path.is_file())
    {
        Some(path) => (path.display().to_string(), read_env_file(&path)?),
        None => ("no .env".to_owned(), HashMap::new()),
    };
    if let Some(name) = PARTS.into_iter().find(|name| environment(name).is_some()) {
        let either = |name: &str| environment(name).or_else(|| file.get(name).cloned());
        return from_parts(either, name, "the environment");
    }
    if let Some(text) = file.get("DATABASE_URL") {
        return parse(text, "DATABASE_URL", &path);
    }
    match PARTS.into_iter().find(|name| file.contains_key(*name)) {
        Some(name) => from_parts(|name| file.get(name).cloned(), name, &path),
        None => Err(ConfigError::Nothing),
    }
}

fn parse(text: &str, variable: &'static str, origin: &str) -> Result<DatabaseUrl, ConfigError> {
    text.parse().map_err(|reason| ConfigError::Invalid {
        variable,
        origin: origin.to_owned(),
        reason,
    })
}

fn from_parts(
    get: impl Fn(&str) -> Option<String>,
    set: &'static str,
    origin: &str,
) -> Result<DatabaseUrl, ConfigError> {
    let (user, name) = match (get("DB_USER"), get("DB_NAME")) {
        (Some(user), Some(name)) => (user, name),
        (user, name) => {
            let missing = [
                user.is_none().then_some("DB_USER"),
                name.is_none().then_some("DB_NAME"),
            ];
            let missing = missing
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" and ");
            return Err(ConfigError::Incomplete { missing, set });
        }
    };
    let password = get("DB_PASSWORD")
        .map(|password| format!(":{}", percent_encode(&password)))
        .unwrap_or_default();
    let host = get("DB_HOST").unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = get("DB_PORT").unwrap_or_else(|| "5432".to_owned());
    if port.parse::<u16>().is_err() {
        let problem = "DB_PORT is not a number from 1 to 65535".to_owned();
        return Err(ConfigError::Invalid {
            variable: "DB_PORT",
            origin: origin.to_owned(),
            reason: InvalidUrl { problem },
        });
    }
    let (host, socket) = match host.parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => (format!("[{address}]"), String::new()),
        _ if host.starts_with('/') => (
            "localhost".to_owned(),
            format!("?host={}", percent_encode(&host)),
        ),
        _ => (host, String::new()),
    };
    let user = percent_encode(&user);
    let url = format!("postgres://{user}{password}@{host}:{port}/{socket}");
    Ok(parse(&url, "DB_*", origin)?.with_database(&name))
}

fn read_env_file(path: &Path) -> Result<HashMap<String, String>, ConfigError> {
    let fail = |problem: String| ConfigError::EnvFile {
        path: path.to_owned(),
        problem,
    };
    let entries = dotenvy::from_path_iter(path)
        .map_err(|_| fail("it cannot be opened; check its permissions".into()))?;
    let mut values = HashMap::new();
    for (index, entry) in entries.enumerate() {
        let (name, value) = entry.map_err(|_| {
            let number = index + 1;
            fail(format!(
                "entry {number} is not NAME=value; put a value with blanks, # or $ in single quotes"
            ))
        })?;
        // The first wins, as when dotenvy fills the environment.
        if !value.is_empty() {
            values.entry(name).or_insert(value);
        }
    }
    Ok(values)
}
