//! `cargo xtask prepare` where it must not begin.

mod support;

use support::World;

/// An address that reaches nobody: reserved for documentation.
const REMOTE: &str = "postgres://ann:geheim@192.0.2.1:5432/postgres";

#[test]
fn a_server_elsewhere_is_not_touched_unless_that_is_meant() {
    let mut world = World::new();
    for check in [&["prepare"][..], &["prepare", "--check"]] {
        let given: Vec<&str> = check
            .iter()
            .chain(&["--database-url", REMOTE])
            .copied()
            .collect();
        let ran = world.run(&given);
        assert!(!ran.stderr.contains("geheim"), "{}", ran.stderr);
        ran.fails(&["192.0.2.1:5432 is not on this machine", "--allow-remote"]);
    }
    world.set("TEST_DATABASE_URL", REMOTE);
    world
        .run(&["prepare"])
        .fails(&["192.0.2.1:5432 is not on this machine", "--allow-remote"]);
}
