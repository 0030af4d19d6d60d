//! `cargo xtask ci tests` hands the image it knows to the tests of containers.

mod support;

use std::fs;

use support::{World, script};

#[test]
fn the_tests_get_the_image_of_this_machine_whatever_its_version() {
    let mut world = World::new();
    if !world.has_postgres() {
        return;
    }
    let bin = world.base().join("bin");
    fs::create_dir(&bin).unwrap();
    script(&bin.join("docker"), "#!/bin/sh\necho vsa-postgres:17\n");
    let seen = world.base().join("seen");
    let cargo = format!(
        "#!/bin/sh\necho \"$VSA_POSTGRES_IMAGE\" >> '{}'\n",
        seen.display()
    );
    script(&bin.join("cargo"), &cargo);
    let path = std::env::var("PATH").unwrap();
    world.set("PATH", &format!("{}:{path}", bin.display()));
    world.set("CARGO", bin.join("cargo").to_str().unwrap());
    fs::create_dir(world.root.join("ci")).unwrap();
    let cases = r#"{"cases": [{"name": "a", "run": "true", "timeout": 5, "expect": {"exit": 0}}]}"#;
    fs::write(world.root.join("ci/LTC.json"), cases).unwrap();

    assert_eq!(world.run(&["ci", "tests"]).ok(), "1 passed, 0 failed");
    let seen = fs::read_to_string(seen).unwrap();
    assert_eq!(seen.lines().next(), Some("vsa-postgres:17"));
}
