//! `cargo xtask db-status`.

use std::process::ExitCode;

use crate::context::Context;
use crate::db::client;
use crate::db::provider::Provider;
use crate::db::target::{self, DatabaseArg};
use crate::talk::say;

/// The exit code of a database that is down.
const DOWN: u8 = 3;

/// Say whether the database answers; exit code 0 when it does, 3 when it does not
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print one JSON object on stdout
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArg,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let target = target::find(ctx, self.database.database_url.as_deref())?;
        let up = match &target {
            None => false,
            Some(target) if target.provider == Provider::External => {
                client::answers(ctx, &target.url)?
            }
            Some(target) => target::is_running(ctx)? && client::answers(ctx, &target.url)?,
        };
        if self.json {
            // The redacted URL: this object ends up in logs; `db-url` gives the whole one.
            let object = serde_json::json!({
                "up": up,
                "provider": target.as_ref().map(|target| target.provider),
                "url": target.as_ref().map(|target| target.url.to_string()),
                "origin": target.as_ref().map(|target| &target.origin),
                "bin_dir": target.as_ref().and_then(|target| target.bin_dir.as_ref()),
            });
            println!("{object:#}");
        }
        match target {
            None => say!("no database yet; type `cargo xtask db-up`"),
            Some(target) if up => say!("up: {} ({})", target.url, target.origin),
            Some(target) => say!(
                "down: {} ({}); type `cargo xtask db-up`",
                target.url,
                target.origin
            ),
        }
        Ok(if up {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(DOWN)
        })
    }
}
