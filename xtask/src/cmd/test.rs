//! `cargo xtask test`.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, ExitStatus};
use std::thread;
use std::time::Instant;

use anyhow::{Context as _, Result};

use crate::cmd::doctor::nextest_problem;
use crate::context::Context;
use crate::db::provider::Choice;
use crate::talk::{say, seconds};
use crate::{cargo, proc};

mod server;

pub(crate) use server::Server;

/// What nextest reads how many tests run at once from; `--test-threads` wins over it.
const THREADS: &str = "NEXTEST_TEST_THREADS";

/// Start the test server and run every test, each in a database of its own
///
/// With nextest where it is installed, else with cargo test; then the examples in the docs, if there are any. When all
/// is green the server ends; after a failure it stays, so that the failed tests' databases can be looked at.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What runs the test server
    #[arg(long, value_enum, default_value = "auto")]
    provider: Choice,
    /// Use this server (its superuser) instead of starting one
    #[arg(long, value_name = "URL", conflicts_with = "provider")]
    database_url: Option<String>,
    /// Arguments of nextest, as in `cargo xtask test -- -p vsa-contacts keyset`
    #[arg(last = true, value_name = "ARGS")]
    nextest: Vec<OsString>,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let server = match &self.database_url {
            Some(_) => Server::given_or_started(ctx, self.database_url.as_deref())?,
            None => Server::start(ctx, self.provider)?,
        };
        let status = run_tests(ctx, &server, &self.nextest, in_ci(), None)?;
        if !status.success() {
            server.keep();
        }
        // 101 is cargo's own code for failed tests; a death by signal has none.
        let code = status
            .code()
            .and_then(|code| u8::try_from(code).ok())
            .unwrap_or(101);
        Ok(ExitCode::from(code))
    }
}

/// Runs all tests, or those that `arguments` choose, and gives the first status that is not a success.
/// With `ci` nextest writes its junit file and keeps its log short. `image` is the one for tests of containers.
pub(crate) fn run_tests(
    ctx: &Context,
    server: &Server,
    arguments: &[OsString],
    ci: bool,
    image: Option<&str>,
) -> Result<ExitStatus> {
    let mut tests = cargo::cargo(ctx);
    match &nextest_problem(ctx) {
        None => {
            tests.args(["nextest", "run", "--workspace"]);
            if ci {
                tests.args(["--profile", "ci"]);
            }
            tests.args(packages_as_filters(arguments));
            if env::var_os(THREADS).is_none() {
                tests.env(THREADS, threads().to_string());
            }
        }
        Some(problem) => {
            say!("using cargo test: {problem}");
            tests.args(cargo_test(arguments));
        }
    }
    tests.envs(image.map(|image| ("VSA_POSTGRES_IMAGE", image)));
    let status = run(server, &mut tests)?;
    if !status.success() || !arguments.is_empty() || !has_doc_tests(&ctx.root.join("crates"))? {
        return Ok(status);
    }
    let mut examples = cargo::cargo(ctx);
    examples.args(["test", "--quiet", "--workspace", "--doc"]);
    run(server, &mut examples)
}

/// How many tests run at once, unless somebody has said it: more than there are processors, for a test waits now and then
/// for the server, a lock or a process it started. Not twice as many on a large machine: connections have an end.
fn threads() -> usize {
    let processors = thread::available_parallelism().map_or(1, usize::from);
    processors + processors.min(8)
}

/// `-p NAME` as a filter: what is built stays the whole workspace, so that one package's tests need no other build of
/// the crates below it. (`--workspace` alone would win over `-p`.)
fn packages_as_filters(arguments: &[OsString]) -> Vec<OsString> {
    let mut out = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let text = argument.to_string_lossy();
        let name = match text.as_ref() {
            "-p" | "--package" => rest.next().map(|name| name.to_string_lossy()),
            _ => text
                .strip_prefix("--package=")
                .map(|name| name.to_owned().into()),
        };
        match name {
            Some(name) => out.extend(["-E".into(), format!("package(={name})").into()]),
            None => out.push(argument.clone()),
        }
    }
    out
}

