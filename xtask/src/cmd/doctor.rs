//! `cargo xtask doctor`.

use std::process::ExitCode;

use crate::context::Context;

/// Say what is found, what is missing and what to type
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, _ctx: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`cargo xtask doctor` is not here yet")
    }
}
