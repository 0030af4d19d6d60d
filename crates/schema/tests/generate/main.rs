//! `vsa-schema generate` and `docs`: what is written when the schema changes, and what is left alone.

mod checkout;
mod outputs;

use std::time::{Duration, Instant};

use checkout::{Checkout, QUERIES, generate, repository};

const COMMAND: &str = "cargo xtask schema generate";
const CONTACT: &str = "crates/vsa-db/src/models/generated/contact.rs";
const SAMPLES: &str = "crates/vsa-db/src/models/tests/samples.rs";
/// What a new column of the contacts changes.
const CHANGED: [&str; 9] = [
    QUERIES,
    CONTACT,
    SAMPLES,
    "docs/schema/README.md",
    "docs/schema/index.html",
    "docs/schema/schema.json",
    "docs/schema/search.js",
    "docs/schema/tables/contacts.html",
    "docs/schema/tables/contacts.md",
];

#[test]
fn the_repository_is_up_to_date_and_that_is_told_at_once() {
    let started = Instant::now();
    let ran = generate(&repository(), &["--check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{}", ran.stderr);
    assert_eq!(ran.stderr, "what follows from schema.yaml is up to date\n");
    // It takes a hundredth of that; the machine may have others to serve.
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[test]
fn check_names_the_files_and_the_command_and_changes_nothing() {
    let checkout = Checkout::new();
    checkout.add_column(
        "nickname",
        "type: text, nullable: true, comment: Short name.",
    );
    let before = checkout.files();
    let ran = checkout.generate(&["--check"]);
    assert_eq!(ran.code, 1);
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), CHANGED);
    assert!(
        ran.stderr.ends_with(&format!("type: {COMMAND}\n")),
        "{}",
        ran.stderr
    );
    assert_eq!(checkout.files(), before);
}

#[test]
fn only_what_differs_is_written() {
    let checkout = Checkout::new();
    checkout.add_column(
        "nickname",
        "type: text, nullable: true, comment: Short name.",
    );
    let before = checkout.files();
    let ran = checkout.generate(&[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), CHANGED);
    let after = checkout.files();
    let changed: Vec<_> = after
        .iter()
        .filter(|(path, file)| before.get(*path) != Some(file))
        .map(|(path, _)| path.as_str())
        .collect();
    assert_eq!(changed, CHANGED);
    assert_eq!(checkout.generate(&["--check"]).code, 0);
    let again = checkout.generate(&[]);
    assert_eq!((again.code, again.stdout.as_str()), (0, ""));
    assert_eq!(checkout.files(), after);
}

#[test]
fn a_file_that_no_table_asks_for_is_told_and_removed() {
    let checkout = Checkout::new();
    let stale = CONTACT.replace("contact.rs", "caller.rs");
    let by_hand = CONTACT.replace("contact.rs", "by_hand.rs");
    checkout.write(&stale, &checkout.read(CONTACT));
    checkout.write(&by_hand, "//! Written by a person.\n");
    let ran = checkout.generate(&["--check"]);
    let told = format!("{stale} (no table asks for it)\n");
    assert_eq!((ran.code, ran.stdout), (1, told));
    let ran = checkout.generate(&[]);
    assert_eq!((ran.code, ran.stdout), (0, format!("{stale} (removed)\n")));
    let files = checkout.files();
    assert!(!files.contains_key(&stale) && files.contains_key(&by_hand));
}

#[test]
fn the_page_of_a_table_that_is_gone_is_removed() {
    let checkout = Checkout::new();
    let stale = "docs/schema/tables/callers.md";
    let by_hand = "docs/schema/notes.md";
    checkout.write(stale, &checkout.read("docs/schema/tables/contacts.md"));
    checkout.write(by_hand, "Written by a person.\n");
    let ran = checkout.generate(&[]);
    assert_eq!((ran.code, ran.stdout), (0, format!("{stale} (removed)\n")));
    let files = checkout.files();
    assert!(!files.contains_key(stale) && files.contains_key(by_hand));
}

