//! `cargo xtask bench`.

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use crate::cmd::ci::fresh;
use crate::cmd::test::Server;
use crate::context::Context;
use crate::db::provider::Choice;
use crate::json::{self, Fields, Json};
use crate::talk::{print, say};
use crate::{cargo, interrupt, proc};

mod build;
mod start;

/// Aims for a test in a database of its own: milliseconds, and how many times faster than `#[sqlx::test]`.
const TEST: f64 = 20.0;
const TIMES_FASTER: f64 = 5.0;

/// Measure the developer's workflow and the domain crates
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
    Dev(Options),
    /// A cold build of xtask beside that of a program that has clap, anyhow and xshell, and nothing to do
    ///
    /// Everything is compiled in each round; wall time, as the first command in a new checkout takes it.
    Build(Options),
    /// Imports beside `\copy` of the same rows, and the do-not-call list, at each size
    Contacts(Domain),
    /// Statistics and exports at each size, and what counting costs those who claim
    Campaigns(Domain),
}

#[derive(clap::Args)]
struct Domain {
    /// Sizes of the table of contacts
    #[arg(
        long,
        value_name = "N,N,…",
        value_delimiter = ',',
        default_value = "10000,100000,1000000"
    )]
    contacts: Vec<u32>,
    /// How often each way of a comparison is run
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
}

#[derive(clap::Args)]
struct Options {
    /// How often each way is run
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=50))]
    rounds: u32,
    /// One JSON object on stdout instead of the table
    #[arg(long)]
    json: bool,
    /// Fail when an aim is missed
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let (options, rows) = match self.what {
            What::Dev(options) => {
                fresh::program()?;
                let mut rows = start::measure(ctx, options.rounds)?;
                rows.extend(test_databases(ctx, options.rounds)?);
                (options, rows)
            }
            What::Build(options) => {
                let rows = build::measure(ctx, options.rounds)?;
                (options, rows)
            }
            What::Contacts(domain) => return of_domain(ctx, "contacts", &domain),
            What::Campaigns(domain) => return of_domain(ctx, "campaigns", &domain),
        };
        if options.json {
            let rows = json::list(rows.iter().map(Row::json));
            let result = json::object([("rounds", options.rounds.into()), ("rows", rows)]);
            print(format_args!("{result:#}"))?;
        } else {
            print(table(&rows).trim_end())?;
        }
        let missed: Vec<&Row> = rows.iter().filter(|row| row.misses()).collect();
        for row in &missed {
            say!("missed its aim: {}", row.what);
        }
        Ok(if options.check && !missed.is_empty() {
            ExitCode::FAILURE
        } else {
            ExitCode::SUCCESS
        })
    }
}

/// The bench of a domain crate: a release build, on the test server; it prints its table and says whether its aims are met.
fn of_domain(ctx: &Context, name: &str, domain: &Domain) -> Result<ExitCode> {
    let server = Server::start(ctx, Choice::Auto)?;
    let sizes: Vec<String> = domain.contacts.iter().map(u32::to_string).collect();
    let mut bench = cargo::cargo(ctx);
    bench
        .args([
            "bench",
            "--quiet",
            "--package",
            &format!("vsa-{name}"),
            "--bench",
            name,
            "--",
        ])
        .args([
            "--contacts",
            &sizes.join(","),
            "--rounds",
            &domain.rounds.to_string(),
        ])
        .env("TEST_DATABASE_URL", server.url().expose());
    say!("{}", proc::render(&bench));
    proc::pass_through(&mut bench)
}

/// One line of the result.
#[derive(Debug)]
struct Row {
    /// What was measured.
    what: String,
    /// The median in milliseconds.
    median_ms: f64,
    /// The fastest and the slowest run.
    range_ms: (f64, f64),
    /// What the median may be at most, where we set ourselves an aim.
    aim_ms: Option<f64>,
}

impl Row {
    fn of(what: impl Into<String>, times: &[Duration]) -> Result<Self> {
        Self::of_ms(
            what,
            times
                .iter()
                .map(|time| time.as_secs_f64() * 1000.0)
                .collect(),
        )
    }

    fn of_ms(what: impl Into<String>, mut ms: Vec<f64>) -> Result<Self> {
        ensure!(!ms.is_empty(), "nothing was measured");
        ms.sort_by(f64::total_cmp);
        let middle = ms.len() / 2;
        let median = if ms.len().is_multiple_of(2) {
            f64::midpoint(ms[middle - 1], ms[middle])
        } else {
            ms[middle]
        };
        Ok(Self {
            what: what.into(),
            median_ms: median,
            range_ms: (ms[0], ms[ms.len() - 1]),
            aim_ms: None,
        })
    }

    fn json(&self) -> Json {
        let (fastest, slowest) = self.range_ms;
        json::object([
            ("what", self.what.as_str().into()),
            ("median_ms", self.median_ms.into()),
            ("range_ms", json::list([fastest, slowest])),
            ("aim_ms", self.aim_ms.into()),
        ])
    }

