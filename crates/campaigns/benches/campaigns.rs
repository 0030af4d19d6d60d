//! Statistics at any size, what their triggers cost those who write, and the export beside COPY:
//! `cargo xtask bench campaigns`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::TryStreamExt as _;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sqlx::{AssertSqlSafe, PgPool};
use test_db::TestDb;
use test_db::bench::{Ratio, Report, Sizes, a_manager, with_database};
use time::OffsetDateTime;
use time::macros::datetime;
use vsa_campaigns::export::export;
use vsa_campaigns::stats::{fold_all, stats};
use vsa_db::ids::CampaignId;
use vsa_db::pool::{PoolSettings, connect};
use vsa_db::seed::load::{LoadOptions, load};

const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);
/// Statistics are read so often.
const READS: usize = 500;
/// Schedulers that claim at once, and for how long.
const CLAIMING: u32 = 8;
const CLAIM_FOR: Duration = Duration::from_secs(4);

fn main() -> Result<ExitCode> {
    let sizes = Sizes::from_args();
    let mut report = Report::default();
    let mut first = None;
    for &size in &sizes.contacts {
        let median = with_database(async |db| read(db, size, &mut report).await)?;
        let base = *first.get_or_insert(median);
        report.share(
            format!("  beside {} contacts", sizes.contacts[0]),
            median / base,
            1.5,
        );
    }
    for &size in &sizes.contacts {
        with_database(async |db| exported(db, size, sizes.rounds, &mut report).await)?;
    }
    // A scheduler claims as many as it has lines free; one by one is the worst that counting can meet.
    for batch in [1, 10, 100] {
        with_database(async |db| claimed(db, batch, sizes.rounds, &mut report).await)?;
    }
    Ok(report.print())
}

async fn loaded(db: &TestDb, size: u64, attempts: bool) -> Result<CampaignId> {
    let mut conn = db.pool().acquire().await?;
    let options = LoadOptions {
        attempts,
        ..LoadOptions::new(size, 1)
    };
    let campaign = load(&mut conn, options, |_, _| {}).await?.campaign_id;
    fold_all(&mut conn).await?;
    for table in [
        "VACUUM ANALYZE contacts",
        "VACUUM ANALYZE campaign_count_deltas",
    ] {
        sqlx::raw_sql(table).execute(&mut *conn).await?;
    }
    Ok(campaign)
}

/// The median of reading the statistics.
async fn read(db: &TestDb, size: u64, report: &mut Report) -> Result<f64> {
    let campaign = loaded(db, size, true).await?;
    let mut conn = db.pool().acquire().await?;
    let mut times = Vec::with_capacity(READS);
    for _ in 0..READS {
        let started = Instant::now();
        stats(&mut conn, campaign).await?;
        times.push(started.elapsed().as_secs_f64());
    }
    report.time(
        format!("statistics, {size} contacts"),
        &mut times,
        Some(0.001),
    );
    Ok(times[times.len() / 2])
}

/// The results as a file, beside the bare COPY of the same rows and columns.
async fn exported(db: &TestDb, size: u64, rounds: u32, report: &mut Report) -> Result<()> {
    let campaign = loaded(db, size, true).await?;
    let mut conn = db.pool().acquire().await?;
    let manager = a_manager(&mut conn).await?;
    sqlx::query("SELECT set_config('vsa.campaign_id', $1, false)")
        .bind(campaign.to_string())
        .execute(&mut *conn)
        .await?;
    let mut rng = StdRng::seed_from_u64(1);
    let mut ratio = Ratio::of(format!("export, {size} contacts"), "COPY", Some(0.7));
    for _ in 0..rounds {
        let started = Instant::now();
        let mut out = tokio::io::sink();
        export(
            db.pool(),
            &mut rng,
            NOW,
            &manager,
            campaign,
            &mut out,
            |_| {},
        )
        .await?;
        ratio.ours(started.elapsed().as_secs_f64());
        let started = Instant::now();
        let mut rows = conn
            .copy_out_raw(
                "COPY (
                    SELECT c.campaign_id, c.id, c.external_contact_id, c.phone_number, c.state, c.attempts_count,
                        a.started_at, c.last_attempt_at, r.completed_at, r.q1_answer, r.q2_answer, r.q3_answer
                    FROM contacts AS c
                    LEFT JOIN call_attempts AS a ON a.contact_id = c.id AND a.attempt_number = 1
                    LEFT JOIN survey_responses AS r ON r.contact_id = c.id AND r.campaign_id = c.campaign_id
                    WHERE c.campaign_id = current_setting('vsa.campaign_id')::uuid
                        AND c.state IN ('completed', 'refused', 'not_reached')
                        AND c.erased_at IS NULL
                    ORDER BY c.id
                ) TO STDOUT (FORMAT csv, HEADER)",
            )
            .await?;
        while rows.try_next().await?.is_some() {}
        drop(rows);
        ratio.peers(started.elapsed().as_secs_f64());
    }
    report.add(ratio);
    Ok(())
}

