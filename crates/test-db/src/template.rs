//! Making databases: the migrated template, its clones, empty ones.

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use tokio::time::timeout;
use vsa_db::config::DatabaseUrl;

use crate::checkout::Checkout;
use crate::clean::State;
use crate::names::quoted;
use crate::slot::{Kind, Slot};

/// A server that does not answer within this time is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// `CREATE DATABASE … TEMPLATE` while somebody makes or sweeps the template: tried so often.
const TRIES: u32 = 5;

/// The first eight digits of the fingerprint of the migrations.
pub(crate) fn fingerprint() -> &'static str {
    static FINGERPRINT: LazyLock<String> = LazyLock::new(|| {
        use std::hash::{DefaultHasher, Hash as _, Hasher as _};
        let mut hasher = DefaultHasher::new();
        for file in up_files().expect("migrations can be listed") {
            std::fs::read(file)
                .expect("migrations can be read")
                .hash(&mut hasher);
        }
        format!("{:016x}", hasher.finish())[..8].to_owned()
    });
    &FINGERPRINT
}

/// Puts a new database into the slot, instead of the one that may be there.
pub(crate) async fn fill(
    server: &DatabaseUrl,
    checkout: &Checkout,
    slot: &Slot,
) -> anyhow::Result<State> {
    let name = slot.database(checkout);
    let mut conn = maintenance(server).await?;
    drop_database(&mut conn, &name).await?;
    match slot.kind() {
        Kind::Empty => create(&mut conn, &name, "template0 ENCODING 'UTF8'").await?,
        Kind::Migrated => clone_template(&mut conn, server, checkout, &name).await?,
    }
    drop(conn.close().await);
    let mut conn = connect(&server.with_database(&name)).await?;
    let state = State::of_fresh(&mut conn).await?;
    drop(conn.close().await);
    Ok(state)
}

async fn clone_template(
    conn: &mut PgConnection,
    server: &DatabaseUrl,
    checkout: &Checkout,
    name: &str,
) -> anyhow::Result<()> {
    let template = format!("{}{}_template", checkout.prefix(), fingerprint());
    let mut last = None;
    for _ in 0..TRIES {
        ensure_template(conn, server, &template).await?;
        match create(conn, name, &quoted(&template)).await {
            Ok(()) => return Ok(()),
            Err(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(|| anyhow!("never tried"), anyhow::Error::from))
}

/// Makes the template unless it is there and finished. A finished one is marked as template;
/// what a killed run left unfinished is dropped.
async fn ensure_template(
    conn: &mut PgConnection,
    server: &DatabaseUrl,
    template: &str,
) -> anyhow::Result<()> {
    if is_finished(conn, template).await? {
        return Ok(());
    }
    let key = sqlx::query_scalar::<_, i64>("SELECT hashtextextended($1, 0)")
        .bind(template)
        .fetch_one(&mut *conn)
        .await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(key)
        .execute(&mut *conn)
        .await?;
    if !is_finished(conn, template).await? {
        drop_database(conn, template).await?;
        create(conn, template, "template0 ENCODING 'UTF8'").await?;
        migrate(&server.with_database(template)).await?;
        let sql = format!("ALTER DATABASE {} IS_TEMPLATE true", quoted(template));
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut *conn)
            .await?;
    }
    sqlx::query("SELECT pg_advisory_unlock($1)")
        .bind(key)
        .execute(conn)
        .await?;
    Ok(())
}

async fn is_finished(conn: &mut PgConnection, template: &str) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1 AND datistemplate)",
    )
    .bind(template)
    .fetch_one(conn)
    .await
}

fn up_files() -> std::io::Result<Vec<std::path::PathBuf>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations");
    let mut files: Vec<_> = std::fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<_>>()?;
    files.retain(|path| path.to_string_lossy().ends_with(".up.sql"));
    files.sort();
    Ok(files)
}

async fn migrate(url: &DatabaseUrl) -> anyhow::Result<()> {
    let mut conn = connect(url).await?;
    for file in up_files()? {
        let sql = std::fs::read_to_string(&file)?;
        sqlx::raw_sql(AssertSqlSafe(sql))
            .execute(&mut conn)
            .await
            .with_context(|| format!("{}", file.display()))?;
    }
    conn.close().await?;
    Ok(())
}

/// A copy of the files is half as dear as a copy through the log, for a database this small.
async fn create(conn: &mut PgConnection, name: &str, template: &str) -> Result<(), sqlx::Error> {
    let name = quoted(name);
    let sql = format!("CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy");
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

pub(crate) async fn drop_database(conn: &mut PgConnection, name: &str) -> Result<(), sqlx::Error> {
    let sql = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quoted(name));
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(conn).await?;
    Ok(())
}

/// A connection from which databases can be made and dropped: to the one the URL names.
pub(crate) async fn maintenance(server: &DatabaseUrl) -> anyhow::Result<PgConnection> {
    connect(server).await
}

async fn connect(url: &DatabaseUrl) -> anyhow::Result<PgConnection> {
    timeout(CONNECT_TIMEOUT, PgConnection::connect_with(&url.options()))
        .await
        .map_err(|_| anyhow!("no answer within {} seconds", CONNECT_TIMEOUT.as_secs()))
        .and_then(|connected| Ok(connected?))
        .with_context(|| format!("cannot connect to {url}"))
}
