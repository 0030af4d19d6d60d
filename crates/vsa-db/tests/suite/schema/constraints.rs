//! The database itself refuses what must not be, by the constraint's name, and accepts the
//! values at the edge of what may be.

use anyhow::{Context, ensure};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use sqlx::{Connection, PgConnection};
use test_db::TestDb;

/// Statements on top of `one_row_each.sql`, and the constraint that refuses each.
const REFUSED: &[(&str, &str)] = &[
    ("UPDATE users SET oidc_sub = NULL", "oidc_sub"),
    ("INSERT INTO users (oidc_sub, email, name) VALUES ('sub-1', 'b@example.org', 'B')", "users_oidc_sub_key"),
    ("INSERT INTO users (oidc_sub, email, name) VALUES ('sub-2', 'oWNER@EXAMPLE.org', 'B')", "users_email_key"),
    ("DELETE FROM users", "campaigns_created_by_user_id_fkey"),
    (
        "INSERT INTO email_templates (name, type, subject, body_html) VALUES ('Thanks', 'completed', '', '')",
        "email_templates_name_type_locale_key",
    ),
    ("DELETE FROM email_templates", "email_notifications_template_id_fkey"),
    ("UPDATE campaigns SET max_attempts = 0", "campaigns_max_attempts_check"),
    ("UPDATE campaigns SET max_attempts = 6", "campaigns_max_attempts_check"),
    ("UPDATE campaigns SET retry_interval_minutes = 0", "campaigns_retry_interval_minutes_check"),
    ("UPDATE campaigns SET allowed_call_start_local = '20:00'", "campaigns_call_window_check"),
    ("UPDATE campaigns SET allowed_call_end_local = '08:59'", "campaigns_call_window_check"),
    ("UPDATE campaigns SET allowed_call_end_local = '24:00'", "campaigns_call_window_check"),
    ("UPDATE campaigns SET time_zone = ''", "campaigns_time_zone_check"),
    ("UPDATE campaigns SET time_zone = ' Europe/Rome'", "campaigns_time_zone_check"),
    ("UPDATE campaigns SET time_zone = '+01:00'", "campaigns_time_zone_check"),
    ("UPDATE campaigns SET time_zone = repeat('a', 65)", "campaigns_time_zone_check"),
    ("UPDATE campaigns SET email_refused_template_id = gen_random_uuid()", "campaigns_email_refused_template_id_fkey"),
    ("UPDATE contacts SET attempts_count = -1", "contacts_attempts_count_check"),
    ("UPDATE contacts SET time_zone = 'Europe/Rome;'", "contacts_time_zone_check"),
    ("UPDATE contacts SET campaign_id = gen_random_uuid()", "contacts_campaign_id_fkey"),
    (
        "INSERT INTO contacts (campaign_id, phone_number) SELECT campaign_id, phone_number FROM contacts",
        "contacts_phone_number_campaign_id_key",
    ),
    (
        "INSERT INTO contacts (campaign_id, phone_number, external_contact_id)
            SELECT campaign_id, '+12025550102', external_contact_id FROM contacts",
        "contacts_campaign_id_external_contact_id_key",
    ),
    (
        "INSERT INTO exclusion_list_entries (phone_number) VALUES ('+12025550101'), ('+12025550101')",
        "exclusion_list_entries_phone_number_key",
    ),
    ("INSERT INTO exclusion_list_entries (phone_number) VALUES ('0612345678')", "exclusion_list_entries_phone_number_check"),
    ("UPDATE call_attempts SET attempt_number = 0", "call_attempts_attempt_number_check"),
    (
        "INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
            SELECT contact_id, campaign_id, 1, 'call-2' FROM call_attempts",
        "call_attempts_contact_id_attempt_number_key",
    ),
    (
        "INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
            SELECT contact_id, campaign_id, 2, 'call-1' FROM call_attempts",
        "call_attempts_call_id_key",
    ),
    (
        "INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id, provider_call_id)
            SELECT contact_id, campaign_id, 2, 'call-2', 'provider-1' FROM call_attempts",
        "call_attempts_provider_call_id_key",
    ),
    ("UPDATE call_attempts SET answered_at = started_at - interval '1us'", "call_attempts_answered_after_started_check"),
    ("UPDATE call_attempts SET ended_at = started_at - interval '1us'", "call_attempts_ended_after_started_check"),
    (
        "UPDATE call_attempts SET answered_at = started_at + interval '2s', ended_at = started_at + interval '1s'",
        "call_attempts_ended_after_answered_check",
    ),
    ("UPDATE call_attempts SET consent_given = true", "call_attempts_consent_check"),
    ("UPDATE call_attempts SET consent_recorded_at = started_at", "call_attempts_consent_check"),
    (
        "UPDATE call_attempts SET consent_given = true, consent_recorded_at = started_at - interval '1us'",
        "call_attempts_consent_after_started_check",
    ),
    ("UPDATE survey_responses SET q1_confidence = 1.01", "survey_responses_q1_confidence_check"),
    ("UPDATE survey_responses SET q2_confidence = -0.01", "survey_responses_q2_confidence_check"),
    ("UPDATE survey_responses SET q3_confidence = 'NaN'", "survey_responses_q3_confidence_check"),
    (
        "INSERT INTO survey_responses (contact_id, campaign_id, call_attempt_id)
            SELECT contact_id, campaign_id, call_attempt_id FROM survey_responses",
        "survey_responses_contact_id_campaign_id_key",
    ),
    (
        "INSERT INTO email_notifications (event_id, contact_id, campaign_id, template_id, to_email)
            SELECT event_id, contact_id, campaign_id, template_id, to_email FROM email_notifications",
        "email_notifications_event_id_key",
    ),
    ("UPDATE email_notifications SET attempts_count = -1", "email_notifications_attempts_count_check"),
    (
        "INSERT INTO provider_configs (provider_name, outbound_number, llm_model) VALUES ('p', '12345', 'm')",
        "provider_configs_outbound_number_check",
    ),
    (
        "INSERT INTO provider_configs (provider_name, outbound_number, llm_model, max_concurrent_calls)
            VALUES ('p', '+442079460100', 'm', 0)",
        "provider_configs_max_concurrent_calls_check",
    ),
    (
        "INSERT INTO provider_configs (provider_name, outbound_number, llm_model, recording_retention_days)
            VALUES ('p', '+442079460100', 'm', 0)",
        "provider_configs_recording_retention_days_check",
    ),
    (
        "INSERT INTO provider_configs (provider_name, outbound_number, llm_model, transcript_retention_days)
            VALUES ('p', '+442079460100', 'm', 0)",
        "provider_configs_transcript_retention_days_check",
    ),
    ("UPDATE campaigns SET version = 0", "campaigns_version_check"),
    ("UPDATE contacts SET phone_number = NULL", "contacts_erased_check"),
    (
        "UPDATE contacts SET erased_at = now(), phone_number = NULL, external_contact_id = NULL",
        "contacts_erased_check",
    ),
    (
        "UPDATE contacts SET erased_at = now(), phone_number = NULL, state = 'completed'",
        "contacts_erased_check",
    ),
    ("INSERT INTO audit_log (action) VALUES ('Something happened')", "audit_log_action_check"),
];

