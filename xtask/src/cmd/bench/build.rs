//! A cold build of xtask beside that of a program that has clap, anyhow and xshell, and nothing to do.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::Row;
use crate::cmd::ci::fresh::TempFolder;
use crate::context::Context;
use crate::{cargo, interrupt, proc};

/// How many times as long as the bare program xtask may take.
const TIMES_BARE: f64 = 2.0;
const MAIN: &str = r#"#[derive(clap::Parser)]
struct Args {
    #[arg(long, env)]
    name: String,
}

fn main() -> anyhow::Result<()> {
    let Args { name } = clap::Parser::parse();
    let sh = xshell::Shell::new()?;
    Ok(xshell::cmd!(sh, "echo {name}").run()?)
}
"#;

pub(super) fn measure(ctx: &Context, rounds: u32) -> Result<Vec<Row>> {
    let temp = TempFolder::create("build")?;
    let bare = temp.path.join("bare");
    let workspace = fs::read_to_string(ctx.root.join("Cargo.toml"))?;
    fs::create_dir_all(bare.join("src"))
        .and_then(|()| fs::write(bare.join("src/main.rs"), MAIN))
        .and_then(|()| fs::write(bare.join("Cargo.toml"), manifest(&workspace)))
        .and_then(|()| fs::copy(ctx.root.join("Cargo.lock"), bare.join("Cargo.lock")))
        .context("cannot write the bare program")?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        ours.push(cold(ctx, &ctx.root, "xtask")?);
        theirs.push(cold(ctx, &bare, "bare")?);
    }
    rows(&ours, &theirs)
}

/// A workspace of its own, with the versions, features and profile of ours.
fn manifest(workspace: &str) -> String {
    let used = |line: &&str| {
        ["anyhow = ", "clap = ", "xshell = "]
            .iter()
            .any(|name| line.starts_with(name))
    };
    let dependencies: Vec<&str> = workspace.lines().filter(used).collect();
    format!(
        "[package]\nname = \"bare\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}\n\n[profile.dev]\ndebug = false\n",
        dependencies.join("\n")
    )
}

fn cold(ctx: &Context, folder: &Path, package: &str) -> Result<Duration> {
    interrupt::check()?;
    let target = TempFolder::create("target")?;
    let mut build = cargo::cargo(ctx);
    build
        .args([
            "build",
            "--offline",
            "--package",
            package,
            "--manifest-path",
        ])
        .arg(folder.join("Cargo.toml"))
        .env("CARGO_TARGET_DIR", &target.path);
    let started = Instant::now();
    let output = proc::capture(&mut build, Duration::from_mins(10))?;
    ensure!(
        output.status.success(),
        "{package} does not build:\n{}",
        proc::tail(&output.stderr, 15)
    );
    Ok(started.elapsed())
}

fn rows(ours: &[Duration], theirs: &[Duration]) -> Result<Vec<Row>> {
    let bare = Row::of("  a bare program", theirs)?;
    let ours = Row {
        aim_ms: Some(bare.median_ms * TIMES_BARE),
        ..Row::of("xtask built cold", ours)?
    };
    Ok(vec![ours, bare])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn xtask_may_take_twice_as_long_as_the_bare_program() {
        let of = |ours, theirs| {
            let [ours, theirs] = [ours, theirs].map(Duration::from_secs);
            rows(&[ours], &[theirs]).unwrap()
        };
        assert!(!of(20, 10)[0].misses() && of(21, 10)[0].misses());
        assert!(!of(21, 10)[1].misses());
    }

    #[test]
    fn the_bare_program_has_our_versions_and_nothing_else() {
        let text = manifest(
            "clap = { features = [\"env\"] }\nsqlx = \"0.9\"\nanyhow = \"1\"\nclap_mangen = \"1\"\n",
        );
        assert!(
            text.contains("[dependencies]\nclap = { features = [\"env\"] }\nanyhow = \"1\"\n\n")
        );
        assert!(!text.contains("sqlx") && !text.contains("mangen"), "{text}");
    }
}
