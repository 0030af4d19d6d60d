//! Dependencies against `deny.toml`: every lock file of the checkout, those of workspaces that are only tools of ours too.
//! What they hold runs on a developer's machine, and there a bad dependency does harm as well.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use xshell::cmd;

use super::{Outcome, succeed, tracked};
use crate::cmd::doctor::deny;
use crate::cmd::test::in_ci;
use crate::context::Context;
use crate::{cargo, interrupt, proc};

/// A few megabytes of git.
const FETCH: Duration = Duration::from_mins(2);
/// Seconds without a byte, after which git gives up. Ending cargo-deny would not end the git that it runs.
const SILENCE: &str = "20";

/// Bans, licences and sources: what needs no network must be right.
pub(super) fn dependencies(ctx: &Context) -> Result<Outcome> {
    let Some(deny) = program()? else {
        return Ok(Outcome::Skipped(format!(
            "bans, licences and sources, because cargo-deny is not here: {}",
            deny::ADVICE
        )));
    };
    let sh = cargo::shell(ctx)?;
    for manifest in manifests(ctx)? {
        // Not offline: it reads the crates of every platform, and cargo has fetched only those of this one. Errors alone:
        // each duplicate would be a warning of a hundred lines.
        succeed(
            cmd!(
                sh,
                "{deny} --locked --log-level error --config deny.toml --manifest-path {manifest} check bans licenses sources"
            ),
            "deny.toml says what may come in, and why",
        )?;
    }
    Ok(Outcome::Fine)
}

/// Known faults and withdrawn versions, as far as the internet can be reached.
pub(super) fn advisories(ctx: &Context) -> Result<Outcome> {
    let Some(deny) = program()? else {
        return Ok(Outcome::Skipped(format!(
            "advisories, because cargo-deny is not here: {}",
            deny::ADVICE
        )));
    };
    let sh = cargo::shell(ctx)?;
    for manifest in manifests(ctx)? {
        let mut fetch = cargo::clean(
            cmd!(
                sh,
                "{deny} --locked --config deny.toml --manifest-path {manifest} fetch db index"
            )
            .env("GIT_HTTP_LOW_SPEED_LIMIT", "1")
            .env("GIT_HTTP_LOW_SPEED_TIME", SILENCE)
            .env("GIT_TERMINAL_PROMPT", "0"),
        );
        let unreachable = match proc::capture(&mut fetch, FETCH) {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(reason(&output.stderr)),
            Err(error) if error.is::<interrupt::Interrupted>() => return Err(error),
            Err(error) => Some(error.to_string()),
        };
        if let Some(why) = unreachable {
            return Ok(Outcome::Skipped(format!(
                "advisories, because their database cannot be fetched: {why}"
            )));
        }
        // Offline: what was just fetched need not be fetched again.
        succeed(
            cmd!(
                sh,
                "{deny} --locked --offline --config deny.toml --manifest-path {manifest} check advisories"
            ),
            "a dependency has a known fault",
        )?;
    }
    Ok(Outcome::Fine)
}

/// The line of git that says what is wrong: after it may come advice for another case than ours.
fn reason(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let fatal = text.lines().find(|line| line.starts_with("fatal: "));
    fatal.map_or_else(|| proc::tail(stderr, 1), str::to_owned)
}

/// CI fetches cargo-deny, because what cannot be checked there must fail; a person is asked before anything is fetched.
fn program() -> Result<Option<PathBuf>> {
    if in_ci() {
        return deny::ensure()
            .map(Some)
            .context("the dependencies cannot be audited");
    }
    Ok(deny::find())
}

/// The `Cargo.toml` beside each `Cargo.lock`.
fn manifests(ctx: &Context) -> Result<Vec<PathBuf>> {
    let manifests: Vec<_> = tracked(ctx)?
        .into_iter()
        .map(|(path, _)| PathBuf::from(path))
        .filter(|path| path.file_name() == Some("Cargo.lock".as_ref()))
        .map(|path| path.with_file_name("Cargo.toml"))
        .collect();
    ensure!(
        manifests.iter().any(|path| path == Path::new("Cargo.toml")),
        "git lists no Cargo.lock in {}",
        ctx.root.display()
    );
    Ok(manifests)
}
