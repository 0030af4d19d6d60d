//! Opening an attempt and reading it.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgConnection;
use time::macros::datetime;
use time::{Duration, OffsetDateTime};
use vsa_calls::{Error, get, open};
use vsa_db::enums::{CampaignStatus, ContactState};
use vsa_db::ids::{CallAttemptId, CampaignId, ContactId, UserId};
use vsa_db::run_tx;

const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

/// A contact of a running campaign with two attempts, due now.
async fn a_due_contact(conn: &mut PgConnection, rng: &mut StdRng) -> sqlx::Result<ContactId> {
    let contact = ContactId::generate(NOW, rng);
    sqlx::query!(
        r#"
        WITH creator AS (
            INSERT INTO users (id, oidc_sub, email, name)
            VALUES ($1, 'sub-1', 'manager@example.com', 'A Manager')
            RETURNING id
        ), campaign AS (
            INSERT INTO campaigns (
                id, name, status, max_attempts, intro_script,
                question_1_text, question_1_type,
                question_2_text, question_2_type,
                question_3_text, question_3_type,
                created_by_user_id
            )
            SELECT
                $2, 'City services', 'running', 2, 'Good morning',
                'One?', 'scale',
                'Two?', 'numeric',
                'Three?', 'free_text',
                id
            FROM creator
            RETURNING id
        )
        INSERT INTO contacts (id, campaign_id, phone_number, next_attempt_at)
        SELECT $3, id, '+390612345678', $4
        FROM campaign
        "#,
        UserId::generate(NOW, rng) as UserId,
        CampaignId::generate(NOW, rng) as CampaignId,
        contact as ContactId,
        NOW,
    )
    .execute(conn)
    .await?;
    Ok(contact)
}

async fn set_campaign(conn: &mut PgConnection, status: CampaignStatus) -> sqlx::Result<()> {
    sqlx::query!("UPDATE campaigns SET status = $1", status as CampaignStatus)
        .execute(conn)
        .await?;
    Ok(())
}

async fn set_contact(
    conn: &mut PgConnection,
    state: ContactState,
    attempts: i32,
    due: OffsetDateTime,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE contacts SET state = $1, attempts_count = $2, next_attempt_at = $3",
        state as ContactState,
        attempts,
        due,
    )
    .execute(conn)
    .await?;
    Ok(())
}

#[test]
fn opening_an_attempt_takes_the_contact() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let contact = a_due_contact(&mut conn, &mut rng).await?;

        let attempt = open(&mut conn, &mut rng, NOW, contact).await?;

        assert_eq!((attempt.contact_id, attempt.attempt_number), (contact, 1));
        assert_eq!((attempt.started_at, attempt.outcome), (NOW, None));
        assert_eq!(get(&mut conn, attempt.id).await?, attempt);
        let taken = sqlx::query!("SELECT state, attempts_count, last_attempt_at FROM contacts")
            .fetch_one(&mut *conn)
            .await?;
        assert_eq!(taken.state, ContactState::InProgress);
        assert_eq!(
            (taken.attempts_count, taken.last_attempt_at),
            (1, Some(NOW))
        );
        Ok(())
    });
}

#[test]
fn of_many_callers_one_opens_the_attempt() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let contact = a_due_contact(&mut conn, &mut StdRng::seed_from_u64(1)).await?;
        drop(conn);

        let mut callers = tokio::task::JoinSet::new();
        for caller in 2..10 {
            let pool = db.pool().clone();
            callers.spawn(async move {
                let mut rng = StdRng::seed_from_u64(caller);
                run_tx!(&pool, "calls.open", async |conn| {
                    open(conn, &mut rng, NOW, contact).await
                })
                .await
            });
        }
        let outcomes = callers.join_all().await;

        let opened = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        let late = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, Err(Error::NotDialable(id)) if *id == contact))
            .count();
        assert_eq!((opened, late), (1, 7), "{outcomes:?}");
        Ok(())
    });
}

