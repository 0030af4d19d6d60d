//! Dependencies against `deny.toml`, as far as this machine can.

use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};
use xshell::cmd;

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
    let (sh, cargo) = (cargo::shell(ctx)?, cargo::program());
    succeed(
        cmd!(
            sh,
            "{cargo} deny --offline --log-level error check bans licenses sources"
        ),
        "deny.toml says what may come in, and why",
    )?;

    let mut fetch = cargo::clean(cmd!(sh, "{cargo} deny fetch db"));
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
    succeed(
        cmd!(
            sh,
            "{cargo} deny --offline --log-level error check advisories"
        ),
        "a dependency has a known fault",
    )
}

fn unreachable(why: &str) -> String {
    format!(
        "advisories, because their database cannot be fetched ({why}); bans, licences and sources are right"
    )
}
