//! `cargo xtask lint`.

use std::process::ExitCode;

use crate::context::Context;

/// Format, clippy, docs, migrations
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, _ctx: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`cargo xtask lint` is not here yet")
    }
}
