//! `vsa-drift`: whether schema file, migrations and a live database are one, and what leads from one to the other.
//!
//! Results go to stdout, talk to stderr. Exit codes: 0 the same or done, 3 something differs, 1 error, 2 wrong usage; 130
//! and 143: interrupted.

mod check;
mod diff;
mod input;
mod new;
mod output;

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use vsa_drift::scratch::Interrupted;

/// Whether schema file, migrations and a live database are one, and what leads from one to the other
///
/// Results go to stdout, talk to stderr. Exit codes: 0 the same or done, 3 something differs, 1 error, 2 wrong usage.
#[derive(Parser)]
#[command(name = "vsa-drift", version, disable_help_subcommand = true)]
enum Cli {
    Check(check::Args),
    Diff(diff::Args),
    New(new::Args),
}

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
            output::say(&format!("error: {error:#}"));
            let interrupted = error.downcast_ref::<Interrupted>();
            ExitCode::from(interrupted.map_or(1, |interrupted| interrupted.exit_code))
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // One thread is enough: the work is the server's.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(async {
        match cli {
            Cli::Check(args) => args.run().await,
            Cli::Diff(args) => args.run().await,
            Cli::New(args) => args.run().await,
        }
    })
}
