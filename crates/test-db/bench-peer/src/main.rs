//! Measures test databases: wall milliseconds a test, at two tests at a time.
//!
//! ```sh
//! TEST_DATABASE_URL=postgres://… cargo run --manifest-path crates/test-db/bench-peer/Cargo.toml [ROUNDS]
//! ```
//!
//! The kinds take turns, so that a busy machine hurts all of them. Standard output gets the medians
//! as JSON, standard error a table. The time is nextest's own, without compiling or listing.

use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail, ensure};

const TESTS: f64 = 40.0;
const KINDS: [&str; 3] = ["empty", "ours", "sqlx_test"];
const DEFAULT_ROUNDS: usize = 5;

fn main() -> ExitCode {
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn measure() -> anyhow::Result<()> {
    let rounds = match std::env::args().nth(1) {
        Some(text) => text.parse().context("ROUNDS is a number")?,
        None => DEFAULT_ROUNDS,
    };
    let url = std::env::var("TEST_DATABASE_URL").context("set TEST_DATABASE_URL")?;
    // Compiles, and lets every kind make what it makes once.
    for kind in KINDS {
        run(kind, &url)?;
    }
    let mut times = KINDS.map(|_| Vec::new());
    for _ in 0..rounds {
        for (kind, times) in KINDS.iter().zip(&mut times) {
            times.push(run(kind, &url)?);
        }
    }
    let mut medians = serde_json::Map::new();
    for (kind, times) in KINDS.iter().zip(&mut times) {
        times.sort_by(f64::total_cmp);
        let median = times[times.len() / 2];
        eprintln!("{kind:>10} {median:6.1} ms a test");
        medians.insert((*kind).to_owned(), median.into());
    }
    println!(
        "{}",
        serde_json::json!({ "unit": "ms", "rounds": rounds, "wall_per_test": medians })
    );
    Ok(())
}

/// Runs one kind and returns wall milliseconds a test.
fn run(kind: &str, url: &str) -> anyhow::Result<f64> {
    let output = Command::new("cargo")
        .args([
            "nextest",
            "run",
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .args([
            "--test",
            kind,
            "--test-threads",
            "2",
            "--status-level",
            "fail",
        ])
        .env("DATABASE_URL", url)
        .env("TEST_DATABASE_URL", url)
        .env("CARGO_TERM_COLOR", "never")
        .output()
        .context("cannot start cargo nextest")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "the tests of kind {kind} fail:\n{text}"
    );
    // `Summary [   0.603s] 40 tests run: 40 passed, 0 skipped`
    let seconds = text
        .lines()
        .find(|line| line.contains("Summary ["))
        .and_then(|line| line.split(['[', ']']).nth(1))
        .and_then(|text| text.trim().strip_suffix('s'));
    let Some(Ok(seconds)) = seconds.map(str::parse::<f64>) else {
        bail!("cargo nextest printed no summary:\n{text}");
    };
    Ok(seconds * 1000.0 / TESTS)
}
