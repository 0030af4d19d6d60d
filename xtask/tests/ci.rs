//! `cargo xtask ci` as a program: its list of cases, its last line, its exit code.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

/// A folder that xtask takes for a checkout, with this list of cases.
fn checkout(cases: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    fs::create_dir_all(folder.path().join("xtask")).unwrap();
    fs::create_dir_all(folder.path().join("ci")).unwrap();
    fs::write(folder.path().join("ci/LTC.json"), cases).unwrap();
    folder
}

fn ci(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .arg("ci")
        .args(arguments)
        .current_dir(folder)
        .env("DATABASE_URL", "postgres://must:not@reach/acase")
        .output()
        .unwrap()
}

fn case(name: &str, run: &str, expect: &str) -> String {
    format!(r#"{{"name": "{name}", "run": "{run}", "timeout": 60, "expect": {expect}}}"#)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn broken_json_is_refused_with_file_and_line_before_anything_runs() {
    let folder = checkout("{\n  \"cases\": [,]\n}");
    let output = ci(folder.path(), &[]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains("LTC.json") && stderr.contains("line 2"),
        "{stderr}"
    );
    assert!(output.stdout.is_empty(), "{}", text(&output.stdout));
}

#[test]
fn an_unknown_field_is_refused_by_name() {
    let folder = checkout(&format!(
        r#"{{"cases": [{}]}}"#,
        case("a", "true", r#"{"exit": 0, "stdou": []}"#)
    ));
    let output = ci(folder.path(), &["cases"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output.stderr).contains("unknown field `stdou`"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn a_missing_list_says_which_file() {
    let folder = checkout("{}");
    fs::remove_file(folder.path().join("ci/LTC.json")).unwrap();
    let output = ci(folder.path(), &["cases"]);
    assert!(
        text(&output.stderr).contains("LTC.json"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn cases_are_run_as_they_are_written_and_counted_alone_on_stdout() {
    let cases = [
        case(
            "says-it",
            "echo hello; echo world >&2",
            r#"{"exit": 0, "stdout": ["hello"], "stderr": ["world"]}"#,
        ),
        case("fails-as-expected", "exit 3", r#"{"exit": 3}"#),
        case(
            "stops-at-the-first-error",
            "false; echo reached",
            r#"{"exit": 1, "absent": ["reached"]}"#,
        ),
        case(
            "sees-no-database",
            "echo ${DATABASE_URL-none}",
            r#"{"exit": 0, "stdout": ["none"]}"#,
        ),
        case(
            "runs-this-xtask",
            "cargo xtask --help",
            r#"{"exit": 0, "stdout": ["db-up"]}"#,
        ),
    ];
    let folder = checkout(&format!(r#"{{"cases": [{}]}}"#, cases.join(", ")));
    let output = ci(folder.path(), &["cases"]);
    assert_eq!(
        text(&output.stdout),
        "5 passed, 0 failed\n",
        "{}",
        text(&output.stderr)
    );
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn what_a_failed_case_lacks_is_named_with_what_it_printed() {
    let cases = [
        case(
            "lacks-a-text",
            "echo something else",
            r#"{"exit": 0, "stdout": ["the missing text"]}"#,
        ),
        case("good", "true", r#"{"exit": 0}"#),
    ];
    let folder = checkout(&format!(r#"{{"cases": [{}]}}"#, cases.join(", ")));
    let output = ci(folder.path(), &["cases"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(text(&output.stdout), "1 passed, 1 failed\n");
    for wanted in [
        "lacks-a-text",
        "stdout lacks \"the missing text\"",
        "something else",
    ] {
        assert!(stderr.contains(wanted), "{wanted}: {stderr}");
    }
}

#[test]
fn a_case_out_of_time_fails_and_is_ended() {
    let slow = r#"{"name": "slow", "run": "sleep 600", "timeout": 1, "expect": {"exit": 0}}"#;
    let folder = checkout(&format!(r#"{{"cases": [{slow}]}}"#));
    let output = ci(folder.path(), &["cases"]);
    assert_eq!(text(&output.stdout), "0 passed, 1 failed\n");
    assert!(
        text(&output.stderr).contains("not finished after 1 s"),
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn environment_and_folder_of_a_case_are_as_written() {
    let here = r#"{"name": "env", "run": "echo $ONE ${HOME-nohome} $(basename \"$PWD\")", "cwd": "ci", "timeout": 60,
                   "env": {"ONE": "1", "HOME": null}, "expect": {"exit": 0, "stdout": ["1 nohome ci"]}}"#;
    let folder = checkout(&format!(r#"{{"cases": [{here}]}}"#));
    let output = ci(folder.path(), &["--case", "env"]);
    assert_eq!(
        text(&output.stdout),
        "1 passed, 0 failed\n",
        "{}",
        text(&output.stderr)
    );
}

#[test]
fn the_list_of_this_repository_is_right() {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
    let file = Path::new(&manifest).join("../ci/LTC.json");
    let folder = checkout(&fs::read_to_string(file).unwrap());
    let output = ci(folder.path(), &["--case", "no-such-case"]);
    let stderr = text(&output.stderr);
    for provider in [
        "local-provider",
        "embedded-provider",
        "docker-provider",
        "testcontainers-fallback",
    ] {
        assert!(stderr.contains(provider), "{stderr}");
    }
}

#[test]
fn cargo_in_a_case_is_cargo_also_when_nobody_says_which() {
    let cases = case(
        "plain",
        "cargo --version",
        r#"{"exit": 0, "stdout": ["cargo 1."]}"#,
    );
    let folder = checkout(&format!(r#"{{"cases": [{cases}]}}"#));
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["ci", "--case", "plain"])
        .current_dir(folder.path())
        .env_remove("CARGO")
        .output()
        .unwrap();
    assert_eq!(
        text(&output.stdout),
        "1 passed, 0 failed\n",
        "{}",
        text(&output.stderr)
    );
}
