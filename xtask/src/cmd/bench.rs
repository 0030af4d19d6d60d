//! `cargo xtask bench`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;

use crate::cmd::ci::fresh;
use crate::cmd::test::Server;
use crate::context::Context;
use crate::db::provider::Choice;
use crate::talk::say;
use crate::{cargo, interrupt, proc};

mod start;

/// Measure the developer's workflow
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// db-up of every provider that works here beside the bare minimum, and test databases beside `#[sqlx::test]`
    ///
    /// The ways take turns, so that a busy machine hurts all of them alike; medians of wall time, nothing compiled.
    Dev(Dev),
}

#[derive(clap::Args)]
struct Dev {
    /// How often each way is run
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// One JSON object on stdout instead of the table
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let What::Dev(dev) = self.what;
        fresh::program()?;
        let mut rows = start::measure(ctx, dev.rounds)?;
        rows.extend(test_databases(ctx, dev.rounds)?);
        if dev.json {
            println!(
                "{}",
                serde_json::to_string_pretty(
                    &serde_json::json!({ "rounds": dev.rounds, "rows": rows })
                )?
            );
        } else {
            print!("{}", table(&rows));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// One line of the result.
#[derive(Debug, Serialize)]
struct Row {
    /// What was measured.
    what: String,
    /// The median in milliseconds.
    median_ms: f64,
    /// The fastest and the slowest run; equal to the median where only that is known.
    range_ms: (f64, f64),
}

impl Row {
    fn of(what: impl Into<String>, times: &[Duration]) -> Result<Self> {
        let mut ms: Vec<f64> = times
            .iter()
            .map(|time| time.as_secs_f64() * 1000.0)
            .collect();
        ms.sort_by(f64::total_cmp);
        let median = *ms.get(ms.len() / 2).context("nothing was measured")?;
        Ok(Self {
            what: what.into(),
            median_ms: median,
            range_ms: (ms[0], ms[ms.len() - 1]),
        })
    }
}

fn table(rows: &[Row]) -> String {
    use std::fmt::Write as _;
    let width = rows
        .iter()
        .map(|row| row.what.chars().count())
        .max()
        .unwrap_or(0);
    let mut out = format!(
        "{:<width$} {:>11} {:>11} {:>11}\n",
        "what", "median ms", "fastest", "slowest"
    );
    for Row {
        what,
        median_ms,
        range_ms: (fastest, slowest),
    } in rows
    {
        let _ = writeln!(
            out,
            "{what:<width$} {median_ms:>11.1} {fastest:>11.1} {slowest:>11.1}"
        );
    }
    out
}

/// The bench of `test-db`, a workspace of its own: it has features of sqlx that ours does not want.
fn test_databases(ctx: &Context, rounds: u32) -> Result<Vec<Row>> {
    interrupt::check()?;
    say!(
        "test databases: 40 tests at -j2, {rounds} rounds; the first time this compiles sqlx for the peer"
    );
    let server = Server::start(ctx, Choice::Auto)?;
    let mut bench = cargo::cargo(ctx);
    bench
        .args(["run", "--quiet", "--manifest-path"])
        .arg(ctx.root.join("crates/test-db/bench-peer/Cargo.toml"))
        .args(["--", &rounds.to_string()])
        .env("CARGO_TARGET_DIR", ctx.target_dir.join("bench-peer"))
        .env("TEST_DATABASE_URL", server.url().expose());
    let output = proc::capture(&mut bench, Duration::from_mins(30))?;
    ensure!(
        output.status.success(),
        "the bench of test databases failed:\n{}",
        proc::tail(&output.stderr, 15)
    );
    parse(&output.stdout)
}

#[derive(serde::Deserialize)]
struct Medians {
    wall_per_test: std::collections::BTreeMap<String, f64>,
}

fn parse(stdout: &[u8]) -> Result<Vec<Row>> {
    let medians: Medians =
        serde_json::from_slice(stdout).context("the bench of test databases printed other JSON")?;
    let row = |(kind, median): (String, f64)| Row {
        what: format!("a test, {}", kind.replace('_', " ")),
        median_ms: median,
        range_ms: (median, median),
    };
    Ok(medians.wall_per_test.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_of_the_sorted_times() {
        let times = [30, 10, 20].map(Duration::from_millis);
        let row = Row::of("x", &times).unwrap();
        assert_eq!((row.median_ms, row.range_ms), (20.0, (10.0, 30.0)));
        assert!(Row::of("x", &[]).is_err());
    }

    #[test]
    fn the_numbers_of_the_peer_become_rows() {
        let rows =
            parse(br#"{"unit":"ms","rounds":5,"wall_per_test":{"ours":14.5,"sqlx_test":107.0}}"#)
                .unwrap();
        assert_eq!(
            (rows[0].what.as_str(), rows[0].median_ms),
            ("a test, ours", 14.5)
        );
        assert!(parse(b"no JSON").is_err());
    }
}
