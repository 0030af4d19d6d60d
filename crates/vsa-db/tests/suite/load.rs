//! The load seed: the same rows from the same seed, once.

mod failures;
mod laws;

use std::cell::Cell;

use anyhow::{Context as _, Result, bail};
use sqlx::{AssertSqlSafe, PgPool};
use vsa_db::seed::load::{BASE_TIME, LoadError, LoadOptions, LoadReport, load};

async fn loaded(pool: &PgPool, options: LoadOptions) -> Result<LoadReport, LoadError> {
    let mut connection = pool.acquire().await?;
    load(&mut connection, options, |_, _| {}).await
}

fn with_attempts(contacts: u64, rng_seed: u64) -> LoadOptions {
    LoadOptions {
        attempts: true,
        ..LoadOptions::new(contacts, rng_seed)
    }
}

/// The number that a query gives.
async fn number(pool: &PgPool, query: &'static str) -> Result<i64> {
    sqlx::query_scalar(query)
        .fetch_one(pool)
        .await
        .context(query)
}

/// A digest of every generated row of every table.
async fn digest(pool: &PgPool) -> Result<String> {
    let mut whole = String::new();
    for table in ["contacts", "call_attempts", "survey_responses", "events"] {
        let query = format!(
            "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, '|' ORDER BY id)), '') FROM {table} t"
        );
        let digest: String = sqlx::query_scalar(AssertSqlSafe(query))
            .fetch_one(pool)
            .await?;
        whole.extend([table, " ", &digest, "\n"]);
    }
    let campaign: String = sqlx::query_scalar("SELECT c::text FROM campaigns c")
        .fetch_one(pool)
        .await?;
    Ok(whole + &campaign)
}

#[test]
fn the_same_seed_makes_the_same_rows_in_another_database() {
    let digests = [1, 1, 2].map(|seed| {
        let found = Cell::new(String::new());
        test_db::run(async |db| {
            loaded(db.pool(), with_attempts(300, seed)).await?;
            found.set(digest(db.pool()).await?);
            Ok(())
        });
        found.take()
    });
    assert!(digests[0].contains("contacts 300 "), "{}", digests[0]);
    assert_eq!(digests[0], digests[1]);
    assert_ne!(digests[0], digests[2]);
}

#[test]
fn again_it_changes_nothing_and_with_other_options_it_refuses() {
    test_db::run(async |db| {
        let options = LoadOptions::new(100, 1);
        let first = loaded(db.pool(), options).await?;
        assert!(!first.already_there && first.contacts == 100 && first.attempts == 0);
        let before = digest(db.pool()).await?;
        let second = loaded(db.pool(), options).await?;
        assert!(
            second.already_there && second.contacts == 0 && second.campaign_id == first.campaign_id
        );
        for other in [
            LoadOptions {
                contacts: 101,
                ..options
            },
            LoadOptions {
                attempts: true,
                ..options
            },
            LoadOptions {
                base: BASE_TIME + time::Duration::days(1),
                ..options
            },
        ] {
            let Err(error @ LoadError::Different { .. }) = loaded(db.pool(), other).await else {
                bail!("{other:?}")
            };
            assert!(
                error
                    .to_string()
                    .contains("synthetic: 100 contacts without attempts"),
                "{error}"
            );
        }
        assert_eq!(digest(db.pool()).await?, before);
        let other = loaded(db.pool(), LoadOptions::new(100, 2)).await?;
        assert_ne!(other.campaign_id, first.campaign_id);
        assert_eq!(
            number(db.pool(), "SELECT count(*) FROM contacts").await?,
            200
        );
        Ok(())
    });
}

#[test]
fn two_at_once_load_it_once() {
    test_db::run(async |db| {
        let options = LoadOptions::new(2_000, 1);
        let (one, two) = tokio::join!(loaded(db.pool(), options), loaded(db.pool(), options));
        assert_ne!(one?.already_there, two?.already_there);
        assert_eq!(
            number(db.pool(), "SELECT count(*) FROM contacts").await?,
            2_000
        );
        Ok(())
    });
}

#[test]
fn every_contact_is_due_without_attempts_and_nothing_is_no_error() {
    test_db::run(async |db| {
        let report = loaded(db.pool(), LoadOptions::new(0, 5)).await?;
        assert_eq!((report.contacts, report.already_there), (0, false));
        loaded(db.pool(), LoadOptions::new(1_000, 6)).await?;
        let undue = "SELECT count(*) FROM contacts WHERE state = 'pending' AND next_attempt_at > '2026-01-15 12:00Z'";
        assert_eq!(number(db.pool(), undue).await?, 0);
        let too_many = loaded(db.pool(), LoadOptions::new(100_000_001, 7)).await;
        assert!(
            matches!(too_many, Err(LoadError::TooMany(_))),
            "{too_many:?}"
        );
        Ok(())
    });
}

#[test]
fn progress_grows_to_the_end() {
    test_db::run(async |db| {
        let mut seen = Vec::new();
        let mut connection = db.pool().acquire().await?;
        load(&mut connection, LoadOptions::new(45_000, 1), |done, of| {
            seen.push((done, of));
        })
        .await?;
        assert_eq!(
            seen,
            [
                (0, 45_000),
                (20_000, 45_000),
                (40_000, 45_000),
                (45_000, 45_000)
            ]
        );
        Ok(())
    });
}

/// Streams of two seeds must not meet: 27 and 28 once made the same calls.
#[test]
fn many_seeds_live_in_one_database() {
    test_db::run(async |db| {
        for seed in 20..40 {
            loaded(db.pool(), with_attempts(100, seed)).await?;
        }
        assert_eq!(
            number(db.pool(), "SELECT count(*) FROM contacts").await?,
            2_000
        );
        Ok(())
    });
}

#[test]
fn it_loads_where_nobody_is_an_admin() {
    test_db::run(async |db| {
        let mut connection = db.pool().acquire().await?;
        vsa_db::seed::reference(&mut connection).await?;
        sqlx::query("UPDATE users SET role = 'viewer'")
            .execute(&mut *connection)
            .await?;
        drop(connection);

        assert_eq!(
            loaded(db.pool(), LoadOptions::new(10, 1)).await?.contacts,
            10
        );
        Ok(())
    });
}
