//! `vsa`: campaigns, contacts and the do-not-call list, for people who never see SQL.
//!
//! Results go to stdout, talk to stderr. What may be done, and by whom, is decided in the domain
//! crates; this program reads what people type and shows what comes back.

mod args;
mod campaign_file;
mod campaigns;
mod contacts;
mod exclusions;
mod failure;
mod files;
mod output;
mod progress;
mod session;

use std::process::ExitCode;

use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use failure::Failure;
use session::Session;

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
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::say(&format!("error: {failure}"));
            failure.exit_code()
        }
    }
}

fn run(cli: Cli) -> Result<(), Failure> {
    if let Command::Completions { shell } = cli.command {
        let mut text = Vec::new();
        clap_complete::generate(shell, &mut Cli::command(), "vsa", &mut text);
        return output::print_bytes(&text);
    }
    // A thread for the server, and one for the files.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        let mut interrupted = failure::Interrupt::listen()?;
        tokio::select! {
            biased;
            failure = interrupted.comes() => Err(failure),
            result = dispatch(cli) => result,
        }
    });
    // A thread may still wait for stdin.
    runtime.shutdown_background();
    result
}

async fn dispatch(cli: Cli) -> Result<(), Failure> {
    let session = Session::open(cli.common).await?;
    match cli.command {
        Command::Campaigns { command } => campaigns::run(&session, command).await,
        Command::Contacts { command } => contacts::run(&session, command).await,
        Command::Exclusions { command } => exclusions::run(&session, command).await,
        Command::Completions { .. } => Ok(()),
    }
}
