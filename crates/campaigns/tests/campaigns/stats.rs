//! Statistics: right at any moment, and cheap however many contacts there are.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use sqlx::{Connection as _, PgConnection};
use time::Duration;
use vsa_campaigns::Error;
use vsa_campaigns::stats::{Calls, Contacts, Stats, activity, fold, stats};
use vsa_db::enums::{CallOutcome, ContactState};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::seed::load::{LoadOptions, load};

use crate::support::{NOW, a_campaign, a_manager, a_rng, contacts};

/// The same by counting.
async fn counted(conn: &mut PgConnection, id: CampaignId) -> sqlx::Result<(Contacts, Calls)> {
    let contacts = sqlx::query_as!(
        Contacts,
        r#"
        SELECT
            count(*) AS "total!",
            count(*) FILTER (WHERE state = 'pending') AS "pending!",
            count(*) FILTER (WHERE state = 'in_progress') AS "in_progress!",
            count(*) FILTER (WHERE state = 'completed') AS "completed!",
            count(*) FILTER (WHERE state = 'refused') AS "refused!",
            count(*) FILTER (WHERE state = 'not_reached') AS "not_reached!",
            count(*) FILTER (WHERE state = 'excluded') AS "excluded!"
        FROM contacts
        WHERE campaign_id = $1
        "#,
        id as CampaignId,
    )
    .fetch_one(&mut *conn)
    .await?;
    let calls = sqlx::query_as!(
        Calls,
        r#"
        SELECT
            count(*) AS "total!",
            count(*) FILTER (WHERE outcome IS NULL) AS "open!",
            count(*) FILTER (WHERE outcome = 'completed') AS "completed!",
            count(*) FILTER (WHERE outcome = 'refused') AS "refused!",
            count(*) FILTER (WHERE outcome = 'no_answer') AS "no_answer!",
            count(*) FILTER (WHERE outcome = 'busy') AS "busy!",
            count(*) FILTER (WHERE outcome = 'failed') AS "failed!"
        FROM call_attempts
        WHERE campaign_id = $1
        "#,
        id as CampaignId,
    )
    .fetch_one(conn)
    .await?;
    Ok((contacts, calls))
}

#[test]
fn a_campaign_without_contacts_has_zeros_and_no_rates() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        let found = stats(&mut conn, id).await?;
        assert_eq!((found.contacts.total, found.calls.total), (0, 0));
        assert_eq!(
            (found.completion_rate, found.average_call_seconds),
            (None, None)
        );
        let nobody = CampaignId::generate(NOW, &mut rng);
        let error = stats(&mut conn, nobody).await.unwrap_err();
        assert!(matches!(error, Error::NotFound(_)), "{error:?}");
        Ok(())
    });
}

#[test]
fn rates_are_shares_of_those_who_are_done_and_calls_have_an_average() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        contacts(&mut conn, id, ContactState::Pending, 0..90).await?;
        let completed = contacts(&mut conn, id, ContactState::Completed, 90..95).await?;
        contacts(&mut conn, id, ContactState::Refused, 95..98).await?;
        contacts(&mut conn, id, ContactState::NotReached, 98..100).await?;
        for (contact, seconds) in completed.iter().zip([60.0, 120.0]) {
            sqlx::query!(
                r#"
                INSERT INTO call_attempts (
                    contact_id, campaign_id, attempt_number, call_id, started_at, answered_at, ended_at, outcome
                )
                VALUES ($1, $2, 1, gen_random_uuid()::text, $3, $3, $3::timestamptz + make_interval(secs => $4), 'completed')
                "#,
                *contact as ContactId,
                id as CampaignId,
                NOW,
                seconds,
            )
            .execute(&mut *conn)
            .await?;
        }
        for folded in [false, true] {
            if folded {
                fold(&mut conn).await?;
            }
            let found = stats(&mut conn, id).await?;
            assert_eq!(found.completion_rate, Some(0.5));
            assert_eq!(found.refusal_rate, Some(0.3));
            assert_eq!(found.not_reached_rate, Some(0.2));
            assert_eq!(found.average_call_seconds, Some(90.0));
            assert_eq!(found.unfolded == 0, folded);
        }
        Ok(())
    });
}

