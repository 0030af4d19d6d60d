//! Whether schema file, migrations and a live database are one: three comparisons.
//!
//! | what | against what |
//! |---|---|
//! | the schema file, built in an empty database | what the migrations build from nothing |
//! | what the migrations build | the live database, which is only read |
//! | what was there before an up file | what is there after its down file, and after going up again |
//!
//! The first and the last need a server on which databases may be created; see [`scratch`](crate::scratch).

mod live;
mod report;
mod scratch;

use std::time::{Duration, Instant};

use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::Source;
use vsa_schema::Spec;

use crate::catalog::{self, Catalog};
use crate::compare::{Sides, compare};
pub use report::{Comparison, Finding, Name, Report, Verdict};

/// What is to be compared.
#[derive(Debug)]
pub struct Request<'a> {
    /// What messages call the schema file.
    pub file: &'a str,
    /// What it says.
    pub spec: &'a Spec,
    /// The migrations.
    pub migrations: &'a Source,
    /// The live database; where there is none, that comparison is not made.
    pub live: Option<&'a DatabaseUrl>,
}

/// Compares. Databases are created on the server of `server`, and dropped before this returns.
pub async fn check(server: &DatabaseUrl, request: &Request<'_>) -> anyhow::Result<Report> {
    let started = Instant::now();
    let parts = Box::pin(crate::scratch::with(server, async |server| {
        tokio::try_join!(scratch::look(server, request), live::look(request))
    }));
    let (seen, live) = parts.await?;
    let spec = catalog::parse(&seen.spec)?;
    let migrated = seen.up.last()?;
    let comparisons = vec![
        Comparison::of(
            Name::SpecMigrations,
            compare(&spec, &migrated),
            seen.building,
        ),
        live_comparison(&migrated, live.as_ref()),
        round_trip(&seen.up, seen.down, seen.trip)?,
    ];
    let mut notes = Vec::new();
    let live_version = live.as_ref().map(|live| live.catalog.server_version);
    if let Some(version) =
        live_version.filter(|version| version / 10_000 != migrated.server_version / 10_000)
    {
        notes.push(format!(
            "the live database is on PostgreSQL {}, the migrations were run on {}: what only one of them knows may be told as a difference",
            report::version(version),
            report::version(migrated.server_version)
        ));
    }
    Ok(Report {
        comparisons,
        notes,
        scratch_version: migrated.server_version,
        live_version,
        took: started.elapsed(),
    })
}

fn live_comparison(migrated: &Catalog, live: Option<&live::Live>) -> Comparison {
    let Some(live) = live else {
        return Comparison::not_made(Name::MigrationsLive);
    };
    let differences = compare(migrated, &live.catalog);
    let mut comparison = Comparison::of(Name::MigrationsLive, differences, live.took);
    comparison.pending.clone_from(&live.pending);
    comparison.problems.clone_from(&live.problems);
    comparison
}

/// Each difference is told where it is first seen.
fn round_trip(up: &scratch::Up, down: scratch::Down, took: Duration) -> anyhow::Result<Comparison> {
    let mut comparison = Comparison::of(Name::RoundTrip, Vec::new(), took);
    for step in &down.steps {
        comparison
            .findings
            .extend(seen(up, step, &comparison.findings)?);
    }
    match down.again {
        Ok(step) => comparison
            .findings
            .extend(seen(up, &step, &comparison.findings)?),
        Err(error) if comparison.findings.is_empty() => return Err(error),
        // What was left stands in the way, and that has been told.
        Err(_) => {}
    }
    Ok(comparison)
}

/// What differs after a step and was not seen before.
fn seen(up: &scratch::Up, step: &scratch::Step, known: &[Finding]) -> anyhow::Result<Vec<Finding>> {
    let before = up.at(step.left);
    if before == step.catalog {
        return Ok(Vec::new());
    }
    let differences = compare(&catalog::parse(before)?, &catalog::parse(&step.catalog)?);
    let new = differences.into_iter().filter(|difference| {
        // A column that comes back can only come last.
        !difference.is_column_order() && known.iter().all(|known| known.difference != *difference)
    });
    let findings = new.map(|difference| Finding {
        after: Some(step.file.clone()),
        difference,
    });
    Ok(findings.collect())
}

impl Name {
    /// What its two sides are called.
    pub fn sides(self) -> Sides {
        let (expected, found) = match self {
            Self::SpecMigrations => ("schema.yaml", "the migrations"),
            Self::MigrationsLive => ("the migrations", "the live database"),
            Self::RoundTrip => ("before", "after"),
        };
        Sides { expected, found }
    }
}
