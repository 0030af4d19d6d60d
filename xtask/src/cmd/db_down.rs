//! `cargo xtask db-down`.

use std::process::ExitCode;

use crate::context::Context;
use crate::db::provider::Provider;
use crate::db::state::Folder;
use crate::db::{cluster, docker, local, test_server, up};
use crate::files;
use crate::talk::say;

/// Stop this checkout's database; its data stay
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also remove the data, the volume and everything remembered about this checkout
    #[arg(long)]
    purge: bool,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> anyhow::Result<ExitCode> {
        let folder = Folder::of(ctx)?;
        if !folder.exists() {
            say!("this checkout has no database of its own: nothing to stop");
            return Ok(ExitCode::SUCCESS);
        }
        let _lock = folder.lock()?;
        if self.purge {
            test_server::refuse_while_used(&folder)?;
        }
        let state = folder.load();
        match &state {
            Ok(Some(state)) if up::stop(&folder, state)? => {}
            Ok(_) => say!("the database is down already"),
            Err(_) if self.purge => say!("what is remembered is damaged; removing what is found"),
            Err(_) => return state.map(|_| ExitCode::SUCCESS),
        }
        if self.purge {
            // A server that outlived its state would go on writing into removed files.
            cluster::stop_in(&folder.path)?;
            test_server::purge(&folder)?;
            match &state {
                Ok(Some(state)) if state.provider == Provider::Docker => docker::purge(&folder)?,
                Ok(Some(_)) => {}
                _ => docker::purge_labelled(&folder, &docker::container(&folder))?,
            }
            files::remove(&local::socket_folder(&folder.path, &folder.id))?;
            say!("removing {}", folder.path.display());
            folder.remove()?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
