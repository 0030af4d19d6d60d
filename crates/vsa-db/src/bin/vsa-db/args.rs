//! The command line; its doc comments are the help.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::{Args, Parser, Subcommand, ValueEnum};
use vsa_db::config::{self, DatabaseUrl};
use vsa_db::migrate::Source;

const STATUS_JSON: &str = r#"JSON:
  {"database": text, "applied": number, "pending": number, "problems": [text],
   "migrations": [{"version": number, "description": text,
                   "state": "applied" | "pending" | "edited" | "missing" | "dirty",
                   "installed_on": time or null, "checksum": "sha384:…"}]}"#;

const HISTORY_JSON: &str = r#"JSON, the oldest first:
  [{"id": number, "version": number, "description": text, "direction": "up" | "down",
    "outcome": "done" | "started" | "failed", "checksum": "sha256:…", "down_checksum": "sha256:…" or null,
    "db_user": text, "os_user": text, "application": text, "client_address": text or null, "at": time,
    "duration_ms": number, "tool_version": text, "detail": text or null}]"#;

/// Migrates, seeds and checks the database of vsa.
///
/// Results go to stdout, talk to stderr. Exit codes: 0 fine, 1 error, 2 wrong usage.
#[derive(Debug, Parser)]
#[command(name = "vsa-db", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) common: Common,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The database, as postgres://user:password@host:port/name.
    ///
    /// Without it: `DATABASE_URL`, or `DB_USER`, `DB_PASSWORD`, `DB_HOST`, `DB_PORT` and `DB_NAME`, from the
    /// environment or a `.env` file; better for a password, which other users of this machine could see in the arguments.
    // Not parsed by clap, whose error would repeat the text and with it the password.
    #[arg(long, global = true, value_name = "URL")]
    database_url: Option<String>,
    /// The folder of the migration files; without it, those compiled into this program.
    #[arg(long, global = true, value_name = "DIR")]
    migrations: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Applies what is pending.
    Up(UpArgs),
    /// Reverts: the last migration, unless told otherwise.
    Down(DownArgs),
    /// Reverts the last migration and applies it again.
    Redo(RedoArgs),
    /// Shows how each migration stands. Exit code: 0 up to date, 3 pending, 4 files and ledger disagree.
    #[command(after_long_help = STATUS_JSON)]
    Status(JsonArgs),
    /// Shows every run of a migration file there ever was.
    #[command(after_long_help = HISTORY_JSON)]
    History(JsonArgs),
    /// Checks that all files can be run and that those applied are what they were.
    Verify,
    /// Prints a checksum line for each file, as sha256sum does. Needs no database.
    Checksums,
    /// Asks the database a real question. Exit code: 4 if waiting will not help: a server too old, a wrong password.
    Ping(PingArgs),
    /// Puts rows in. Again: changes nothing.
    Seed(SeedArgs),
    /// Creates the database, unless it exists. Only where it does not is the right to create one needed.
    CreateDatabase(CreateArgs),
    /// Drops the database, if it exists, with everybody who is connected to it.
    DropDatabase(DropArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The last version to apply [default: all].
    #[arg(long, value_name = "VERSION")]
    pub(crate) to: Option<i64>,
    /// Apply a migration although a later one is applied already.
    #[arg(long)]
    pub(crate) allow_out_of_order: bool,
    /// Show what would be done; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) wait: LockWait,
}

#[derive(Debug, Args)]
pub(crate) struct DownArgs {
    /// How many to revert.
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with_all = ["to", "all"])]
    pub(crate) steps: usize,
    /// Revert all above this version; 0 is all.
    #[arg(long, value_name = "VERSION", conflicts_with = "all")]
    pub(crate) to: Option<i64>,
    /// Revert all.
    #[arg(long)]
    pub(crate) all: bool,
    /// Show what would be done; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(flatten)]
    pub(crate) wait: LockWait,
}

#[derive(Debug, Args)]
pub(crate) struct RedoArgs {
    /// Show what would be done; write nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) remote: Remote,
    #[command(flatten)]
    pub(crate) wait: LockWait,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs {
    /// Ask again until the server answers, this long at most.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait: Option<Duration>,
}

#[derive(Debug, Args)]
pub(crate) struct DropArgs {
    #[command(flatten)]
    pub(crate) remote: Remote,
}

#[derive(Debug, Args)]
pub(crate) struct Remote {
    /// Allow a server on another machine: this deletes data.
    #[arg(long)]
    pub(crate) allow_remote: bool,
}

#[derive(Debug, Args)]
pub(crate) struct LockWait {
    /// Longest wait for another migrator, and for the locks of one file.
    #[arg(long = "lock-wait", value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) lock_wait: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct JsonArgs {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct PingArgs {
    /// Ask again until it answers, this long at most.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) wait: Option<Duration>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SeedArgs {
    /// Which rows.
    #[arg(long, value_enum, default_value_t = Profile::Reference)]
    pub(crate) profile: Profile,
    /// How many contacts; of load only.
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub(crate) contacts: u64,
    /// The same number gives the same rows; of load only.
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(crate) rng_seed: u64,
    /// Attempts, responses and events, too; of load only.
    #[arg(long)]
    pub(crate) attempts: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Profile {
    /// What every installation needs.
    Reference,
    /// The same and a campaign to try.
    Demo,
    /// Any number of synthetic contacts.
    Load,
}

impl Common {
    /// The database that is meant.
    pub(crate) fn url(&self) -> anyhow::Result<DatabaseUrl> {
        match &self.database_url {
            Some(text) => text.parse().context("--database-url"),
            None => Ok(config::from_env()?),
        }
    }

    /// The files that are meant.
    pub(crate) fn source(&self) -> anyhow::Result<Source> {
        let source = match &self.migrations {
            Some(folder) => Source::from_dir(folder)?,
            None => Source::embedded()?,
        };
        Ok(source)
    }
}

/// A day is longer than any wait that is meant.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| "not a number of seconds".to_owned())?;
    if (0.0..=86_400.0).contains(&seconds) {
        Ok(Duration::from_secs_f64(seconds))
    } else {
        Err("not from 0 to 86400 seconds".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::{Cli, seconds};
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn seconds_are_bounded() {
        assert_eq!(seconds("0.5"), Ok(std::time::Duration::from_millis(500)));
        for wrong in ["-1", "1e9", "NaN", "x", ""] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
