//! `-- squawk-ignore rule, rule -- why`: which violations it excuses, and whether it may.

use squawk_linter::{Rule, Violation};

use crate::mistake::is_reason;

use super::place::{Statements, at, comments};
use super::{Finding, finding, rules};

const MARK: &str = "squawk-ignore";
const WHOLE_FILE: &str = "squawk-ignore-file";
/// A waiver that is none, or says not enough.
const WAIVER: &str = "waiver";
/// A waiver that excuses nothing.
const UNUSED: &str = "unused-ignore";

/// A waiver of one rule.
struct Waiver {
    /// The byte its comment begins with.
    offset: usize,
    /// The statement it stands above.
    statement: Option<usize>,
    rule: Rule,
    used: bool,
}

/// What is left of the violations, and the waivers that will not do.
pub(super) fn apply(file: &str, sql: &str, violations: &[Violation]) -> Vec<Finding> {
    let statements = Statements::of(sql);
    let mut findings = Vec::new();
    let mut waivers = Vec::new();
    for (offset, comment) in comments(sql) {
        let words = read(&comment, &mut |what, write| {
            findings.push(fault(file, sql, offset, WAIVER, what, write));
        });
        waivers.extend(words.into_iter().map(|rule| Waiver {
            offset,
            statement: statements.holding(offset),
            rule,
            used: false,
        }));
    }
    for violation in violations {
        let statement = statements.holding(usize::from(violation.text_range.start()));
        let waiver = waivers
            .iter_mut()
            .find(|waiver| waiver.rule == violation.code && waiver.statement == statement);
        match waiver {
            Some(waiver) => waiver.used = true,
            None => findings.push(finding(file, sql, violation)),
        }
    }
    for waiver in waivers.iter().filter(|waiver| !waiver.used) {
        let off = rules::OFF.iter().find(|(rule, _)| *rule == waiver.rule);
        let what = match off {
            Some((rule, why)) => format!("`{rule}` does not hold here: {why}"),
            None => format!("the statement below keeps `{}`", waiver.rule),
        };
        findings.push(fault(
            file,
            sql,
            waiver.offset,
            UNUSED,
            what,
            "leave it out".to_owned(),
        ));
    }
    findings
}

/// The rules that a comment waives, if it waives any.
fn read(comment: &str, wrong: &mut impl FnMut(String, String)) -> Vec<Rule> {
    let body = comment
        .trim_start_matches("--")
        .trim_start_matches("/*")
        .trim_end_matches("*/")
        .trim();
    let Some(rest) = body.strip_prefix(MARK) else {
        return Vec::new();
    };
    if body.starts_with(WHOLE_FILE) {
        wrong(
            "a waiver for the whole file".to_owned(),
            format!("write `-- {MARK} rule -- why` above each statement"),
        );
        return Vec::new();
    }
    let (names, reason) = rest.split_once("--").unwrap_or((rest, ""));
    if !is_reason(reason) {
        wrong(
            "a waiver without a reason".to_owned(),
            format!(
                "write `-- {MARK}{} -- why`, in a few words",
                names.trim_end()
            ),
        );
    }
    let mut rules = Vec::new();
    for name in names.split(',').map(str::trim) {
        match Rule::try_from(name) {
            Ok(rule) => rules.push(rule),
            Err(_) => wrong(
                format!("squawk has no rule `{name}`"),
                "write the name that the finding gives".to_owned(),
            ),
        }
    }
    rules
}

fn fault(file: &str, sql: &str, offset: usize, rule: &str, what: String, write: String) -> Finding {
    Finding {
        file: file.to_owned(),
        at: at(sql, offset),
        rule: rule.to_owned(),
        what,
        write,
    }
}
