//! Making databases: the migrated template, its clones, empty ones.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::time::timeout;
use vsa_db::config::DatabaseUrl;
use vsa_db::error::sqlstate;
use vsa_db::migrate::{Migrator, Source, UpOptions};

use crate::checkout::Checkout;
use crate::failed::unix_millis;
use crate::names::quoted;
use crate::slot::{Kind, Slot};
use crate::sweep;

/// A server that does not answer within this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How often cloning is tried while another checkout's run, of other migrations, sweeps the template away.
const TRIES: u32 = 5;

/// Eight hexadecimal digits that change with any migration.
///
/// Not [`vsa_db::migrate::fingerprint`]: that is made to be safe against forgery, and takes a millisecond
/// of every test. The version stands for the migrator's own tables.
pub(crate) fn fingerprint(source: &Source) -> String {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    for migration in source.migrations() {
        (migration.version, &migration.description).hash(&mut hasher);
        (&migration.up.sql, &migration.down.sql).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())[..8].to_owned()
}

/// Puts a new database into the slot, instead of the one that may be there.
pub(crate) async fn fill(
    server: &DatabaseUrl,
    checkout: &Checkout,
    source: &Source,
    slot: &Slot,
) -> anyhow::Result<()> {
    let name = slot.database();
    let mut conn = maintenance(server).await?;
    if let Err(error) = drop_database(&mut conn, name).await {
        // 55006: in use, by what no `FORCE` ends.
        if sqlstate(&error).as_deref() != Some("55006") {
            return Err(error).with_context(|| format!("cannot drop {name}"));
        }
        roll_back_prepared(&server.with_database(name)).await?;
        drop_database(&mut conn, name)
            .await
            .with_context(|| format!("cannot drop {name}"))?;
    }
    match slot.kind() {
        Kind::Empty => create(&mut conn, name, "template0 ENCODING 'UTF8'").await?,
        Kind::Migrated => clone_template(&mut conn, server, checkout, source, name).await?,
    }
    drop(conn.close().await);
    Ok(())
}

async fn clone_template(
    conn: &mut PgConnection,
    server: &DatabaseUrl,
    checkout: &Checkout,
    source: &Source,
    name: &str,
) -> anyhow::Result<()> {
    let template = format!("{}{}_template", checkout.prefix(), fingerprint(source));
    let mut tries = 1;
    loop {
        ensure_template(conn, server, checkout, source, &template).await?;
        match create(conn, name, &quoted(&template)).await {
            // 3D000: swept in between.
            Err(error) if tries < TRIES && sqlstate(&error).as_deref() == Some("3D000") => {
                tries += 1;
            }
            created => return Ok(created?),
        }
    }
}

/// Makes the template unless it is there and finished. A finished one is marked as a template;
/// what a killed run left unfinished is dropped.
async fn ensure_template(
    conn: &mut PgConnection,
    server: &DatabaseUrl,
    checkout: &Checkout,
    source: &Source,
    template: &str,
) -> anyhow::Result<()> {
    if is_finished(conn, template).await? {
        return Ok(());
    }
    // Held until the connection is closed, also when something below fails. Polled: a session
    // that waits for a lock has a snapshot, and some migrations wait for all snapshots to go.
    let lock = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
    while !sqlx::query_scalar(lock)
        .bind(template)
        .fetch_one(&mut *conn)
        .await?
    {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if !is_finished(conn, template).await? {
        eprintln!("making the template database {template}");
        sweep::all(conn, checkout, template, unix_millis()).await?;
        drop_database(conn, template).await?;
        create(conn, template, "template0 ENCODING 'UTF8'").await?;
        Migrator::new(source.clone())
            .up(&server.with_database(template), UpOptions::default())
            .await
            .context("the migrations fail")?;
        wait_until_left(conn, template).await?;
        // Nobody connects any more: not by mistake, and not while it is cloned.
        let sql = format!(
            "ALTER DATABASE {} IS_TEMPLATE true ALLOW_CONNECTIONS false",
            quoted(template)
        );
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *conn)
            .await?;
    }
    sqlx::query("SELECT pg_advisory_unlock(hashtextextended($1, 0))")
        .bind(template)
        .execute(conn)
        .await?;
    Ok(())
}

async fn is_finished(conn: &mut PgConnection, template: &str) -> Result<bool, sqlx::Error> {
    let sql = "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)";
    sqlx::query_scalar(sql).bind(template).fetch_one(conn).await
}

/// Waits until the server has ended all sessions of a database. It does so itself where it must, but looks
/// only ten times a second.
async fn wait_until_left(conn: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let sql = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = $1)";
    for _ in 0..500 {
        if !sqlx::query_scalar(sql)
            .bind(name)
            .fetch_one(&mut *conn)
            .await?
        {
            break;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(())
}

/// A copy of the files is half as dear as a copy through the log, for a database this small.
async fn create(conn: &mut PgConnection, name: &str, template: &str) -> Result<(), sqlx::Error> {
    let name = quoted(name);
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

/// Drops a database if it is there, whoever is connected to it.
async fn drop_database(conn: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

/// Ends the transactions that a test prepared and neither committed nor rolled back.
async fn roll_back_prepared(url: &DatabaseUrl) -> anyhow::Result<()> {
    let mut conn = connect(url).await?;
    let sql =
        "SELECT quote_literal(gid) FROM pg_prepared_xacts WHERE database = current_database()";
    let ids: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut conn).await?;
    for id in ids {
        let sql = format!("ROLLBACK PREPARED {id}");
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut conn).await?;
    }
    Ok(conn.close().await?)
}

/// A connection from which databases can be made and dropped: to the database the URL names, or to
/// `postgres` if there is none of that name yet.
pub(crate) async fn maintenance(server: &DatabaseUrl) -> anyhow::Result<PgConnection> {
    match connect(server).await {
        Err(error) if is_missing_database(&error) => {
            connect(&server.with_database("postgres")).await
        }
        connected => connected,
    }
}

fn is_missing_database(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<sqlx::Error>();
    error.and_then(sqlstate).as_deref() == Some("3D000")
}

/// One connection, within bounds.
async fn connect(url: &DatabaseUrl) -> anyhow::Result<PgConnection> {
    timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&url.options()))
        .await
        .map_err(|_| anyhow!("no answer within {} seconds", CONNECT_TIMEOUT.as_secs()))
        .and_then(|connected| Ok(connected?))
        .with_context(|| format!("cannot connect to {url}"))
}
