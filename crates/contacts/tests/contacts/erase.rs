//! Erasure: nothing of the person is left anywhere, and the numbers stay right.

use sqlx::{AssertSqlSafe, PgConnection};
use vsa_contacts::Error;
use vsa_contacts::erase::{Erased, erase_contact, erase_number};
use vsa_contacts::exclusion::{self, NewExclusion};
use vsa_db::enums::{ContactState, ExclusionSource};
use vsa_db::ids::{CampaignId, ContactId};

use crate::support::{
    NOW, a_campaign, a_manager, a_number, a_rng, added, again, log, wait_for_lock,
};

/// Words that are only the person's.
const SECRETS: [&str; 8] = [
    "+39060000001",
    "person@example.org",
    "customer-4711",
    "I am content",
    "we talked about",
    "from the payload",
    "from the provider",
    "call-of-the-provider",
];

/// A person who answered in one campaign and is yet to be called in another, with a trace in every table.
async fn a_person(
    pool: &sqlx::PgPool,
    conn: &mut PgConnection,
) -> anyhow::Result<(ContactId, ContactId, CampaignId)> {
    let manager = a_manager(conn).await?;
    let (one, other) = (
        a_campaign(conn, &manager, 1).await?,
        a_campaign(conn, &manager, 2).await?,
    );
    let done = added(pool, &manager, one, 1).await?.id;
    let waits = added(pool, &manager, other, 1).await?.id;
    added(pool, &manager, one, 2).await?;
    sqlx::query!(
        r#"
        WITH contact AS (
            UPDATE contacts
            SET email = 'person@example.org', external_contact_id = 'customer-4711',
                state = 'completed', attempts_count = 1, next_attempt_at = NULL
            WHERE id = $1
        ),
        template AS (
            INSERT INTO email_templates (name, type, subject, body_html)
            VALUES ('Thanks', 'completed', 'Thanks', '<p>Thanks</p>')
            RETURNING id
        ),
        attempt AS (
            INSERT INTO call_attempts (
                contact_id, campaign_id, attempt_number, call_id, provider_call_id, metadata,
                started_at, answered_at, ended_at, outcome, consent_given, consent_recorded_at
            )
            VALUES (
                $1, $2, 1, 'call-1', 'call-of-the-provider', '{"note": "from the provider"}',
                $3, $3, $3, 'completed', true, $3
            )
            RETURNING id
        ),
        response AS (
            INSERT INTO survey_responses (contact_id, campaign_id, call_attempt_id, q3_answer, q3_confidence)
            SELECT $1, $2, id, 'I am content', 0.9 FROM attempt
        ),
        snippet AS (
            INSERT INTO transcript_snippets (call_attempt_id, transcript_text)
            SELECT id, 'we talked about' FROM attempt
        ),
        event AS (
            INSERT INTO events (event_type, campaign_id, contact_id, call_attempt_id, payload)
            SELECT 'survey.completed', $2, $1, id, '{"note": "from the payload"}' FROM attempt
            RETURNING id
        )
        INSERT INTO email_notifications (event_id, contact_id, campaign_id, template_id, to_email, error_message)
        SELECT event.id, $1, $2, template.id, 'person@example.org', 'person@example.org is unknown'
        FROM event CROSS JOIN template
        "#,
        done as ContactId,
        one as CampaignId,
        NOW,
    )
    .execute(&mut *conn)
    .await?;
    let new = NewExclusion {
        phone_number: a_number(2),
        reason: None,
    };
    exclusion::add(
        conn,
        &mut a_rng(),
        NOW,
        &manager,
        ExclusionSource::Api,
        &new,
    )
    .await?;
    Ok((done, waits, one))
}

/// Every place in every table that holds one of the words.
async fn traces(conn: &mut PgConnection) -> anyhow::Result<Vec<String>> {
    let columns: Vec<(String, String)> = sqlx::query_as(
        "SELECT attrelid::regclass::text, attname::text
         FROM pg_attribute
         JOIN pg_class ON pg_class.oid = attrelid AND relkind = 'r' AND relnamespace = 'public'::regnamespace
         WHERE attnum > 0 AND NOT attisdropped",
    )
    .fetch_all(&mut *conn)
    .await?;
    let mut found = Vec::new();
    for (table, column) in columns {
        for secret in SECRETS {
            let sql = format!("SELECT count(*) FROM {table} WHERE strpos({column}::text, $1) > 0");
            let rows: i64 = sqlx::query_scalar(AssertSqlSafe(sql))
                .bind(secret)
                .fetch_one(&mut *conn)
                .await?;
            if rows > 0 {
                found.push(format!("{table}.{column}: {secret}"));
            }
        }
    }
    Ok(found)
}

async fn counts(conn: &mut PgConnection) -> sqlx::Result<Vec<(CampaignId, i64, i64, i64, i64)>> {
    let rows = sqlx::query!(
        r#"
        SELECT
            campaign_id AS "campaign_id!: CampaignId",
            sum(to_call)::bigint AS "to_call!",
            sum(completed)::bigint AS "completed!",
            sum(excluded)::bigint AS "excluded!",
            sum(calls_completed)::bigint AS "calls!"
        FROM campaign_count_deltas
        GROUP BY campaign_id
        ORDER BY campaign_id
        "#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| {
            (
                row.campaign_id,
                row.to_call,
                row.completed,
                row.excluded,
                row.calls,
            )
        })
        .collect())
}