/// Statements at the edge of what is refused, which are not.
const ACCEPTED: &[&str] = &[
    "UPDATE campaigns SET max_attempts = 1, retry_interval_minutes = 1",
    "UPDATE campaigns SET max_attempts = 5",
    "UPDATE campaigns SET allowed_call_start_local = '19:59'",
    "UPDATE campaigns SET time_zone = 'America/Argentina/Buenos_Aires'",
    "UPDATE campaigns SET time_zone = 'Etc/GMT+1'",
    "UPDATE contacts SET time_zone = 'UTC'",
    "UPDATE contacts SET erased_at = now(), phone_number = NULL, external_contact_id = NULL, state = 'excluded'",
    "INSERT INTO contacts (campaign_id, phone_number)
        SELECT campaign_id, number FROM contacts, unnest(ARRAY['+12025550102', '+12025550103']) AS number",
    "INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
        SELECT contact_id, campaign_id, n, 'call-' || n FROM call_attempts, generate_series(2, 3) AS n",
    "UPDATE call_attempts SET answered_at = started_at, ended_at = started_at, consent_given = false,
        consent_recorded_at = started_at",
    "UPDATE survey_responses SET q1_confidence = 0, q2_confidence = 1, q3_confidence = 0.55",
];

async fn with_rows(
    db: &TestDb,
    test: impl AsyncFnOnce(&mut PgConnection) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut conn = db.pool().acquire().await?;
    sqlx::raw_sql(include_str!("../one_row_each.sql"))
        .execute(&mut *conn)
        .await?;
    test(&mut conn).await
}

