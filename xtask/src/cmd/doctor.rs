//! `cargo xtask doctor`.

use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Result;

use crate::context::Context;
use crate::proc;
use crate::talk::say;

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
    /// Install what CI needs with apt-get, and start the docker engine when none answers (Debian, Ubuntu; as root or with sudo)
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
        let works = works(&findings);
        if self.json {
            println!(
                "{}",
                serde_json::to_string_pretty(
                    &serde_json::json!({ "works": works, "findings": findings })
                )?
            );
        } else {
            print!("{}", table(&findings));
            println!("{}", verdict(works));
        }
        Ok(if works {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }
}

/// Whether `db-up` and `test` can work: cargo, and any one way to a PostgreSQL.
pub(crate) fn works(findings: &[Finding]) -> bool {
    let has = |name: &str| {
        findings
            .iter()
            .any(|finding| finding.name == name && finding.found.is_some())
    };
    has("rust")
        && ["database-url", "postgresql", "docker", "pip or uv"]
            .into_iter()
            .any(has)
}

fn verdict(works: bool) -> &'static str {
    if works {
        "db-up and test can work here"
    } else {
        "db-up and test cannot work here: install any one of PostgreSQL 15 or newer, docker, pip or uv; \
         on Debian and Ubuntu: cargo xtask doctor --install"
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
    if rustix::process::geteuid().is_root() {
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
        for way in ["database-url", "postgresql", "docker", "pip or uv"] {
            assert!(works(&[finding("rust", true), finding(way, true)]), "{way}");
            assert!(
                !works(&[finding("rust", true), finding(way, false)]),
                "{way}"
            );
        }
        assert!(!works(&[finding("rust", false), finding("docker", true)]));
        assert!(!works(&[finding("rust", true), finding("psql", true)]));
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
