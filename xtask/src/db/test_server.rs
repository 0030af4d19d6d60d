//! The server that the tests run on: its data in memory where there is such a place, nothing of it durable, reached
//! through a private Unix socket. It is kept running after a failure, so that a failed test's database can be looked
//! into, and stopped after a green run.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::db::cluster::{self, StartError};
use crate::db::docker::{self, Recipe};
use crate::db::provider::{self, Choice, Provider};
use crate::db::state::{Folder, Secret};
use crate::db::url::Url;
use crate::db::{binaries, client, owner, ports};
use crate::talk::say;
use crate::{files, interrupt};

mod record;

use record::{Record, SETTINGS};

const READY: Duration = Duration::from_secs(45);

/// A server for tests, in use by this process until it is [`Running::stop`]ped or dropped; dropping it
/// leaves it running.
#[derive(Debug)]
pub(crate) struct Running {
    /// `TEST_DATABASE_URL`: superuser, database `postgres`.
    url: Url,
    /// `VSA_PG_BIN`: programs that fit the server, where they are known.
    bin_dir: Option<PathBuf>,
    folder: Folder,
    /// Shared among all test runs of the checkout; whoever has it alone may stop the server.
    lease: Option<File>,
}

/// Starts the test server of this checkout, or finds it running. `auto` prefers `TEST_DATABASE_URL`, then programs on
/// this machine (a container reaches neither shared memory nor a socket as fast), then the wheel, then Docker.
pub(crate) fn start(ctx: &Context, choice: Choice) -> anyhow::Result<Running> {
    if matches!(choice, Choice::Auto | Choice::External) {
        let given = std::env::var("TEST_DATABASE_URL")
            .ok()
            .filter(|text| !text.is_empty());
        if let Some(text) = given {
            let url: Url = text.parse().context("TEST_DATABASE_URL")?;
            say!("test server: external, TEST_DATABASE_URL names {url}");
            return Ok(Running {
                url,
                bin_dir: None,
                folder: Folder::of(ctx)?,
                lease: None,
            });
        }
        if choice == Choice::External {
            bail!(
                "the external provider needs a URL: set TEST_DATABASE_URL to a superuser's, database postgres"
            );
        }
    }
    let folder = Folder::of(ctx)?;
    let _lock = folder.lock()?;
    let lease = lease(&folder)?;
    lease
        .lock_shared()
        .context("cannot take a share in the test server")?;
    if let Some(running) = Record::load(&folder)? {
        let asked_for_another = choice
            .provider()
            .is_some_and(|asked| asked != running.provider);
        if !asked_for_another && is_running(&folder, &running)? {
            let server = server(&folder, &running, lease)?;
            if client::answers(ctx, &server.url)? {
                say!("test server: already running ({})", running.provider.name());
                return Ok(server);
            }
            return replace(ctx, &folder, choice, &running, server.lease);
        }
        return replace(ctx, &folder, choice, &running, Some(lease));
    }
    fresh(ctx, &folder, choice, lease)
}

/// Removes a server that is not wanted or does not answer, unless another run uses it, and starts a new one.
fn replace(
    ctx: &Context,
    folder: &Folder,
    choice: Choice,
    running: &Record,
    lease: Option<File>,
) -> anyhow::Result<Running> {
    drop(lease);
    let lease = self::lease(folder)?;
    if lease.try_lock().is_err() {
        bail!(
            "another test run uses the {} test server of this checkout; wait for it to end",
            running.provider.name()
        );
    }
    remove(folder, running)?;
    lease
        .lock_shared()
        .context("cannot take a share in the test server")?;
    fresh(ctx, folder, choice, lease)
}

fn fresh(ctx: &Context, folder: &Folder, choice: Choice, lease: File) -> anyhow::Result<Running> {
    let own = match choice {
        Choice::Auto => automatic()?,
        _ => provider::own(choice)?,
    };
    say!("test server: {}, {}", own.provider.name(), own.reason);
    let mut running = Record {
        provider: own.provider,
        bin_dir: own.bin_dir.clone(),
        home: None,
        port: None,
        password: None,
    };
    if own.provider == Provider::Docker {
        let image = own.image.context("the docker provider chose no image")?;
        start_container(ctx, folder, &mut running, &image)?;
    } else {
        running.home = Some(record::choose_home(folder));
        let cluster = running.cluster(folder)?;
        if let Some(pid) = cluster.running() {
            // The record went, perhaps with the whole state folder; the run that made this server may still be at work.
            bail!(
                "a test server that nothing is remembered of runs in {} (process {pid}), and another test run may use it; wait for that to end, or end the server with `cargo xtask db-down --purge`",
                cluster.folder.display()
            );
        }
        running.save(folder)?;
        owner::private_folder(&cluster.folder, cluster.owner)?;
        let url = running.url(folder)?;
        let started = cluster.init().map_err(StartError::Other);
        match started.and_then(|()| cluster.start(|| client::ping(ctx, &url, READY))) {
            Ok(()) => {}
            Err(StartError::Other(error)) => {
                remove(folder, &running)?;
                return Err(error);
            }
            Err(StartError::PortTaken(port)) => {
                bail!("a server without TCP found port {port} taken")
            }
        }
    }
    server(folder, &running, lease)
}

