//! Three databases at once: the schema file; the migrations one by one up; and all at once up, one by one down, up again.

use std::time::Duration;

use anyhow::{Context as _, anyhow};
use sqlx::{Connection as _, PgConnection};
use vsa_db::config::DatabaseUrl;
use vsa_db::error::describe;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, Source, UpOptions};
use vsa_db::pool::connect_one;

use super::Request;
use crate::build::build;
use crate::catalog::{self, Catalog};
use crate::scratch::Server;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Catalogs on the way up, as JSON: the first of the empty database, then one after each file.
#[derive(Debug)]
pub(super) struct Up(Vec<String>);

impl Up {
    /// After so many files.
    pub(super) fn at(&self, applied: usize) -> &str {
        self.0.get(applied).map_or("{}", String::as_str)
    }

    /// After all of them.
    pub(super) fn last(&self) -> anyhow::Result<Catalog> {
        Ok(catalog::parse(self.at(self.0.len().saturating_sub(1)))?)
    }
}

/// A step of the way down, or the way up again.
#[derive(Debug)]
pub(super) struct Step {
    /// The file that was run; of the way up again, the last.
    pub(super) file: String,
    /// How many migrations are applied after it.
    pub(super) left: usize,
    pub(super) catalog: String,
}

/// The way down and up again.
#[derive(Debug)]
pub(super) struct Down {
    pub(super) steps: Vec<Step>,
    /// What a down file left may stand in the way up.
    pub(super) again: anyhow::Result<Step>,
}

/// The catalog, as JSON, of what the schema file says.
pub(super) async fn built(server: &Server, request: &Request<'_>) -> anyhow::Result<String> {
    let url = server.create().await?;
    let mut conn = connect_one(&url, CONNECT_TIMEOUT).await?;
    build(&mut conn, request.file, request.spec).await?;
    let catalog = read(&mut conn).await?;
    drop(conn.close().await);
    Ok(catalog)
}

/// Up, file by file.
pub(super) async fn up(server: &Server, source: &Source) -> anyhow::Result<Up> {
    let url = server.create().await?;
    let mut conn = connect_one(&url, CONNECT_TIMEOUT).await?;
    let migrator = Migrator::new(source.clone());
    let mut catalogs = vec![read(&mut conn).await?];
    for migration in source.migrations() {
        let options = UpOptions {
            to: Some(migration.version),
            ..UpOptions::default()
        };
        migrator.up(&url, options).await?;
        catalogs.push(read(&mut conn).await?);
    }
    drop(conn.close().await);
    Ok(Up(catalogs))
}

/// Up at once, down file by file, and up again at once.
pub(super) async fn down(server: &Server, source: &Source) -> anyhow::Result<Down> {
    let url = server.create().await?;
    let mut conn = connect_one(&url, CONNECT_TIMEOUT).await?;
    let migrator = Migrator::new(source.clone());
    migrator.up(&url, UpOptions::default()).await?;
    let mut steps = Vec::new();
    for (left, migration) in source.migrations().iter().enumerate().rev() {
        let options = DownOptions {
            target: DownTarget::Steps(1),
            // The server is one on which databases may be created, and this is one of those.
            allow_remote: true,
        };
        migrator.down(&url, options).await?;
        steps.push(Step {
            file: migration.down.path.clone(),
            left,
            catalog: read(&mut conn).await?,
        });
    }
    let again = up_again(&migrator, &url, &mut conn).await;
    drop(conn.close().await);
    Ok(Down { steps, again })
}

async fn up_again(
    migrator: &Migrator,
    url: &DatabaseUrl,
    conn: &mut PgConnection,
) -> anyhow::Result<Step> {
    migrator
        .up(url, UpOptions::default())
        .await
        .context("up again, after the way down")?;
    let all = migrator.source().migrations();
    Ok(Step {
        file: all
            .last()
            .map(|migration| migration.up.path.clone())
            .unwrap_or_default(),
        left: all.len(),
        catalog: read(conn).await?,
    })
}

async fn read(conn: &mut PgConnection) -> anyhow::Result<String> {
    catalog::read_json(conn).await.map_err(|error| {
        anyhow!(
            "cannot read the catalog of a scratch database: {}",
            describe(&error)
        )
    })
}
