//! The server `cargo xtask test` runs the tests on. Cargo is played by a script, which is all that is new to it: the
//! server, its socket and its settings are real.

mod support;

use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{World, is_root, not_for_this_user, script};

/// A checkout whose cargo looks at the test server and then says that the tests passed, or failed when `VERDICT` is set.
fn world() -> World {
    prepared(World::new())
}

fn prepared(mut world: World) -> World {
    let cargo = world.base().join("cargo");
    let text = r#"#!/bin/sh
case "$*" in *--version*) exit 1 ;; esac
"$VSA_PG_BIN/psql" -X "$TEST_DATABASE_URL" -Atc "SELECT string_agg(concat(name, '=', setting), ' ' ORDER BY name)
    FROM pg_settings WHERE name IN ('dynamic_shared_memory_type', 'fsync', 'listen_addresses', 'max_connections', 'unix_socket_permissions')" >>"$SEEN"
"$VSA_PG_BIN/psql" -X "$TEST_DATABASE_URL" -Atc "SELECT pg_postmaster_start_time()" >>"$SEEN"
exit "${VERDICT:-0}"
"#;
    script(&cargo, text);
    fs::create_dir_all(world.root.join("crates")).unwrap();
    let seen = world.base().join("seen");
    world.set("CARGO", cargo.to_str().unwrap());
    world.set("SEEN", seen.to_str().unwrap());
    world
}

/// What the script wrote, and forgets it.
fn seen(world: &World) -> Vec<String> {
    let path = world.base().join("seen");
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(path).unwrap();
    text.lines().map(str::to_owned).collect()
}

/// Folders of test servers of this checkout: in memory and in the state folder.
fn left(world: &World) -> bool {
    world.folder().join("test.json").exists() || world.folder().join("test").exists()
}

#[test]
fn a_green_run_ends_its_server_and_a_failed_one_keeps_it() {
    let mut world = world();
    if !world.has_postgres() {
        return;
    }
    let green = world.run(&["test", "--provider", "local"]);
    green.says(&["test server: local", "stopping the server"]);
    green.ok();
    let lines = seen(&world);
    assert_eq!(
        lines[0],
        "dynamic_shared_memory_type=mmap fsync=off listen_addresses= max_connections=300 unix_socket_permissions=0700"
    );
    assert!(!left(&world));

    world.set("VERDICT", "1");
    let failed = world.run(&["test", "--provider", "local"]);
    assert_ne!(failed.code, Some(0));
    failed.says(&["the test server stays"]);
    let first = seen(&world);
    let again = world.run(&["test"]);
    again.says(&["test server: already running (local)"]);
    assert_eq!(seen(&world)[1], first[1], "it is the same server");

    let socket = failed
        .stderr
        .rsplit_once("host=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap()
        .replace("%2F", "/");
    let mode =
        std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&socket).unwrap().permissions());
    assert_eq!(
        mode & 0o777,
        0o700,
        "nobody else reaches a server without a password"
    );

    world.run(&["db-down", "--purge"]).ok();
    assert!(!Path::new(&socket).exists());
    assert_eq!(fs::read_dir(&world.state).unwrap().count(), 0);
}

#[test]
fn a_test_server_that_was_killed_is_made_anew() {
    let mut world = world();
    if !world.has_postgres() {
        return;
    }
    world.set("VERDICT", "1");
    let failed = world.run(&["test", "--provider", "local"]);
    let socket = failed
        .stderr
        .rsplit_once("host=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap()
        .replace("%2F", "/");
    let pid_file = Path::new(&socket)
        .with_file_name("data")
        .join("postmaster.pid");
    let pid = fs::read_to_string(pid_file)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .parse()
        .unwrap();
    kill(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
    let first = seen(&world);

    world.set("VERDICT", "0");
    world.run(&["test"]).ok();
    assert_ne!(seen(&world)[1], first[1]);
    assert!(!left(&world));
}

#[cfg(target_os = "linux")]
#[test]
fn a_memory_folder_that_is_too_small_is_left_alone() {
    let may_mount = std::process::Command::new("unshare")
        .args(["-m", "true"])
        .output()
        .is_ok_and(|output| output.status.success());
    if !is_root() || !may_mount {
        return not_for_this_user("only root, and not in every container, can mount a small one");
    }
    let mut world = prepared(World::on_disk());
    if !world.has_postgres() {
        return;
    }
    world.set("VERDICT", "1");
    // What docker gives a container.
    let small = r#"mount -t tmpfs -o size=64m tmpfs /dev/shm && exec "$0" "$@""#;
    world.go_through(&["unshare", "-m", "sh", "-c", small]);
    let failed = world.run(&["test", "--provider", "local"]);
    failed.says(&["the test server stays"]);
    assert!(world.folder().join("test/data").exists());
    let first = seen(&world);

    // There is room now, but the server stays where it is.
    world.go_through(&[]);
    world.set("VERDICT", "0");
    let again = world.run(&["test"]);
    again.says(&["test server: already running (local)"]);
    again.ok();
    assert_eq!(seen(&world)[1], first[1]);
    assert!(!left(&world));
}

#[test]
fn a_given_server_is_used_and_left_alone() {
    let mut world = world();
    let Some(up) = world.up(&[]) else { return };
    let url = up.ok().strip_prefix("DATABASE_URL=").unwrap().to_owned();
    world.set("TEST_DATABASE_URL", &url);
    let ran = world.run(&["test"]);
    ran.says(&["test server: external, TEST_DATABASE_URL names postgres://vsa:***@127.0.0.1"]);
    assert_eq!(world.run(&["db-status"]).code, Some(0));
    world.set("TEST_DATABASE_URL", "postgres://u:s3cret@h:port/d");
    let error = world
        .run(&["test"])
        .fails(&["TEST_DATABASE_URL", "not a PostgreSQL URL"]);
    assert!(!error.contains("s3cret"), "{error}");
}
