//! `cargo xtask schema`.

use std::process::{Command, ExitCode};

use crate::context::Context;
use crate::{cargo, proc};

/// What follows from schema.yaml, as `vsa-schema` makes it
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Write the Rust that follows from schema.yaml: enums, ids, models, column lists
    Generate {
        /// Change nothing; name each file that differs and fail if there is any
        #[arg(long)]
        check: bool,
    },
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let mut command = vsa_schema(ctx)?;
        match self.action {
            Action::Generate { check } => {
                command.arg("generate").args(check.then_some("--check"));
            }
        }
        proc::pass_through(&mut command)
    }
}

/// `vsa-schema` for this checkout.
pub(crate) fn vsa_schema(ctx: &Context) -> anyhow::Result<Command> {
    let mut command = Command::new(cargo::VSA_SCHEMA.program(ctx)?);
    command.arg("--root").arg(&ctx.root).current_dir(&ctx.root);
    Ok(command)
}
