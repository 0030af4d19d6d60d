//! Servers that are not ours: never printed with their password, never dropped by accident, refused in time.

mod support;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use support::World;

#[test]
fn a_malformed_url_is_refused_and_its_password_never_shown() {
    for text in [
        "postgres://u:s3cret@h:port/d",
        "mysql://u:s3cret@h/d",
        "u:s3cret@h/d",
        "postgres://u:s3/cret@h/d",
        "postgres://u:%zzs3cret@h/d",
    ] {
        let mut world = World::new();
        for args in [
            &["db-up", "--database-url", text][..],
            &["migrate", "status", "--database-url", text],
        ] {
            let error = world
                .run(args)
                .fails(&["not a PostgreSQL URL", "postgres://user:password@host"]);
            assert!(!error.contains("s3") && !error.contains("cret"), "{error}");
        }
        world.set("DATABASE_URL", text);
        let error = world
            .run(&["db-up"])
            .fails(&["DATABASE_URL", "not a PostgreSQL URL"]);
        assert!(!error.contains("s3") && !error.contains("cret"), "{error}");
    }
}

#[test]
fn an_env_file_names_the_server_too() {
    let mut world = World::new();
    std::fs::write(
        world.root.join(".env"),
        "DB_USER=ann\nDB_PASSWORD=s3cret\nDB_NAME=vsa\nDB_PORT=1\n",
    )
    .unwrap();
    assert_eq!(
        world.run(&["db-url"]).ok(),
        "postgres://ann:s3cret@127.0.0.1:1/vsa"
    );
    let error = world
        .run(&["db-up"])
        .fails(&["provider external: DB_* variables in .env", "127.0.0.1:1"]);
    assert!(!error.contains("s3cret"), "{error}");
    world.set("DATABASE_URL", "postgres://ann@127.0.0.1:2/vsa");
    assert_eq!(
        world.run(&["db-url"]).ok(),
        "postgres://ann@127.0.0.1:2/vsa"
    );
}

#[test]
fn a_database_on_another_machine_is_not_reset_without_a_word() {
    let world = World::new();
    let url = "postgres://ann:s3cret@db.invalid/prod";
    let error = world.run(&["db-reset", "--database-url", url]).fails(&[
        "db.invalid:5432",
        "prod",
        "--allow-remote",
    ]);
    assert!(!error.contains("s3cret"), "{error}");
    for action in ["down", "redo"] {
        world
            .run(&["migrate", action, "--database-url", url])
            .fails(&["db.invalid", "--allow-remote"]);
        world
            .run(&["migrate", action, "--allow-remote"])
            .fails(&["no database yet"]);
    }
}

#[test]
fn what_destroys_leaves_a_database_alone_that_was_not_named() {
    let owner = World::named("owner");
    let Some(up) = owner.up(&[]) else { return };
    let url = up.ok().strip_prefix("DATABASE_URL=").unwrap().to_owned();
    let mut guest = World::named("guest");
    guest.set("DATABASE_URL", &url);
    for args in [
        &["db-reset"][..],
        &["db-reset", "--allow-remote"],
        &["migrate", "down"],
        &["migrate", "down", "--all", "--allow-remote"],
        &["migrate", "redo"],
    ] {
        let error = guest.run(args).fails(&[
            "DATABASE_URL names postgres://vsa:***@127.0.0.1",
            "not this checkout's own database; name it with --database-url",
        ]);
        assert!(!error.contains(&url), "{error}");
    }
    guest.run(&["migrate", "down", "--dry-run"]).ok();
    guest.run(&["migrate", "up"]).ok();
    assert_eq!(owner.query("SELECT count(*) FROM contacts"), "5");
    assert_eq!(owner.run(&["migrate", "status"]).code, Some(0));

    owner.query("DELETE FROM contacts");
    guest.run(&["migrate", "redo", "--database-url", &url]).ok();
    guest.run(&["db-reset", "--database-url", &url]).ok();
    assert_eq!(owner.query("SELECT count(*) FROM contacts"), "5");
}

#[test]
fn a_url_that_outlived_its_database_says_how_to_be_rid_of_it() {
    let mut world = World::named("vsa");
    let Some(up) = world.up(&[]) else { return };
    let url = up.ok().strip_prefix("DATABASE_URL=").unwrap().to_owned();
    world.run(&["db-down", "--purge"]).ok();
    let socket = format!(
        "postgres:///vsa?host={}",
        world.base().join("home").display()
    );
    for dead in [&url, &socket] {
        world
            .run(&["db-up", "--database-url", dead])
            .fails(&["no server listens at", "leave --database-url out"]);
    }
    std::fs::write(world.root.join(".env"), format!("DATABASE_URL={url}\n")).unwrap();
    world
        .run(&["db-up"])
        .fails(&["take DATABASE_URL out of .env"]);
    std::fs::remove_file(world.root.join(".env")).unwrap();

    world.set("DATABASE_URL", &url);
    let error = world.run(&["db-up"]).fails(&[
        "no server listens at 127.0.0.1:",
        "unset DATABASE_URL, or type `cargo xtask db-up --provider local`",
    ]);
    assert!(!error.contains("start one with"), "{error}");
    world.up(&[]).unwrap().ok();
}

