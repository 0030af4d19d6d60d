//! `cargo xtask prepare`.

use std::process::ExitCode;

use crate::context::Context;

/// Write or check the offline query metadata
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, _ctx: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`cargo xtask prepare` is not here yet")
    }
}
