//! Bringing the database of a checkout up, and down again.

use crate::context::Context;
use crate::db::lock::Lock;
use crate::db::provider::{self, Choice, Plan, Provider};
use crate::db::state::{Folder, State};
use crate::db::target::Target;
use crate::db::{client, docker, local};
use crate::talk::say;
use crate::{cargo, interrupt};

/// What `db-up` was asked for.
#[derive(Debug)]
pub(crate) struct Request<'a> {
    pub(crate) choice: Choice,
    pub(crate) port: Option<u16>,
    pub(crate) database_url: Option<&'a str>,
}

/// A database that answers.
#[derive(Debug)]
pub(crate) struct Up {
    pub(crate) target: Target,
    /// The server was started by this call, so an interrupted call stops it again.
    started: bool,
    /// Kept while the caller migrates and seeds: a second `db-up` waits, then finds nothing to do.
    _lock: Lock,
}

/// Makes sure that a server runs and that its database exists.
pub(crate) fn bring_up(ctx: &Context, request: &Request<'_>) -> anyhow::Result<Up> {
    // Whatever the compiler has to say comes before anything is started.
    cargo::VSA_DB.program(ctx)?;
    let folder = Folder::of(ctx)?;
    let lock = folder.lock()?;
    let known = remembered(&folder)?;
    let plan = provider::choose(ctx, request.choice, request.database_url, known.as_ref())?;
    let (target, started) = match plan {
        Plan::External(found) => {
            if request.port.is_some() {
                anyhow::bail!(
                    "--port is for a server of our own; the port of an external one is in its URL"
                );
            }
            say!("provider external: {} names {}", found.origin, found.url);
            if found.url.is_dead() {
                anyhow::bail!(
                    "no server listens at {}, which {} names; start it, or, for a database of this checkout's own, {}, or type `cargo xtask db-up --provider local`",
                    found.url.address(),
                    found.origin,
                    found.way_out()
                );
            }
            client::run(ctx, &found.url, &["create-database"])?;
            let target = Target {
                url: found.url,
                provider: Provider::External,
                bin_dir: None,
                origin: found.origin,
            };
            (target, false)
        }
        Plan::Own(own) => {
            say!("provider {}: {}", own.provider.name(), own.reason);
            let (state, started) = match own.provider {
                Provider::Docker => docker::ensure(ctx, &folder, &own, known, request.port)?,
                _ => local::ensure(ctx, &folder, &own, known, request.port)?,
            };
            (Target::own(&state)?, started)
        }
    };
    Ok(Up {
        target,
        started,
        _lock: lock,
    })
}

/// What is remembered, unless an earlier `db-up` ended before there was anything to keep: then the choice is open again.
fn remembered(folder: &Folder) -> anyhow::Result<Option<State>> {
    let Some(state) = folder.load()? else {
        return Ok(None);
    };
    let has_data = match state.provider {
        Provider::Docker => docker::may_have_data(folder)?,
        _ => local::has_data(folder),
    };
    Ok(has_data.then_some(state))
}

impl Up {
    /// Does the rest of a command. When Ctrl-C ends it, a server that this call started is stopped again.
    pub(crate) fn finish(
        self,
        ctx: &Context,
        rest: impl FnOnce(&Target) -> anyhow::Result<()>,
    ) -> anyhow::Result<Target> {
        match rest(&self.target) {
            Ok(()) => Ok(self.target),
            Err(error) => {
                if self.started && error.is::<interrupt::Interrupted>() {
                    interrupt::shielded(|| {
                        let folder = Folder::of(ctx)?;
                        folder
                            .load()?
                            .map(|state| stop(&folder, &state))
                            .transpose()
                    })?;
                }
                Err(error)
            }
        }
    }
}

/// Stops the server of our own; `false` when it was not running.
pub(crate) fn stop(folder: &Folder, state: &State) -> anyhow::Result<bool> {
    match state.provider {
        Provider::Docker => docker::stop(folder),
        _ => local::cluster(folder, state)?.stop(),
    }
}
