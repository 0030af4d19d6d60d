//! `cargo xtask image`.

use std::process::ExitCode;

use crate::context::Context;

/// Build the PostgreSQL image from Debian packages
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, _ctx: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`cargo xtask image` is not here yet")
    }
}
