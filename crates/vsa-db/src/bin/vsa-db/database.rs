//! `create-database` and `drop-database`.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use vsa_db::config::DatabaseUrl;
use vsa_db::error::{describe, sqlstate};
use vsa_db::pool::{ConnectError, connect_one};

use crate::args::{Common, CreateArgs, DropArgs};
use crate::output;
use crate::ping::patiently;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Databases of the server's own.
const RESERVED: [&str; 3] = ["postgres", "template0", "template1"];

pub(crate) async fn create(common: &Common, args: CreateArgs) -> anyhow::Result<ExitCode> {
    let url = common.url()?;
    let (name, server) = (url.database(), url.server());
    // Whoever may only use the database, and not create one, is not to need more.
    let there = patiently(args.wait, async |within| {
        match connect_one(&url, within).await {
            Ok(conn) => {
                // It answered.
                let _ = conn.close().await;
                Ok(true)
            }
            Err(ConnectError::NoDatabase { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    });
    if there.await? {
        output::say(&format!("database {name} exists on {server}"));
        return Ok(ExitCode::SUCCESS);
    }
    let mut conn = maintenance(&url).await?;
    // From template0, or the encoding would be whatever the cluster was made with.
    let sql = format!(
        "CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0",
        quoted(name)
    );
    match sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await {
        Ok(_) => output::say(&format!("created database {name} on {server}")),
        // The second: somebody else creates it at this very moment.
        Err(error) if matches!(sqlstate(&error).as_deref(), Some("42P04" | "23505")) => {
            output::say(&format!("database {name} exists on {server}"));
        }
        Err(error) => bail!(
            "cannot create database {name} on {server}: {}",
            describe(&error)
        ),
    }
    conn.close().await.context("cannot close the connection")?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn drop(common: &Common, args: DropArgs) -> anyhow::Result<ExitCode> {
    let url = common.url()?;
    let (name, server) = (url.database(), url.server());
    if RESERVED.contains(&name) {
        bail!(
            "database {name} belongs to the server itself; name the one to drop with --database-url"
        );
    }
    if !args.remote.allow_remote && !url.is_local() {
        bail!("{server} is not on this machine; add --allow-remote to drop database {name} there");
    }
    let mut conn = maintenance(&url).await?;
    let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    if let Err(error) = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await {
        bail!(
            "cannot drop database {name} on {server}: {}",
            describe(&error)
        );
    }
    conn.close().await.context("cannot close the connection")?;
    output::say(&format!("database {name} is gone from {server}"));
    Ok(ExitCode::SUCCESS)
}

/// A connection to a database that is there on every server, as `createdb` chooses it.
async fn maintenance(url: &DatabaseUrl) -> anyhow::Result<PgConnection> {
    let other = if url.database() == "postgres" {
        "template1"
    } else {
        "postgres"
    };
    Ok(connect_one(&url.with_database(other), CONNECT_WITHIN).await?)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
