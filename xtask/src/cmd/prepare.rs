//! `cargo xtask prepare`.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use anyhow::{Context as _, Result, bail};

use crate::cmd::test::Server;
use crate::context::Context;
use crate::db;
use crate::db::url::Url;
use crate::talk::{say, seconds};
use crate::{cargo, proc};

mod cache;
pub(crate) mod checksums;
mod literals;
mod members;
mod scratch;
mod sources;

pub(crate) use members::MACROS;
pub(crate) use scratch::Scratch;

use cache::{Cache, Difference, Kind};
use sources::Sources;

/// The one command that repairs what `--check` finds.
const REPAIR: &str = "cargo xtask prepare";

/// Write the offline query metadata: `.sqlx` and `migrations/checksums.txt`
///
/// Migrates a scratch database from the files in migrations/, compiles every query of every member, target and test
/// against it and, when all of them are right, makes `.sqlx` hold exactly those. A query that does not fit the schema is
/// a compiler error, and `.sqlx` stays as it was.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; name each query that is missing, stale or changed and fail if there is any
    #[arg(long)]
    check: bool,
    /// Make the scratch database on this server instead of starting one
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Do so although that server is not on this machine
    #[arg(long)]
    allow_remote: bool,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let flag = self.database_url.as_deref();
        let server = Server::for_scratch(ctx, flag, self.allow_remote, "prepare")?;
        let right = prepare(ctx, server.url(), self.check);
        Ok(if right? {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Writes, or with `check` compares. False: something differs, and it has been said what.
pub(crate) fn prepare(ctx: &Context, server: &Url, check: bool) -> Result<bool> {
    // Two at once would read each other's half-written metadata.
    let folder = ctx.target_dir.join("sqlx-prepare");
    fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
    let _lock = db::lock::take(
        &folder.join("lock"),
        "another cargo xtask prepare is at work in this checkout",
    )?;

    let new = folder.join("new");
    if new.exists() {
        fs::remove_dir_all(&new).with_context(|| format!("cannot empty {}", new.display()))?;
    }
    fs::create_dir(&new).with_context(|| format!("cannot create {}", new.display()))?;

    let members = members::discover(ctx)?;
    let scratch = Scratch::create(ctx, server, "prepare")?;
    let migrated = scratch.vsa_db(ctx, &["up"]);
    let compiled = migrated.and_then(|_| compile(ctx, scratch.url(), &new, &members));
    scratch.end(ctx);
    compiled?;

    let made = Cache::read(&new)?;
    let now = Sources::find(&ctx.root, &members.files, made.queries())?;
    let committed = ctx.root.join(".sqlx");
    if check {
        let queries = check_queries(&committed, &made, &now)?;
        let checksums = checksums::check(ctx)?;
        return Ok(queries && checksums);
    }
    let differences = differences(&committed, &made, &now)?;
    cache::swap(&committed, &made)?;
    cache::replace(&committed.join(sources::FILE), now.remembered().as_bytes())?;
    report(&differences, "");
    say!(
        ".sqlx holds {} queries, {} of them new or changed",
        made.len(),
        fresh(&differences)
    );
    checksums::write(ctx)?;
    Ok(true)
}

/// Compiles everything against the database; the macros write one file a query into `new`.
fn compile(ctx: &Context, url: &Url, new: &Path, members: &members::Members) -> Result<()> {
    members::touch(&members.roots, now())?;
    let mut build = cargo::cargo(ctx);
    build
        // `build`, not `check`: what it compiles is what `cargo xtask test` runs.
        .args(["build", "--workspace", "--all-targets"])
        .env("SQLX_OFFLINE", "false")
        .env("SQLX_OFFLINE_DIR", new)
        .env("DATABASE_URL", url.expose());
    say!(
        "compiling every query against the database: {}",
        proc::render(&build)
    );
    let started = Instant::now();
    if !proc::talkative(&mut build)?.success() {
        bail!(
            "a query does not fit the schema, or the code does not compile: see above; .sqlx is as it was"
        );
    }
    say!("compiled in {}", seconds(started.elapsed()));
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a program's edge: cargo compares files by the machine's clock"
)]
fn now() -> SystemTime {
    SystemTime::now()
}

fn differences(committed: &Path, made: &Cache, now: &Sources) -> Result<Vec<Difference>> {
    let remembered = fs::read_to_string(committed.join(sources::FILE)).unwrap_or_default();
    Ok(cache::compare(
        &Cache::read(committed)?,
        made,
        &Sources::parse(&remembered),
        now,
    ))
}

fn check_queries(committed: &Path, made: &Cache, now: &Sources) -> Result<bool> {
    let differences = differences(committed, made, now)?;
    if differences.is_empty() {
        say!(".sqlx is right: {} queries", made.len());
        return Ok(true);
    }
    report(
        &differences,
        &format!(
            ".sqlx differs in {} queries; repair it: {REPAIR}",
            differences.len()
        ),
    );
    Ok(false)
}

fn fresh(differences: &[Difference]) -> usize {
    differences
        .iter()
        .filter(|difference| difference.kind != Kind::Stale)
        .count()
}

fn report(differences: &[Difference], end: &str) {
    for Difference {
        kind,
        file,
        source,
        query,
        changes,
    } in differences
    {
        say!(
            "{:<8} {source}\n         {query}\n         {file}",
            kind.as_str()
        );
        for change in changes {
            say!("         {change}");
        }
    }
    if !end.is_empty() {
        say!("{end}");
    }
}
