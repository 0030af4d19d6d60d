//! The cases of `ci/LTC.json`: what a person types, and what must come of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::json::{Fields, FromJson, Json};

/// The working folder that stands for a fresh copy of the checkout, in a folder with spaces and letters beyond ASCII.
pub(super) const FRESH: &str = "@fresh";

/// In the value of a variable: the name of the image that `cargo xtask image` builds.
pub(super) const IMAGE: &str = "{image}";

/// In the value of a variable: the build folder of the checkout that runs the cases.
pub(super) const TARGET: &str = "{target}";

/// One case.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// A unique name, lower-case words joined by hyphens: `cargo xtask ci --case NAME` runs it alone.
    pub(super) name: String,
    /// A script for `sh -eu`. `cargo xtask` in it is the xtask that runs the case.
    pub(super) run: String,
    /// The working folder, relative to the checkout; [`FRESH`] for a fresh copy of it.
    pub(super) cwd: String,
    /// What must come of it.
    pub(super) expect: Expect,
    /// After so many seconds everything the case started is ended and it has failed.
    pub(super) timeout: u64,
    /// Variables to set, or with `null` to unset; [`IMAGE`] and [`TARGET`] stand for what only the run knows.
    pub(super) env: BTreeMap<String, Option<String>>,
}

impl Case {
    /// Whether the image must be there first.
    pub(super) fn wants_image(&self) -> bool {
        self.env
            .values()
            .flatten()
            .any(|value| value.contains(IMAGE))
    }

    fn read(json: Json) -> Result<Self> {
        let known = ["name", "run", "cwd", "expect", "timeout", "env"];
        let mut fields = Fields::only(json, &known)?;
        Ok(Self {
            name: fields.take("name")?,
            run: fields.take("run")?,
            cwd: fields.take_or("cwd", ".".to_owned())?,
            expect: fields.take("expect")?,
            timeout: fields.take("timeout")?,
            env: fields.take_or("env", BTreeMap::new())?,
        })
    }
}

impl FromJson for Case {
    fn from_json(json: Json) -> Result<Self> {
        let what = match json.get("name") {
            Json::Text(name) => format!("case {name}"),
            _ => "a case without a name".to_owned(),
        };
        Self::read(json).context(what)
    }
}

/// What a case must do. Texts are plain: each must occur somewhere in the stream.
#[derive(Debug, Clone)]
pub(super) struct Expect {
    /// The exit code.
    pub(super) exit: i32,
    /// Texts that stdout holds.
    pub(super) stdout: Vec<String>,
    /// Texts that stderr holds.
    pub(super) stderr: Vec<String>,
    /// Texts that neither stream may hold.
    pub(super) absent: Vec<String>,
}

impl FromJson for Expect {
    fn from_json(json: Json) -> Result<Self> {
        let mut fields = Fields::only(json, &["exit", "stdout", "stderr", "absent"])?;
        Ok(Self {
            exit: fields.take("exit")?,
            stdout: fields.take_or("stdout", Vec::new())?,
            stderr: fields.take_or("stderr", Vec::new())?,
            absent: fields.take_or("absent", Vec::new())?,
        })
    }
}

/// Reads and checks the file.
pub(super) fn read(path: &Path) -> Result<Vec<Case>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    parse(&text).with_context(|| format!("{} is not right", path.display()))
}

fn parse(text: &str) -> Result<Vec<Case>> {
    let mut file = Fields::only(Json::parse(text.as_bytes())?, &["cases"])?;
    let cases: Vec<Case> = file.take("cases")?;
    ensure!(!cases.is_empty(), "it lists no case");
    let mut names = BTreeSet::new();
    for case in &cases {
        let name = &case.name;
        ensure!(
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "the name {name:?} is not lower-case words joined by hyphens"
        );
        ensure!(names.insert(name), "two cases are named {name}");
        ensure!(!case.run.trim().is_empty(), "{name}: `run` is empty");
        ensure!(
            (1..=1200).contains(&case.timeout),
            "{name}: `timeout` is {} s, not 1 to 1200",
            case.timeout
        );
        let inside =
            Path::new(&case.cwd).is_relative() && !case.cwd.split('/').any(|part| part == "..");
        ensure!(
            inside,
            "{name}: `cwd` {:?} is not a folder of the checkout",
            case.cwd
        );
    }
    Ok(cases)
}

