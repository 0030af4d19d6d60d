//! `cargo xtask image` and `doctor` on machines that lack something: they say what to type.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Output};

/// Runs xtask in a bare checkout with a PATH of only these scripts.
fn xtask(arguments: &[&str], programs: &[(&str, &str)]) -> Output {
    xtask_with(arguments, programs, &[])
}

fn xtask_with(arguments: &[&str], programs: &[(&str, &str)], variables: &[(&str, &str)]) -> Output {
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
        .env_remove("TEST_DATABASE_URL")
        .env_remove("VSA_POSTGRES_IMAGE")
        .envs(variables.iter().copied())
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

fn report(programs: &[(&str, &str)], variables: &[(&str, &str)]) -> serde_json::Value {
    let programs = [programs, &[("rustc", "echo rustc 1.95.0")]].concat();
    let output = xtask_with(&["doctor", "--json"], &programs, variables);
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn doctor_judges_db_up_and_test_by_what_each_of_them_reads() {
    let url = "postgres://ann:geheim@db.example:5432/vsa";
    let parts = [("DB_USER", "ann"), ("DB_NAME", "vsa")];
    for (variables, db_up, test) in [
        (&[("DATABASE_URL", url)][..], true, false),
        (&parts, true, false),
        (&[("TEST_DATABASE_URL", url)], false, true),
        (&[], false, false),
    ] {
        let report = report(&[], variables);
        assert_eq!(
            (&report["db_up"], &report["test"], &report["works"]),
            (&db_up.into(), &test.into(), &false.into()),
            "{report}"
        );
        assert!(!report.to_string().contains("geheim"), "{report}");
    }
    let wrong = report(&[("pip3", "echo pip 23")], &[("DATABASE_URL", "mysql://x")]);
    assert_eq!(
        (&wrong["db_up"], &wrong["test"]),
        (&false.into(), &true.into())
    );
}

#[test]
fn doctor_counts_docker_only_with_an_image_in_reach() {
    let docker = |answers: &str| {
        let script = format!("case \"$1 $2\" in {answers} 'version '*) echo 28;; *) exit 1;; esac");
        report(&[("docker", &script)], &[("VSA_POSTGRES_IMAGE", "mine:1")])
    };
    assert_eq!(docker("")["works"], false);
    assert_eq!(docker("'image inspect') echo sha256:1;;")["works"], true);
    assert_eq!(docker("'manifest inspect') echo '{';;")["works"], true);
    let packaged = docker("'image ls') echo vsa-postgres:15;;");
    assert_eq!(packaged["works"], false);
    assert!(
        packaged
            .to_string()
            .contains("export VSA_POSTGRES_IMAGE=vsa-postgres:15"),
        "{packaged}"
    );
}
