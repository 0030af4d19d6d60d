//! `cargo xtask db-reset`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::bail;

use crate::cmd::db_up::Seed;
use crate::context::Context;
use crate::db::client;
use crate::db::target::{self, DatabaseArg};
use crate::talk::{say, seconds};

/// Drop the database and make it anew: create, migrate, seed
///
/// This checkout's own; another one only when --database-url names it.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Reset a database that is not on this machine
    #[arg(long)]
    allow_remote: bool,
    /// What the database is filled with
    #[arg(long, value_enum, default_value = "demo")]
    seed: Seed,
    #[command(flatten)]
    database: DatabaseArg,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        let flag = self.database.database_url.as_deref();
        let target = target::require_expendable(ctx, flag, "dropped")?;
        if !target.url.is_local() && !self.allow_remote {
            bail!(
                "{} is not on this machine ({} names it); db-reset would drop its database {}: add --allow-remote if that is meant",
                target.url.address(),
                target.origin,
                target.url.database()
            );
        }
        say!(
            "dropping and making anew: {} ({})",
            target.url,
            target.origin
        );
        let mut drop = vec!["drop-database"];
        if self.allow_remote {
            drop.push("--allow-remote");
        }
        client::run(ctx, &target.url, &drop)?;
        client::run(ctx, &target.url, &["create-database"])?;
        client::run(ctx, &target.url, &["up"])?;
        if !self.seed.arguments().is_empty() {
            client::run(ctx, &target.url, self.seed.arguments())?;
        }
        say!("reset in {}", seconds(started.elapsed()));
        Ok(ExitCode::SUCCESS)
    }
}
