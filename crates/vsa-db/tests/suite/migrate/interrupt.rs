//! Killed, interrupted, cut off: the database is as if the file had never begun.

use std::process::Stdio;

use anyhow::Context as _;
use test_db::{TestDb, run_empty};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

use super::relay::{relay, relay_until, through};
use super::support::{
    ALL, Files, Run, UNLOCKED, assert_tells, exists, ledger, migrator_session, ok, program, until,
    value,
};

/// The second file makes a table and then takes its time.
fn slow() -> Files {
    Files::new(&[
        ("create table a (id int);", "drop table a;"),
        (
            "create table b (id int);\nselect pg_sleep(600);",
            "drop table b;",
        ),
    ])
}

const SLEEPING: &str = "query = 'select pg_sleep(600);' and state = 'active'";

/// Starts `up` and waits until it is in the middle of the second file.
async fn start(db: &TestDb, files: &Files) -> anyhow::Result<Child> {
    start_with(db, files, &["up"]).await
}

/// Starts the program and waits until it sleeps in the server.
async fn start_with(db: &TestDb, files: &Files, args: &[&str]) -> anyhow::Result<Child> {
    let child = program(db, Some(files), args).spawn()?;
    until(db, &format!("select {}", migrator_session(SLEEPING))).await?;
    Ok(child)
}

async fn send(signal: &str, child: &Child) -> anyhow::Result<()> {
    let pid = child.id().context("it has ended")?.to_string();
    let sent = Command::new("kill")
        .args([signal, &pid])
        .stdin(Stdio::null())
        .status()
        .await?;
    anyhow::ensure!(sent.success());
    Ok(())
}

async fn the_first_file_alone_is_there(db: &TestDb) -> anyhow::Result<()> {
    assert_eq!(ledger(db).await?, "1");
    assert!(exists(db, "a").await? && !exists(db, "b").await?);
    Ok(())
}

#[test]
fn ctrl_c_and_sigterm_end_the_work_on_the_server_before_the_program_ends() {
    run_empty(async |db| {
        for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
            let files = slow();
            let child = start(db, &files).await?;
            send(signal, &child).await?;
            let output = child.wait_with_output().await?;
            let stderr = String::from_utf8(output.stderr)?;
            assert_eq!(output.status.code(), Some(code), "{stderr}");
            assert_tells(
                &stderr,
                &[
                    "interrupted: a file that runs in a transaction was rolled back",
                    "`vsa-db status`",
                    "run the same command to go on",
                ],
            );
            // At once, without waiting: this is what sets it apart from being killed.
            assert!(
                !value::<bool>(db.pool(), &format!("select {}", migrator_session("true"))).await?
            );
            assert!(value::<bool>(db.pool(), UNLOCKED).await?);
            the_first_file_alone_is_there(db).await?;
        }
        Ok(())
    });
}

#[test]
fn an_interrupted_down_does_not_ask_to_be_run_again() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            (
                "create table b (id int);",
                "drop table b;\nselect pg_sleep(600);",
            ),
            ("create table c (id int);", "drop table c;"),
        ]);
        files.up(db).await?;
        let child = start_with(db, &files, &["down", "--steps", "2"]).await?;
        send("-INT", &child).await?;
        let run = Run::from(child.wait_with_output().await?);
        assert_eq!(run.code, Some(130), "{run:?}");
        assert_tells(
            &run.stderr,
            &[
                "reverted 0003",
                "a file that runs in a transaction was rolled back",
                "`vsa-db status` shows",
            ],
        );
        // It counts from where it stands: again, two steps would revert all three.
        assert!(!run.stderr.contains("same command"), "{}", run.stderr);
        assert_eq!(ledger(db).await?, "1 2");
        Ok(())
    });
}

#[test]
fn a_killed_migrator_does_not_go_on_in_the_server() {
    run_empty(async |db| {
        let files = slow();
        let mut child = start(db, &files).await?;
        child.kill().await?;
        // The server looks every half second whether its client is there; pg_sleep would take ten minutes.
        until(db, &format!("select not {}", migrator_session("true"))).await?;
        until(db, UNLOCKED).await?;
        the_first_file_alone_is_there(db).await?;
        files.write("0002_step.up.sql", "create table b (id int);");
        assert_eq!(files.up(db).await?, [2]);
        Ok(())
    });
}

