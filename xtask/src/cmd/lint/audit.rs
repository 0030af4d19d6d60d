//! Dependencies against `deny.toml`, as far as this machine can.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use super::{Outcome, succeed};
use crate::context::Context;
use crate::{cargo, proc};

/// What needs no network must be right; the advisories are checked when their database can be fetched.
pub(super) fn run(ctx: &Context) -> Result<Outcome> {
    let installed = proc::capture(
        Command::new("cargo-deny").arg("--version"),
        Duration::from_secs(10),
    );
    if !installed.is_ok_and(|output| output.status.success()) {
        return Ok(Outcome::Skipped(
            "bans, licences, sources and advisories, because cargo-deny is not installed: cargo install --locked cargo-deny"
                .to_owned(),
        ));
    }
    let mut offline = cargo::cargo(ctx);
    offline.args([
        "deny",
        "--offline",
        "--log-level",
        "error",
        "check",
        "bans",
        "licenses",
        "sources",
    ]);
    succeed(&mut offline, "deny.toml says what may come in, and why")?;

    let mut fetch = cargo::cargo(ctx);
    fetch.args(["deny", "fetch", "db"]);
    match proc::capture(&mut fetch, Duration::from_mins(1)) {
        Ok(output) if output.status.success() => {}
        Ok(output) => {
            return Ok(Outcome::Skipped(unreachable(&proc::tail(
                &output.stderr,
                1,
            ))));
        }
        Err(error) if error.is::<crate::interrupt::Interrupted>() => bail!(error),
        Err(error) => return Ok(Outcome::Skipped(unreachable(&error.to_string()))),
    }
    let mut advisories = cargo::cargo(ctx);
    advisories.args([
        "deny",
        "--offline",
        "--log-level",
        "error",
        "check",
        "advisories",
    ]);
    succeed(&mut advisories, "a dependency has a known fault")
}

fn unreachable(why: &str) -> String {
    format!(
        "advisories, because their database cannot be fetched ({why}); bans, licences and sources are right"
    )
}