/// The fastest server that can be had.
fn automatic() -> anyhow::Result<provider::Own> {
    if binaries::find().is_ok() {
        return provider::own(Choice::Local);
    }
    provider::own(Choice::Embedded).or_else(|embedded| {
        provider::own(Choice::Docker).with_context(|| {
            format!(
                "no server for the tests: no PostgreSQL {} or later on this machine; {embedded:#}",
                binaries::OLDEST
            )
        })
    })
}

fn start_container(
    ctx: &Context,
    folder: &Folder,
    running: &mut Record,
    image: &str,
) -> anyhow::Result<()> {
    let name = container(folder);
    docker::remove_container(&name)?;
    let password = Secret::random()?;
    let port = ports::choose(folder.hash.wrapping_add(1_000))?;
    running.port = Some(port);
    running.password = Some(password.clone());
    running.save(folder)?;
    let mut server = vec!["postgres".to_owned()];
    for (setting, value) in SETTINGS {
        server.extend(["-c".to_owned(), format!("{setting}={value}")]);
    }
    let recipe = Recipe {
        name: &name,
        image,
        port,
        password: &password,
        labels: docker::labels(folder, "test"),
        storage: vec![
            "--tmpfs=/var/lib/postgresql".to_owned(),
            "--shm-size=256m".to_owned(),
        ],
        server,
    };
    if !docker::run(folder, &recipe)? {
        bail!("port {port} was taken while the container started; type the command again");
    }
    let url = running.url(folder)?;
    let ready = docker::wait_until_ready(&name, || client::ping(ctx, &url, Duration::from_secs(3)));
    if ready.is_err() {
        remove(folder, running)?;
    }
    ready
}

impl Running {
    /// `TEST_DATABASE_URL`.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// `VSA_PG_BIN`.
    pub(crate) fn bin_dir(&self) -> Option<&Path> {
        self.bin_dir.as_deref()
    }

    /// Leaves it running for whoever looks into what failed; the next start finds it, `db-down --purge` ends it.
    pub(crate) fn keep(self) {
        drop(self);
    }

    /// Stops the server and removes its data, unless another test run still uses it or it is not ours.
    pub(crate) fn stop(mut self) -> anyhow::Result<()> {
        let Some(lease) = self.lease.take() else {
            return Ok(());
        };
        interrupt::shielded(|| {
            let _lock = self.folder.lock()?;
            drop(lease);
            stop_if_unused(&self.folder)
        })
    }
}

/// Stops this checkout's test server, if one runs and nobody uses it. The caller holds the folder's lock.
pub(crate) fn stop_if_unused(folder: &Folder) -> anyhow::Result<()> {
    let Some(running) = Record::load(folder)? else {
        return Ok(());
    };
    if lease(folder)?.try_lock().is_err() {
        say!("the test server stays: another test run uses it");
        return Ok(());
    }
    remove(folder, &running)
}

/// An error while a test run uses the test server. The caller holds the folder's lock, so no run begins meanwhile.
pub(crate) fn refuse_while_used(folder: &Folder) -> anyhow::Result<()> {
    if lease(folder)?.try_lock().is_err() {
        bail!("a test run uses this checkout's test server; wait for it to end");
    }
    Ok(())
}

/// Stops and removes every test server of this checkout, whatever its record says. The caller holds the folder's lock
/// and has asked [`refuse_while_used`].
pub(crate) fn purge(folder: &Folder) -> anyhow::Result<()> {
    match Record::load(folder) {
        Ok(Some(running)) => remove(folder, &running)?,
        Ok(None) => {}
        Err(_) => docker::purge_labelled(folder, &container(folder))?,
    }
    for home in record::homes(folder) {
        cluster::stop_in(&home)?;
        files::remove(&home)?;
        files::remove(&record::socket(folder, &home))?;
    }
    Ok(())
}

/// Also after Ctrl-C: whatever was started ends.
fn remove(folder: &Folder, record: &Record) -> anyhow::Result<()> {
    interrupt::shielded(|| {
        if record.provider == Provider::Docker {
            docker::remove_container(&container(folder))?;
        } else {
            let cluster = record.cluster(folder)?;
            cluster.stop()?;
            files::remove(&cluster.folder)?;
            files::remove(&cluster.socket)?;
        }
        Record::forget(folder)
    })
}

fn is_running(folder: &Folder, running: &Record) -> anyhow::Result<bool> {
    if running.provider == Provider::Docker {
        docker::runs(&container(folder))
    } else {
        Ok(running.cluster(folder)?.running().is_some())
    }
}

fn server(folder: &Folder, running: &Record, lease: File) -> anyhow::Result<Running> {
    Ok(Running {
        url: running.url(folder)?,
        bin_dir: running.bin_dir.clone(),
        folder: folder.clone(),
        lease: Some(lease),
    })
}

fn container(folder: &Folder) -> String {
    format!("{}-test", docker::container(folder))
}

fn lease(folder: &Folder) -> anyhow::Result<File> {
    let path = folder.path.join("test.lease");
    let open = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path);
    open.with_context(|| format!("cannot open {}", path.display()))
}