/// Claims of so many contacts at a time by eight schedulers, a contact and its call in one statement, with the triggers
/// that count and without: seconds a claim.
async fn claimed(db: &TestDb, batch: i64, rounds: u32, report: &mut Report) -> Result<()> {
    let campaign = loaded(db, 400_000, false).await?;
    let settings = PoolSettings {
        max_connections: CLAIMING,
        ..PoolSettings::default()
    };
    let pool = connect(db.url(), &settings).await?;
    let mut ratio = Ratio::of(
        format!("claims of {batch}, {CLAIMING} at once, counted"),
        "not counted",
        Some(0.9),
    );
    for _ in 0..rounds {
        for counted in [true, false] {
            let says = if counted { "ENABLE" } else { "DISABLE" };
            let sql = format!(
                "TRUNCATE campaign_count_deltas;
                 ALTER TABLE call_attempts DISABLE TRIGGER call_attempts_count_deleted;
                 DELETE FROM call_attempts;
                 ALTER TABLE contacts DISABLE TRIGGER contacts_count_updated;
                 UPDATE contacts SET state = 'pending' WHERE state = 'in_progress';
                 ALTER TABLE contacts {says} TRIGGER contacts_count_updated;
                 ALTER TABLE call_attempts {says} TRIGGER call_attempts_count_inserted"
            );
            sqlx::raw_sql(AssertSqlSafe(sql)).execute(&pool).await?;
            for table in ["VACUUM contacts", "VACUUM call_attempts", "CHECKPOINT"] {
                sqlx::raw_sql(table).execute(&pool).await?;
            }
            let seconds = claim_for_a_while(&pool, campaign, batch).await?;
            if counted {
                ratio.ours(seconds);
            } else {
                ratio.peers(seconds);
            }
        }
    }
    report.add(ratio);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no bench claims 2^53 times")]
async fn claim_for_a_while(pool: &PgPool, campaign: CampaignId, batch: i64) -> Result<f64> {
    let started = Instant::now();
    let workers = (0..CLAIMING).map(|_| {
        let pool = pool.clone();
        tokio::spawn(async move {
            let mut conn = pool.acquire().await?;
            let mut claims = 0_u64;
            while started.elapsed() < CLAIM_FOR {
                let claimed = sqlx::query(
                    "WITH due AS MATERIALIZED (
                         SELECT id FROM contacts
                         WHERE campaign_id = $2 AND state = 'pending' AND next_attempt_at IS NOT NULL
                         ORDER BY next_attempt_at
                         LIMIT $1
                         FOR NO KEY UPDATE SKIP LOCKED
                     ),
                     claimed AS (
                         UPDATE contacts
                         SET state = 'in_progress', attempts_count = attempts_count + 1, last_attempt_at = now()
                         WHERE id = ANY (ARRAY(SELECT id FROM due))
                         RETURNING id, attempts_count
                     )
                     INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
                     SELECT id, $2, attempts_count, gen_random_uuid()::text FROM claimed",
                )
                .bind(batch)
                .bind(campaign)
                .execute(&mut *conn)
                .await?;
                if claimed.rows_affected() == 0 {
                    break;
                }
                claims += 1;
            }
            anyhow::Ok(claims)
        })
    });
    let workers: Vec<_> = workers.collect();
    let mut claims = 0;
    for worker in workers {
        claims += worker.await??;
    }
    Ok(started.elapsed().as_secs_f64() / claims as f64)
}
