//! The table at the end of a run.

use std::fmt::Write as _;
use std::time::Duration;

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count {
    pub(super) passed: u64,
    pub(super) failed: u64,
}

impl Count {
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
    }
}

/// What became of a stage.
pub(super) enum Outcome {
    Passed,
    Failed,
    /// A stage before it failed.
    NotRun,
    /// What was not checked, and why.
    NotChecked(String),
}

impl Outcome {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "FAILED",
            Self::NotRun => "not run",
            Self::NotChecked(_) => "NOT CHECKED",
        }
    }
}

pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) result: Outcome,
    pub(super) count: Count,
    pub(super) took: Duration,
}

/// A line for each stage, and after them what no stage has checked: a number of passed checks hides it.
pub(super) fn table(lines: &[Line]) -> String {
    let mut out = format!(
        "{:<14} {:<12} {:>7} {:>7} {:>9}\n",
        "stage", "result", "passed", "failed", "seconds"
    );
    for line in lines {
        let _ = writeln!(
            out,
            "{:<14} {:<12} {:>7} {:>7} {:>9.1}",
            line.name,
            line.result.word(),
            line.count.passed,
            line.count.failed,
            line.took.as_secs_f64()
        );
    }
    for line in lines {
        if let Outcome::NotChecked(why) = &line.result {
            let _ = writeln!(out, "NOT CHECKED: {why}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_checked_stands_under_the_table_with_the_reason() {
        let line = |name, result| Line {
            name,
            result,
            count: Count::default(),
            took: Duration::ZERO,
        };
        let text = table(&[
            line(
                "advisories",
                Outcome::NotChecked("advisories, because x".to_owned()),
            ),
            line("tests", Outcome::Passed),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[1].starts_with("advisories     NOT CHECKED "),
            "{text}"
        );
        assert_eq!(lines[3], "NOT CHECKED: advisories, because x");
    }
}
