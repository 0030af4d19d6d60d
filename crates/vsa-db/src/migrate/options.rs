//! Limits, names and targets.

use std::time::Duration;

/// Limits and names.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Longest time to connect. 10 s.
    pub connect_timeout: Duration,
    /// Longest wait for another migrator, and for the locks of one file, or of one statement of a file that runs
    /// outside of a transaction; only waiting counts. 60 s.
    pub lock_wait: Duration,
    /// How long one try of a statement waits for its lock: others queue behind it meanwhile. 500 ms; 0 is for ever.
    pub lock_timeout: Duration,
    /// Who the history says has run the program. From `USER` or `LOGNAME`, else `unknown`.
    pub os_user: String,
}

impl Default for Settings {
    fn default() -> Self {
        let user = ["USER", "LOGNAME"]
            .into_iter()
            .find_map(|name| std::env::var(name).ok());
        Self {
            connect_timeout: Duration::from_secs(10),
            lock_wait: Duration::from_mins(1),
            lock_timeout: Duration::from_millis(500),
            os_user: user
                .filter(|user| !user.is_empty())
                .unwrap_or_else(|| "unknown".to_owned()),
        }
    }
}

/// How far up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct UpOptions {
    /// The last version to apply; `None` is all there are.
    pub to: Option<i64>,
    /// Whether a migration may be applied although a later one is.
    pub allow_out_of_order: bool,
}

/// How far down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DownTarget {
    /// This many of the applied migrations, the last first.
    Steps(usize),
    /// All above this version; 0 is all.
    Version(i64),
    /// All.
    All,
}

/// What to revert, and where that is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DownOptions {
    /// How far.
    pub target: DownTarget,
    /// Whether a server on another machine is meant. Reverting deletes data.
    pub allow_remote: bool,
}
