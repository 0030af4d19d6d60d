//! What the schema does by itself: follow deletes, keep `updated_at`, find due contacts.

use anyhow::ensure;
use sqlx::{AssertSqlSafe, PgConnection};
use time::OffsetDateTime;
use time::macros::datetime;

const LONG_AGO: OffsetDateTime = datetime!(2001-02-03 04:05:06 UTC);

async fn count(conn: &mut PgConnection, table: &str) -> Result<i64, sqlx::Error> {
    let sql = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_one(conn).await
}

#[test]
fn a_deleted_campaign_takes_everything_of_its_contacts_along() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::raw_sql(include_str!("../one_row_each.sql"))
            .execute(&mut *conn)
            .await?;
        sqlx::query("DELETE FROM campaigns")
            .execute(&mut *conn)
            .await?;
        for table in [
            "contacts",
            "call_attempts",
            "survey_responses",
            "events",
            "email_notifications",
            "transcript_snippets",
        ] {
            assert_eq!(count(&mut conn, table).await?, 0, "{table}");
        }
        for table in ["users", "email_templates"] {
            assert_eq!(count(&mut conn, table).await?, 1, "{table}");
        }
        Ok(())
    });
}

#[test]
fn a_deleted_template_leaves_the_campaign_without_that_mail() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::raw_sql(include_str!("../one_row_each.sql"))
            .execute(&mut *conn)
            .await?;
        sqlx::raw_sql("DELETE FROM email_notifications; DELETE FROM email_templates")
            .execute(&mut *conn)
            .await?;
        assert_eq!(
            count(
                &mut conn,
                "campaigns WHERE email_completed_template_id IS NULL"
            )
            .await?,
            1
        );
        Ok(())
    });
}

#[test]
fn a_deleted_attempt_leaves_its_event() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::raw_sql(include_str!("../one_row_each.sql"))
            .execute(&mut *conn)
            .await?;
        sqlx::raw_sql(
            "UPDATE events SET call_attempt_id = (SELECT id FROM call_attempts); DELETE FROM call_attempts",
        )
        .execute(&mut *conn)
        .await?;
        assert_eq!(
            count(&mut conn, "events WHERE call_attempt_id IS NULL").await?,
            1
        );
        assert_eq!(count(&mut conn, "survey_responses").await?, 0);
        Ok(())
    });
}

/// A change to each table that has `updated_at`.
const CHANGES: &[(&str, &str)] = &[
    ("users", "name = 'Somebody'"),
    ("email_templates", "body_text = 'Thanks'"),
    ("campaigns", "description = 'About spring'"),
    ("contacts", "next_attempt_at = now()"),
    ("email_notifications", "status = 'sent'"),
    ("provider_configs", "max_concurrent_calls = 6"),
];

#[test]
fn updated_at_moves_when_a_row_changes_and_only_then() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::raw_sql(include_str!("../one_row_each.sql"))
            .execute(&mut *conn)
            .await?;
        sqlx::raw_sql(
            "INSERT INTO provider_configs (provider_name, outbound_number, llm_model)
            VALUES ('p', '+442079460100', 'm')",
        )
        .execute(&mut *conn)
        .await?;
        for (table, change) in CHANGES {
            let run = async |conn: &mut PgConnection, sql: String| -> Result<_, sqlx::Error> {
                sqlx::query_scalar::<_, OffsetDateTime>(AssertSqlSafe(sql))
                    .fetch_one(conn)
                    .await
            };
            let past = format!(
                "ALTER TABLE {table} DISABLE TRIGGER USER;
                UPDATE {table} SET updated_at = '{LONG_AGO}';
                ALTER TABLE {table} ENABLE TRIGGER USER"
            );
            sqlx::raw_sql(AssertSqlSafe(past))
                .execute(&mut *conn)
                .await?;
            let unchanged = run(
                &mut conn,
                format!("UPDATE {table} SET id = id RETURNING updated_at"),
            )
            .await?;
            ensure!(
                unchanged == LONG_AGO,
                "{table}: {unchanged} after a change of nothing"
            );
            let (changed, now): (OffsetDateTime, OffsetDateTime) = sqlx::query_as(AssertSqlSafe(
                format!("UPDATE {table} SET {change} RETURNING updated_at, now()"),
            ))
            .fetch_one(&mut *conn)
            .await?;
            ensure!(
                changed == now,
                "{table}: {changed} after {change}, not {now}"
            );
        }
        Ok(())
    });
}