/// What `cargo test` gets in nextest's stead: as there, a failure does not keep the rest from running. It would run the
/// whole workspace in spite of `-p`, so `--workspace` goes where a package is named.
fn cargo_test(arguments: &[OsString]) -> Vec<OsString> {
    let names_package = |argument: &OsString| {
        let text = argument.to_string_lossy();
        text.starts_with("-p") || text == "--package" || text.starts_with("--package=")
    };
    let mut out = vec!["test".into()];
    if !arguments.iter().any(names_package) {
        out.push("--workspace".into());
    }
    out.extend(["--all-targets".into(), "--no-fail-fast".into()]);
    out.extend_from_slice(arguments);
    out
}

fn run(server: &Server, command: &mut Command) -> Result<ExitStatus> {
    say!("{}", proc::render(command));
    let started = Instant::now();
    command.env("TEST_DATABASE_URL", server.url().expose());
    if let Some(folder) = server.bin_dir() {
        command.env("VSA_PG_BIN", folder);
    }
    let status = proc::talkative(command)?;
    say!(
        "{} after {}",
        if status.success() { "green" } else { "failed" },
        seconds(started.elapsed())
    );
    Ok(status)
}

/// Whether a CI service runs us: its log is read later, and it collects the junit file.
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI")
        .is_some_and(|value| !value.is_empty() && value != "false" && value != "0")
}

/// Whether any doc comment of a library holds an example: starting rustdoc for none costs seconds.
fn has_doc_tests(folder: &Path) -> Result<bool> {
    for entry in
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?
    {
        let path = entry?.path();
        let found = if path.is_dir() {
            has_doc_tests(&path)?
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
            holds_example(&text)
        } else {
            false
        };
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a source has a code block that rustdoc would run: one that names no other language.
fn holds_example(source: &str) -> bool {
    let mut inside = false;
    for line in source.lines().map(str::trim_start) {
        let Some(doc) = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"))
        else {
            inside = false;
            continue;
        };
        if let Some(language) = doc.trim_start().strip_prefix("```") {
            let runs = ["", "rust", "no_run", "should_panic", "compile_fail"];
            if !inside && language.split(',').all(|word| runs.contains(&word.trim())) {
                return true;
            }
            inside = !inside;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_becomes_a_filter_and_everything_else_stays() {
        let given = ["-p", "vsa-db", "--package=xtask", "keyset", "-j2"].map(OsString::from);
        let want = [
            "-E",
            "package(=vsa-db)",
            "-E",
            "package(=xtask)",
            "keyset",
            "-j2",
        ];
        assert_eq!(packages_as_filters(&given), want.map(OsString::from));
    }

    #[test]
    fn without_nextest_a_package_is_tested_alone_and_to_the_end() {
        let given = |given: &[&str]| {
            let given: Vec<OsString> = given.iter().map(OsString::from).collect();
            cargo_test(&given)
        };
        let all = ["test", "--workspace", "--all-targets", "--no-fail-fast"];
        assert_eq!(given(&[]), all);
        assert_eq!(given(&["keyset"])[..4], all);
        for package in [&["-p", "vsa-db"][..], &["-pvsa-db"], &["--package=vsa-db"]] {
            let mut want = vec!["test", "--all-targets", "--no-fail-fast"];
            want.extend(package);
            assert_eq!(given(package), want);
        }
    }

    #[test]
    fn only_examples_that_rustdoc_would_run_count() {
        assert!(holds_example("/// ```\n/// f();\n/// ```\n"));
        assert!(holds_example("//! ```rust,no_run\n//! f();\n//! ```\n"));
        assert!(!holds_example(
            "/// ```text\n/// f\n/// ```\nfn f() {}\n/// ```sql\n/// x\n/// ```\n"
        ));
        assert!(!holds_example("/// ```ignore\n/// ```\n// ```\n"));
        assert!(!holds_example("let s = \"```\";"));
    }
}
