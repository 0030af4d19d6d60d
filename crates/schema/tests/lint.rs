//! `vsa-schema lint`: laws and rules in one list, for people and for programs.

use std::path::Path;
use std::process::Command;

const SCHEMA: &str = "\
areas:
  people: {title: People, comment: Who is asked.}
tables:
  users:
    area: people
    model: User
    comment: Who may sign in
    columns:
      id: {type: uuid, comment: Primary key.}
      created_at: {type: timestamptz, default: now(), comment: When the row was made.}
";
const MIGRATION: &str = "DROP TABLE IF EXISTS users;\n";

/// Exit code, stdout and stderr.
fn lint(root: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_vsa-schema"))
        .args(["lint", "--root"])
        .arg(root)
        .args(more)
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn checkout(schema: &str, migration: &str) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    std::fs::create_dir(root.path().join("migrations")).unwrap();
    std::fs::write(root.path().join("schema.yaml"), schema).unwrap();
    std::fs::write(root.path().join("migrations/0014_x.up.sql"), migration).unwrap();
    root
}

#[test]
fn the_repository_has_nothing_to_mend() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (code, stdout, stderr) = lint(&root, &[]);
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
    assert_eq!(
        stderr,
        "schema.yaml keeps the laws, and the new migrations the rules\n"
    );
    assert_eq!(lint(&root, &["--json"]).1, "[]\n");
}

#[test]
fn what_is_to_mend_is_listed_and_the_exit_code_says_so() {
    let root = checkout(SCHEMA, MIGRATION);
    let (code, stdout, stderr) = lint(root.path(), &[]);
    assert_eq!(code, Some(1));
    assert_eq!(
        stdout,
        "schema.yaml:7:14: comment: the comment of `users` does not end with a full stop; write whole sentences\n\
         migrations/0014_x.up.sql:1:1: ban-drop-table: dropping a table may break existing clients; \
         write `-- squawk-ignore ban-drop-table -- why` above it, if it must be\n"
    );
    assert_eq!(
        stderr,
        "2 to mend, or to waive with a reason; CONTRIBUTING.md says how\n"
    );
}

#[test]
fn a_program_reads_the_same() {
    let root = checkout(&SCHEMA.replace("sign in\n", "sign in.\n"), MIGRATION);
    let (code, stdout, _) = lint(root.path(), &["--json"]);
    assert_eq!(code, Some(1));
    let expected = serde_json::json!([{
        "file": "migrations/0014_x.up.sql",
        "line": 1,
        "column": 1,
        "rule": "ban-drop-table",
        "what": "dropping a table may break existing clients",
        "write": "write `-- squawk-ignore ban-drop-table -- why` above it, if it must be",
    }]);
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&stdout).unwrap(),
        expected
    );
}

#[test]
fn a_schema_that_cannot_be_read_is_an_error() {
    let root = checkout(
        &SCHEMA.replace("type: timestamptz", "type: stamp"),
        MIGRATION,
    );
    let (code, stdout, stderr) = lint(root.path(), &[]);
    assert_eq!((code, stdout.as_str()), (Some(1), ""));
    assert!(
        stderr.starts_with("schema.yaml:10:26: unknown type `stamp`"),
        "{stderr}"
    );
}
