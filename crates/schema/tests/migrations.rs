//! squawk's rules over migrations: what they find, what a waiver excuses, and what the writer of migrations is told.

use std::collections::BTreeSet;
use std::path::Path;

use vsa_schema::migrations::{check, lint, rules_of};

const DROP: &str = "ALTER TABLE contacts DROP COLUMN IF EXISTS email;\n";
const DROP_FOUND: &str = "ban-drop-column: dropping a column may break existing clients; \
                          write `-- squawk-ignore ban-drop-column -- why` above it, if it must be";

fn findings(file: &str, sql: &str) -> String {
    let lines: Vec<_> = lint(file, sql).iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn up(sql: &str) -> String {
    findings("migrations/0014_x.up.sql", sql).replace("migrations/0014_x.up.sql:", "")
}

#[test]
fn the_migrations_of_the_repository_keep_the_rules() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = check(&root).expect("the folder of migrations");
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn only_new_migrations_are_held_to_the_rules() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("migrations");
    std::fs::create_dir(&folder).unwrap();
    for name in [
        "0013_old.up.sql",
        "0014_new.down.sql",
        "0014_new.up.sql",
        "0015_newer.up.sql",
    ] {
        std::fs::write(folder.join(name), DROP).unwrap();
    }
    std::fs::write(folder.join("checksums.txt"), "no SQL").unwrap();
    let found: Vec<_> = check(root.path())
        .unwrap()
        .into_iter()
        .map(|finding| finding.file)
        .collect();
    assert_eq!(
        found,
        ["migrations/0014_new.up.sql", "migrations/0015_newer.up.sql"]
    );
}

#[test]
fn a_finding_says_where_what_and_what_to_write() {
    assert_eq!(
        findings(
            "migrations/0014_x.up.sql",
            &format!("-- Zeile für Zeile.\n/* ä */ {DROP}")
        ),
        format!("migrations/0014_x.up.sql:2:30: {DROP_FOUND}")
    );
}

#[test]
fn what_blocks_writes_is_found_also_in_a_do_block() {
    let missing = "constraint-missing-not-valid: by default new constraints require a table scan and block writes \
                   to the table while that scan occurs; use `NOT VALID` with a later `VALIDATE CONSTRAINT` call; \
                   or `-- squawk-ignore constraint-missing-not-valid -- why` above it, if it must be";
    let add = "ALTER TABLE users ADD CONSTRAINT users_name_check CHECK (name <> '')";
    let block = |sql: &str| {
        format!(
            "DO $do$\nBEGIN\n    -- Once.\n    {sql};\nEXCEPTION\n    WHEN duplicate_object THEN NULL;\nEND\n$do$;\n"
        )
    };
    assert_eq!(up(&format!("{add};\n")), format!("1:19: {missing}"));
    assert_eq!(up(&block(add)), format!("4:23: {missing}"));
    assert_eq!(up(&block(&format!("{add} NOT VALID"))), "");
    let waived = format!(
        "-- squawk-ignore constraint-missing-not-valid -- users are few\n{}",
        block(add)
    );
    assert_eq!(up(&waived), "");
}

#[test]
fn an_index_of_a_table_in_use_is_built_concurrently_and_outside_of_a_transaction() {
    let index = "CREATE INDEX IF NOT EXISTS users_name_idx ON users (name);\n";
    assert_eq!(
        up(index),
        "1:1: require-concurrent-index-creation: during normal index creation, table updates are blocked, \
         but reads are still allowed; use `concurrently` to avoid blocking writes; \
         or `-- squawk-ignore require-concurrent-index-creation -- why` above it, if it must be"
    );
    let concurrent = index.replace("INDEX IF", "INDEX CONCURRENTLY IF");
    assert_eq!(up(&format!("-- no-transaction\n{concurrent}")), "");
    assert!(up(&concurrent).starts_with("1:14: ban-concurrent-index-creation-in-transaction: "));
    let table = "CREATE TABLE IF NOT EXISTS users (name text);\n";
    assert_eq!(up(&format!("{table}{index}")), "");
}

