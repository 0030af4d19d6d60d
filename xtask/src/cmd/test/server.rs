//! The server of one command: given, or started by it and ended with it.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::context::Context;
use crate::db::configured;
use crate::db::provider::Choice;
use crate::db::test_server;
use crate::db::url::Url;
use crate::interrupt;
use crate::talk::say;

/// A test server. One that this command started ends when this is dropped, on every path, unless it is to stay.
#[derive(Debug)]
pub(crate) struct Server {
    url: Url,
    bin_dir: Option<PathBuf>,
    running: Option<test_server::Running>,
}

impl Server {
    /// Starts one, or uses the one that an earlier failure left running.
    pub(crate) fn start(ctx: &Context, choice: Choice) -> Result<Self> {
        let running = test_server::start(ctx, choice)?;
        Ok(Self {
            url: running.url().clone(),
            bin_dir: running.bin_dir().map(Path::to_owned),
            running: Some(running),
        })
    }

    /// The server of `--database-url`, else one that is started.
    pub(crate) fn given_or_started(ctx: &Context, flag: Option<&str>) -> Result<Self> {
        match flag {
            Some(flag) => Ok(Self {
                url: configured::from_flag(flag)?.url,
                bin_dir: None,
                running: None,
            }),
            None => Self::start(ctx, Choice::Auto),
        }
    }

    /// The same for scratch databases, which are made and dropped on another machine only where that is meant; `who`
    /// makes them.
    pub(crate) fn for_scratch(
        ctx: &Context,
        flag: Option<&str>,
        allow_remote: bool,
        who: &str,
    ) -> Result<Self> {
        let server = Self::given_or_started(ctx, flag)?;
        ensure!(
            server.url().is_local() || allow_remote,
            "{} is not on this machine; {who} would make and drop databases there: add --allow-remote if that is meant",
            server.url().address()
        );
        Ok(server)
    }

    /// Its superuser and maintenance database.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The folder of its programs, where known.
    pub(crate) fn bin_dir(&self) -> Option<&Path> {
        self.bin_dir.as_deref()
    }

    /// Leaves it running and says how to look at it and how to end it.
    pub(crate) fn keep(mut self) {
        if let Some(running) = self.running.take() {
            say!(
                "the test server stays, with the databases of the failed tests: psql '{}'",
                self.url
            );
            running.keep();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(running) = self.running.take()
            && let Err(error) = interrupt::shielded(|| running.stop())
        {
            say!("the test server did not end: {error:#}");
        }
    }
}