    fn misses(&self) -> bool {
        self.aim_ms.is_some_and(|aim| self.median_ms > aim)
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
        "{:<width$} {:>11} {:>11} {:>11} {:>11}\n",
        "what", "median ms", "fastest", "slowest", "aim"
    );
    for row in rows {
        let aim = match row.aim_ms {
            None => String::new(),
            Some(aim) if row.misses() => format!("{aim:.1} MISSED"),
            Some(aim) => format!("{aim:.1}"),
        };
        let Row {
            what,
            median_ms,
            range_ms: (fastest, slowest),
            ..
        } = row;
        let line =
            format!("{what:<width$} {median_ms:>11.1} {fastest:>11.1} {slowest:>11.1} {aim:>11}");
        let _ = writeln!(out, "{}", line.trim_end());
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
    let mut kinds: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    // One round a run: the bench gives only the median of the rounds it is asked for.
    for _ in 0..rounds {
        let mut bench = cargo::cargo(ctx);
        bench
            .args(["run", "--quiet", "--manifest-path"])
            .arg(ctx.root.join("crates/test-db/bench-peer/Cargo.toml"))
            .args(["--", "1"])
            .env("CARGO_TARGET_DIR", ctx.target_dir.join("bench-peer"))
            .env("TEST_DATABASE_URL", server.url().expose());
        let output = proc::capture(&mut bench, Duration::from_mins(30))?;
        ensure!(
            output.status.success(),
            "the bench of test databases failed:\n{}",
            proc::tail(&output.stderr, 15)
        );
        for (kind, ms) in parse(&output.stdout)? {
            kinds.entry(kind).or_default().push(ms);
        }
    }
    test_rows(kinds)
}

fn parse(stdout: &[u8]) -> Result<BTreeMap<String, f64>> {
    Json::parse(stdout)
        .and_then(|round| Fields::of(round)?.take("wall_per_test"))
        .context("the bench of test databases printed other JSON")
}

/// A row a kind. The aim of ours is the stricter of its two: a time, and a share of what the peer takes.
fn test_rows(kinds: BTreeMap<String, Vec<f64>>) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for (kind, ms) in kinds {
        rows.push((
            Row::of_ms(format!("a test, {}", kind.replace('_', " ")), ms)?,
            kind,
        ));
    }
    let median = |wanted: &str| {
        rows.iter()
            .find_map(|(row, kind)| (kind == wanted).then_some(row.median_ms))
    };
    let peer = median("sqlx_test").context("the bench of test databases left out its peer")?;
    median("ours").context("the bench of test databases left out ours")?;
    let aim = |kind: &str| (kind == "ours").then(|| TEST.min(peer / TIMES_FASTER));
    Ok(rows
        .into_iter()
        .map(|(row, kind)| Row {
            aim_ms: aim(&kind),
            ..row
        })
        .collect())
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
    fn of_an_even_number_of_times_the_median_lies_between_the_middle_two() {
        let times = [10, 40, 20, 100].map(Duration::from_millis);
        let row = Row::of("x", &times).unwrap();
        assert!((row.median_ms - 30.0).abs() < 1e-9, "{row:?}");
    }

    #[test]
    fn a_missed_aim_is_marked() {
        let row = |aim| Row {
            aim_ms: aim,
            ..Row::of_ms("x", vec![300.5]).unwrap()
        };
        assert!(row(Some(300.0)).misses());
        assert!(!row(Some(301.0)).misses() && !row(None).misses());
        assert!(table(&[row(Some(300.0))]).contains("300.0 MISSED"));
        assert!(!table(&[row(Some(301.0)), row(None)]).contains("MISSED"));
    }

    #[test]
    fn the_numbers_of_the_peer_become_rows() {
        let round =
            parse(br#"{"unit":"ms","rounds":1,"wall_per_test":{"ours":14.5,"sqlx_test":107.0}}"#)
                .unwrap();
        assert_eq!(round["ours"].to_bits(), 14.5_f64.to_bits());
        assert!(parse(b"no JSON").is_err());
    }

    #[test]
    fn ours_must_keep_a_time_and_a_distance_from_the_peer() {
        let rows = |ours: &[f64], peer: f64| {
            test_rows(BTreeMap::from([
                ("ours".to_owned(), ours.to_vec()),
                ("sqlx_test".to_owned(), vec![peer]),
            ]))
            .unwrap()
        };
        let fine = &rows(&[10.0, 12.0, 17.0], 107.0)[0];
        assert_eq!(
            (fine.what.as_str(), fine.range_ms, fine.aim_ms),
            ("a test, ours", (10.0, 17.0), Some(20.0))
        );
        assert!(!fine.misses());
        assert!(rows(&[20.5], 1000.0)[0].misses());
        assert!(rows(&[15.0], 70.0)[0].misses());
        assert!(test_rows(BTreeMap::from([("ours".to_owned(), vec![1.0])])).is_err());
    }
}