#[test]
fn a_killed_file_without_a_transaction_is_run_again() {
    run_empty(async |db| {
        let files = Files::new(&[(
            "-- no-transaction\ncreate table if not exists a (id int);\nselect pg_sleep(600);",
            "drop table a;",
        )]);
        let mut child = start(db, &files).await?;
        child.kill().await?;
        until(db, UNLOCKED).await?;
        assert_eq!(ledger(db).await?, "1!");
        files.write(
            "0001_step.up.sql",
            "-- no-transaction\ncreate table if not exists a (id int);\nselect;",
        );
        assert_eq!(files.up(db).await?, [1]);
        assert_eq!(ledger(db).await?, "1");
        Ok(())
    });
}

#[test]
fn a_dropped_future_leaves_nothing() {
    run_empty(async |db| {
        let files = slow();
        let migrator = files.migrator();
        let sleeping = format!("select {}", migrator_session(SLEEPING));
        tokio::select! {
            result = migrator.up(db.url(), ALL) => panic!("it cannot end: {result:?}"),
            seen = until(db, &sleeping) => seen?,
        }
        until(db, UNLOCKED).await?;
        the_first_file_alone_is_there(db).await
    });
}

#[test]
fn a_server_that_goes_away_is_a_clear_error() {
    run_empty(async |db| {
        let files = slow();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = through(db.url(), listener.local_addr()?.port())?;
        let (migrator, sleeping) = (
            files.migrator(),
            format!("select {}", migrator_session(SLEEPING)),
        );
        let cut = async {
            tokio::select! {
                ended = relay(&listener, db.url()) => ended.context("the relay ended"),
                seen = until(db, &sleeping) => seen,
            }
        };
        let (result, cut) = tokio::join!(migrator.up(&url, ALL), cut);
        cut?;
        let error = result.expect_err("the connection is gone").to_string();
        assert_tells(
            &error,
            &[
                "0002_step.up.sql:2: the connection to the server was lost",
                "select pg_sleep(600);",
            ],
        );
        until(db, UNLOCKED).await?;
        the_first_file_alone_is_there(db).await
    });
}

#[test]
fn ctrl_c_ends_a_load_and_nothing_of_it_is_kept() {
    run_empty(async |db| {
        ok(db, None, &["up"]).await?;
        let load = ["seed", "--profile", "load", "--contacts", "50000000"];
        let child = program(db, None, &load).spawn()?;
        let copying = "select exists (select from pg_stat_activity where datname = current_database() \
                       and query like 'COPY contacts%' and state = 'active')";
        until(db, copying).await?;
        send("-INT", &child).await?;
        let output = child.wait_with_output().await?;
        assert_eq!(output.status.code(), Some(130), "{output:?}");
        assert_eq!(
            value::<i64>(db.pool(), "select count(*) from contacts").await?,
            0
        );
        assert_eq!(
            value::<i64>(db.pool(), "select count(*) from campaigns").await?,
            0
        );
        Ok(())
    });
}

#[test]
fn a_connection_lost_at_the_commit_promises_nothing() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        files.up(db).await?;
        files.write("0002_step.up.sql", "create table b (id int);");
        files.write("0002_step.down.sql", "drop table b;");
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = through(db.url(), listener.local_addr()?.port())?;
        let migrator = files.migrator();
        let (result, relayed) = tokio::join!(
            migrator.up(&url, ALL),
            relay_until(&listener, db.url(), b"COMMIT")
        );
        relayed?;
        let error = result.expect_err("the connection is gone").to_string();
        assert_tells(
            &error,
            &[
                "0002_step.up.sql:1: ",
                "nobody knows whether",
                "`status` tells",
            ],
        );
        until(db, UNLOCKED).await?;
        the_first_file_alone_is_there(db).await
    });
}
