//! Which database a command speaks to: `--database-url`, else the one that is configured, else this checkout's own.

use std::path::PathBuf;

use anyhow::bail;

use crate::context::Context;
use crate::db::provider::{self, Choice, Plan, Provider};
use crate::db::state::{Folder, State};
use crate::db::url::Url;
use crate::db::{docker, local};

/// `--database-url`, shared by every command that needs a database.
#[derive(Debug, clap::Args)]
pub(crate) struct DatabaseArg {
    /// The database to use instead of this checkout's own
    #[arg(long, value_name = "URL", global = true)]
    pub(crate) database_url: Option<String>,
}

/// A database and what serves it.
#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) url: Url,
    pub(crate) provider: Provider,
    /// Programs that fit the server, where we know some.
    pub(crate) bin_dir: Option<PathBuf>,
    /// Where the URL comes from, for the reader.
    pub(crate) origin: String,
}

impl Target {
    /// A server of our own.
    pub(crate) fn own(state: &State) -> anyhow::Result<Self> {
        Ok(Self {
            url: state.url()?,
            provider: state.provider,
            bin_dir: state.bin_dir.clone(),
            origin: format!("this checkout's own, provider {}", state.provider.name()),
        })
    }
}

/// The database of a command. `None` when neither a URL is set nor `db-up` was ever run here.
pub(crate) fn find(ctx: &Context, flag: Option<&str>) -> anyhow::Result<Option<Target>> {
    let folder = Folder::of(ctx)?;
    let state = folder.load()?;
    match provider::configured_plan(ctx, Choice::Auto, flag, state.as_ref())? {
        Some(Plan::External(found)) => Ok(Some(Target {
            url: found.url,
            provider: Provider::External,
            bin_dir: None,
            origin: found.origin,
        })),
        _ => state.as_ref().map(Target::own).transpose(),
    }
}

/// The database of a command that cannot do without one; our own must be running.
pub(crate) fn require(ctx: &Context, flag: Option<&str>) -> anyhow::Result<Target> {
    let Some(target) = find(ctx, flag)? else {
        bail!(
            "this checkout has no database yet; type `cargo xtask db-up`, or give --database-url"
        );
    };
    if target.provider != Provider::External && !is_running(ctx)? {
        bail!("this checkout's database is down; type `cargo xtask db-up`");
    }
    Ok(target)
}

/// The database of a command that destroys something (`ending` says what becomes of it). Without a name it means this
/// checkout's own and no other: a URL in the environment or in a `.env` may have been set for something else.
pub(crate) fn require_expendable(
    ctx: &Context,
    flag: Option<&str>,
    ending: &str,
) -> anyhow::Result<Target> {
    if flag.is_none()
        && let Some(target) = find(ctx, None)?
        && target.provider == Provider::External
    {
        bail!(
            "{} names {}, which is not this checkout's own database; name it with --database-url if it is to be {ending}",
            target.origin,
            target.url
        );
    }
    require(ctx, flag)
}

/// Whether the server of our own runs. Says nothing about an external one.
pub(crate) fn is_running(ctx: &Context) -> anyhow::Result<bool> {
    let folder = Folder::of(ctx)?;
    Ok(match folder.load()? {
        None => false,
        Some(state) if state.provider == Provider::Docker => docker::is_running(&folder)?,
        Some(_) => local::is_running(&folder),
    })
}
