//! What the triggers count is what is there.

use anyhow::ensure;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use test_db::TestDb;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, Source, UpOptions};
use vsa_db::seed::load::{LoadOptions, load};

/// The last migration before anything was counted.
const BEFORE: i64 = 19;

/// What was counted and is not there, or is there and was not counted; empty if all is well.
const DIFFERENCES: &str = "
    WITH counted AS (
        SELECT campaign_id, pending, in_progress, completed, refused, not_reached, excluded,
            calls, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed, talks, talk_seconds
        FROM campaign_counts
        UNION ALL
        SELECT campaign_id, pending, in_progress, completed, refused, not_reached, excluded,
            calls, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed, talks, talk_seconds
        FROM campaign_count_deltas
    ),
    sums AS (
        SELECT campaign_id, state.name, sum(state.n) AS n
        FROM counted, LATERAL (VALUES
            ('contacts pending', pending), ('contacts in_progress', in_progress), ('contacts completed', completed),
            ('contacts refused', refused), ('contacts not_reached', not_reached), ('contacts excluded', excluded),
            ('calls', calls), ('calls completed', calls_completed), ('calls refused', calls_refused),
            ('calls no_answer', calls_no_answer), ('calls busy', calls_busy), ('calls failed', calls_failed),
            ('talks', talks), ('seconds', talk_seconds)
        ) AS state (name, n)
        GROUP BY 1, 2
        UNION ALL
        SELECT campaign_id, 'hour ' || hour, sum(calls)
        FROM (
            SELECT campaign_id, hour, calls FROM campaign_hours
            UNION ALL
            SELECT campaign_id, hour, calls FROM campaign_count_deltas WHERE hour IS NOT NULL
        ) AS hours
        GROUP BY 1, 2
    ),
    there AS (
        SELECT campaign_id, 'contacts ' || state AS name, count(*) AS n FROM contacts GROUP BY 1, 2
        UNION ALL
        SELECT campaign_id, 'calls', count(*) FROM call_attempts GROUP BY 1
        UNION ALL
        SELECT campaign_id, 'calls ' || outcome, count(*) FROM call_attempts WHERE outcome IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT campaign_id, 'talks', count(ended_at - answered_at) FROM call_attempts GROUP BY 1
        UNION ALL
        SELECT campaign_id, 'seconds', sum(round(extract(epoch FROM ended_at - answered_at))) FROM call_attempts GROUP BY 1
        UNION ALL
        SELECT campaign_id, 'hour ' || date_trunc('hour', started_at, 'UTC'), count(*) FROM call_attempts GROUP BY 1, 2
    )
    SELECT format('%s: counted %s, there %s', name, coalesce(sums.n, 0), coalesce(there.n, 0))
    FROM sums
    FULL JOIN there USING (campaign_id, name)
    WHERE coalesce(sums.n, 0) <> coalesce(there.n, 0)";

async fn is_right(conn: &mut PgConnection, after: &str) -> anyhow::Result<()> {
    let wrong: Vec<String> = sqlx::query_scalar(DIFFERENCES).fetch_all(conn).await?;
    ensure!(wrong.is_empty(), "after {after}: {wrong:#?}");
    Ok(())
}

async fn some_calls(db: &TestDb) -> anyhow::Result<PgConnection> {
    let mut conn = PgConnection::connect_with(&db.url().options()).await?;
    let options = LoadOptions {
        attempts: true,
        ..LoadOptions::new(2_000, 1)
    };
    load(&mut conn, options, |_, _| {}).await?;
    Ok(conn)
}

#[test]
fn every_statement_is_counted() {
    test_db::run(async |db| {
        let mut conn = some_calls(db).await?;
        is_right(&mut conn, "a load").await?;
        for statement in [
            "UPDATE contacts SET state = 'excluded', next_attempt_at = NULL WHERE state = 'pending' AND has_prior_consent",
            "UPDATE contacts SET email = NULL",
            "UPDATE call_attempts SET outcome = 'failed', ended_at = started_at WHERE outcome IS NULL",
            "UPDATE call_attempts SET ended_at = ended_at + interval '90 seconds' WHERE answered_at IS NOT NULL",
            "DELETE FROM call_attempts WHERE outcome = 'busy'",
            "DELETE FROM contacts WHERE state = 'refused'",
            "WITH made AS (
                INSERT INTO contacts (campaign_id, phone_number)
                SELECT id, '+39061234567' FROM campaigns
                RETURNING id, campaign_id
            )
            INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
            SELECT id, campaign_id, 1, 'one more' FROM made",
        ] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut conn)
                .await?;
            is_right(&mut conn, statement).await?;
        }
        Ok(())
    });
}

#[test]
fn what_changes_nothing_that_is_counted_adds_nothing() {
    test_db::run(async |db| {
        let mut conn = some_calls(db).await?;
        let deltas = "SELECT count(*) FROM campaign_count_deltas";
        let before: i64 = sqlx::query_scalar(deltas).fetch_one(&mut conn).await?;
        sqlx::raw_sql(
            "UPDATE contacts SET email = NULL; UPDATE call_attempts SET error_code = 'none'",
        )
        .execute(&mut conn)
        .await?;
        let after: i64 = sqlx::query_scalar(deltas).fetch_one(&mut conn).await?;
        assert_eq!(after, before);
        Ok(())
    });
}

/// Also when the migration is run again by hand, later.
#[test]
fn what_was_there_before_is_counted_by_the_migration() {
    test_db::run(async |db| {
        let migrator = Migrator::new(Source::embedded()?);
        let back = DownOptions {
            target: DownTarget::Version(BEFORE),
            allow_remote: true,
        };
        migrator.down(db.url(), back).await?;
        let mut conn = some_calls(db).await?;
        migrator.up(db.url(), UpOptions::default()).await?;
        is_right(&mut conn, "the migration").await?;

        sqlx::raw_sql("DELETE FROM call_attempts WHERE outcome = 'completed'; DELETE FROM contacts WHERE state = 'refused'")
            .execute(&mut conn)
            .await?;
        sqlx::raw_sql(include_str!(
            "../../../../../migrations/0021_campaign_counts_backfill.up.sql"
        ))
        .execute(&mut conn)
        .await?;
        is_right(&mut conn, "a second run").await
    });
}
