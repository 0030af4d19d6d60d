//! `cargo xtask ci`.

use std::process::ExitCode;

use crate::context::Context;

/// Everything, as CI runs it
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, _ctx: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`cargo xtask ci` is not here yet")
    }
}
