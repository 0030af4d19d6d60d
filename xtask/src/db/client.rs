//! Talking to a database: always through the `vsa-db` program, whose stdout and exit codes are a contract.

use std::process::Command;
use std::time::Duration;

use anyhow::bail;

use crate::context::Context;
use crate::db::url::Url;
use crate::talk::say;
use crate::{cargo, proc};

/// `vsa-db` for this database and the migrations of this checkout. The URL travels in the environment: arguments can be
/// read by everybody on the machine.
pub(crate) fn vsa_db(ctx: &Context, url: &Url) -> anyhow::Result<Command> {
    let mut command = Command::new(cargo::VSA_DB.program(ctx)?);
    command
        .arg("--migrations")
        .arg(ctx.root.join("migrations"))
        .env("DATABASE_URL", url.expose())
        .current_dir(&ctx.root);
    Ok(command)
}

/// A `vsa-db` that ends once the server answered a real query, at most `limit` later.
pub(crate) fn ping(ctx: &Context, url: &Url, limit: Duration) -> anyhow::Result<Command> {
    let mut command = vsa_db(ctx, url)?;
    command.args(["ping", "--wait", &limit.as_secs().to_string()]);
    Ok(command)
}

/// Makes sure that a server that runs, or is about to, has the database: one that was started by a command that was
/// killed may have none yet, or may still recover from its crash.
pub(crate) fn create_database(ctx: &Context, url: &Url, limit: Duration) -> anyhow::Result<()> {
    let mut create = vsa_db(ctx, url)?;
    create.args(["create-database", "--wait", &limit.as_secs().to_string()]);
    let output = proc::capture(&mut create, limit + Duration::from_secs(30))?;
    if !output.status.success() {
        bail!("{}", proc::tail(&output.stderr, 10));
    }
    Ok(())
}

/// Runs `vsa-db` with these arguments, showing what it says; an error when it ends badly.
pub(crate) fn run(ctx: &Context, url: &Url, args: &[&str]) -> anyhow::Result<()> {
    let mut command = vsa_db(ctx, url)?;
    command.args(args);
    say!("vsa-db {}", args.join(" "));
    let status = proc::talkative(&mut command)?;
    if !status.success() {
        bail!(
            "`vsa-db {}` on {url} ended with {status}; it says why above",
            args.join(" ")
        );
    }
    Ok(())
}

/// Whether the database answers a real query now.
pub(crate) fn answers(ctx: &Context, url: &Url) -> anyhow::Result<bool> {
    let mut command = vsa_db(ctx, url)?;
    Ok(proc::capture(command.arg("ping"), Duration::from_secs(30))?
        .status
        .success())
}
