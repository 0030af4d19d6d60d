//! The container of a checkout. The image is `VSA_POSTGRES_IMAGE`, else the one `cargo xtask image` builds.

mod support;

use std::process::{Command, Stdio};

use nix::sys::signal::Signal;
use support::{World, skip};

fn docker(args: &[&str]) -> Option<String> {
    let output = Command::new("docker")
        .args(args)
        .stderr(Stdio::null())
        .output()
        .ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// The image to test with. `None`, with a word why, where there is no engine or no image.
fn image() -> Option<String> {
    engine()?;
    let image = std::env::var("VSA_POSTGRES_IMAGE").ok().or_else(packaged);
    match image.filter(|image| docker(&["image", "inspect", image]).is_some()) {
        Some(image) => Some(image),
        None => skip("the image is not there; `cargo xtask image` builds it"),
    }
}

/// The image from this machine's packages: its tag is the version that the distribution has.
fn packaged() -> Option<String> {
    let format = "{{.Repository}}:{{.Tag}}";
    let listed = docker(&["image", "ls", "--format", format, "vsa-postgres"])?;
    listed.lines().next().map(str::to_owned)
}

fn engine() -> Option<()> {
    match docker(&["version", "--format", "{{.Server.Version}}"]) {
        Some(_) => Some(()),
        None => skip("no Docker engine answers"),
    }
}

/// Containers and volumes that carry the label of this checkout.
fn left(world: &World) -> [String; 2] {
    let label = format!("label=vsa.checkout={}", world.root.display());
    [
        docker(&["ps", "--all", "--quiet", "--filter", &label]).unwrap(),
        docker(&["volume", "ls", "--quiet", "--filter", &label]).unwrap(),
    ]
}

#[test]
fn a_container_comes_up_survives_a_kill_and_goes_away() {
    let Some(image) = image() else { return };
    let mut world = World::new();
    world.set("VSA_POSTGRES_IMAGE", &image);
    let cold = world.run(&["db-up", "--provider", "docker"]);
    cold.says(&[
        "docker run --detach",
        "--publish 127.0.0.1:",
        "the server answers after",
    ]);
    let password = cold
        .stdout
        .split(':')
        .nth(2)
        .unwrap()
        .split('@')
        .next()
        .unwrap()
        .to_owned();
    assert!(!cold.stderr.contains(&password), "{}", cold.stderr);
    let line = cold.ok();
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
    let [container, volume] = left(&world);
    assert!(!container.is_empty() && !volume.is_empty());

    let warm = world.run(&["db-up"]);
    assert!(!warm.stderr.contains("docker run"), "{}", warm.stderr);
    assert_eq!(warm.ok(), line);

    docker(&["kill", &container]).unwrap();
    assert_eq!(world.run(&["db-status"]).code, Some(3));
    assert_eq!(world.run(&["db-up"]).ok(), line);
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");

    world.run(&["db-down"]).ok();
    let port = world.port();
    let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    world
        .run(&["db-up", "--port", &port.to_string()])
        .fails(&["is taken", "--port N"]);
    world
        .run(&["db-up"])
        .says(&["is taken by another program; using "]);
    drop(taken);
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");

    world.run(&["db-down", "--purge"]).ok();
    assert_eq!(left(&world), ["", ""]);
}

#[test]
fn a_container_goes_although_its_record_is_damaged() {
    let Some(image) = image() else { return };
    let mut world = World::new();
    world.set("VSA_POSTGRES_IMAGE", &image);
    world
        .run(&["db-up", "--provider", "docker", "--seed", "none"])
        .ok();
    let state = world.folder().join("state.json");
    std::fs::write(&state, "{").unwrap();
    world.run(&["db-down", "--purge"]).ok();
    assert_eq!(left(&world), ["", ""]);
    assert!(!state.exists());
}

#[test]
fn ctrl_c_while_the_container_comes_up_leaves_nothing() {
    let Some(image) = image() else { return };
    let mut world = World::new();
    world.set("VSA_POSTGRES_IMAGE", &image);
    let talking = world.until_it_says(&["db-up", "--provider", "docker"], "docker run");
    let (code, said) = talking.end_with(Signal::SIGINT);
    assert_eq!(code, Some(130), "{said}");
    assert_eq!(left(&world), ["", ""], "{said}");
    world.run(&["db-up"]).ok();
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn an_image_that_is_nowhere_is_an_error_or_a_reason() {
    if engine().is_none() {
        return;
    }
    let mut world = World::new();
    world.set("VSA_POSTGRES_IMAGE", "localhost:1/no-such-image:0");
    world.run(&["db-up", "--provider", "docker"]).fails(&[
        "no-such-image",
        "cargo xtask image",
        "--provider local",
    ]);
    if !world.has_postgres() {
        return;
    }
    let auto = world.run(&["db-up"]);
    auto.says(&[
        "provider local:",
        "not docker: the Docker engine answers, but the image localhost:1/no-such-image:0",
    ]);
    auto.ok();
}

#[test]
fn an_image_that_cannot_serve_shows_its_log() {
    let Some(image) = image() else { return };
    let broken = format!("vsa-broken:{}", std::process::id());
    let container = docker(&["create", &image]).unwrap();
    let change = r#"ENTRYPOINT ["sh", "-c", "echo broken on purpose; exit 7"]"#;
    docker(&["commit", "--change", change, &container, &broken]).unwrap();
    docker(&["rm", "--volumes", &container]).unwrap();
    let mut world = World::new();
    world.set("VSA_POSTGRES_IMAGE", &broken);
    let ran = world.run(&["db-up", "--provider", "docker"]);
    let remains = left(&world);
    docker(&["rmi", &broken]).unwrap();
    ran.fails(&["ended instead of serving", "broken on purpose"]);
    assert_eq!(remains, ["", ""]);
    // Nothing was made, so nothing holds on to docker.
    if let Some(up) = world.up(&[]) {
        up.ok();
    }
}
