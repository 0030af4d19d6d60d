//! The server itself is killed in the middle of a migration.

use std::process::Stdio;

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection};
use tokio::process::Command;
use vsa_db::config::DatabaseUrl;
use vsa_db::pool::connect_one;

use crate::private_server::{PASSWORD, PrivateServer};
use crate::support::{DEADLINE, Files, Run, assert_tells};

#[tokio::test]
async fn a_server_killed_with_sigkill_is_a_clear_error() -> anyhow::Result<()> {
    let Some(server) = PrivateServer::start()? else {
        return Ok(());
    };
    let url: DatabaseUrl = format!(
        "postgres://vsa:{PASSWORD}@127.0.0.1:{}/postgres",
        server.port
    )
    .parse()?;
    let files = Files::new(&[(
        "create table a (id int);\nselect pg_sleep(600);",
        "drop table a;",
    )]);
    let child = Command::new(env!("CARGO_BIN_EXE_vsa-db"))
        .args(["--database-url", url.expose(), "--migrations"])
        .arg(files.path())
        .arg("up")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
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

/// Returns when somebody sleeps in this server.
async fn sleeping(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    let sleeps = "select exists (select from pg_stat_activity where wait_event = 'PgSleep')";
    while !sqlx::query_scalar::<_, bool>(sleeps)
        .fetch_one(&mut *conn)
        .await?
    {
        tokio::task::yield_now().await;
    }
    Ok(())
}
