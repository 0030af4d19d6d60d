//! `cargo xtask migrate`.

use std::process::ExitCode;

use crate::cmd::schema;
use crate::cmd::test::Server;
use crate::context::Context;
use crate::db::client;
use crate::db::target::{self, DatabaseArg};
use crate::talk::{print, say};
use crate::{migration_files, proc};

/// Apply, revert and inspect migrations, as `vsa-db` does
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    database: DatabaseArg,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Apply what is pending
    Up {
        /// Stop after this version
        #[arg(long, value_name = "V")]
        to: Option<u32>,
        /// Apply a pending migration although a later one is applied
        #[arg(long)]
        allow_out_of_order: bool,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Longest wait for another migrator, and for the locks of one file [default: 60]
        #[arg(long, value_name = "SECONDS")]
        lock_wait: Option<u32>,
    },
    /// Revert the latest migration, or more
    Down {
        /// How many
        #[arg(long, value_name = "N", group = "how_far")]
        steps: Option<u32>,
        /// Revert everything later than this version
        #[arg(long, value_name = "V", group = "how_far")]
        to: Option<u32>,
        /// Revert everything
        #[arg(long, group = "how_far")]
        all: bool,
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Longest wait for another migrator, and for the locks of one file [default: 60]
        #[arg(long, value_name = "SECONDS")]
        lock_wait: Option<u32>,
        /// Revert in a database that is not on this machine
        #[arg(long)]
        allow_remote: bool,
    },
    /// Revert the latest migration and apply it again
    Redo {
        /// Say what would be done, and do nothing
        #[arg(long)]
        dry_run: bool,
        /// Longest wait for another migrator, and for the locks of one file [default: 60]
        #[arg(long, value_name = "SECONDS")]
        lock_wait: Option<u32>,
        /// Do so in a database that is not on this machine
        #[arg(long)]
        allow_remote: bool,
    },
    /// What is applied and what is pending; exit code 0 up to date, 3 pending, 4 files and ledger disagree
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Who applied and reverted what, and when
    History {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Compare the files with what was applied
    Verify,
    /// Write what leads from the migrations to schema.yaml as the next numbered up and down files
    ///
    /// They are run on scratch databases first: up gives exactly the schema, down exactly what was. The Rust that follows
    /// from schema.yaml is written, too. With nothing to do it says so.
    New {
        /// What changes, such as `add_contact_locale`
        name: String,
        /// A column, table or value that the migration may delete, such as contacts.email; may be given again
        #[arg(long, value_name = "OBJECT", conflicts_with = "by_hand")]
        deletes: Vec<String>,
        /// Write empty files, for SQL of your own; `cargo xtask schema check` holds it to the same proof
        #[arg(long)]
        by_hand: bool,
        /// Make scratch databases on the server of --database-url although it is not on this machine
        #[arg(long)]
        allow_remote: bool,
    },
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let flag = self.database.database_url.as_deref();
        if let Action::New {
            name,
            deletes,
            by_hand,
            allow_remote,
        } = &self.action
        {
            if *by_hand {
                return create_empty(ctx, name);
            }
            return create_planned(ctx, name, deletes, (flag, *allow_remote));
        }
        let target = if self.action.reverts() {
            target::require_expendable(ctx, flag, "reverted")?
        } else {
            target::require(ctx, flag)?
        };
        let mut command = client::vsa_db(ctx, &target.url)?;
        command.args(self.action.arguments());
        proc::pass_through(&mut command)
    }
}

fn create_empty(ctx: &Context, name: &str) -> anyhow::Result<ExitCode> {
    for path in migration_files::create(&ctx.root.join("migrations"), name)? {
        print(path.strip_prefix(&ctx.root).unwrap_or(&path).display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What schema.yaml asks for, and then the Rust that follows from it.
fn create_planned(
    ctx: &Context,
    name: &str,
    deletes: &[String],
    (flag, allow_remote): (Option<&str>, bool),
) -> anyhow::Result<ExitCode> {
    migration_files::next_number(&ctx.root.join("migrations"), name)?;
    let server = Server::for_scratch(ctx, flag, allow_remote, "migrate new")?;
    let mut command = schema::vsa_drift(ctx, &server)?;
    command.arg("new").arg(name);
    for object in deletes {
        command.args(["--deletes", object]);
    }
    let written = proc::pass_through(&mut command)?;
    if written != ExitCode::SUCCESS {
        return Ok(written);
    }
    drop(server);
    let generated = schema::generate(ctx, false)?;
    say!("apply it: cargo xtask migrate up; write what the queries need: cargo xtask prepare");
    Ok(generated)
}

impl Action {
    /// Whether it takes tables, and what is in them, away.
    fn reverts(&self) -> bool {
        matches!(self, Self::Down { dry_run: false, .. } | Self::Redo { .. })
    }

    /// The same in the words of `vsa-db`.
    fn arguments(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut flag = |set: bool, name: &str| {
            if set {
                words.push(name.to_owned());
            }
        };
        match self {
            Self::Up {
                to,
                allow_out_of_order,
                dry_run,
                lock_wait,
            } => {
                flag(true, "up");
                flag(*allow_out_of_order, "--allow-out-of-order");
                flag(*dry_run, "--dry-run");
                words.extend(option("--to", *to));
                words.extend(option("--lock-wait", *lock_wait));
            }
            Self::Down {
                steps,
                to,
                all,
                dry_run,
                lock_wait,
                allow_remote,
            } => {
                flag(true, "down");
                flag(*all, "--all");
                flag(*dry_run, "--dry-run");
                flag(*allow_remote, "--allow-remote");
                words.extend(option("--steps", *steps));
                words.extend(option("--to", *to));
                words.extend(option("--lock-wait", *lock_wait));
            }
            Self::Redo {
                dry_run,
                lock_wait,
                allow_remote,
            } => {
                flag(true, "redo");
                flag(*dry_run, "--dry-run");
                flag(*allow_remote, "--allow-remote");
                words.extend(option("--lock-wait", *lock_wait));
            }
            Self::Status { json } => {
                flag(true, "status");
                flag(*json, "--json");
            }
            Self::History { json } => {
                flag(true, "history");
                flag(*json, "--json");
            }
            Self::Verify => flag(true, "verify"),
            Self::New { .. } => {}
        }
        words
    }
}

fn option(name: &str, value: Option<u32>) -> Vec<String> {
    value
        .map(|value| vec![name.to_owned(), value.to_string()])
        .unwrap_or_default()
}