#[test]
fn who_may_not_be_called_now_is_not() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let contact = a_due_contact(&mut conn, &mut rng).await?;
        let mut refused = async |conn: &mut PgConnection, why: &str| {
            let error = open(conn, &mut rng, NOW, contact).await.unwrap_err();
            assert!(matches!(error, Error::NotDialable(_)), "{why}: {error:?}");
        };

        set_campaign(&mut conn, CampaignStatus::Paused).await?;
        refused(&mut conn, "paused campaign").await;
        set_campaign(&mut conn, CampaignStatus::Running).await?;

        set_contact(&mut conn, ContactState::Pending, 0, NOW + Duration::SECOND).await?;
        refused(&mut conn, "not yet due").await;
        set_contact(&mut conn, ContactState::Pending, 2, NOW).await?;
        refused(&mut conn, "attempts used up").await;
        set_contact(&mut conn, ContactState::InProgress, 1, NOW).await?;
        refused(&mut conn, "in a call").await;

        set_contact(&mut conn, ContactState::Pending, 0, NOW).await?;
        sqlx::query!("UPDATE contacts SET do_not_call = true")
            .execute(&mut *conn)
            .await?;
        refused(&mut conn, "asked not to be called").await;
        sqlx::query!("UPDATE contacts SET do_not_call = false")
            .execute(&mut *conn)
            .await?;

        // 10:00 UTC is 21:00 in Sydney and 05:00 in New York: outside of 09:00 to 20:00.
        for zone in ["Australia/Sydney", "America/New_York"] {
            sqlx::query!("UPDATE contacts SET time_zone = $1", zone)
                .execute(&mut *conn)
                .await?;
            refused(&mut conn, zone).await;
        }
        sqlx::query!("UPDATE contacts SET time_zone = NULL")
            .execute(&mut *conn)
            .await?;

        sqlx::query!("INSERT INTO exclusion_list_entries (phone_number) VALUES ('+390612345678')")
            .execute(&mut *conn)
            .await?;
        refused(&mut conn, "on the do-not-call list").await;
        Ok(())
    });
}

#[test]
fn unknown_ids_are_named() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let contact = ContactId::generate(NOW, &mut rng);
        let error = open(&mut conn, &mut rng, NOW, contact).await.unwrap_err();
        assert!(
            matches!(error, Error::UnknownContact(id) if id == contact),
            "{error:?}"
        );

        let attempt = CallAttemptId::generate(NOW, &mut rng);
        let error = get(&mut conn, attempt).await.unwrap_err();
        assert!(
            matches!(error, Error::NotFound(id) if id == attempt),
            "{error:?}"
        );
        Ok(())
    });
}

/// A caller that had to wait for the contact sees what was committed meanwhile.
#[test]
fn a_pause_or_an_exclusion_committed_while_waiting_is_seen() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let contact = a_due_contact(&mut conn, &mut StdRng::seed_from_u64(1)).await?;
        drop(conn);

        let mut manager = db.pool().begin().await?;
        sqlx::query!("SELECT id FROM contacts FOR UPDATE")
            .fetch_one(&mut *manager)
            .await?;
        sqlx::query!("INSERT INTO exclusion_list_entries (phone_number) VALUES ('+390612345678')")
            .execute(&mut *manager)
            .await?;
        let pool = db.pool().clone();
        let caller = tokio::spawn(async move {
            let mut rng = StdRng::seed_from_u64(2);
            run_tx!(&pool, "calls.open", async |conn| {
                open(conn, &mut rng, NOW, contact).await
            })
            .await
        });
        until_somebody_waits(&mut manager).await?;
        manager.commit().await?;

        let outcome = caller.await?;
        assert!(matches!(outcome, Err(Error::NotDialable(_))), "{outcome:?}");
        Ok(())
    });
}

/// Asks the server until a statement waits for a lock.
async fn until_somebody_waits(conn: &mut PgConnection) -> sqlx::Result<()> {
    loop {
        let waits = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM pg_locks WHERE NOT granted) AS "waits!""#
        )
        .fetch_one(&mut *conn)
        .await?;
        if waits {
            return Ok(());
        }
        tokio::task::yield_now().await;
    }
}
