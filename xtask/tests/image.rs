//! `cargo xtask image` and `doctor` on machines that lack something: they say what to type.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

/// Runs xtask in a bare checkout with a PATH of only these scripts.
fn xtask(arguments: &[&str], programs: &[(&str, &str)]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("Cargo.toml"), "[workspace]\n").unwrap();
    fs::create_dir(folder.path().join("xtask")).unwrap();
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).unwrap();
    for (name, script) in programs {
        let path = bin.join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .current_dir(folder.path())
        .env("PATH", &bin)
        .env("VSA_PG_BIN", folder.path())
        .env_remove("DATABASE_URL")
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn without_docker_the_error_says_how_to_get_it() {
    let output = xtask(&["image"], &[]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("apt-get install docker.io"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn an_engine_that_does_not_answer_is_to_be_started() {
    let output = xtask(&["image"], &[("docker", "echo cannot connect >&2; exit 1")]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = stderr(&output);
    assert!(
        stderr.contains("cannot connect") && stderr.contains("systemctl start docker"),
        "{stderr}"
    );
}

#[test]
fn an_image_that_is_there_is_named_and_not_built_again() {
    let docker = "case $1 in version) echo 28;; image) echo vsa-postgres:15;; *) echo built >&2; exit 9;; esac";
    let output = xtask(&["image"], &[("docker", docker)]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(output.stdout, b"vsa-postgres:15\n");
    assert!(stderr(&output).contains("--rebuild"));
}

#[test]
fn doctor_fails_where_nothing_serves_and_says_what_would() {
    let output = xtask(&["doctor"], &[("rustc", "echo rustc 1.95.0")]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stdout}");
    for wanted in [
        "db-up and test cannot work here",
        "python3-pip",
        "docker.io",
        "VSA_PG_BIN",
    ] {
        assert!(stdout.contains(wanted), "{wanted}: {stdout}");
    }
}

#[test]
fn doctor_is_content_with_pip_alone() {
    let programs = [("rustc", "echo rustc 1.95.0"), ("pip3", "echo pip 23")];
    let output = xtask(&["doctor", "--json"], &programs);
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert_eq!(report["works"], true);
}
