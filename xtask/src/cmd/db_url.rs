//! `cargo xtask db-url`.

use std::process::ExitCode;

use anyhow::bail;

use crate::context::Context;
use crate::db::target::{self, DatabaseArg};
use crate::talk::print;

/// Print the URL of the database, with its password and nothing else
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    database: DatabaseArg,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let Some(target) = target::find(ctx, self.database.database_url.as_deref())? else {
            bail!("this checkout has no database yet; type `cargo xtask db-up`");
        };
        print(target.url.expose())?;
        Ok(ExitCode::SUCCESS)
    }
}
