//! The live database: its ledger and its catalog, read and not touched.

use std::time::{Duration, Instant};

use anyhow::anyhow;
use sqlx::Connection as _;
use vsa_db::error::describe;
use vsa_db::migrate::{Migrator, Problem, State};

use super::Request;
use crate::catalog::{self, Catalog};
use crate::connect::connect;

/// What was read of it.
#[derive(Debug)]
pub(super) struct Live {
    pub(super) catalog: Catalog,
    /// Files that were not applied, as `0014_add_x.up.sql`.
    pub(super) pending: Vec<String>,
    /// Contradictions between its ledger and the files.
    pub(super) problems: Vec<Problem>,
    /// How long that took.
    pub(super) took: Duration,
}

/// `None` when none is to be looked at.
pub(super) async fn look(request: &Request<'_>) -> anyhow::Result<Option<Live>> {
    let Some(url) = request.live else {
        return Ok(None);
    };
    let started = Instant::now();
    let status = Migrator::new(request.migrations.clone())
        .status(url)
        .await?;
    let mut conn = connect(url).await?;
    let catalog = catalog::read(&mut conn)
        .await
        .map_err(|error| anyhow!("cannot read the catalog of {url}: {}", describe(&error)))?;
    drop(conn.close().await);
    let pending = status
        .migrations
        .iter()
        .filter(|migration| migration.state == State::Pending)
        .filter_map(|migration| request.migrations.get(migration.version))
        .map(|migration| migration.up.path.clone())
        .collect();
    Ok(Some(Live {
        catalog,
        pending,
        problems: status.problems,
        took: started.elapsed(),
    }))
}
