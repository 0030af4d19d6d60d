//! The load seed keeps the laws of the life cycles, and tells every kind of story.

use std::ops::Range;

use anyhow::{Context as _, Result};
use sqlx::PgPool;
use vsa_db::seed::load::{LoadOptions, load};

/// The number that a query gives.
async fn number(pool: &PgPool, query: &'static str) -> Result<i64> {
    sqlx::query_scalar(query)
        .fetch_one(pool)
        .await
        .context(query)
}

/// The laws of the life cycles; each query counts the rows that break one.
const LAWS: &[(&str, &str)] = &[
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
];

/// Of 5,000 contacts with attempts.
const SHARES: &[(Range<i64>, &str)] = &[
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
];

#[test]
fn states_attempts_responses_and_events_tell_one_story() {
    test_db::run(async |db| {
        let options = LoadOptions {
            attempts: true,
            ..LoadOptions::new(5_000, 7)
        };
        let report = load(&mut *db.pool().acquire().await?, options, |_, _| {}).await?;
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

        for (law, violations) in LAWS {
            assert_eq!(number(db.pool(), violations).await?, 0, "{law}");
        }
        // And every kind of story occurs, in about the share that is promised.
        for (share, query) in SHARES {
            let found = number(db.pool(), query).await?;
            assert!(
                share.contains(&found),
                "{found} is not in {share:?}: {query}"
            );
        }
        Ok(())
    });
}
