//! `cargo xtask seed`.

use std::process::ExitCode;

use crate::context::Context;
use crate::db::client;
use crate::db::target::{self, DatabaseArg};
use crate::proc;

/// Fill the database; twice is the same as once
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Which rows
    #[arg(long, value_enum, default_value = "demo")]
    profile: Profile,
    /// load: how many contacts
    #[arg(long, value_name = "N")]
    contacts: Option<u64>,
    /// load: the same number makes the same rows
    #[arg(long, value_name = "S")]
    rng_seed: Option<u64>,
    /// load: also attempts, responses and events
    #[arg(long)]
    attempts: bool,
    #[command(flatten)]
    database: DatabaseArg,
}

/// `--profile`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Profile {
    /// The rows every installation needs
    Reference,
    /// These and a small campaign to try things on
    Demo,
    /// Any number of made-up contacts
    Load,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let target = target::require(ctx, self.database.database_url.as_deref())?;
        let mut command = client::vsa_db(ctx, &target.url)?;
        command.args(["seed", "--profile"]).arg(match self.profile {
            Profile::Reference => "reference",
            Profile::Demo => "demo",
            Profile::Load => "load",
        });
        // Whether the options fit the profile is for vsa-db to say.
        if let Some(contacts) = self.contacts {
            command.arg("--contacts").arg(contacts.to_string());
        }
        if let Some(seed) = self.rng_seed {
            command.arg("--rng-seed").arg(seed.to_string());
        }
        if self.attempts {
            command.arg("--attempts");
        }
        proc::pass_through(&mut command)
    }
}
