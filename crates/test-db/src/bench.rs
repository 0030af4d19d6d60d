//! What benches have in common: sizes from the command line, medians, ratios, and whether the aims are met.

use std::fmt::Write as _;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use sqlx::PgConnection;
use vsa_db::actor::Actor;

/// How large, and how often.
#[derive(Debug)]
pub struct Sizes {
    /// Contacts in the table, a run for each.
    pub contacts: Vec<u64>,
    /// How often each way of a comparison is run.
    pub rounds: u32,
}

impl Sizes {
    /// `--contacts 10000,1000000 --rounds 5`; cargo's own `--bench` is skipped. These come from `cargo xtask bench`,
    /// which has checked them.
    pub fn from_args() -> Self {
        let arguments: Vec<String> = std::env::args().collect();
        let after = |name: &str| {
            let at = arguments.iter().position(|argument| argument == name)?;
            arguments.get(at + 1).map(String::as_str)
        };
        let contacts = after("--contacts").unwrap_or("10000,100000,1000000");
        Self {
            contacts: contacts.split(',').filter_map(|n| n.parse().ok()).collect(),
            rounds: after("--rounds").and_then(|n| n.parse().ok()).unwrap_or(5),
        }
    }
}

/// Does a piece of a bench in a database of its own.
///
/// # Errors
/// What `work` fails with.
pub fn with_database<T>(work: impl AsyncFnOnce(&crate::TestDb) -> Result<T>) -> Result<T> {
    let mut result = None;
    crate::run(async |db| {
        result = Some(work(db).await?);
        Ok(())
    });
    result.context("the work was not done")
}

/// Somebody who may do all that is measured.
///
/// # Errors
/// The database's.
pub async fn a_manager(conn: &mut PgConnection) -> Result<Actor> {
    let id = sqlx::query_scalar(
        "INSERT INTO users (oidc_sub, email, name, role)
         VALUES ('bench', 'bench@example.com', 'Bench', 'campaign_manager') RETURNING id",
    )
    .fetch_one(&mut *conn)
    .await?;
    Ok(Actor::by_id(conn, id).await?)
}

/// Ours beside another way to do the same.
#[derive(Debug)]
pub struct Ratio {
    what: String,
    peer: String,
    aim: Option<f64>,
    ours: Vec<f64>,
    peers: Vec<f64>,
}

impl Ratio {
    /// `aim`: which share of the peer's speed ours must have.
    pub fn of(what: impl Into<String>, peer: impl Into<String>, aim: Option<f64>) -> Self {
        Self {
            what: what.into(),
            peer: peer.into(),
            aim,
            ours: Vec::new(),
            peers: Vec::new(),
        }
    }

    /// A run of ours took so many seconds.
    pub fn ours(&mut self, seconds: f64) {
        self.ours.push(seconds);
    }

    /// A run of the peer took so many seconds.
    pub fn peers(&mut self, seconds: f64) {
        self.peers.push(seconds);
    }
}

/// What was measured.
#[derive(Debug, Default)]
pub struct Report {
    text: String,
    missed: Vec<String>,
}

impl Report {
    /// A comparison.
    pub fn add(&mut self, mut ratio: Ratio) {
        let (ours, peer) = (median(&mut ratio.ours), median(&mut ratio.peers));
        let share = peer / ours;
        let line = format!(
            "{:<52} {:>10} {:>10}  {:>4.2} of {}",
            ratio.what,
            shown(ours),
            shown(peer),
            share,
            ratio.peer
        );
        self.line(&line, ratio.aim.is_some_and(|aim| share < aim), ratio.aim);
    }

    /// Times of one way, in seconds; `aim`: what the median may be at most.
    pub fn time(&mut self, what: impl Into<String>, times: &mut [f64], aim: Option<f64>) {
        let middle = median(times);
        let line = format!("{:<52} {:>10}", what.into(), shown(middle));
        self.line(&line, aim.is_some_and(|aim| middle > aim), aim);
    }

    /// A number without a unit; `aim`: what it may be at most.
    pub fn share(&mut self, what: impl Into<String>, value: f64, aim: f64) {
        let line = format!("{:<52} {value:>10.2}", what.into());
        self.line(&line, value > aim, Some(aim));
    }

    /// What this process has held at most, so far.
    pub fn peak_memory(&mut self, what: &str) {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        if let Some(peak) = peak {
            let _ = writeln!(
                self.text,
                "{:<52} {:>10}",
                format!("  peak memory, {what}"),
                peak.trim()
            );
        }
    }

    fn line(&mut self, line: &str, missed: bool, aim: Option<f64>) {
        let aim = aim.map_or_else(String::new, |aim| format!("  aim {aim}"));
        let word = if missed { " MISSED" } else { "" };
        let _ = writeln!(self.text, "{line}{aim}{word}");
        if missed {
            self.missed.push(line.to_owned());
        }
    }

    /// Prints it; the exit code says whether all aims are met.
    pub fn print(self) -> ExitCode {
        print!("{}", self.text);
        if self.missed.is_empty() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }
}

fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

fn shown(seconds: f64) -> String {
    if seconds < 1.0 {
        format!("{:.3} ms", seconds * 1000.0)
    } else {
        format!("{seconds:.2} s")
    }
}
