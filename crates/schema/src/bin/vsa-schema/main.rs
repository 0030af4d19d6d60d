//! `vsa-schema`: what follows from `schema.yaml`.
//!
//! Results go to stdout, talk to stderr. Exit codes: 0 fine, 1 error or difference, 2 wrong usage.

mod docs;
mod generate;
mod lint;
mod output;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use vsa_schema::Spec;

/// The file, as messages call it.
const FILE: &str = "schema.yaml";

/// What follows from schema.yaml
#[derive(Parser)]
#[command(name = "vsa-schema", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// The root of the repository, where schema.yaml is
    #[arg(long, global = true, value_name = "DIR", default_value = ".")]
    root: PathBuf,
}

#[derive(clap::Subcommand)]
enum Command {
    Generate(generate::Args),
    Lint(lint::Args),
    Docs(docs::Args),
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
            output::error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    match cli.command {
        Command::Generate(args) => args.run(&cli.root),
        Command::Lint(args) => args.run(&cli.root),
        Command::Docs(args) => args.run(&cli.root),
    }
}

/// The schema of the repository.
fn spec(root: &Path) -> anyhow::Result<Spec> {
    let path = root.join(FILE);
    let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(vsa_schema::read(FILE, &bytes)?)
}
