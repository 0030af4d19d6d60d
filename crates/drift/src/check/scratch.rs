//! Two databases, side by side. In one the schema file, in a transaction that is rolled back, and the migrations, looked at
//! after each file on the way up; in the other they are looked at on the way down, and after going up again.

use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};
use sqlx::{Connection as _, PgConnection};
use vsa_db::config::DatabaseUrl;
use vsa_db::error::describe;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, UpOptions};

use super::Request;
use crate::build;
use crate::catalog::{self, Catalog};
use crate::connect::connect;
use crate::scratch::Server;

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

/// Everything that was seen in the two databases, and how long the schema file and the way down and up again took.
#[derive(Debug)]
pub(super) struct Seen {
    /// The catalog, as JSON, of what the schema file says.
    pub(super) spec: String,
    pub(super) building: Duration,
    pub(super) up: Up,
    pub(super) down: Down,
    pub(super) trip: Duration,
}

pub(super) async fn look(server: &Server, request: &Request<'_>) -> anyhow::Result<Seen> {
    let migrator = Migrator::new(request.migrations.clone());
    let one = server.create().await?;
    let other = server.create().await?;
    // Of two errors the one of the schema file, or of the way up, is told; neither side ends the other midway.
    let (up, down) = tokio::join!(
        built_and_up(&one, request, &migrator),
        down(&other, &migrator)
    );
    let (spec, building, up) = up?;
    let (down, trip) = down?;
    Ok(Seen {
        spec,
        building,
        up,
        down,
        trip,
    })
}

/// What the schema file says, how long that took, and the migrations, file by file.
async fn built_and_up(
    url: &DatabaseUrl,
    request: &Request<'_>,
    migrator: &Migrator,
) -> anyhow::Result<(String, Duration, Up)> {
    let mut conn = connect(url).await?;
    let started = Instant::now();
    let mut transaction = build::begin(&mut conn, request.file, request.spec).await?;
    let spec = catalog::read_within(&mut transaction)
        .await
        .map_err(|error| unread(&error))?;
    transaction
        .rollback()
        .await
        .context("cannot roll the schema back")?;
    let building = started.elapsed();
    let mut catalogs = vec![read(&mut conn).await?];
    migrator
        .up_watched(url, UpOptions::default(), async |_| {
            catalogs.push(read(&mut conn).await?);
            anyhow::Ok(())
        })
        .await?;
    drop(conn.close().await);
    Ok((spec, building, Up(catalogs)))
}

/// Up at once, down file by file, and up again at once; and how long it took.
async fn down(url: &DatabaseUrl, migrator: &Migrator) -> anyhow::Result<(Down, Duration)> {
    let started = Instant::now();
    let mut conn = connect(url).await?;
    migrator.up(url, UpOptions::default()).await?;
    let mut steps = Vec::new();
    let options = DownOptions {
        target: DownTarget::All,
        // The server is one on which databases may be created, and this is one of those.
        allow_remote: true,
    };
    let all = migrator.source().migrations();
    migrator
        .down_watched(url, options, async |done| {
            let at = all.iter().position(|one| one.version == done.version);
            let left = at.context("a file was run that is none of these")?;
            steps.push(Step {
                file: all[left].down.path.clone(),
                left,
                catalog: read(&mut conn).await?,
            });
            anyhow::Ok(())
        })
        .await?;
    let again = up_again(migrator, url, &mut conn).await;
    drop(conn.close().await);
    Ok((Down { steps, again }, started.elapsed()))
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
    catalog::read_json(conn)
        .await
        .map_err(|error| unread(&error))
}

fn unread(error: &sqlx::Error) -> anyhow::Error {
    anyhow!(
        "cannot read the catalog of a scratch database: {}",
        describe(error)
    )
}
