//! `cargo xtask bench`.

use std::process::ExitCode;

use crate::context::Context;

/// Measure the developer workflow
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, _ctx: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`cargo xtask bench` is not here yet")
    }
}
