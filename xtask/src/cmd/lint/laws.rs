//! The laws of this repository that no other tool knows.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Result;

use super::tracked;
use crate::cmd::prepare::MACROS;
use crate::context::Context;

/// A file that a person writes and that is longer has two subjects.
const LONGEST: usize = 450;

/// Everything that breaks a law, a line each, with what to do.
pub(super) fn broken(ctx: &Context) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let mut migrations = Vec::new();
    for (path, eol) in tracked(ctx)? {
        found.extend(line_ends(&path, &eol));
        if let Some(name) = path.strip_prefix("migrations/") {
            migrations.push(name.to_owned());
        }
        let is_source = [".rs", ".sql", ".sh", ".md", ".toml"]
            .iter()
            .any(|end| path.ends_with(end));
        // A file that is deleted but not yet committed is still listed.
        if let Ok(text) = fs::read_to_string(ctx.root.join(&path))
            && is_source
        {
            found.extend(length(&path, &text));
            found.extend(columns(&path, &text));
            found.extend(checked_macros(&path, &text));
        }
    }
    found.extend(pairs(&migrations));
    Ok(found)
}

/// A carriage return changes a migration's checksum, and a script's first line.
fn line_ends(path: &str, eol: &str) -> Option<String> {
    let bad = ["i/crlf", "i/mixed", "w/crlf", "w/mixed"]
        .iter()
        .any(|kind| eol.contains(kind));
    bad.then(|| {
        format!("{path}: has Windows line ends; convert them: git add --renormalize {path}")
    })
}

fn length(path: &str, text: &str) -> Option<String> {
    let first = text.lines().next();
    let generated = first.is_some_and(|first| first.contains("Generated from schema.yaml"));
    let lines = text.lines().count();
    (lines > LONGEST && !generated)
        .then(|| format!("{path}: {lines} lines, more than {LONGEST}; split it by subject"))
}

/// A new column must not change what a program reads. A test may want exactly that: every column there is.
fn columns(path: &str, text: &str) -> Option<String> {
    let ships = ["crates/", "migrations/", "seed/"]
        .iter()
        .any(|folder| path.starts_with(folder));
    if !ships || path.contains("/tests/") {
        return None;
    }
    let nth = text.lines().position(|line| {
        let line = line.trim_start();
        let comment = line.starts_with("//") || line.starts_with("--");
        !comment && line.to_ascii_uppercase().contains("SELECT *")
    })?;
    Some(format!(
        "{path}:{}: SELECT * names no columns; list them",
        nth + 1
    ))
}

/// What repairs `.sqlx` must compile when `.sqlx` is empty.
fn checked_macros(path: &str, text: &str) -> Option<String> {
    if !path.starts_with("crates/vsa-db/") {
        return None;
    }
    let nth = text
        .lines()
        .position(|line| MACROS.iter().any(|name| line.contains(name)))?;
    Some(format!(
        "{path}:{}: a checked query here could not compile while .sqlx is stale; use sqlx::query",
        nth + 1
    ))
}

/// Every migration has its up and its down file, and the numbers run from 1 without a gap.
fn pairs(names: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut steps: BTreeMap<u32, Vec<(&str, &str)>> = BTreeMap::new();
    for name in names.iter().filter(|name| *name != "checksums.txt") {
        let parts = name
            .strip_suffix(".up.sql")
            .map(|stem| (stem, "up"))
            .or_else(|| name.strip_suffix(".down.sql").map(|stem| (stem, "down")));
        let number = parts
            .and_then(|(stem, _)| stem.split_once('_'))
            .filter(|(number, _)| number.len() == 4);
        match (parts, number.and_then(|(number, _)| number.parse().ok())) {
            (Some(parts), Some(number)) => steps.entry(number).or_default().push(parts),
            _ => found.push(format!(
                "migrations/{name}: not named NNNN_what.up.sql or NNNN_what.down.sql"
            )),
        }
    }
    for (next, (number, files)) in (1..).zip(&steps) {
        if next != *number {
            found.push(format!(
                "migrations: number {next:04} is missing before {number:04}"
            ));
            break;
        }
        let mut kinds: Vec<&str> = files.iter().map(|(_, kind)| *kind).collect();
        kinds.sort_unstable();
        if kinds != ["down", "up"] || files.iter().any(|(stem, _)| *stem != files[0].0) {
            found.push(format!(
                "migrations: {number:04} is not one up and one down file of the same name"
            ));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str]) -> Vec<String> {
        pairs(
            &names
                .iter()
                .map(|name| (*name).to_owned())
                .collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_complete_sequence_breaks_no_law() {
        let names = [
            "0001_a.up.sql",
            "0001_a.down.sql",
            "0002_b.up.sql",
            "0002_b.down.sql",
            "checksums.txt",
        ];
        assert!(of(&names).is_empty());
    }

    #[test]
    fn gaps_doubles_and_missing_downs_are_named() {
        assert!(of(&["0002_b.up.sql", "0002_b.down.sql"])[0].contains("0001 is missing"));
        assert!(of(&["0001_a.up.sql"])[0].contains("0001 is not one up and one down"));
        assert!(of(&["0001_a.up.sql", "0001_b.down.sql"])[0].contains("0001"));
        assert!(of(&["0001_a.up.sql", "0001_b.up.sql"])[0].contains("0001"));
        assert!(of(&["1_a.up.sql"])[0].contains("1_a.up.sql"));
        assert!(of(&["0001_a.sql"])[0].contains("0001_a.sql"));
    }

    #[test]
    fn windows_line_ends_are_named() {
        assert!(line_ends("a.sql", "i/lf    w/crlf  attr/text eol=lf ").is_some());
        assert!(line_ends("a.sql", "i/lf    w/lf    attr/text eol=lf ").is_none());
    }

    #[test]
    fn every_column_must_be_listed_but_comments_may_say_what_they_like() {
        let found = columns("crates/a/src/x.rs", "a\n  select * FROM x");
        assert!(found.is_some_and(|text| text.starts_with("crates/a/src/x.rs:2:")));
        assert!(columns("crates/a/src/x.rs", "// never SELECT *").is_none());
        assert!(columns("README.md", "SELECT *").is_none());
        assert!(columns("crates/a/tests/x.rs", "SELECT * FROM x").is_none());
    }

    #[test]
    fn the_tool_that_repairs_the_metadata_does_not_need_it() {
        for name in [
            "query",
            "query_as",
            "query_scalar",
            "query_file",
            "query_file_as",
            "query_file_scalar",
        ] {
            let text = format!("let row = sqlx::{name}!(\"x\");");
            assert!(
                checked_macros("crates/vsa-db/src/x.rs", &text).is_some(),
                "{name}"
            );
            assert!(checked_macros("crates/campaigns/src/x.rs", &text).is_none());
        }
        assert!(checked_macros("crates/vsa-db/src/x.rs", "sqlx::query(\"x\")").is_none());
    }

    #[test]
    fn a_long_file_is_named_with_its_length() {
        assert!(length("a.rs", &"x\n".repeat(451)).is_some_and(|text| text.contains("451 lines")));
        assert!(length("a.rs", &"x\n".repeat(450)).is_none());
        let generated = "// Generated from schema.yaml\n".to_owned() + &"x\n".repeat(450);
        assert!(length("a.rs", &generated).is_none());
    }
}