#[test]
fn a_server_that_never_answers_is_given_up_in_time() {
    // It takes the connection and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann:s3cret@{}/vsa", silent.local_addr().unwrap());
    let world = World::new();
    let started = Instant::now();
    let error = world
        .run(&["db-up", "--database-url", &url])
        .fails(&["127.0.0.1"]);
    assert!(
        started.elapsed() < Duration::from_mins(1),
        "{:?}",
        started.elapsed()
    );
    assert!(!error.contains("s3cret"), "{error}");
    assert_eq!(
        world.run(&["db-status", "--database-url", &url]).code,
        Some(3)
    );
}

#[test]
fn a_server_older_than_15_is_refused_by_name() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://ann:s3cret@{}/vsa", server.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in server.incoming().flatten() {
            // A client that goes away early ends only its own conversation.
            let _ = old_server(client);
        }
    });
    let world = World::new();
    let error = world
        .run(&["db-up", "--database-url", &url])
        .fails(&["PostgreSQL 14.11", "version 15"]);
    assert!(!error.contains("s3cret"), "{error}");
}

/// As much of the protocol as a PostgreSQL 14 needs to introduce itself and to answer every question with its version.
fn old_server(mut client: TcpStream) -> std::io::Result<()> {
    loop {
        let mut length = [0; 4];
        client.read_exact(&mut length)?;
        let mut body = vec![0; usize::try_from(u32::from_be_bytes(length)).unwrap() - 4];
        client.read_exact(&mut body)?;
        // Encryption is asked for first, and declined.
        if body[..4] != 80_877_103_u32.to_be_bytes() {
            break;
        }
        client.write_all(b"N")?;
    }
    let message = |kind: u8, body: &[u8]| {
        let length = u32::try_from(body.len() + 4).unwrap().to_be_bytes();
        [&[kind][..], &length, body].concat()
    };
    let ready = message(b'Z', b"I");
    // One column of type int4 (oid 23, four bytes, binary), one row with its version.
    let columns = message(
        b'T',
        b"\0\x01v\0\0\0\0\0\0\0\0\0\0\x17\0\x04\xff\xff\xff\xff\0\x01",
    );
    let row = [&b"\0\x01\0\0\0\x04"[..], &140_011_u32.to_be_bytes()].concat();
    client.write_all(&message(b'R', &[0; 4]))?;
    client.write_all(&message(b'S', b"server_version\x0014.11\0"))?;
    client.write_all(&message(b'K', &[0; 8]))?;
    client.write_all(&ready)?;
    loop {
        let mut head = [0; 5];
        client.read_exact(&mut head)?;
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        client.read_exact(&mut body)?;
        match head[0] {
            b'Q' => client.write_all(&[message(b'C', b"SET\0"), ready.clone()].concat())?,
            b'P' => client.write_all(&message(b'1', b""))?,
            b'B' => client.write_all(&message(b'2', b""))?,
            b'D' if body[0] == b'S' => {
                client.write_all(&[message(b't', &[0; 2]), columns.clone()].concat())?;
            }
            b'D' => client.write_all(&columns)?,
            b'E' => {
                client.write_all(&[message(b'D', &row), message(b'C', b"SELECT 1\0")].concat())?;
            }
            b'S' => client.write_all(&ready)?,
            b'X' => return Ok(()),
            _ => {}
        }
    }
}

#[test]
fn an_external_server_is_used_and_left_as_it_was() {
    let owner = World::named("owner");
    let Some(up) = owner.up(&[]) else { return };
    let url = up.ok().strip_prefix("DATABASE_URL=").unwrap().to_owned();

    // Its own URL in the environment does not make a checkout's server a stranger.
    let mut owner = owner;
    owner.set("DATABASE_URL", &url);
    owner.run(&["db-up"]).says(&["provider local"]);

    let guest_url = url
        .replacen("/vsa", "/guest", 2)
        .replacen("/guest:", "/vsa:", 1);
    let mut guest = World::named("guest");
    guest.set("DATABASE_URL", &guest_url);
    let ran = guest.run(&["db-up"]);
    ran.says(&["provider external: DATABASE_URL names postgres://vsa:***@127.0.0.1"]);
    assert_eq!(ran.ok(), format!("DATABASE_URL={guest_url}"));
    assert_eq!(
        guest.query("SELECT current_database()"),
        "guest",
        "the missing database was made"
    );
    assert_eq!(guest.query("SELECT count(*) FROM contacts"), "5");

    guest.run(&["db-down", "--purge"]).ok();
    assert_eq!(guest.query("SELECT count(*) FROM contacts"), "5");
    assert_eq!(guest.run(&["db-status"]).code, Some(0));
    guest
        .run(&["db-up", "--port", "5000"])
        .fails(&["--port is for a server of our own"]);
    guest
        .run(&["db-up", "--provider", "local", "--database-url", &guest_url])
        .fails(&["leave one of them out"]);

    // Who may only use a database that exists needs no right to create one.
    guest.query("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    guest.query("CREATE DATABASE theirs OWNER plain");
    guest.query("REVOKE CONNECT ON DATABASE postgres FROM public");
    let (_, address) = guest_url.split_once('@').unwrap();
    let theirs = address.replacen("/guest", "/theirs", 1);
    let plain_url = format!("postgres://plain:plain@{theirs}");
    let ran = guest.run(&["db-up", "--database-url", &plain_url]);
    assert_eq!(ran.ok(), format!("DATABASE_URL={plain_url}"));
}