/// Contacts of five campaigns in all states; one in ten is pending with a time it is due.
const MANY_CONTACTS: &str = "
    INSERT INTO campaigns (id, name, intro_script, question_1_text, question_1_type, question_2_text,
        question_2_type, question_3_text, question_3_type, created_by_user_id)
    SELECT md5('campaign ' || n)::uuid, 'c', '', '', 'scale', '', 'scale', '', 'scale', (SELECT id FROM users)
    FROM generate_series(1, 5) AS n;
    INSERT INTO contacts (id, campaign_id, phone_number, state, next_attempt_at)
    SELECT md5('contact ' || n)::uuid, md5('campaign ' || n % 5 + 1)::uuid, '+3906' || 1000000 + n,
        CASE WHEN n / 5 % 5 = 0 THEN 'pending' ELSE 'completed' END::contact_state,
        CASE WHEN n / 5 % 10 = 0 THEN timestamptz '2026-03-01 09:00Z' + n * interval '1 minute' END
    FROM generate_series(1, 20000) AS n;
    INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id, started_at, outcome)
    SELECT id, campaign_id, 1, id::text, '2026-03-01', CASE WHEN phone_number LIKE '%000' THEN NULL ELSE 'busy' END::call_outcome
    FROM contacts WHERE phone_number LIKE '+3906%';
    ANALYZE contacts, call_attempts";

async fn plan(conn: &mut PgConnection, prepared: &str) -> Result<String, sqlx::Error> {
    let sql = format!("EXPLAIN (COSTS off) EXECUTE {prepared}");
    let lines: Vec<String> = sqlx::query_scalar(AssertSqlSafe(sql))
        .fetch_all(conn)
        .await?;
    Ok(lines.join("\n"))
}

#[test]
fn due_contacts_and_open_attempts_are_found_through_their_indexes() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        sqlx::raw_sql(include_str!("../one_row_each.sql"))
            .execute(&mut *conn)
            .await?;
        sqlx::raw_sql(MANY_CONTACTS).execute(&mut *conn).await?;
        sqlx::raw_sql(
            "PREPARE due (uuid, timestamptz, bigint) AS
                SELECT id FROM contacts
                WHERE campaign_id = $1 AND state = 'pending' AND next_attempt_at <= $2
                ORDER BY next_attempt_at LIMIT $3;
            PREPARE open (timestamptz) AS
                SELECT id FROM call_attempts
                WHERE outcome IS NULL AND started_at < $1
                ORDER BY started_at LIMIT 100",
        )
        .execute(&mut *conn)
        .await?;
        for mode in ["force_custom_plan", "force_generic_plan"] {
            let set = format!("SET plan_cache_mode = {mode}");
            sqlx::raw_sql(AssertSqlSafe(set))
                .execute(&mut *conn)
                .await?;
            let due = plan(
                &mut conn,
                "due (md5('campaign 1')::uuid, '2026-03-05 09:00Z', 10)",
            )
            .await?;
            ensure!(
                due.contains("using contacts_campaign_id_next_attempt_at_idx")
                    && !due.contains("Sort"),
                "{mode}: {due}"
            );
            let open = plan(&mut conn, "open ('2026-03-02')").await?;
            ensure!(
                open.contains("using call_attempts_started_at_idx") && !open.contains("Sort"),
                "{mode}: {open}"
            );
        }
        Ok(())
    });
}
