//! `cargo xtask schema`.

use std::process::{Command, ExitCode};

use crate::cmd::test::Server;
use crate::context::Context;
use crate::{cargo, proc};

pub(crate) mod check;

/// What follows from schema.yaml, whether it is good, and whether migrations and databases follow it
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand)]
enum Action {
    /// Write what follows from schema.yaml: enums, ids, models, column lists, the pages of `docs`
    Generate {
        /// Change nothing; name each file that differs and fail if there is any
        #[arg(long)]
        check: bool,
    },
    /// Hold schema.yaml to the laws of CONTRIBUTING.md, and new migrations to the rules of squawk
    Lint {
        /// Print one JSON array
        #[arg(long)]
        json: bool,
    },
    /// Say what leads from the migrations to schema.yaml, and back: SQL with its hazards; exit code 0 nothing, 3 something
    Diff {
        /// Print JSON
        #[arg(long)]
        json: bool,
        /// Make the scratch databases on this server instead of starting one
        #[arg(long, value_name = "URL")]
        database_url: Option<String>,
        /// Do so although that server is not on this machine
        #[arg(long)]
        allow_remote: bool,
    },
    /// Compare schema.yaml with the migrations, these with the live database, and each down file with its up file
    ///
    /// Catalogs are compared, never text. Exit code: 0 the same, 3 something differs, 1 error. Databases for it are made
    /// on this checkout's own server, or on one that is started, and dropped at the end; the live database is only read.
    Check(check::Args),
    /// Write the pages about the schema, docs/schema, and print where the first of them is
    Docs {
        /// Open it in the browser
        #[arg(long)]
        open: bool,
    },
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        match self.action {
            Action::Generate { check } => generate(ctx, check),
            Action::Lint { json } => {
                let mut command = vsa_schema(ctx)?;
                command.arg("lint").args(json.then_some("--json"));
                proc::pass_through(&mut command)
            }
            Action::Diff {
                json,
                database_url,
                allow_remote,
            } => {
                let flag = database_url.as_deref();
                let server = Server::for_scratch(ctx, flag, allow_remote, "schema diff")?;
                let mut command = vsa_drift(ctx, &server)?;
                command.arg("diff").args(json.then_some("--json"));
                proc::pass_through(&mut command)
            }
            Action::Check(args) => args.run(ctx),
            Action::Docs { open } => {
                let mut command = vsa_schema(ctx)?;
                command.arg("docs").args(open.then_some("--open"));
                proc::pass_through(&mut command)
            }
        }
    }
}

/// Writes what follows from schema.yaml, or says what of it is not right.
pub(crate) fn generate(ctx: &Context, check: bool) -> anyhow::Result<ExitCode> {
    let mut command = vsa_schema(ctx)?;
    command.arg("generate").args(check.then_some("--check"));
    proc::pass_through(&mut command)
}

/// `vsa-drift` in this checkout, with its scratch databases on this server.
pub(crate) fn vsa_drift(ctx: &Context, server: &Server) -> anyhow::Result<Command> {
    let mut command = Command::new(cargo::VSA_DRIFT.program(ctx)?);
    command
        .env("SCRATCH_URL", server.url().expose())
        .current_dir(&ctx.root);
    Ok(command)
}

/// `vsa-schema` for this checkout.
pub(crate) fn vsa_schema(ctx: &Context) -> anyhow::Result<Command> {
    let mut command = Command::new(cargo::VSA_SCHEMA.program(ctx)?);
    command.arg("--root").arg(&ctx.root).current_dir(&ctx.root);
    Ok(command)
}