#[test]
fn docs_writes_the_pages_alone_and_prints_the_first() {
    let checkout = Checkout::new();
    checkout.add_column(
        "nickname",
        "type: text, nullable: true, comment: Short name.",
    );
    let before = checkout.files();
    let ran = checkout.run("docs", &[]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let index = ran.stdout.trim_end();
    assert!(index.ends_with("docs/schema/index.html") && std::path::Path::new(index).is_file());
    let changed: Vec<_> = checkout
        .files()
        .into_iter()
        .filter(|(path, file)| before.get(path) != Some(file))
        .map(|(path, _)| path)
        .collect();
    assert_eq!(changed, CHANGED[3..]);
}

#[test]
fn a_mistake_in_the_schema_is_told_by_its_place_and_nothing_is_written() {
    let checkout = Checkout::new();
    checkout.add_column("nickname", "type: txt, comment: Short name.");
    let before = checkout.files();
    for more in [&["--check"][..], &[]] {
        let ran = checkout.generate(more);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        let (place, what) = ran.stderr.split_once(": ").unwrap();
        assert!(place.starts_with("schema.yaml:"), "{place}");
        assert_eq!(what, "unknown type `txt`; write `text`\n");
    }
    assert_eq!(checkout.files(), before);
}

#[test]
fn what_cannot_be_written_leaves_everything_as_it_was() {
    let checkout = Checkout::new();
    checkout.add_column(
        "nickname",
        "type: text, nullable: true, comment: Short name.",
    );
    // A folder where the new file would be put.
    let in_the_way = format!("{SAMPLES}.new/in_the_way");
    checkout.write(&in_the_way, "");
    let before = checkout.files();
    let ran = checkout.generate(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.starts_with("error: cannot write "),
        "{}",
        ran.stderr
    );
    assert!(
        ran.stderr.contains(&format!("{SAMPLES}.new: ")),
        "{}",
        ran.stderr
    );
    assert_eq!(checkout.files(), before);
}

#[test]
fn a_missing_schema_is_told_with_its_place() {
    let empty = tempfile::tempdir().unwrap();
    let ran = generate(empty.path(), &[]);
    assert_eq!(ran.code, 1);
    let path = empty.path().join("schema.yaml");
    let told = format!("error: cannot read {}: ", path.display());
    assert!(ran.stderr.starts_with(&told), "{}", ran.stderr);
}

/// Spoils a mark in a source, while the schema asks for other files, too.
#[track_caller]
fn spoilt_mark(old: &str, new: &str, told: &str) {
    let checkout = Checkout::new();
    checkout.add_column(
        "nickname",
        "type: text, nullable: true, comment: Short name.",
    );
    checkout.edit(QUERIES, old, new);
    let before = checkout.files();
    let ran = checkout.generate(&[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let text = checkout.read(QUERIES);
    let mut lines = text.lines();
    let line = lines
        .position(|line| line.contains("-- columns of"))
        .unwrap()
        + 1;
    assert_eq!(ran.stderr, format!("{QUERIES}:{line}:13: {told}\n"));
    assert_eq!(checkout.files(), before);
}

#[test]
fn a_wrong_mark_is_told_by_its_place_and_nothing_is_written() {
    spoilt_mark(
        "-- columns of contacts",
        "-- columns of contacs",
        "no table is called `contacs`; write `contacts`",
    );
    spoilt_mark(
        "-- columns of contacts",
        "-- columns of contacts c",
        "`contacts c` names no table; write `-- columns of <table>` or `-- columns of <table> AS <alias>`",
    );
    spoilt_mark(
        "-- end of columns",
        "",
        "a list of columns without an end; write `-- end of columns` below the list",
    );
    spoilt_mark(
        "-- columns of contacts\n",
        "-- columns of contacts\n-- columns of contacts\n",
        "a list of columns without an end; write `-- end of columns` below the list",
    );
}

#[test]
fn an_end_without_a_beginning_is_told() {
    let checkout = Checkout::new();
    checkout.edit(QUERIES, "-- columns of contacts\n", "\n");
    let ran = checkout.generate(&["--check"]);
    assert_eq!(ran.code, 1);
    let told = "the end of a list of columns that does not begin; \
         write `-- columns of <table>` above the list, or leave this line out\n";
    assert!(ran.stderr.ends_with(told), "{}", ran.stderr);
}
