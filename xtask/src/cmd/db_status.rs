//! `cargo xtask db-status`.

use std::process::ExitCode;

use crate::context::Context;
use crate::db::client;
use crate::db::provider::Provider;
use crate::db::target::{self, DatabaseArg};
use crate::json;
use crate::talk::{print, say};

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
            let target = target.as_ref();
            let provider = target.map(|target| target.provider.name());
            let url = target.map(|target| target.url.to_string());
            let bin_dir = target.and_then(|target| target.bin_dir.as_deref());
            let object = json::object([
                ("up", up.into()),
                ("provider", provider.into()),
                ("url", url.as_deref().into()),
                ("origin", target.map(|target| target.origin.as_str()).into()),
                ("bin_dir", bin_dir.map(json::path).transpose()?.into()),
            ]);
            print(format_args!("{object:#}"))?;
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
