//! What makes a set of files unusable, each fault with the names of the files.

use super::{Source, fingerprint};
use std::borrow::Cow;

fn build(files: &[(&str, &str)]) -> Result<Source, String> {
    let bytes = |text: &str| Cow::Owned(text.as_bytes().to_vec());
    let files = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), bytes(text)));
    Source::build("m", files).map_err(|error| error.to_string())
}

fn fault(files: &[(&str, &str)]) -> String {
    build(files).expect_err("these files must be refused")
}

const A: [(&str, &str); 2] = [
    ("0001_a.up.sql", "select 1;"),
    ("0001_a.down.sql", "select 2;"),
];

#[test]
fn a_pair_is_a_migration_with_sqlx_s_description_and_checksum() {
    let source = build(&[
        ("0001_two_words.up.sql", "select 1;"),
        ("0001_two_words.down.sql", "select 2;"),
    ])
    .unwrap();
    let migration = source.get(1).unwrap();
    assert_eq!(migration.description, "two words");
    assert_eq!(migration.up.sql, "select 1;");
    // printf 'select 1;' | sha384sum
    assert!(
        hex::encode(migration.up.sha384()).starts_with("bb87975f5b43d0b3"),
        "{}",
        hex::encode(migration.up.sha384())
    );
    assert_eq!(
        (
            source.latest(),
            source.get(0).is_none(),
            source.get(2).is_none()
        ),
        (1, true, true)
    );
}

#[test]
fn a_number_used_twice_names_the_files() {
    let text = fault(&[
        A[0],
        A[1],
        ("0001_b.up.sql", "select 1;"),
        ("0001_b.down.sql", "select 1;"),
    ]);
    for part in [
        "number 1 is taken more than once",
        "m/0001_a.up.sql",
        "m/0001_b.down.sql",
    ] {
        assert!(text.contains(part), "{text}");
    }
    let text = fault(&[A[0], ("0001_b.down.sql", "select 1;")]);
    assert!(
        text.contains("taken more than once: m/0001_a.up.sql, m/0001_b.down.sql"),
        "{text}"
    );
}

#[test]
fn a_missing_half_names_the_other() {
    assert!(fault(&[A[0]]).contains("m/0001_a.up.sql: has no down file"));
    assert!(fault(&[A[1]]).contains("m/0001_a.down.sql: has no up file"));
}

#[test]
fn a_gap_names_what_is_missing() {
    let text = fault(&[
        A[0],
        A[1],
        ("0003_c.up.sql", "select 1;"),
        ("0003_c.down.sql", "select 1;"),
    ]);
    assert!(
        text.contains("m/0002_….up.sql is missing") && text.contains("m/0003_c.up.sql"),
        "{text}"
    );
}

#[test]
fn a_name_out_of_form_is_refused() {
    for name in [
        "1_a.up.sql",
        "0001-a.up.sql",
        "0001_A.up.sql",
        "0001_a.sql",
        "0000_a.up.sql",
        "0001_.up.sql",
    ] {
        assert!(
            fault(&[(name, "select 1;")]).contains(&format!("m/{name}: not a name like")),
            "{name}"
        );
    }
}

#[test]
fn a_text_that_is_no_plain_sql_is_refused() {
    for (text, expected) in [
        (" \n", "m/0001_a.up.sql: empty"),
        ("\u{feff}select 1;", "byte-order mark"),
        ("select 1;\nselect\0;", "NUL character in line 2"),
        ("select 1;\r\n", "carriage return in line 1"),
    ] {
        let found = fault(&[("0001_a.up.sql", text), A[1]]);
        assert!(found.contains(expected), "{found}");
        // One mistake, one line: the unreadable file is not reported as missing, too.
        assert_eq!(found.matches("0001_a.up.sql").count(), 1, "{found}");
    }
    let files = [(
        "0001_a.up.sql".to_owned(),
        Cow::Borrowed(&b"select '\xff';"[..]),
    )];
    assert!(
        Source::build("m", files)
            .unwrap_err()
            .to_string()
            .contains("not UTF-8 (at byte 8)")
    );
}

#[test]
fn the_fingerprint_changes_with_any_file() {
    let one = fingerprint(&build(&A).unwrap());
    let edited_down = fingerprint(&build(&[A[0], ("0001_a.down.sql", "select 3;")]).unwrap());
    let moved = fingerprint(
        &build(&[
            ("0001_a.up.sql", "select 1;s"),
            ("0001_a.down.sql", "elect 2;"),
        ])
        .unwrap(),
    );
    assert_eq!(one, fingerprint(&build(&A).unwrap()));
    assert_eq!(one.len(), 32);
    assert!(one != edited_down && one != moved);
}

#[test]
fn more_files_follow_those_there_are_and_are_held_to_the_same_rules() {
    let source = Source::embedded().unwrap();
    let next = source.latest() + 1;
    let pair = |number: i64| {
        ["up", "down"].map(|way| {
            (
                format!("{number:04}_more.{way}.sql"),
                Cow::Borrowed("SELECT 1;\n"),
            )
        })
    };
    let more = source.with(pair(next)).unwrap();
    assert_eq!(more.latest(), next);
    assert_eq!(more.get(1).unwrap().up.sql, source.get(1).unwrap().up.sql);
    let gap = source.with(pair(next + 1)).unwrap_err();
    assert!(gap.to_string().contains(&format!("{next}")), "{gap}");
}
