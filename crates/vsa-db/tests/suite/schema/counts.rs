//! What the triggers count is what is there: contacts by state, and calls that have ended.

use anyhow::{bail, ensure};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use test_db::TestDb;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, Source, UpOptions};
use vsa_db::seed::load::{LoadOptions, load};

/// The last migration before anything was counted.
const BEFORE: i64 = 19;
/// The last one with which contacts and calls were counted from when they began.
const BEGUN: i64 = 23;

/// What was counted and is not there, or is there and was not counted; empty if all is well. With `$1` as up to [`BEGUN`].
const DIFFERENCES: &str = "
    WITH counted AS (
        SELECT campaign_id, to_jsonb(c) AS sums FROM campaign_counts AS c
        UNION ALL
        SELECT campaign_id, to_jsonb(d) - CASE WHEN $1 THEN '' ELSE 'calls' END FROM campaign_count_deltas AS d
    ),
    sums AS (
        SELECT campaign_id, it.key AS name, sum(it.value::bigint) AS n
        FROM counted, jsonb_each_text(sums - '{id,campaign_id,hour}'::text[]) AS it
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
    calls AS (
        SELECT * FROM call_attempts WHERE outcome IS NOT NULL OR $1
    ),
    there AS (
        SELECT campaign_id, CASE WHEN state IN ('pending', 'in_progress') AND NOT $1 THEN 'to_call' ELSE state::text END AS name,
            count(*) AS n
        FROM contacts
        GROUP BY 1, 2
        UNION ALL
        SELECT campaign_id, 'calls', count(*) FROM calls WHERE $1 GROUP BY 1
        UNION ALL
        SELECT campaign_id, 'calls_' || outcome, count(*) FROM calls WHERE outcome IS NOT NULL GROUP BY 1, 2
        UNION ALL
        SELECT campaign_id, 'talks', count(ended_at - answered_at) FROM calls GROUP BY 1
        UNION ALL
        SELECT campaign_id, 'talk_seconds', sum(round(extract(epoch FROM ended_at - answered_at))) FROM calls GROUP BY 1
        UNION ALL
        SELECT campaign_id, 'hour ' || date_trunc('hour', started_at, 'UTC'), count(*) FROM calls GROUP BY 1, 2
    )
    SELECT format('%s: counted %s, there %s', name, coalesce(sums.n, 0), coalesce(there.n, 0))
    FROM sums
    FULL JOIN there USING (campaign_id, name)
    WHERE coalesce(sums.n, 0) <> coalesce(there.n, 0)";

/// When contacts and calls are counted.
#[derive(Clone, Copy, PartialEq)]
enum Counted {
    WhenBegun,
    WhenSettled,
}

async fn is_right(conn: &mut PgConnection, counted: Counted, after: &str) -> anyhow::Result<()> {
    let wrong: Vec<String> = sqlx::query_scalar(DIFFERENCES)
        .bind(counted == Counted::WhenBegun)
        .fetch_all(conn)
        .await?;
    ensure!(wrong.is_empty(), "after {after}: {wrong:#?}");
    Ok(())
}

async fn some_calls(db: &TestDb) -> anyhow::Result<PgConnection> {
    let mut conn = PgConnection::connect_with(&db.url().options()).await?;
    for (contacts, seed) in [(2_000, 1), (100, 2)] {
        let options = LoadOptions {
            attempts: true,
            ..LoadOptions::new(contacts, seed)
        };
        load(&mut conn, options, |_, _| {}).await?;
    }
    Ok(conn)
}

#[test]
fn every_statement_is_counted() {
    test_db::run(async |db| {
        let mut conn = some_calls(db).await?;
        is_right(&mut conn, Counted::WhenSettled, "a load").await?;
        for statement in [
            "UPDATE contacts SET state = 'excluded', next_attempt_at = NULL WHERE state = 'pending' AND has_prior_consent",
            "UPDATE contacts SET email = NULL",
            "UPDATE call_attempts SET outcome = 'failed', ended_at = started_at WHERE outcome IS NULL",
            "UPDATE call_attempts SET ended_at = ended_at + interval '90 seconds' WHERE answered_at IS NOT NULL",
            "UPDATE call_attempts SET outcome = NULL WHERE outcome = 'refused'",
            "UPDATE call_attempts SET started_at = started_at - interval '1 hour'",
            "UPDATE call_attempts SET outcome = 'refused' WHERE outcome IS NULL",
            "UPDATE contacts SET state = CASE state WHEN 'pending' THEN 'in_progress' ELSE 'pending' END::contact_state
             WHERE state IN ('pending', 'in_progress')",
            "UPDATE contacts SET campaign_id = (SELECT max(id::text)::uuid FROM campaigns), external_contact_id = NULL
             WHERE id IN (SELECT id FROM contacts ORDER BY id LIMIT 300)",
            "DELETE FROM call_attempts WHERE outcome = 'busy'",
            "DELETE FROM contacts WHERE state = 'refused'",
            "WITH made AS (
                INSERT INTO contacts (campaign_id, phone_number)
                SELECT id, '+39061234567' FROM campaigns
                RETURNING id, campaign_id
            )
            INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
            SELECT id, campaign_id, 1, 'one more ' || id FROM made",
        ] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut conn)
                .await?;
            is_right(&mut conn, Counted::WhenSettled, statement).await?;
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

fn down_to(version: i64) -> DownOptions {
    DownOptions {
        target: DownTarget::Version(version),
        allow_remote: true,
    }
}

/// Also when the migration is run again by hand, later.
#[test]
fn what_was_there_before_is_counted_by_the_migration() {
    test_db::run(async |db| {
        let migrator = Migrator::new(Source::embedded()?);
        migrator.down(db.url(), down_to(BEFORE)).await?;
        let mut conn = some_calls(db).await?;
        let counted = UpOptions {
            to: Some(BEGUN),
            ..UpOptions::default()
        };
        migrator.up(db.url(), counted).await?;
        is_right(&mut conn, Counted::WhenBegun, "the migration").await?;

        sqlx::raw_sql("DELETE FROM call_attempts WHERE outcome = 'completed'; DELETE FROM contacts WHERE state = 'refused'")
            .execute(&mut conn)
            .await?;
        sqlx::raw_sql(include_str!(
            "../../../../../migrations/0021_campaign_counts_backfill.up.sql"
        ))
        .execute(&mut conn)
        .await?;
        is_right(&mut conn, Counted::WhenBegun, "a second run").await
    });
}

/// Dials some: contacts are being called, calls are open, and one of them an event has half closed.
const DIAL: &str = "
    WITH due AS (
        UPDATE contacts SET state = 'in_progress', attempts_count = attempts_count + 1
        WHERE id IN (SELECT id FROM contacts WHERE state = 'pending' ORDER BY id LIMIT 9)
        RETURNING id, campaign_id, attempts_count
    )
    INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
    SELECT id, campaign_id, attempts_count, gen_random_uuid()::text FROM due;
    UPDATE call_attempts SET answered_at = started_at, ended_at = started_at + interval '9 seconds'
    WHERE id = (SELECT id FROM call_attempts WHERE outcome IS NULL LIMIT 1)";
const HANG_UP: &str = "
    UPDATE call_attempts SET outcome = 'completed', ended_at = coalesce(ended_at, now())
    WHERE id IN (SELECT id FROM call_attempts WHERE outcome IS NULL ORDER BY id LIMIT 5)";

/// There and back, each twice.
#[test]
fn what_is_not_settled_leaves_what_was_counted_and_comes_back() {
    use Counted::{WhenBegun, WhenSettled};
    const UP: &str = include_str!("../../../../../migrations/0024_count_what_is_settled.up.sql");
    const DOWN: &str =
        include_str!("../../../../../migrations/0024_count_what_is_settled.down.sql");
    const FOLD: &str = "
        WITH taken AS (
            DELETE FROM campaign_count_deltas
            RETURNING *
        ),
        hours AS (
            INSERT INTO campaign_hours (campaign_id, hour, calls)
            SELECT campaign_id, hour, sum(calls)
            FROM taken
            WHERE hour IS NOT NULL
            GROUP BY campaign_id, hour
        )
        INSERT INTO campaign_counts (
            campaign_id, pending, in_progress, completed, refused, not_reached, excluded,
            calls, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed, talks, talk_seconds
        )
        SELECT campaign_id, sum(pending), sum(in_progress), sum(completed), sum(refused), sum(not_reached), sum(excluded),
            sum(calls), sum(calls_completed), sum(calls_refused), sum(calls_no_answer), sum(calls_busy), sum(calls_failed),
            sum(talks), sum(talk_seconds)
        FROM taken
        GROUP BY campaign_id";
    test_db::run(async |db| {
        let migrator = Migrator::new(Source::embedded()?);
        migrator.down(db.url(), down_to(BEGUN)).await?;
        let mut conn = some_calls(db).await?;
        for (file, counted) in [
            (DIAL, WhenBegun),
            (FOLD, WhenBegun),
            // Folded are beginnings whose ends are not.
            (HANG_UP, WhenBegun),
            (DIAL, WhenBegun),
            (UP, WhenSettled),
            (UP, WhenSettled),
            (HANG_UP, WhenSettled),
            (DOWN, WhenBegun),
            (DOWN, WhenBegun),
            (HANG_UP, WhenBegun),
        ] {
            sqlx::raw_sql(file).execute(&mut conn).await?;
            is_right(&mut conn, counted, file).await?;
        }
        Ok(())
    });
}

/// Also where transactions see by default what was there when they began.
#[test]
fn who_dials_while_the_migration_waits_is_counted_once() {
    test_db::run(async |db| {
        let migrator = Migrator::new(Source::embedded()?);
        migrator.down(db.url(), down_to(BEGUN)).await?;
        let mut conn = some_calls(db).await?;
        sqlx::raw_sql(AssertSqlSafe(format!(
            "ALTER DATABASE {} SET default_transaction_isolation = 'repeatable read'",
            db.name()
        )))
        .execute(&mut conn)
        .await?;
        let mut dialling = conn.begin().await?;
        sqlx::raw_sql(DIAL).execute(&mut *dialling).await?;
        let waits = "SELECT EXISTS (
            SELECT FROM pg_locks
            WHERE NOT granted AND relation = 'contacts'::regclass
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        )";
        let up = migrator.up(db.url(), UpOptions::default());
        tokio::pin!(up);
        loop {
            let asked = sqlx::query_scalar::<_, bool>(waits).fetch_one(db.pool());
            tokio::select! {
                ended = &mut up => bail!("it did not wait: {ended:?}"),
                waiting = asked => if waiting? { break },
            }
        }
        dialling.commit().await?;
        up.await?;
        is_right(&mut conn, Counted::WhenSettled, "the migration").await?;
        sqlx::raw_sql(HANG_UP).execute(&mut conn).await?;
        is_right(&mut conn, Counted::WhenSettled, "the end of calls").await
    });
}
