//! The server itself is killed in the middle of a migration.

use std::process::Stdio;

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection};
use test_db::private_server::{PASSWORD, PrivateServer};
use tokio::process::{Child, Command};
use vsa_db::config::DatabaseUrl;
use vsa_db::pool::connect_one;

use super::support::{DEADLINE, Files, Run, assert_tells};

#[tokio::test]
async fn a_server_killed_with_sigkill_is_a_clear_error() -> anyhow::Result<()> {
    let Some(server) = PrivateServer::start()? else {
        return Ok(());
    };
    let (url, files) = (url(&server)?, slow());
    let child = up(&url, &files)?;
    let mut conn = connect_one(&url, DEADLINE).await?;
    tokio::time::timeout(DEADLINE, sleeping(&mut conn))
        .await
        .context("it never came to its second statement")??;
    conn.close().await?;
    // Its end is a SIGKILL.
    drop(server);
    let run = Run::from(child.wait_with_output().await?);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
    assert_tells(
        &run.stderr,
        &[
            "0001_step.up.sql:2: ",
            "connection",
            "nothing of this file is kept",
        ],
    );
    assert!(!run.stderr.contains(PASSWORD), "{}", run.stderr);
    Ok(())
}

#[tokio::test]
async fn an_interrupted_session_that_does_not_end_is_told_and_nothing_is_promised()
-> anyhow::Result<()> {
    let Some(server) = PrivateServer::start()? else {
        return Ok(());
    };
    let (url, files) = (url(&server)?, slow());
    let child = up(&url, &files)?;
    let mut conn = connect_one(&url, DEADLINE).await?;
    let backend = tokio::time::timeout(DEADLINE, sleeping(&mut conn))
        .await
        .context("it never came to its second statement")??;
    conn.close().await?;
    // A stopped process hears of nothing, as one that waits for a dead disk.
    kill("-STOP", backend).await?;
    let pid = child.id().context("it has ended")?;
    kill("-INT", i32::try_from(pid)?).await?;
    let run = Run::from(child.wait_with_output().await?);
    kill("-CONT", backend).await?;
    assert_eq!((run.code, run.stdout.as_str()), (Some(130), ""), "{run:?}");
    assert_tells(
        &run.stderr,
        &[
            &format!("could not see it end: server process {backend}"),
            "still runs after 5 s",
            "`vsa-db status`",
        ],
    );
    assert!(!run.stderr.contains("rolled back"), "{}", run.stderr);
    Ok(())
}

fn url(server: &PrivateServer) -> anyhow::Result<DatabaseUrl> {
    let port = server.port;
    Ok(format!("postgres://vsa:{PASSWORD}@127.0.0.1:{port}/postgres").parse()?)
}

fn slow() -> Files {
    Files::new(&[(
        "create table a (id int);\nselect pg_sleep(600);",
        "drop table a;",
    )])
}

fn up(url: &DatabaseUrl, files: &Files) -> anyhow::Result<Child> {
    let child = Command::new(env!("CARGO_BIN_EXE_vsa-db"))
        .args(["--database-url", url.expose(), "--migrations"])
        .arg(files.path())
        .arg("up")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

async fn kill(signal: &str, pid: i32) -> anyhow::Result<()> {
    let sent = Command::new("kill")
        .args([signal, &pid.to_string()])
        .status()
        .await?;
    anyhow::ensure!(sent.success());
    Ok(())
}

/// Returns when somebody sleeps in this server, with the number of the process that does.
async fn sleeping(conn: &mut PgConnection) -> Result<i32, sqlx::Error> {
    let sleeps = "select pid from pg_stat_activity where wait_event = 'PgSleep'";
    loop {
        let pid = sqlx::query_scalar(sleeps).fetch_optional(&mut *conn);
        if let Some(pid) = pid.await? {
            return Ok(pid);
        }
        tokio::task::yield_now().await;
    }
}
