//! `cargo xtask db-up`.

use std::process::ExitCode;
use std::time::Instant;

use crate::context::Context;
use crate::db::client;
use crate::db::provider::Choice;
use crate::db::target::DatabaseArg;
use crate::db::up::{self, Request};
use crate::talk::{print, say, seconds};

/// Start a PostgreSQL for this checkout, migrated and seeded
///
/// Starts what is not running, waits for a real query, applies the migrations and the seed. Typed again it finds nothing
/// to do. The one line on stdout, `DATABASE_URL=…`, is for scripts: `export "$(cargo xtask db-up)"`.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What serves the database; the choice is remembered until `db-down --purge`
    #[arg(long, value_enum, default_value = "auto")]
    provider: Choice,
    /// The port on 127.0.0.1; without it one is chosen and remembered
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// What the database is filled with
    #[arg(long, value_enum, default_value = "demo")]
    seed: Seed,
    #[command(flatten)]
    database: DatabaseArg,
}

/// `--seed`.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum Seed {
    /// The reference rows and a small campaign to try things on
    Demo,
    /// The rows every installation needs
    Reference,
    /// Nothing
    None,
}

impl Seed {
    /// The arguments of `vsa-db` that fill the database so; none for an empty one.
    pub(crate) fn arguments(self) -> &'static [&'static str] {
        match self {
            Self::Demo => &["seed", "--profile", "demo"],
            Self::Reference => &["seed", "--profile", "reference"],
            Self::None => &[],
        }
    }
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let started = Instant::now();
        let request = Request {
            choice: self.provider,
            port: self.port,
            database_url: self.database.database_url.as_deref(),
        };
        let target = up::bring_up(ctx, &request)?.finish(ctx, |target| {
            client::run(ctx, &target.url, &["up"])?;
            match self.seed.arguments() {
                [] => Ok(()),
                arguments => client::run(ctx, &target.url, arguments),
            }
        })?;
        say!("{} is up, after {}", target.url, seconds(started.elapsed()));
        print(format_args!("DATABASE_URL={}", target.url.expose()))?;
        Ok(ExitCode::SUCCESS)
    }
}
