//! `cargo xtask lint`.

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};
use xshell::{Cmd, cmd};

use crate::cmd::prepare::checksums;
use crate::cmd::schema::vsa_schema;
use crate::context::Context;
use crate::talk::{say, seconds};
use crate::{cargo, interrupt, proc};

mod audit;
mod laws;

/// Check what needs no database: format, clippy, docs, the laws of this repository, dependencies
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only this step: fmt, laws, schema, schema-laws, clippy, docs, checksums, dependencies or advisories
    #[arg(value_name = "STEP", value_parser = STEPS.map(|step| step.0))]
    step: Option<String>,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let mut failed = Vec::new();
        for (name, step) in STEPS {
            if self.step.as_deref().is_some_and(|only| only != name) {
                continue;
            }
            interrupt::check()?;
            say!("lint: {name}");
            let started = Instant::now();
            match step(ctx) {
                Ok(Outcome::Fine) => say!("  fine, {}", seconds(started.elapsed())),
                Ok(Outcome::Skipped(why)) => say!("  NOT CHECKED: {why}"),
                Err(error) => {
                    say!("  {error:#}");
                    failed.push(name);
                }
            }
        }
        if failed.is_empty() {
            return Ok(ExitCode::SUCCESS);
        }
        bail!("lint failed: {}", failed.join(", "))
    }
}

/// What became of a step that did not fail.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Nothing to complain about.
    Fine,
    /// It could not run here, and why.
    Skipped(String),
}

/// A step: its name and what it does.
pub(crate) type Step = (&'static str, fn(&Context) -> Result<Outcome>);

/// All steps, the quick ones first.
pub(crate) const STEPS: [Step; 9] = [
    ("fmt", fmt),
    ("laws", check_laws),
    ("schema", schema),
    ("schema-laws", schema_laws),
    ("clippy", clippy),
    ("docs", docs),
    ("checksums", check_checksums),
    ("dependencies", audit::dependencies),
    ("advisories", audit::advisories),
];

fn fmt(ctx: &Context) -> Result<Outcome> {
    let (sh, cargo) = (cargo::shell(ctx)?, cargo::program());
    succeed(
        cmd!(sh, "{cargo} fmt --all --check"),
        "repair it: cargo fmt --all",
    )
}

fn schema(ctx: &Context) -> Result<Outcome> {
    let mut command = vsa_schema(ctx)?;
    if proc::talkative(command.args(["generate", "--check"]))?.success() {
        return Ok(Outcome::Fine);
    }
    bail!("what follows from schema.yaml is not right; see above")
}

fn schema_laws(ctx: &Context) -> Result<Outcome> {
    let mut command = vsa_schema(ctx)?;
    if proc::talkative(command.arg("lint"))?.success() {
        return Ok(Outcome::Fine);
    }
    bail!("schema.yaml breaks a law, or a migration a rule; see above")
}

fn clippy(ctx: &Context) -> Result<Outcome> {
    let (sh, cargo) = (cargo::shell(ctx)?, cargo::program());
    succeed(
        cmd!(
            sh,
            "{cargo} clippy --workspace --all-targets --quiet -- --deny=warnings"
        ),
        "clippy is not content",
    )
}

fn docs(ctx: &Context) -> Result<Outcome> {
    let (sh, cargo) = (cargo::shell(ctx)?, cargo::program());
    succeed(
        cmd!(sh, "{cargo} doc --workspace --no-deps --quiet")
            .env("RUSTDOCFLAGS", "--deny=warnings"),
        "the docs have faults",
    )
}

fn check_checksums(ctx: &Context) -> Result<Outcome> {
    if checksums::check(ctx)? {
        Ok(Outcome::Fine)
    } else {
        bail!("see above")
    }
}

fn check_laws(ctx: &Context) -> Result<Outcome> {
    let broken = laws::broken(ctx)?;
    if broken.is_empty() {
        return Ok(Outcome::Fine);
    }
    bail!("{}", broken.join("\n  "))
}

/// Runs a cargo command that explains its failure itself. What it says belongs to stderr, and Ctrl-C must end it: not
/// what xshell's own `run` does.
fn succeed(command: Cmd<'_>, otherwise: &str) -> Result<Outcome> {
    let mut command = cargo::clean(command);
    if proc::talkative(&mut command)?.success() {
        return Ok(Outcome::Fine);
    }
    bail!("`{}` failed; {otherwise}", proc::render(&command))
}

/// What git tracks or would track, as paths relative to the checkout, with what `eol` says of their line ends.
fn tracked(ctx: &Context) -> Result<Vec<(String, String)>> {
    let sh = cargo::shell(ctx)?;
    let text = cmd!(
        sh,
        "git ls-files -z --eol --cached --others --exclude-standard"
    )
    .read()
    .context("git does not list the files")?;
    let entry = |line: &str| {
        line.split_once('\t')
            .map(|(eol, path)| (path.to_owned(), eol.to_owned()))
    };
    Ok(text.split('\0').filter_map(entry).collect())
}