/// Runs a statement and takes it back; what refused it: a constraint, or a column not to be null.
async fn attempt(conn: &mut PgConnection, sql: &'static str) -> anyhow::Result<Option<String>> {
    let mut tx = conn.begin().await?;
    let result = sqlx::raw_sql(sql).execute(&mut *tx).await;
    tx.rollback().await?;
    match result {
        Ok(_) => Ok(None),
        Err(error) => {
            let error = error
                .as_database_error()
                .context("not refused by the database")?;
            let error = error.downcast_ref::<sqlx::postgres::PgDatabaseError>();
            Ok(error.constraint().or(error.column()).map(str::to_owned))
        }
    }
}

#[test]
fn bad_rows_are_refused_by_name() {
    test_db::run(async |db| {
        with_rows(db, async |conn| {
            for (sql, constraint) in REFUSED {
                let refused_by = attempt(conn, sql).await?;
                ensure!(
                    refused_by.as_deref() == Some(constraint),
                    "{sql}: {refused_by:?}"
                );
            }
            Ok(())
        })
        .await
    });
}

#[test]
fn rows_at_the_edge_are_accepted() {
    test_db::run(async |db| {
        with_rows(db, async |conn| {
            for sql in ACCEPTED {
                let refused_by = attempt(conn, sql).await?;
                ensure!(refused_by.is_none(), "{sql}: refused by {refused_by:?}");
            }
            Ok(())
        })
        .await
    });
}

#[test]
fn every_check_and_unique_key_is_seen_to_refuse() {
    test_db::run(async |db| {
        let names: Vec<String> = sqlx::query_scalar(
            "SELECT conname::text FROM pg_constraint
            WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'u')
                AND conrelid::regclass::text NOT LIKE 'schema\\_migration%'
            UNION ALL
            SELECT indexrelid::regclass::text FROM pg_index
            WHERE indisunique AND NOT indisprimary AND indrelid::regclass::text NOT LIKE 'schema\\_migration%'
                AND indrelid IN (SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace)
            ORDER BY 1",
        )
        .fetch_all(db.pool())
        .await?;
        // Phone numbers of contacts have a test of their own.
        let unseen: Vec<_> = names
            .iter()
            .filter(|name| *name != "contacts_phone_number_check")
            .filter(|name| !REFUSED.iter().any(|(_, constraint)| constraint == name))
            .collect();
        ensure!(unseen.is_empty(), "no statement is refused by {unseen:?}");
        Ok(())
    });
}

/// E.164 in plain Rust: a plus, then 7 to 15 digits of which the first is not 0.
fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

#[test]
fn a_phone_number_is_accepted_exactly_if_it_is_e164() {
    const BY_HAND: &[&str] = &[
        "",
        "+",
        "+1234567",
        "+123456",
        "+123456789012345",
        "+1234567890123456",
        "+0234567890",
        "390212345678",
        "+39 02 1234",
        "+390212345678\n",
        "\n+390212345678",
        "+39021234567a",
        "+٣٩٠٢١٢٣٤٥٦٧",
    ];
    let mut runner = TestRunner::deterministic();
    let generated = "[+][0-9]{5,17}|[+]?[0-9 ]{5,17}|\\PC{0,12}";
    let generated: Vec<String> = (0..300)
        .map(|_| {
            proptest::string::string_regex(generated)
                .unwrap()
                .new_tree(&mut runner)
                .unwrap()
                .current()
        })
        .collect();

    test_db::run(async |db| {
        with_rows(db, async |conn| {
            let (mut good, mut bad) = (0, 0);
            for number in BY_HAND
                .iter()
                .copied()
                .chain(generated.iter().map(String::as_str))
            {
                let mut tx = conn.begin().await?;
                let result = sqlx::query("UPDATE contacts SET phone_number = $1")
                    .bind(number)
                    .execute(&mut *tx)
                    .await;
                tx.rollback().await?;
                match result {
                    Ok(_) => good += 1,
                    Err(error) => {
                        bad += 1;
                        let constraint = error
                            .as_database_error()
                            .and_then(|error| error.constraint());
                        ensure!(
                            constraint == Some("contacts_phone_number_check"),
                            "{number:?}: {error}"
                        );
                        ensure!(!is_e164(number), "{number:?} was refused");
                        continue;
                    }
                }
                ensure!(is_e164(number), "{number:?} was accepted");
            }
            ensure!(
                good > 30 && bad > 30,
                "one-sided sample: {good} good, {bad} bad"
            );
            Ok(())
        })
        .await
    });
}