/// Random statements, folds in between: always what counting gives.
#[test]
fn statistics_are_what_counting_gives_after_any_statements() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        let other = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        let mut runner = TestRunner::new(Config::with_cases(1));
        let steps = (
            0..6_u8,
            prop::sample::select(ContactState::ALL.to_vec()),
            0..50_i64,
            any::<bool>(),
        );
        for n in 0..120 {
            let (what, state, some, first) = steps
                .new_tree(&mut runner)
                .map_err(anyhow::Error::msg)?
                .current();
            let campaign = if first { id } else { other };
            match what {
                0 => drop(contacts(&mut conn, campaign, state, n * 100..n * 100 + some).await?),
                1 => {
                    sqlx::query!(
                        r#"
                        UPDATE contacts SET state = $2
                        WHERE id IN (SELECT id FROM contacts WHERE campaign_id = $1 ORDER BY phone_number LIMIT $3)
                        "#,
                        campaign as CampaignId,
                        state as ContactState,
                        some,
                    )
                    .execute(&mut *conn)
                    .await?;
                }
                2 => {
                    sqlx::query!(
                        r#"
                        INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at)
                        SELECT id, campaign_id, 100 + $3, id::text || $3, $4
                        FROM contacts WHERE campaign_id = $1 ORDER BY phone_number LIMIT $2
                        "#,
                        campaign as CampaignId,
                        some,
                        i32::try_from(n)?,
                        NOW + Duration::minutes(n),
                    )
                    .execute(&mut *conn)
                    .await?;
                }
                3 => {
                    sqlx::query!(
                        r#"
                        UPDATE call_attempts SET outcome = $2, answered_at = started_at, ended_at = started_at + interval '1 min'
                        WHERE id IN (
                            SELECT id FROM call_attempts WHERE campaign_id = $1 AND outcome IS NULL ORDER BY call_id LIMIT $3
                        )
                        "#,
                        campaign as CampaignId,
                        CallOutcome::ALL[usize::try_from(some)? % CallOutcome::ALL.len()] as CallOutcome,
                        some,
                    )
                    .execute(&mut *conn)
                    .await?;
                }
                4 => {
                    sqlx::query!(
                        "DELETE FROM contacts WHERE id IN (SELECT id FROM contacts WHERE campaign_id = $1 LIMIT $2)",
                        campaign as CampaignId,
                        some / 10,
                    )
                    .execute(&mut *conn)
                    .await?;
                }
                _ => drop(fold(&mut conn).await?),
            }
            for campaign in [id, other] {
                let found = stats(&mut conn, campaign).await?;
                assert_eq!(
                    (found.contacts, found.calls),
                    counted(&mut conn, campaign).await?
                );
            }
        }
        Ok(())
    });
}

fn sums(found: &Stats) -> i64 {
    let c = found.contacts;
    for n in [
        c.pending,
        c.in_progress,
        c.completed,
        c.refused,
        c.not_reached,
        c.excluded,
        found.calls.open,
    ] {
        assert!(n >= 0, "{found:?}");
    }
    c.total
}

/// Four writers, one who folds, one who reads: never negative, always summing to the total.
#[test]
fn statistics_are_right_at_any_moment_while_others_write_and_fold() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        contacts(&mut conn, id, ContactState::Pending, 0..400).await?;
        let pool = db.pool().clone();
        let claims = async {
            let mut writers = tokio::task::JoinSet::new();
            for _ in 0..4 {
                let pool = pool.clone();
                writers.spawn(async move {
                    loop {
                        let claimed = sqlx::query!(
                            r#"
                            WITH due AS MATERIALIZED (
                                SELECT id FROM contacts
                                WHERE campaign_id = $1 AND state = 'pending' AND next_attempt_at IS NOT NULL
                                LIMIT 3
                                FOR UPDATE SKIP LOCKED
                            ),
                            taken AS (
                                UPDATE contacts SET state = 'in_progress', attempts_count = 1
                                WHERE id = ANY (ARRAY(SELECT id FROM due))
                                RETURNING id
                            )
                            INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
                            SELECT id, $1, 1, id::text FROM taken
                            "#,
                            id as CampaignId,
                        )
                        .execute(&pool)
                        .await?
                        .rows_affected();
                        if claimed == 0 {
                            return Ok::<_, sqlx::Error>(());
                        }
                        sqlx::query!(
                            r#"
                            WITH ended AS (
                                UPDATE call_attempts SET outcome = 'no_answer', ended_at = started_at
                                WHERE id IN (
                                    SELECT id FROM call_attempts
                                    WHERE campaign_id = $1 AND outcome IS NULL
                                    LIMIT 2
                                    FOR UPDATE SKIP LOCKED
                                )
                                RETURNING contact_id
                            )
                            UPDATE contacts SET state = 'not_reached', next_attempt_at = NULL
                            WHERE id IN (SELECT contact_id FROM ended)
                            "#,
                            id as CampaignId,
                        )
                        .execute(&pool)
                        .await?;
                    }
                });
            }
            while let Some(done) = writers.join_next().await {
                done.expect("no panic")?;
            }
            Ok::<_, sqlx::Error>(())
        };
        let watch = async {
            let mut reader = pool.acquire().await?;
            for _ in 0..200 {
                let found = stats(&mut reader, id).await?;
                assert_eq!(sums(&found), 400);
                assert_eq!(found.contacts.in_progress, found.calls.open, "{found:?}");
                fold(&mut reader).await?;
            }
            Ok::<_, Error>(())
        };
        let (claims, watch) = tokio::join!(claims, watch);
        claims?;
        watch?;
        let found = stats(&mut conn, id).await?;
        assert_eq!((found.contacts.pending, found.calls.total), (0, 400));
        assert!(found.calls.no_answer > 0, "{found:?}");
        assert_eq!(found.contacts.not_reached, found.calls.no_answer);
        Ok(())
    });
}

