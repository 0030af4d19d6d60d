//! Whom the server runs as, and what root may lack.

mod support;

use std::fs;

use nix::sys::signal::{Signal, kill};
use support::{World, is_root, not_for_this_user, set_mode};

#[test]
fn root_runs_the_server_as_somebody_else_wherever_the_checkout_lies() {
    if !is_root() {
        return not_for_this_user("only root lends the server to another user");
    }
    let world = World::new();
    set_mode(&world.root, 0o700);
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    let data = fs::metadata(world.folder().join("data")).unwrap();
    assert_ne!(std::os::unix::fs::MetadataExt::uid(&data), 0);
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn a_state_folder_that_the_servers_user_cannot_enter_is_explained() {
    if !is_root() {
        return not_for_this_user("only root lends the server to another user");
    }
    let world = World::new();
    set_mode(&world.state, 0o700);
    let Some(up) = world.up(&[]) else { return };
    up.fails(&["must be able to pass through", "VSA_STATE_DIR"]);
}

#[test]
fn an_ordinary_user_needs_no_rights() {
    if !is_root() {
        return not_for_this_user(
            "only root can become somebody else; all other tests run as an ordinary user",
        );
    }
    let mut world = World::new();
    // initdb wants a user that has a name.
    let nobody = std::process::Command::new("id")
        .args(["-u", "nobody"])
        .output()
        .unwrap();
    let nobody = String::from_utf8(nobody.stdout)
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    world.become_user(nobody);
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    let data = fs::metadata(world.folder().join("data")).unwrap();
    assert_eq!(std::os::unix::fs::MetadataExt::uid(&data), nobody);
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
    world.run(&["db-down", "--purge"]).ok();
    assert_eq!(fs::read_dir(&world.state).unwrap().count(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn root_in_a_container_finds_its_server_though_it_may_not_trace_it() {
    if !is_root() {
        return not_for_this_user("only root lends the server to another user");
    }
    let mut world = World::new();
    // What docker leaves root by default. The set counts from the next program on.
    world.go_through(&["setpriv", "--bounding-set=-sys_ptrace"]);
    let Some(up) = world.up(&[]) else { return };
    let line = up.ok();
    let server = world.server();
    assert_eq!(world.run(&["db-status"]).code, Some(0));
    let warm = world.run(&["db-up"]);
    assert!(!warm.stderr.contains("removing"), "{}", warm.stderr);
    assert_eq!(warm.ok(), line);
    assert_eq!(world.server(), server);

    // Killed, and the number given to another program.
    kill(server, Signal::SIGKILL).unwrap();
    world.run(&["db-up"]).ok();
    world.run(&["db-down"]).says(&["stopping the server"]);
    assert!(!world.folder().join("data/postmaster.pid").exists());
}

#[cfg(target_os = "linux")]
#[test]
fn a_pid_file_is_kept_when_it_cannot_be_told_whose_the_process_is() {
    if !is_root() {
        return not_for_this_user(
            "everybody else can look into the processes of the server's user",
        );
    }
    let mut world = World::new();
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    let pid_file = world.folder().join("data/postmaster.pid");
    let text = fs::read_to_string(&pid_file).unwrap();
    world.run(&["db-down"]).ok();
    let owner =
        std::os::unix::fs::MetadataExt::uid(&fs::metadata(world.folder().join("data")).unwrap());
    // A program of the server's user that calls itself postgres and does not say where it works.
    let mut sleep = std::process::Command::new("sleep");
    std::os::unix::process::CommandExt::arg0(&mut sleep, "postgres");
    std::os::unix::process::CommandExt::uid(&mut sleep, owner);
    let mut other = sleep.arg("600").spawn().unwrap();
    let named = text.replacen(text.lines().next().unwrap(), &other.id().to_string(), 1);
    fs::write(&pid_file, &named).unwrap();

    world.go_through(&["setpriv", "--bounding-set=-sys_ptrace"]);
    let blind = world.run(&["db-up"]);
    let kept = fs::read_to_string(&pid_file).unwrap();
    world.go_through(&[]);
    let seeing = world.run(&["db-up"]);
    other.kill().unwrap();
    other.wait().unwrap();
    blind.fails(&["cannot be told", "postmaster.pid"]);
    assert_eq!(kept, named);
    seeing.says(&["the server it names is gone"]);
    seeing.ok();
}

#[test]
fn a_strict_umask_of_root_keeps_nobody_out_who_must_come_in() {
    if !is_root() {
        return not_for_this_user("only root lends the server to another user");
    }
    let mut world = World::new();
    // Folders above the state folder are made too.
    world.set("VSA_STATE_DIR", world.state.join("a/b").to_str().unwrap());
    world.go_through(&["sh", "-c", r#"umask 077 && exec "$0" "$@""#]);
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
}