#[test]
fn a_waiver_with_a_reason_excuses_one_statement() {
    let waiver = "-- squawk-ignore ban-drop-column -- nobody reads it\n";
    assert_eq!(up(&format!("{waiver}{DROP}")), "");
    assert_eq!(up(&format!("{waiver}-- More words.\n\n{DROP}")), "");
    assert_eq!(
        up(&format!("{waiver}{DROP}\n{DROP}")),
        format!("4:22: {DROP_FOUND}")
    );
    assert_eq!(
        up(&format!(
            "-- squawk-ignore ban-drop-table, ban-drop-column -- nobody reads it\n{DROP}"
        )),
        "1:1: unused-ignore: the statement below keeps `ban-drop-table`; leave it out"
    );
}

#[test]
fn a_waiver_that_will_not_do_is_found() {
    for (waiver, expected) in [
        (
            "-- squawk-ignore ban-drop-column",
            "1:1: waiver: a waiver without a reason; write `-- squawk-ignore ban-drop-column -- why`, in a few words"
                .to_owned(),
        ),
        (
            "/* squawk-ignore ban-drop-column -- because */",
            "1:1: waiver: a waiver without a reason; write `-- squawk-ignore ban-drop-column -- why`, in a few words"
                .to_owned(),
        ),
        (
            "-- squawk-ignore ban-drop-colum -- nobody reads it",
            format!(
                "1:1: waiver: squawk has no rule `ban-drop-colum`; write the name that the finding gives\n2:22: {DROP_FOUND}"
            ),
        ),
        (
            "-- squawk-ignore-file ban-drop-column -- nobody reads it",
            format!(
                "1:1: waiver: a waiver for the whole file; write `-- squawk-ignore rule -- why` above each statement\n\
                 2:22: {DROP_FOUND}"
            ),
        ),
        (
            "-- squawk-ignore ban-drop-constraint, ban-drop-column -- nobody reads it",
            "1:1: unused-ignore: `ban-drop-constraint` does not hold here: \
             it loses no row, and to write a check otherwise begins with it; leave it out"
                .to_owned(),
        ),
    ] {
        assert_eq!(up(&format!("{waiver}\n{DROP}")), expected, "{waiver}");
    }
    assert_eq!(
        up("SELECT 1;\n-- squawk-ignore ban-drop-column -- nobody reads it\n"),
        "2:1: unused-ignore: the statement below keeps `ban-drop-column`; leave it out"
    );
}

#[test]
fn squawks_own_switches_in_comments_do_nothing() {
    let index = "CREATE INDEX CONCURRENTLY IF NOT EXISTS users_name_idx ON users (name);\n";
    let found = up(&format!("-- squawk-disable-assume-in-transaction\n{index}"));
    assert!(
        found.starts_with("2:14: ban-concurrent-index-creation-in-transaction: "),
        "{found}"
    );
}

#[test]
fn what_is_no_sql_is_found_in_up_and_down_files() {
    let wrong = "ALTER TABLE users ADD CONSTRAINT a CHECK (b > ;\n";
    let expected =
        "1:46: syntax: expected an expression, found SEMICOLON; write SQL that PostgreSQL takes";
    assert_eq!(up(wrong), expected);
    assert_eq!(
        findings("migrations/0014_x.down.sql", wrong),
        format!("migrations/0014_x.down.sql:{expected}")
    );
    assert!(up("DO $$\nBEGIN\n    IF true THEN SELECT 1;\nEND\n$$;\n").contains(": syntax: "));
}

#[test]
fn a_down_file_may_take_away() {
    assert_eq!(findings("migrations/0014_x.down.sql", DROP), "");
}

#[test]
fn the_writer_is_told_which_waivers_each_statement_needs() {
    let table = "CREATE TABLE IF NOT EXISTS notes (id uuid NOT NULL, CONSTRAINT notes_pkey PRIMARY KEY (id))";
    let index = "CREATE INDEX IF NOT EXISTS notes_id_idx ON notes (id)";
    let drop = DROP.trim_end().trim_end_matches(';');
    let rules = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let expected: [BTreeSet<String>; 3] = [rules(&[]), rules(&[]), rules(&["ban-drop-column"])];
    assert_eq!(rules_of(&[table, index, drop], true), expected);
    let alone: [BTreeSet<String>; 1] = [rules(&["require-concurrent-index-creation"])];
    assert_eq!(rules_of(&[index], true), alone);
}