#[test]
fn of_two_who_fold_at_once_one_folds() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        contacts(&mut conn, id, ContactState::Pending, 0..1).await?;
        let mut folding = conn.begin().await?;
        assert_eq!(fold(&mut folding).await?, 1);
        let mut other = db.pool().acquire().await?;
        assert_eq!(fold(&mut other).await?, 0, "it does not wait");
        assert_eq!(stats(&mut other, id).await?.contacts.total, 1);
        folding.commit().await?;
        assert_eq!(stats(&mut other, id).await?.contacts.total, 1);
        Ok(())
    });
}

/// Whoever reads, reads a row, the deltas, and who is being called: no other contact, and no call that has ended.
#[test]
fn reading_touches_only_those_who_are_being_called() {
    const OPEN: i64 = 7;
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let options = LoadOptions {
            attempts: true,
            ..LoadOptions::new(5_000, 1)
        };
        let id = load(&mut conn, options, |_, _| {}).await?.campaign_id;
        sqlx::query!(
            r#"
            WITH dialled AS (
                UPDATE contacts SET state = 'in_progress', attempts_count = attempts_count + 1
                WHERE id IN (SELECT id FROM contacts WHERE state = 'pending' LIMIT $1)
                RETURNING id, campaign_id, attempts_count
            )
            INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at)
            SELECT id, campaign_id, attempts_count, 'open ' || id, $2
            FROM dialled
            "#,
            OPEN,
            NOW,
        )
        .execute(&mut *conn)
        .await?;
        fold(&mut conn).await?;
        sqlx::raw_sql("VACUUM ANALYZE contacts, call_attempts")
            .execute(&mut *conn)
            .await?;
        let mut before = (0, 0);
        for read in [false, true] {
            if read {
                let found = stats(&mut conn, id).await?;
                assert_eq!((found.contacts.in_progress, found.calls.open), (OPEN, OPEN));
                activity(&mut conn, NOW, id).await?;
            }
            sqlx::query!(r#"SELECT pg_stat_force_next_flush()::text AS "flushed""#)
                .fetch_one(&mut *conn)
                .await?;
            let row = sqlx::query!(
                r#"
                SELECT
                    (
                        SELECT sum(pg_stat_get_numscans(it.relid))::bigint
                        FROM unnest('{contacts,call_attempts}'::regclass[]) AS it (relid)
                    ) AS "scans!",
                    (
                        SELECT sum(pg_stat_get_tuples_returned(indexrelid))::bigint
                        FROM pg_index
                        WHERE indrelid = ANY ('{contacts,call_attempts}'::regclass[])
                    ) AS "rows!"
                "#
            )
            .fetch_one(&mut *conn)
            .await?;
            if read {
                // Contacts by statistics; calls by statistics, hours and days; and the planner looks at the end of an
                // index now and then.
                let rows = 4 * OPEN..5 * OPEN;
                assert_eq!(row.scans, before.0);
                assert!(rows.contains(&(row.rows - before.1)), "{row:?}, {before:?}");
            }
            before = (row.scans, row.rows);
        }
        Ok(())
    });
}