#[test]
fn nothing_of_the_person_is_left_in_any_table() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let (done, waits, campaign) = a_person(db.pool(), &mut conn).await?;
        let manager = a_manager(&mut conn).await?;
        assert!(
            traces(&mut conn).await?.len() >= SECRETS.len(),
            "the test looks everywhere"
        );
        let before = counts(&mut conn).await?;

        let erased = erase_number(&mut conn, &mut rng, NOW, &manager, &a_number(1)).await?;

        assert_eq!(traces(&mut conn).await?, [""; 0]);
        let mut contacts = vec![done, waits];
        contacts.sort();
        assert_eq!(
            erased,
            Erased {
                contacts,
                responses: 1,
                transcripts: 1,
                mails: 1
            }
        );
        let completed = again(&mut conn, done).await?;
        assert_eq!(
            (completed.state, completed.erased_at),
            (ContactState::Completed, Some(NOW))
        );
        let waited = again(&mut conn, waits).await?;
        assert_eq!(
            (waited.state, waited.next_attempt_at),
            (ContactState::Excluded, None)
        );

        // Who was called counts as before; who was yet to be called is excluded.
        let after = counts(&mut conn).await?;
        for ((id, pending, completed, excluded, calls), now) in before.into_iter().zip(after) {
            let moved = i64::from(id != campaign);
            assert_eq!(
                now,
                (id, pending - moved, completed, excluded + moved, calls)
            );
        }
        Ok(())
    });
}

#[test]
fn erasure_is_on_record_for_each_contact_and_says_nothing_about_the_person() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let (done, waits, campaign) = a_person(db.pool(), &mut conn).await?;
        let manager = a_manager(&mut conn).await?;
        erase_contact(&mut conn, &mut rng, NOW, &manager, waits).await?;
        let entries: Vec<_> = log(&mut conn)
            .await?
            .into_iter()
            .filter(|entry| entry.action == "contact.erase")
            .collect();
        assert_eq!(entries.len(), 2);
        for entry in &entries {
            assert_eq!(entry.user_id, Some(manager.id()));
        }
        let of_done = entries
            .iter()
            .find(|entry| entry.subject_id == Some(done.as_uuid()));
        assert_eq!(
            of_done.expect("an entry").campaign_id,
            Some(campaign.as_uuid())
        );
        Ok(())
    });
}

/// It stays on the list, without the reason: that is why it is not called again.
#[test]
fn a_number_on_the_do_not_call_list_stays_on_it() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        a_person(db.pool(), &mut conn).await?;
        let manager = a_manager(&mut conn).await?;
        let new = NewExclusion {
            phone_number: a_number(1),
            reason: Some("I am content".into()),
        };
        exclusion::add(
            &mut conn,
            &mut rng,
            NOW,
            &manager,
            ExclusionSource::Api,
            &new,
        )
        .await?;
        erase_number(&mut conn, &mut rng, NOW, &manager, &a_number(1)).await?;
        let entry = exclusion::entry(&mut conn, &a_number(1))
            .await?
            .expect("an entry");
        assert_eq!(entry.reason, None);
        Ok(())
    });
}

#[test]
fn who_was_erased_before_or_never_was_there_is_told() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let (done, ..) = a_person(db.pool(), &mut conn).await?;
        let manager = a_manager(&mut conn).await?;
        erase_contact(&mut conn, &mut rng, NOW, &manager, done).await?;
        let error = erase_contact(&mut conn, &mut rng, NOW, &manager, done)
            .await
            .unwrap_err();
        assert!(
            matches!(error, Error::AlreadyErased(id) if id == done),
            "{error:?}"
        );
        let error = erase_number(&mut conn, &mut rng, NOW, &manager, &a_number(1))
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NobodyHasNumber), "{error:?}");
        let nobody = ContactId::generate(NOW, &mut rng);
        let error = erase_contact(&mut conn, &mut rng, NOW, &manager, nobody)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotFound(_)), "{error:?}");
        Ok(())
    });
}

/// Transcripts hang on calls: whoever writes one while the person is erased waits, and is erased with the rest or finds it done.
#[test]
fn a_transcript_that_is_being_written_is_waited_for() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &manager, 1).await?;
        let contact = added(db.pool(), &manager, campaign, 1).await?.id;
        let mut writing = db.pool().begin().await?;
        sqlx::query(
            "WITH call AS (
                INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
                VALUES ($1, $2, 1, 'c') RETURNING id
            )
            SELECT 1 FROM call",
        )
        .bind(contact)
        .bind(campaign)
        .execute(&mut *conn)
        .await?;
        sqlx::query(
            "INSERT INTO transcript_snippets (call_attempt_id, transcript_text, language)
             SELECT id, 'my name is Anna', 'en' FROM call_attempts",
        )
        .execute(&mut *writing)
        .await?;
        let pool = db.pool().clone();
        let erasing = tokio::spawn(async move {
            let mut tx = pool.begin().await?;
            let erased = erase_number(&mut tx, &mut a_rng(), NOW, &manager, &a_number(1)).await?;
            tx.commit().await?;
            anyhow::Ok(erased)
        });
        wait_for_lock(&mut conn).await?;
        writing.commit().await?;
        assert_eq!(erasing.await??.transcripts, 1);
        Ok(())
    });
}
