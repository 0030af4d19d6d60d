//! `cargo xtask test`.

use std::process::ExitCode;

use crate::context::Context;

/// Start the test server and run every test
#[derive(clap::Args)]
pub(crate) struct Args {}

impl Args {
    pub(crate) fn run(self, _ctx: &Context) -> anyhow::Result<ExitCode> {
        anyhow::bail!("`cargo xtask test` is not here yet")
    }
}
