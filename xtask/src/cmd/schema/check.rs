//! `cargo xtask schema check`.

use std::process::{Command, ExitCode};

use anyhow::{Result, bail};

use super::vsa_drift;
use crate::cmd::test::{Server, in_ci};
use crate::context::Context;
use crate::db::configured;
use crate::db::provider::Provider;
use crate::db::target;
use crate::db::url::Url;
use crate::proc;
use crate::talk::say;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The live database, which is only read; without it, this checkout's own
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(super) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let own = target::find(ctx, None)?;
        let own = match own {
            Some(own) if own.provider == Provider::External || target::is_running(ctx)? => {
                Some(own)
            }
            _ => None,
        };
        let live = match &self.database_url {
            Some(flag) => Some(configured::from_flag(flag)?.url),
            None => own.as_ref().map(|own| own.url.clone()),
        };
        if live.is_none() {
            let why =
                "this checkout's own is down (`cargo xtask db-up`), and there is no --database-url";
            if in_ci() {
                bail!("the live database cannot be compared: {why}");
            }
            say!("not compared: the live database; {why}");
        }
        // Databases are made here, and never beside a live one on another machine.
        let local = own.filter(|own| own.url.is_local());
        let server = Server::given_or_started(ctx, local.as_ref().map(|own| own.url.expose()))?;
        let mut command = command(ctx, &server, live.as_ref())?;
        proc::pass_through(command.args(self.json.then_some("--json")))
    }
}

/// `vsa-drift check` on the files of this checkout. The URLs travel in the environment: arguments can be read by
/// everybody on the machine.
pub(crate) fn command(ctx: &Context, server: &Server, live: Option<&Url>) -> Result<Command> {
    let mut command = vsa_drift(ctx, server)?;
    command.arg("check");
    if let Some(live) = live {
        command
            .arg("--live")
            .env("LIVE_DATABASE_URL", live.expose());
    }
    Ok(command)
}
