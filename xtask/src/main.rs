//! `cargo xtask`: the commands of this repository.
//!
//! Each sub-command is one file in `cmd/`, whose doc comment is its help. This file only dispatches. Heavy work
//! (PostgreSQL, migrations, the compiler) happens in other processes, so that xtask itself builds in seconds.

mod cargo;
mod cmd;
mod context;
mod db;
mod files;
mod interrupt;
mod json;
mod migration_files;
mod proc;
mod root;
mod talk;
mod wheel;

use std::process::ExitCode;

use clap::Parser;

use crate::context::Context;

/// The commands of this repository.
///
/// A newcomer needs two: `cargo xtask db-up` and `cargo xtask test`. Results go to stdout, everything else to stderr.
#[derive(Parser)]
#[command(
    name = "xtask",
    bin_name = "cargo xtask",
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    DbUp(cmd::db_up::Args),
    DbDown(cmd::db_down::Args),
    DbStatus(cmd::db_status::Args),
    DbUrl(cmd::db_url::Args),
    DbReset(cmd::db_reset::Args),
    Psql(cmd::psql::Args),
    Migrate(cmd::migrate::Args),
    Schema(cmd::schema::Args),
    Seed(cmd::seed::Args),
    Prepare(cmd::prepare::Args),
    Test(cmd::test::Args),
    Lint(cmd::lint::Args),
    Doctor(cmd::doctor::Args),
    Ci(cmd::ci::Args),
    Image(cmd::image::Args),
    Bench(cmd::bench::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli.command) {
        Ok(code) => code,
        Err(error) => {
            talk::error(&error);
            if error.is::<interrupt::Interrupted>() {
                ExitCode::from(130)
            } else {
                ExitCode::FAILURE
            }
        }
    }
}

fn dispatch(command: Command) -> anyhow::Result<ExitCode> {
    interrupt::trap()?;
    let ctx = Context::discover()?;
    match command {
        Command::DbUp(args) => args.run(&ctx),
        Command::DbDown(args) => args.run(&ctx),
        Command::DbStatus(args) => args.run(&ctx),
        Command::DbUrl(args) => args.run(&ctx),
        Command::DbReset(args) => args.run(&ctx),
        Command::Psql(args) => args.run(&ctx),
        Command::Migrate(args) => args.run(&ctx),
        Command::Schema(args) => args.run(&ctx),
        Command::Seed(args) => args.run(&ctx),
        Command::Prepare(args) => args.run(&ctx),
        Command::Test(args) => args.run(&ctx),
        Command::Lint(args) => args.run(&ctx),
        Command::Doctor(args) => args.run(&ctx),
        Command::Ci(args) => args.run(&ctx),
        Command::Image(args) => args.run(&ctx),
        Command::Bench(args) => args.run(&ctx),
    }
}
