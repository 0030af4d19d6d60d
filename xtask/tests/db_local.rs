//! The life of a database made of programs on this machine.

mod support;

use std::fs;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use support::{World, script};

#[test]
fn a_database_comes_up_stays_up_goes_down_and_away() {
    let world = World::new();
    let Some(cold) = world.up(&[]) else { return };
    cold.says(&[
        "provider local: asked for",
        "initdb --pgdata",
        "is up, after",
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
    assert!(
        password.len() >= 32 && !cold.stderr.contains(&password),
        "{}",
        cold.stderr
    );
    let line = cold.ok();
    assert_eq!(line.lines().count(), 1, "{line}");
    let url = line.strip_prefix("DATABASE_URL=").unwrap();
    assert!(
        url.starts_with("postgres://vsa:") && url.contains("@127.0.0.1:"),
        "{url}"
    );

    assert_eq!(world.run(&["db-url"]).ok(), url);
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
    assert_eq!(world.query("SHOW fsync"), "on");
    assert_eq!(world.query("SHOW listen_addresses"), "127.0.0.1");
    assert_eq!(world.query("SHOW server_encoding"), "UTF8");

    let warm = world.run(&["db-up"]);
    assert!(
        !warm.stderr.contains("starting the server"),
        "{}",
        warm.stderr
    );
    assert_eq!(warm.ok(), line);
    let status = world.run(&["db-status", "--json"]);
    assert!(
        status.stdout.contains("\"up\": true") && !status.stdout.contains(&password),
        "{}",
        status.stdout
    );

    world.query("UPDATE contacts SET email = 'kept@example.org'");
    world.run(&["db-down"]).ok();
    assert_eq!(world.run(&["db-status"]).code, Some(3));
    world
        .run(&["psql"])
        .fails(&["is down", "cargo xtask db-up"]);
    assert_eq!(world.run(&["db-up"]).ok(), line, "the URL stays");
    assert_eq!(
        world.query("SELECT DISTINCT email FROM contacts"),
        "kept@example.org"
    );

    world.run(&["db-down", "--purge"]).ok();
    assert_eq!(fs::read_dir(&world.state).unwrap().count(), 0);
    world
        .run(&["db-url"])
        .fails(&["no database yet", "cargo xtask db-up"]);
}

#[test]
fn the_seed_and_the_migrations_are_the_ones_asked_for() {
    let world = World::new();
    let Some(up) = world.up(&["--seed", "none"]) else {
        return;
    };
    up.ok();
    assert_eq!(world.query("SELECT count(*) FROM users"), "0");
    world.run(&["seed", "--profile", "reference"]).ok();
    assert_eq!(world.query("SELECT count(*) FROM users"), "1");

    world.run(&["migrate", "down", "--steps", "1"]).ok();
    assert_eq!(
        world.run(&["migrate", "status"]).code,
        Some(3),
        "vsa-db's exit code is handed on"
    );
    world.run(&["migrate", "up"]).ok();
    assert_eq!(world.run(&["migrate", "status"]).code, Some(0));

    world.run(&["db-reset"]).ok();
    assert_eq!(world.query("SELECT count(*) FROM users"), "3");
    let ran = world.run(&[
        "psql",
        "--",
        "-X",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        "SELECT nothing",
    ]);
    assert_eq!(ran.code, Some(1), "psql's exit code is handed on");
    assert!(ran.stderr.contains("\"nothing\""), "{}", ran.stderr);
}

#[test]
fn empty_migration_files_need_no_database() {
    let world = World::new();
    let files = world
        .run(&["migrate", "new", "add_something", "--by-hand"])
        .ok();
    for file in files.lines() {
        assert!(world.root.join(file).is_file(), "{file}");
    }
    assert_eq!(files.lines().count(), 2);
    for how in [&[][..], &["--by-hand"]] {
        world
            .run(&[&["migrate", "new", "add_something"], how].concat())
            .fails(&["is there already"]);
    }
    world
        .run(&["migrate", "new", "Add-Something"])
        .fails(&["snake_case"]);
}

#[test]
fn a_killed_server_is_started_again() {
    let world = World::new();
    let Some(up) = world.up(&[]) else { return };
    let line = up.ok();
    let server = world.server();
    kill(server, Signal::SIGKILL).unwrap();

    let again = world.run(&["db-up"]);
    again.says(&["starting the server"]);
    assert_eq!(again.ok(), line);
    assert_ne!(world.server(), server);
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn a_pid_file_that_names_another_program_is_no_obstacle() {
    let world = World::new();
    let Some(up) = world.up(&[]) else { return };
    let line = up.ok();
    let pid_file = world.folder().join("data/postmaster.pid");
    let text = fs::read_to_string(&pid_file).unwrap();
    world.run(&["db-down"]).ok();
    // A live program of the very user the server runs as: PostgreSQL by itself would refuse to start.
    let owner =
        std::os::unix::fs::MetadataExt::uid(&fs::metadata(world.folder().join("data")).unwrap());
    let mut sleep = std::process::Command::new("sleep");
    let mut other = std::os::unix::process::CommandExt::uid(sleep.arg("600"), owner)
        .spawn()
        .unwrap();
    let stale = text.replacen(text.lines().next().unwrap(), &other.id().to_string(), 1);
    fs::write(&pid_file, stale).unwrap();
    std::os::unix::fs::chown(&pid_file, Some(owner), None).unwrap();

    let status = world.run(&["db-status"]).code;
    let again = world.run(&["db-up"]);
    other.kill().unwrap();
    other.wait().unwrap();
    assert_eq!(status, Some(3));
    again.says(&["the server it names is gone"]);
    assert_eq!(again.ok(), line);
}

#[test]
fn a_port_that_somebody_took_is_given_up_unless_it_was_asked_for() {
    let world = World::new();
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    let port = world.port();
    world.run(&["db-down"]).ok();
    let taken = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();

    let asked = world.run(&["db-up", "--port", &port.to_string()]);
    asked.fails(&[&format!("port {port} is taken"), "--port N"]);
    let again = world.run(&["db-up"]);
    again.says(&[&format!("port {port} is taken by another program; using ")]);
    again.ok();
    assert_ne!(world.port(), port);
    assert_eq!(world.query("SELECT 1"), "1");
    drop(taken);
}

#[test]
fn two_checkouts_have_nothing_in_common() {
    let (one, two) = (World::named("vsa"), World::named("vsa"));
    let Some(up) = one.up(&[]) else { return };
    up.ok();
    two.up(&[]).unwrap().ok();
    assert_ne!(one.port(), two.port());
    one.query("DELETE FROM contacts");
    assert_eq!(two.query("SELECT count(*) FROM contacts"), "5");
    one.run(&["db-down", "--purge"]).ok();
    assert_eq!(two.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn of_two_db_up_at_once_one_works_and_one_finds_nothing_to_do() {
    let world = World::new();
    let both = std::thread::scope(|scope| {
        let run = || world.up(&[]);
        let (one, two) = (scope.spawn(run), scope.spawn(run));
        [one.join().unwrap(), two.join().unwrap()]
    });
    let [Some(one), Some(two)] = both else { return };
    let starts = [&one, &two]
        .iter()
        .filter(|ran| ran.stderr.contains("starting the server"))
        .count();
    assert_eq!(starts, 1, "{}\n---\n{}", one.stderr, two.stderr);
    assert_eq!(one.ok(), two.ok());
    // Asked when it runs: a copy of the checkout may have compiled this.
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
    let files = std::fs::read_dir(Path::new(&manifest).join("../migrations")).unwrap();
    let ups = files.filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".up.sql")
    });
    assert_eq!(
        world.query("SELECT count(*) FROM schema_migrations WHERE success"),
        ups.count().to_string()
    );
}

#[test]
fn ctrl_c_leaves_nothing_half_made_and_no_server() {
    for moment in [
        "making a PostgreSQL cluster",
        "starting the server",
        "vsa-db up",
    ] {
        let world = World::new();
        if !world.has_postgres() {
            return;
        }
        let talking = world.until_it_says(&["db-up", "--provider", "local"], moment);
        let (code, said) = talking.end_with(Signal::SIGINT);
        assert_eq!(code, Some(130), "{moment}: {said}");
        assert!(said.contains("interrupted"), "{moment}: {said}");
        let folder = world.folder();
        assert!(!folder.join("init").exists(), "{moment}: {said}");
        assert!(
            !folder.join("data/postmaster.pid").exists(),
            "{moment}: {said}"
        );
        assert_eq!(world.run(&["db-status"]).code, Some(3), "{moment}");

        world.up(&[]).unwrap().ok();
        assert_eq!(
            world.query("SELECT count(*) FROM contacts"),
            "5",
            "{moment}"
        );
    }
}

#[test]
fn a_first_db_up_that_made_nothing_decides_nothing() {
    let mut world = World::new();
    if !world.has_postgres() {
        return;
    }
    // The state is written, then the cluster cannot be made.
    let programs = world.base().join("programs");
    fs::create_dir(&programs).unwrap();
    script(
        &programs.join("postgres"),
        "#!/bin/sh\necho 'postgres (PostgreSQL) 17.0'\n",
    );
    script(
        &programs.join("initdb"),
        "#!/bin/sh\necho 'broken on purpose'\nexit 1\n",
    );
    let installed = std::env::var("VSA_PG_BIN").unwrap_or_default();
    world.set("VSA_PG_BIN", programs.to_str().unwrap());
    world.up(&[]).unwrap().fails(&["broken on purpose"]);
    assert!(world.folder().join("state.json").exists());
    world.set("VSA_POSTGRES_IMAGE", "localhost:1/no-such-image:0");
    let docker = world.run(&["db-up", "--provider", "docker"]).fails(&[]);
    assert!(!docker.contains("kept by the local provider"), "{docker}");

    world.set("VSA_PG_BIN", &installed);
    let again = world.up(&[]).unwrap();
    assert!(
        !again.stderr.contains("was made with it"),
        "{}",
        again.stderr
    );
    again.ok();
    world
        .run(&["db-up", "--provider", "embedded"])
        .fails(&["kept by the local provider"]);
}

#[test]
fn a_server_whose_database_cannot_be_made_is_stopped_again() {
    for (ending, signal) in [("exit 1", None), ("exec sleep 600", Some(Signal::SIGINT))] {
        let world = World::new();
        if !world.has_postgres() {
            return;
        }
        let text = "#!/bin/sh\ncase \"$*\" in *create-database*) ENDING ;; esac\nexec \"$0.real\" \"$@\"\n";
        world.replace_vsa_db(&text.replace("ENDING", ending));
        let args = ["db-up", "--provider", "local"];
        let said = match signal {
            None => world.run(&args).fails(&["`vsa-db create-database`"]),
            Some(signal) => {
                let talking = world.until_it_says(&args, "vsa-db create-database");
                let (code, said) = talking.end_with(signal);
                assert_eq!(code, Some(130), "{said}");
                said
            }
        };
        assert!(said.contains("stopping the server"), "{ending}: {said}");
        assert_eq!(world.run(&["db-status"]).code, Some(3), "{ending}");
        assert!(!world.folder().join("data/postmaster.pid").exists());
    }
}

#[test]
fn what_a_killed_db_up_left_is_cleaned_by_the_next() {
    let world = World::new();
    if !world.has_postgres() {
        return;
    }
    let talking = world.until_it_says(
        &["db-up", "--provider", "local"],
        "making a PostgreSQL cluster",
    );
    talking.end_with(Signal::SIGKILL);
    world.up(&[]).unwrap().ok();
    assert!(!world.folder().join("init").exists());
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn a_server_without_its_database_gets_it_from_the_next() {
    let world = World::new();
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    // What a `db-up` leaves that is killed between starting the server and making the database.
    let maintenance = world
        .run(&["db-url"])
        .ok()
        .replacen("/vsa?", "/postgres?", 1);
    let drop = ["psql", "--database-url", &maintenance, "--", "-qc"];
    world
        .run(&[&drop[..], &["DROP DATABASE vsa"]].concat())
        .ok();
    assert_eq!(world.run(&["db-status"]).code, Some(3));
    world.up(&[]).unwrap().ok();
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn what_the_environment_says_of_encryption_is_not_for_our_server() {
    let mut world = World::new();
    world.set("PGSSLMODE", "require");
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    assert_eq!(world.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let world = World::new();
    for (args, code) in [(&["db-status", "--json"][..], 3), (&["db-status"], 3)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = world
            .command(args)
            .stderr(writer.try_clone().unwrap())
            .stdout(writer)
            .status()
            .unwrap();
        assert_eq!(status.code(), Some(code), "{args:?}");
    }
}

#[test]
fn a_server_that_cannot_start_shows_the_end_of_its_log() {
    let world = World::new();
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    world.run(&["db-down"]).ok();
    let conf = world.folder().join("data/postgresql.conf");
    fs::write(&conf, "no_such_setting = 1\n").unwrap();
    world
        .run(&["db-up"])
        .fails(&["the server ended at once", "no_such_setting"]);
}

#[test]
fn data_of_another_major_version_are_left_alone() {
    let world = World::new();
    let Some(up) = world.up(&[]) else { return };
    up.ok();
    world.run(&["db-down"]).ok();
    let version = world.folder().join("data/PG_VERSION");
    fs::write(&version, "12\n").unwrap();
    world
        .run(&["db-up"])
        .fails(&["was made by PostgreSQL 12", "db-down --purge"]);
}
