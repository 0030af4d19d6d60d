//! squawk's rules over new migrations: what locks, breaks or deletes is said before anybody runs it.
//!
//! A rule is waived for one statement by a comment above it, which says why:
//!
//! ```sql
//! -- squawk-ignore ban-drop-column -- nothing has read it since version 2
//! ALTER TABLE contacts DROP COLUMN IF EXISTS fax;
//! ```
//!
//! squawk takes a `DO` block for a string. Most constraints are added in one, because `ADD CONSTRAINT` knows no
//! `IF NOT EXISTS`, so the statements in it are put in its place before the rules are asked.

mod place;
mod rules;
mod unfold;
mod waivers;

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::Path;

use squawk_linter::{Linter, LinterSettings, Violation};
use squawk_syntax::SourceFile;

use crate::mistake::At;
use place::at;

/// The folder of migrations, as messages call it.
const FOLDER: &str = "migrations";
/// The first migration that the rules are for: those before it were merged without them, make the tables that they touch,
/// and may not be edited.
const FIRST: u32 = 14;
/// With this line begins a file that the migrator does not run in a transaction.
const NO_TRANSACTION: &str = "-- no-transaction";
/// The oldest PostgreSQL that must run them.
const POSTGRES: &str = "15";

/// Something a rule finds in a migration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The file: `migrations/0014_add_locale.up.sql`.
    pub file: String,
    /// Where in it.
    pub at: At,
    /// The rule: `ban-drop-column`.
    pub rule: String,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub write: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            at,
            rule,
            what,
            write,
        } = self;
        write!(f, "{file}:{at}: {rule}: {what}; {write}")
    }
}

/// What the rules find in the new migrations below `root`, in the order of files and lines.
pub fn check(root: &Path) -> io::Result<Vec<Finding>> {
    let folder = root.join(FOLDER);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let number = name
            .strip_suffix(".sql")
            .and_then(|stem| stem.split('_').next()?.parse().ok());
        if number.is_some_and(|number: u32| number >= FIRST) {
            names.push(name);
        }
    }
    names.sort();
    let mut findings = Vec::new();
    for name in names {
        let sql = std::fs::read_to_string(folder.join(&name))?;
        findings.extend(lint(&format!("{FOLDER}/{name}"), &sql));
    }
    Ok(findings)
}

/// What the rules find in one file; its name says whether it is an up or a down file. A down file is for the minutes after
/// a mistake and takes away by nature: it only has to be SQL.
pub fn lint(file: &str, sql: &str) -> Vec<Finding> {
    let mut findings = unfold::errors(file, sql);
    // What does not parse cannot be judged.
    if findings.is_empty() && !file.ends_with(".down.sql") {
        let violations = violations(sql, !sql.starts_with(NO_TRANSACTION));
        findings = waivers::apply(file, sql, &violations);
    }
    findings.sort_by(|a, b| (a.at, &a.rule).cmp(&(b.at, &b.rule)));
    findings
}

/// Which rules each statement of a file breaks: for these a waiver must stand above it. `statements` are all of the file,
/// without their semicolons, because a rule may look at what went before.
pub fn rules_of(statements: &[&str], in_transaction: bool) -> Vec<BTreeSet<String>> {
    let mut sql = String::new();
    let mut ends = Vec::new();
    for statement in statements {
        sql.push_str(statement);
        sql.push_str(";\n");
        ends.push(sql.len());
    }
    let mut rules = vec![BTreeSet::new(); statements.len()];
    for violation in violations(&sql, in_transaction) {
        let offset = usize::from(violation.text_range.start());
        if let Some(n) = ends.iter().position(|end| *end > offset) {
            rules[n].insert(violation.code.to_string());
        }
    }
    rules
}

/// What squawk says when nothing is waived.
fn violations(sql: &str, in_transaction: bool) -> Vec<Violation> {
    // squawk takes a lone statement to be run without a transaction; ours never is, unless its file says so.
    let sql = unfold::plain(sql) + "\nSELECT 1;\n";
    let off: Vec<_> = rules::OFF.iter().map(|(rule, _)| *rule).collect();
    let mut linter = Linter::with_rules(&[], &off);
    linter.settings = LinterSettings {
        pg_version: POSTGRES.parse().unwrap_or_default(),
        assume_in_transaction: in_transaction,
    };
    linter.lint(&SourceFile::parse(&sql), &sql)
}

/// What squawk says, in the words of one line.
fn fragment(words: &str) -> String {
    let words: Vec<&str> = words.split_whitespace().collect();
    let words = words.join(" ");
    let words = words.trim_end_matches('.');
    let mut letters = words.chars();
    match (letters.next(), letters.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => {
            format!("{}{}", first.to_lowercase(), &words[first.len_utf8()..])
        }
        _ => words.to_owned(),
    }
}

/// A violation as a finding.
fn finding(file: &str, sql: &str, violation: &Violation) -> Finding {
    let rule = violation.code.to_string();
    let waiver = format!("`-- squawk-ignore {rule} -- why` above it, if it must be");
    let help = violation.help.as_deref().map(fragment);
    Finding {
        file: file.to_owned(),
        at: at(sql, usize::from(violation.text_range.start())),
        what: fragment(&violation.message),
        write: match help {
            Some(help) => format!("{help}; or {waiver}"),
            None => format!("write {waiver}"),
        },
        rule,
    }
}
