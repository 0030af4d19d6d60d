//! `db-down --purge`: nothing that is in use goes, and nothing that runs is left behind.

mod support;

use std::fs;
use std::net::TcpStream;

use nix::sys::signal::Signal;
use support::{World, script};

/// A checkout whose cargo says that it is at work, and then fails, or never ends when `HANG` is set.
fn world() -> World {
    let mut world = World::new();
    let cargo = world.base().join("cargo");
    let text = r#"#!/bin/sh
case "$*" in *--version*) exit 1 ;; esac
echo "at work on $TEST_DATABASE_URL" >&2
[ -z "$HANG" ] || exec sleep 600
exit 1
"#;
    script(&cargo, text);
    fs::create_dir_all(world.root.join("crates")).unwrap();
    world.set("CARGO", cargo.to_str().unwrap());
    world
}

/// The folder of the test server that a run spoke of.
fn home(said: &str) -> std::path::PathBuf {
    let socket = said.rsplit_once("host=").unwrap().1;
    let socket = socket.split('&').next().unwrap().replace("%2F", "/");
    std::path::Path::new(&socket).parent().unwrap().to_owned()
}

#[test]
fn nothing_is_purged_while_a_test_run_uses_the_test_server() {
    let mut world = world();
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    world.set("HANG", "1");
    let running = world.until_it_says(&["test", "--provider", "local"], "at work");

    world
        .run(&["db-down", "--purge"])
        .fails(&["a test run uses this checkout's test server; wait for it to end"]);
    let record = world.folder().join("test.json");
    assert!(record.exists());
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");

    // Without the record nothing tells who uses the server: another run leaves it alone.
    fs::remove_file(&record).unwrap();
    let other = world.run(&["test", "--provider", "local"]);
    other.fails(&[
        "a test server that nothing is remembered of",
        "another test run may use it",
        "db-down --purge",
    ]);
    let (code, said) = running.end_with(Signal::SIGINT);
    assert_eq!(code, Some(130), "{said}");
    let data = home(&said).join("data");
    assert!(data.join("postmaster.pid").exists());

    world.run(&["db-down", "--purge"]).ok();
    assert!(!data.exists());
    assert_eq!(fs::read_dir(&world.state).unwrap().count(), 0);
}

#[test]
fn damaged_records_do_not_keep_servers_running() {
    let world = world();
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    let port = world.port();
    let failed = world.run(&["test", "--provider", "local"]);
    failed.says(&["the test server stays"]);
    let home = home(&failed.stderr);
    for record in ["state.json", "test.json"] {
        fs::write(world.folder().join(record), "{").unwrap();
    }
    world
        .run(&["db-down"])
        .fails(&["is damaged", "db-down --purge"]);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_ok());

    let purged = world.run(&["db-down", "--purge"]);
    assert_eq!(
        purged.stderr.matches("stopping the server").count(),
        2,
        "{}",
        purged.stderr
    );
    purged.ok();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
    assert!(!home.exists());
    assert_eq!(fs::read_dir(&world.state).unwrap().count(), 0);
}
