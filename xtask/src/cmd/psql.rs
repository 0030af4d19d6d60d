//! `cargo xtask psql`.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::db::provider::Provider;
use crate::db::state::{Folder, NAME};
use crate::db::target::{self, DatabaseArg, Target};
use crate::db::{binaries, docker};
use crate::proc;
use crate::talk::say;

/// Open psql on the database; what follows `--` is for psql
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArg,
    /// Arguments of psql, as in `cargo xtask psql -- -c 'SELECT 1'`
    #[arg(last = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let target = target::require(ctx, self.database.database_url.as_deref())?;
        let mut psql = command(ctx, &target)?;
        psql.args(self.args);
        say!("{}", proc::render(&psql));
        // psql takes our place: its exit code, its Ctrl-C and its terminal are then its own.
        Err(psql.exec()).with_context(|| format!("cannot run `{}`", proc::render(&psql)))
    }
}

/// psql for this database. The password travels in the environment.
fn command(ctx: &Context, target: &Target) -> anyhow::Result<Command> {
    let mut psql = if target.provider == Provider::Docker {
        let mut exec = Command::new("docker");
        exec.args(["exec", "--interactive"]);
        if std::io::stdin().is_terminal() {
            exec.arg("--tty");
        }
        exec.args(["--env", "PGPASSWORD"])
            .arg(docker::container(&Folder::of(ctx)?));
        exec.args([
            "psql",
            "--username",
            NAME,
            "--dbname",
            NAME,
            "--host",
            "127.0.0.1",
        ]);
        exec
    } else {
        let mut psql = program(target)?;
        psql.arg(target.url.without_password());
        psql
    };
    if let Some(password) = target.url.password() {
        psql.env("PGPASSWORD", password);
    }
    Ok(psql)
}

/// The psql that came with the server, else one on PATH, else any on this machine.
fn program(target: &Target) -> anyhow::Result<Command> {
    let known = target.bin_dir.iter().map(|dir| dir.join("psql"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path)
        .map(|dir| dir.join("psql"))
        .collect::<Vec<_>>();
    let installed = binaries::find().ok().map(|found| found.dir.join("psql"));
    match known
        .chain(on_path)
        .chain(installed)
        .find(|program| program.is_file())
    {
        Some(program) => Ok(Command::new(program)),
        None => bail!(
            "no psql on this machine; install PostgreSQL's client programs, or put the folder of psql on PATH"
        ),
    }
}