/// What an outcome lacks; empty when the case has passed. An exit code of `None` is a death by signal.
pub(super) fn lacks(expect: &Expect, exit: Option<i32>, stdout: &str, stderr: &str) -> Vec<String> {
    let mut found = Vec::new();
    if exit != Some(expect.exit) {
        let seen = exit.map_or_else(
            || "ended by a signal".to_owned(),
            |code| format!("exit code {code}"),
        );
        found.push(format!("{seen}, expected {}", expect.exit));
    }
    for (stream, text, wanted) in [
        ("stdout", stdout, &expect.stdout),
        ("stderr", stderr, &expect.stderr),
    ] {
        for missing in wanted
            .iter()
            .filter(|wanted| !text.contains(wanted.as_str()))
        {
            found.push(format!("{stream} lacks {missing:?}"));
        }
        for unwanted in expect
            .absent
            .iter()
            .filter(|unwanted| text.contains(unwanted.as_str()))
        {
            found.push(format!(
                "{stream} holds {unwanted:?}, which must not be there"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        format!("{:#}", parse(text).unwrap_err())
    }

    fn case(fields: &str) -> String {
        format!(
            r#"{{"cases": [{{"name": "a", "run": "true", "timeout": 5, "expect": {{"exit": 0}}{fields}}}]}}"#
        )
    }

    #[test]
    fn a_short_case_gets_the_checkout_as_its_folder() {
        let cases = parse(&case("")).unwrap();
        assert_eq!(
            (cases[0].cwd.as_str(), cases[0].env.len(), cases[0].timeout),
            (".", 0, 5)
        );
    }

    #[test]
    fn broken_json_is_named_with_its_line() {
        assert!(error("{\n\"cases\": [,]}").contains("line 2"));
    }

    #[test]
    fn an_unknown_or_missing_field_is_named() {
        assert!(error(&case(r#", "comand": "x""#)).contains("unknown field `comand`"));
        assert!(
            error(r#"{"cases": [{"name": "a", "run": "true", "timeout": 5}]}"#)
                .contains("missing field `expect`")
        );
        assert!(error(r#"{"cases": [], "more": 1}"#).contains("unknown field `more`"));
    }

    #[test]
    fn a_value_of_the_wrong_type_is_named_with_its_case_and_field() {
        let text = case("").replace(r#""exit": 0"#, r#""exit": "0""#);
        assert!(error(&text).contains("case a: `expect`: `exit`: \"0\" is no i32"));
        assert!(error(&case(r#", "env": {"A": 1}"#)).contains("case a: `env`: `A`: 1 is no text"));
        assert!(
            error(r#"{"cases": [7]}"#).contains("item 1: a case without a name: 7 is no object")
        );
    }

    #[test]
    fn values_that_make_no_sense_are_refused() {
        assert!(error(r#"{"cases": []}"#).contains("no case"));
        assert!(error(&case(r#", "cwd": "../x""#)).contains("cwd"));
        assert!(error(&case(r#", "cwd": "/tmp""#)).contains("cwd"));
        assert!(error(&case("").replace(r#""timeout": 5"#, r#""timeout": 0"#)).contains("timeout"));
        assert!(error(&case("").replace(r#""name": "a""#, r#""name": "A b""#)).contains("A b"));
        let twice = case("").replace(
            "]}",
            r#", {"name": "a", "run": "true", "timeout": 5, "expect": {"exit": 0}}]}"#,
        );
        assert!(error(&twice).contains("two cases are named a"));
    }

    #[test]
    fn each_thing_an_outcome_lacks_is_named() {
        let expect = Expect {
            exit: 0,
            stdout: vec!["DATABASE_URL=".to_owned()],
            stderr: vec!["ready".to_owned()],
            absent: vec!["secret".to_owned()],
        };
        assert!(lacks(&expect, Some(0), "DATABASE_URL=x\n", "is ready").is_empty());
        assert_eq!(
            lacks(&expect, Some(1), "the secret", "nothing"),
            [
                "exit code 1, expected 0",
                "stdout lacks \"DATABASE_URL=\"",
                "stdout holds \"secret\", which must not be there",
                "stderr lacks \"ready\"",
            ]
        );
        assert!(lacks(&expect, None, "DATABASE_URL=", "ready")[0].contains("ended by a signal"));
    }
}
