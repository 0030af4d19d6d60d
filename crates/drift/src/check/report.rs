//! What was found: as text for people, as JSON for programs.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Serialize, Serializer};
use vsa_db::migrate::Problem;

use crate::compare::Difference;

/// What came of the whole, or of one comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Both sides are the same.
    Same,
    /// They are not.
    Differs,
    /// It was not looked.
    NotCompared,
}

/// A comparison by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// The schema file against what the migrations build.
    SpecMigrations,
    /// What the migrations build against the live database.
    MigrationsLive,
    /// Up, down and up again.
    RoundTrip,
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// On the way down, and up again: the file after which it was seen.
    pub after: Option<String>,
    /// What.
    #[serde(flatten)]
    pub difference: Difference,
}

/// What came of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Which.
    pub name: Name,
    /// Whether it was made.
    pub made: bool,
    /// Of the live database: files that were not applied to it.
    pub pending: Vec<String>,
    /// Of the live database: contradictions between its ledger and the files.
    pub problems: Vec<Problem>,
    /// The differences, in a fixed order.
    pub findings: Vec<Finding>,
    /// How long it took to build and read what it needs beyond the others.
    pub took: Duration,
}

/// Everything that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The comparisons.
    pub comparisons: Vec<Comparison>,
    /// What one should know to judge them.
    pub notes: Vec<String>,
    /// Version of the server on which the migrations were run: 150018 is 15.18.
    pub scratch_version: i32,
    /// Version of the live database's server.
    pub live_version: Option<i32>,
    /// How long all of it took.
    pub took: Duration,
}

impl Comparison {
    pub(super) fn of(name: Name, differences: Vec<Difference>, took: Duration) -> Self {
        let findings = differences.into_iter().map(|difference| Finding {
            after: None,
            difference,
        });
        Self {
            name,
            made: true,
            pending: Vec::new(),
            problems: Vec::new(),
            findings: findings.collect(),
            took,
        }
    }

    pub(super) fn not_made(name: Name) -> Self {
        Self {
            made: false,
            ..Self::of(name, Vec::new(), Duration::ZERO)
        }
    }

    /// What came of it.
    pub fn verdict(&self) -> Verdict {
        if !self.made {
            Verdict::NotCompared
        } else if self.pending.is_empty() && self.problems.is_empty() && self.findings.is_empty() {
            Verdict::Same
        } else {
            Verdict::Differs
        }
    }

    fn render(&self, text: &mut String) {
        let what = match self.name {
            Name::SpecMigrations => "schema.yaml and the migrations",
            Name::MigrationsLive => "the migrations and the live database",
            Name::RoundTrip => "up, down and up again",
        };
        // Writing to a string cannot fail.
        let _ = match self.verdict() {
            Verdict::NotCompared => writeln!(text, "{what}: not compared"),
            Verdict::Same => writeln!(text, "{what}: the same"),
            Verdict::Differs if self.findings.is_empty() => {
                writeln!(text, "{what}: files and ledger disagree")
            }
            Verdict::Differs => writeln!(text, "{what}: {}", count(self.findings.len())),
        };
        for file in &self.pending {
            let _ = writeln!(
                text,
                "  pending   {file}: `cargo xtask migrate up` applies it"
            );
        }
        for problem in &self.problems {
            let _ = writeln!(text, "  problem   {problem}");
        }
        let mut after = None;
        for finding in &self.findings {
            if finding.after != after {
                after.clone_from(&finding.after);
                let _ = writeln!(text, "  after {}", after.as_deref().unwrap_or_default());
            }
            let told = finding.difference.render(self.name.sides());
            let _ = writeln!(text, "  {}", told.replace('\n', "\n  "));
        }
        if self.verdict() == Verdict::Differs && !self.findings.is_empty() {
            let _ = writeln!(text, "  {}", self.advice());
        }
    }

    fn advice(&self) -> &'static str {
        match self.name {
            Name::SpecMigrations => {
                "schema.yaml is what should be: `cargo xtask migrate new NAME` writes the next migration; where the migrations are right, correct schema.yaml"
            }
            Name::MigrationsLive => {
                "what was changed by hand is to be taken back, or put into schema.yaml and the next migration"
            }
            Name::RoundTrip => "a down file must give back what its up file found; correct it",
        }
    }
}

impl Report {
    /// Differs where one comparison does; a comparison that was not made changes nothing.
    pub fn verdict(&self) -> Verdict {
        let differs = |comparison: &Comparison| comparison.verdict() == Verdict::Differs;
        if self.comparisons.iter().any(differs) {
            Verdict::Differs
        } else {
            Verdict::Same
        }
    }

    /// All of it for a person, with a line feed at the end.
    pub fn render(&self) -> String {
        let mut text = String::new();
        for comparison in &self.comparisons {
            comparison.render(&mut text);
        }
        for note in &self.notes {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "note: {note}");
        }
        text
    }
}

fn count(differences: usize) -> String {
    match differences {
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    }
}

/// `15.18`
pub(super) fn version(number: i32) -> String {
    format!("{}.{}", number / 10_000, number % 10_000)
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

impl Serialize for Comparison {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            name: Name,
            expected: &'a str,
            found: &'a str,
            verdict: Verdict,
            pending: &'a [String],
            problems: &'a [Problem],
            differences: &'a [Finding],
            duration_ms: f64,
        }
        let sides = self.name.sides();
        Shown {
            name: self.name,
            expected: sides.expected,
            found: sides.found,
            verdict: self.verdict(),
            pending: &self.pending,
            problems: &self.problems,
            differences: &self.findings,
            duration_ms: milliseconds(self.took),
        }
        .serialize(serializer)
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            verdict: Verdict,
            scratch_version: String,
            live_version: Option<String>,
            notes: &'a [String],
            comparisons: &'a [Comparison],
            duration_ms: f64,
        }
        Shown {
            verdict: self.verdict(),
            scratch_version: version(self.scratch_version),
            live_version: self.live_version.map(version),
            notes: &self.notes,
            comparisons: &self.comparisons,
            duration_ms: milliseconds(self.took),
        }
        .serialize(serializer)
    }
}
