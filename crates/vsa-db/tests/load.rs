//! The load seed: the same rows from the same seed, true to the life cycles, all or nothing.

use std::cell::Cell;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sqlx::{AssertSqlSafe, PgPool};
use vsa_db::pool;
use vsa_db::seed::load::{BASE_TIME, LoadError, LoadOptions, LoadReport, load};

async fn loaded(pool: &PgPool, options: LoadOptions) -> Result<LoadReport, LoadError> {
    let mut connection = pool.acquire().await.map_err(LoadError::Database)?;
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
        whole += &format!("{table} {digest}\n");
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
fn states_attempts_responses_and_events_tell_one_story() {
    test_db::run(async |db| {
        let report = loaded(db.pool(), with_attempts(5_000, 7)).await?;
        assert_eq!(report.contacts, 5_000);
        let counted = "SELECT count(*) FROM call_attempts";
        assert_eq!(
            i64::try_from(report.attempts)?,
            number(db.pool(), counted).await?
        );
        assert_eq!(
            i64::try_from(report.responses)?,
            number(db.pool(), "SELECT count(*) FROM survey_responses").await?
        );
        assert_eq!(
            i64::try_from(report.events)?,
            number(db.pool(), "SELECT count(*) FROM events").await?
        );

        // Each is a law of the life cycles; a query counts the rows that break it.
        for (law, violations) in [
            (
                "attempts_count counts the attempts",
                "SELECT count(*) FROM contacts c WHERE attempts_count <> (SELECT count(*) FROM call_attempts a WHERE a.contact_id = c.id)",
            ),
            (
                "attempts are numbered without gaps",
                "SELECT count(*) FROM (SELECT attempt_number, row_number() OVER (PARTITION BY contact_id ORDER BY started_at) AS n FROM call_attempts) a WHERE attempt_number <> n",
            ),
            (
                "the last attempt is the contact's",
                "SELECT count(*) FROM contacts c JOIN call_attempts a ON a.contact_id = c.id AND a.attempt_number = c.attempts_count WHERE (c.last_attempt_at, c.last_outcome) IS DISTINCT FROM (a.started_at, a.outcome)",
            ),
            (
                "no attempt, nothing last",
                "SELECT count(*) FROM contacts WHERE attempts_count = 0 AND (last_attempt_at IS NOT NULL OR last_outcome IS NOT NULL)",
            ),
            (
                "due exactly while pending",
                "SELECT count(*) FROM contacts WHERE (state = 'pending') <> (next_attempt_at IS NOT NULL)",
            ),
            (
                "completed and refused by the last outcome",
                "SELECT count(*) FROM contacts WHERE (state::text IN ('completed', 'refused') OR last_outcome::text IN ('completed', 'refused')) AND state::text IS DISTINCT FROM last_outcome::text",
            ),
            (
                "not reached after the last try only",
                "SELECT count(*) FROM contacts c JOIN campaigns k ON k.id = c.campaign_id WHERE (c.state = 'not_reached') <> (c.attempts_count = k.max_attempts AND c.last_outcome NOT IN ('completed', 'refused'))",
            ),
            (
                "excluded exactly with do_not_call, and not called",
                "SELECT count(*) FROM contacts WHERE (state = 'excluded') <> do_not_call OR (do_not_call AND attempts_count > 0)",
            ),
            (
                "no call is open",
                "SELECT count(*) FROM call_attempts WHERE outcome IS NULL OR ended_at IS NULL",
            ),
            (
                "who answered was asked, who completed agreed",
                "SELECT count(*) FROM call_attempts WHERE (outcome IN ('completed', 'refused')) <> (answered_at IS NOT NULL) OR consent_given IS DISTINCT FROM CASE outcome WHEN 'completed' THEN true WHEN 'refused' THEN false END OR consent_recorded_at NOT BETWEEN answered_at AND ended_at",
            ),
            (
                "a response for each completed contact",
                "SELECT count(*) FROM contacts c FULL JOIN survey_responses r ON r.contact_id = c.id WHERE (c.state = 'completed') IS DISTINCT FROM (r.id IS NOT NULL)",
            ),
            (
                "a response belongs to the completed call",
                "SELECT count(*) FROM survey_responses r JOIN call_attempts a ON a.id = r.call_attempt_id WHERE a.outcome <> 'completed' OR a.contact_id <> r.contact_id OR r.completed_at NOT BETWEEN a.answered_at AND a.ended_at",
            ),
            (
                "one event for each final outcome",
                "SELECT count(*) FROM contacts c FULL JOIN events e ON e.contact_id = c.id WHERE CASE WHEN c.state IN ('completed', 'refused', 'not_reached') THEN 'survey.' || c.state END IS DISTINCT FROM e.event_type::text",
            ),
            (
                "retries keep the interval",
                "SELECT count(*) FROM (SELECT started_at, lag(ended_at) OVER (PARTITION BY contact_id ORDER BY attempt_number) AS before FROM call_attempts) a WHERE started_at < before + interval '60 minutes'",
            ),
            (
                "calls are inside the window where the contact is",
                "SELECT count(*) FROM call_attempts a JOIN contacts c ON c.id = a.contact_id JOIN campaigns k ON k.id = a.campaign_id WHERE (a.started_at AT TIME ZONE coalesce(c.time_zone, k.time_zone))::time NOT BETWEEN k.allowed_call_start_local AND k.allowed_call_end_local",
            ),
            (
                "and so are the next ones",
                "SELECT count(*) FROM contacts c JOIN campaigns k ON k.id = c.campaign_id WHERE (c.next_attempt_at AT TIME ZONE coalesce(c.time_zone, k.time_zone))::time NOT BETWEEN k.allowed_call_start_local AND k.allowed_call_end_local",
            ),
            (
                "British numbers live in London",
                "SELECT count(*) FROM contacts WHERE (phone_number LIKE '+44%') <> (time_zone IS NOT DISTINCT FROM 'Europe/London')",
            ),
            (
                "nobody can be reached",
                "SELECT count(*) FROM contacts WHERE phone_number !~ '^(\\+3930[0-9]{8}|\\+446[0-9]{9})$' OR email NOT LIKE '%@example.org'",
            ),
        ] {
            assert_eq!(number(db.pool(), violations).await?, 0, "{law}");
        }
        // And every kind of story occurs, in about the share that is promised.
        for (share, query) in [
            (
                75..125,
                "SELECT count(*) FROM contacts WHERE state = 'excluded'",
            ),
            (
                650..820,
                "SELECT count(*) FROM contacts WHERE state = 'pending' AND attempts_count = 0",
            ),
            (
                300..1000,
                "SELECT count(*) FROM contacts WHERE state = 'pending' AND attempts_count > 0",
            ),
            (
                1500..2500,
                "SELECT count(*) FROM contacts WHERE state = 'completed'",
            ),
            (
                500..1200,
                "SELECT count(*) FROM contacts WHERE state = 'refused'",
            ),
            (
                300..1000,
                "SELECT count(*) FROM contacts WHERE state = 'not_reached'",
            ),
            (
                900..1100,
                "SELECT count(*) FROM contacts WHERE time_zone IS NOT NULL",
            ),
        ] {
            let found = number(db.pool(), query).await?;
            assert!(
                share.contains(&found),
                "{found} is not in {share:?}: {query}"
            );
        }
        Ok(())
    });
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
            seen.push((done, of))
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

/// Whether anything of a load is there: its campaign, its contacts.
async fn nothing_written(pool: &PgPool) -> Result<()> {
    assert_eq!(number(pool, "SELECT count(*) FROM campaigns").await?, 0);
    assert_eq!(number(pool, "SELECT count(*) FROM contacts").await?, 0);
    Ok(())
}

#[test]
fn a_load_that_is_interrupted_leaves_nothing() {
    test_db::run(async |db| {
        let mut connection = pool::connect_one(db.url(), Duration::from_secs(10)).await?;
        let (started, starts) = tokio::sync::oneshot::channel();
        let mut started = Some(started);
        let work = load(
            &mut connection,
            LoadOptions::new(1_000_000, 1),
            |done, _| {
                if done > 0
                    && let Some(started) = started.take()
                {
                    let _ = started.send(());
                }
            },
        );
        tokio::select! {
            result = work => bail!("it cannot have ended: {result:?}"),
            started = starts => started?,
        }
        drop(connection);
        nothing_written(db.pool()).await?;
        // And nothing of it stays in the way of the next.
        assert_eq!(
            loaded(db.pool(), LoadOptions::new(10, 1)).await?.contacts,
            10
        );
        Ok(())
    });
}

#[test]
fn a_server_that_goes_away_midway_is_an_error_and_leaves_nothing() {
    test_db::run(async |db| {
        let mut connection = pool::connect_one(db.url(), Duration::from_secs(10)).await?;
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut connection)
            .await?;
        let (started, starts) = tokio::sync::oneshot::channel();
        let mut started = Some(started);
        let work = load(
            &mut connection,
            LoadOptions::new(1_000_000, 1),
            |done, _| {
                if done > 0
                    && let Some(started) = started.take()
                {
                    let _ = started.send(());
                }
            },
        );
        let kill = async {
            starts.await?;
            sqlx::query("SELECT pg_terminate_backend($1, 10000)")
                .bind(pid)
                .execute(db.pool())
                .await?;
            anyhow::Ok(())
        };
        let (result, killed) = tokio::join!(work, kill);
        killed?;
        let error = result.err().context("the load must fail")?;
        assert!(
            error.to_string().starts_with("nothing was loaded: "),
            "{error}"
        );
        nothing_written(db.pool()).await
    });
}

#[test]
fn a_statement_time_out_does_not_end_it() {
    test_db::run(async |db| {
        let mut connection = pool::connect_one(db.url(), Duration::from_secs(10)).await?;
        sqlx::query("SET statement_timeout = '20ms'")
            .execute(&mut connection)
            .await?;
        let slow = sqlx::query("SELECT pg_sleep(1)")
            .execute(&mut connection)
            .await;
        assert!(slow.is_err(), "the time-out is in force");
        let report = load(&mut connection, LoadOptions::new(20_000, 1), |_, _| {}).await?;
        assert_eq!(report.contacts, 20_000);
        let restored: String = sqlx::query_scalar("SHOW statement_timeout")
            .fetch_one(&mut connection)
            .await?;
        assert_eq!(restored, "20ms");
        Ok(())
    });
}
