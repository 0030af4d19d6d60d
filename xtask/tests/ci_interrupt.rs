//! Ctrl-C in `cargo xtask ci`: what a case started ends, and what it made is removed.

mod support;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::net::TcpStream;
use std::process::Command;

use nix::sys::signal::Signal;
use support::{World, script};

/// The case says, through a pipe, when its server runs; then it waits for the end.
const CASE: &str = r#"{"cases": [{
    "name": "local-provider",
    "run": "cargo xtask db-up --provider local || true\nsed -n 4p \"$VSA_STATE_DIR\"/*/data/postmaster.pid > \"$PIPE\"\nexec sleep 600",
    "cwd": "@fresh",
    "expect": { "exit": 0 },
    "timeout": 120
}]}"#;

#[test]
fn ctrl_c_in_a_case_ends_its_server_and_removes_its_state() {
    let mut world = World::new();
    if !world.has_postgres() {
        return;
    }
    let pipe = world.base().join("pipe");
    make_pipe(&pipe);
    world.set("PIPE", pipe.to_str().unwrap());
    fs::create_dir(world.root.join("ci")).unwrap();
    fs::write(world.root.join("ci/LTC.json"), CASE).unwrap();
    // A fresh copy takes these along, and no case here runs them.
    for (program, sources) in [
        ("vsa-schema", "crates/schema"),
        ("vsa-drift", "crates/drift"),
    ] {
        fs::create_dir_all(world.root.join(sources)).unwrap();
        script(
            &world.root.join("target/debug").join(program),
            "#!/bin/sh\n",
        );
        let stamp = world.root.join(format!("target/debug/.{program}.checked"));
        fs::write(stamp, world.root.to_str().unwrap()).unwrap();
    }
    // Git knows files only, and a checkout is one that holds this folder.
    fs::write(world.root.join("xtask/Cargo.toml"), "").unwrap();
    fs::write(world.root.join(".gitignore"), "/target\n").unwrap();
    let git = Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(&world.root)
        .status();
    assert!(git.unwrap().success());

    let before = states(&world);
    let talking = world.until_it_says(&["ci", "--case", "local-provider"], "case local-provider");
    let line = fs::read_to_string(&pipe).unwrap();
    let port: u16 = line.trim().parse().expect("the case started no server");
    let reached = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    assert!(reached());
    let (code, said) = talking.end_with(Signal::SIGINT);
    assert_eq!(code, Some(130), "{said}");
    assert!(!reached(), "the server still runs: {said}");
    assert_eq!(states(&world), before, "{said}");
}

/// The state folders, one a checkout.
fn states(world: &World) -> BTreeSet<OsString> {
    let entries = fs::read_dir(&world.state).unwrap();
    entries.map(|entry| entry.unwrap().file_name()).collect()
}

fn make_pipe(path: &std::path::Path) {
    let made = Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}
