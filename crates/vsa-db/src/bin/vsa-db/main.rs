//! `vsa-db`: migrates, seeds and checks the database of vsa.
//!
//! Results go to stdout, talk to stderr. Exit codes: 0 fine, 1 error, 2 wrong usage; of `status`: 3 something is
//! pending, 4 files and ledger disagree; of `ping`: 4 waiting will not help; 130 and 143: interrupted.

mod args;
mod checksums;
mod database;
mod inspect;
mod interrupt;
mod migrate;
mod output;
mod ping;
mod seed;

use std::process::ExitCode;

use anyhow::Context as _;
use args::{Cli, Command};
use clap::Parser as _;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help is a result and goes to stdout, with 0; clap knows. When that is closed nobody is listening.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match run(cli) {
        Ok(code) => code,
        Err(error) => {
            output::say(&format!("error: {}", output::chain(&error)));
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // One thread is all this program needs, and it is there sooner.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(dispatch(cli))
}

async fn dispatch(cli: Cli) -> anyhow::Result<ExitCode> {
    let Cli { common, command } = cli;
    match command {
        Command::Up(args) => migrate::up(&common, args).await,
        Command::Down(args) => migrate::down(&common, args).await,
        Command::Redo(args) => migrate::redo(&common, args).await,
        Command::Status(args) => inspect::status(&common, args).await,
        Command::History(args) => inspect::history(&common, args).await,
        Command::Checksums => checksums::checksums(&common),
        Command::Verify => inspect::verify(&common).await,
        Command::Ping(args) => ping::ping(&common, args).await,
        Command::Seed(args) => seed::seed(&common, args).await,
        Command::CreateDatabase(args) => database::create(&common, args).await,
        Command::DropDatabase(args) => database::drop(&common, args).await,
    }
}
