//! The moves of a campaign, against a model and against `schema.yaml`.

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use rand::rngs::StdRng;
use serde_json::{Value, json};
use sqlx::{Connection as _, PgConnection};
use time::{Duration, OffsetDateTime};
use vsa_campaigns::lifecycle::{
    Move, Started, activate, activate_due, cancel, complete, pause, resume, schedule,
};
use vsa_campaigns::validate::validate;
use vsa_campaigns::{Content, Error, edit, get};
use vsa_db::actor::Actor;
use vsa_db::enums::{CampaignStatus, ContactState};
use vsa_db::ids::CampaignId;
use vsa_db::models::Campaign;

use crate::support::{NOW, a_campaign, a_manager, a_ready_campaign, a_rng, contacts, log};

const LATER: OffsetDateTime = NOW.saturating_add(Duration::DAY);

async fn make(
    conn: &mut PgConnection,
    rng: &mut StdRng,
    actor: &Actor,
    id: CampaignId,
    wanted: Move,
) -> Result<Campaign, Error> {
    match wanted {
        Move::Schedule => schedule(conn, rng, NOW, actor, id, None, LATER).await,
        Move::Activate => activate(conn, rng, NOW, actor, id, None).await,
        Move::Pause => pause(conn, rng, NOW, actor, id, None).await,
        Move::Resume => resume(conn, rng, NOW, actor, id, None).await,
        Move::Complete => complete(conn, rng, NOW, actor, id, None).await,
        Move::Cancel => cancel(conn, rng, NOW, actor, id, None).await,
    }
}

/// `draft → scheduled → running ⇄ paused → completed`, `draft → running` directly, `cancelled` from any
/// state but completed: what `schema.yaml` says is what can be done.
#[test]
fn the_moves_are_those_of_the_schema() {
    let schema: Value =
        serde_json::from_str(include_str!("../../../../docs/schema/schema.json")).unwrap();
    let enums = schema["enums"].as_array().unwrap();
    let status = enums
        .iter()
        .find(|one| one["name"] == "campaign_status")
        .unwrap();
    let said = status["life_cycle"]["moves"].as_array().unwrap();
    let mut said: Vec<(&str, &str)> = said
        .iter()
        .map(|pair| (pair[0].as_str().unwrap(), pair[1].as_str().unwrap()))
        .collect();
    let mut ours: Vec<(&str, &str)> = Move::ALL
        .iter()
        .flat_map(|one| {
            one.from()
                .iter()
                .map(|from| (from.as_str(), one.to().as_str()))
        })
        .collect();
    said.sort_unstable();
    ours.sort_unstable();
    assert_eq!(ours, said);
}

/// A model of one line: where a move leads, or that it is refused and nothing changes.
#[test]
fn any_sequence_of_moves_does_what_the_model_does() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let manager = a_manager(&mut conn).await?;
        let mut runner = TestRunner::new(Config::with_cases(1));
        let sequences = prop::collection::vec(prop::sample::select(Move::ALL.to_vec()), 1..8);
        for _ in 0..40 {
            let moves = sequences
                .new_tree(&mut runner)
                .map_err(anyhow::Error::msg)?
                .current();
            let mut tx = conn.begin().await?;
            let mut rng = a_rng();
            let id = a_ready_campaign(&mut tx, &mut rng, &manager).await?.id;
            let (mut status, mut version) = (CampaignStatus::Draft, 1);
            for wanted in &moves {
                let result = make(&mut tx, &mut rng, &manager, id, *wanted).await;
                if wanted.from().contains(&status) {
                    (status, version) = (wanted.to(), version + 1);
                    let after = result?;
                    assert_eq!(
                        (after.status, after.version),
                        (status, version),
                        "{moves:?}"
                    );
                } else {
                    let error = result.unwrap_err();
                    assert!(
                        matches!(error, Error::IllegalMove { .. }),
                        "{moves:?}: {error:?}"
                    );
                }
            }
            let now = get(&mut tx, id).await?;
            assert_eq!((now.status, now.version), (status, version), "{moves:?}");
            tx.rollback().await?;
        }
        Ok(())
    });
}

#[test]
fn an_illegal_move_says_what_is_possible() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_campaign(&mut conn, &mut rng, &manager).await?.id;
        let error = pause(&mut conn, &mut rng, NOW, &manager, id, None)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot pause a draft campaign: it can be moved by schedule, activate, cancel"
        );
        cancel(&mut conn, &mut rng, NOW, &manager, id, None).await?;
        let error = resume(&mut conn, &mut rng, NOW, &manager, id, None)
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot resume a cancelled campaign: cancelled is final"
        );
        Ok(())
    });
}

#[test]
fn a_move_is_on_record_with_what_was_before() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        activate(&mut conn, &mut rng, NOW, &manager, id, Some(1)).await?;
        let entry = log(&mut conn).await?.pop().expect("an entry");
        assert_eq!(entry.action, "campaign.activate");
        assert_eq!(entry.before, Some(json!({"status": "draft"})));
        assert_eq!(entry.after, Some(json!({"status": "running"})));
        let error = pause(&mut conn, &mut rng, NOW, &manager, id, Some(1))
            .await
            .unwrap_err();
        assert!(
            matches!(
                error,
                Error::Conflict {
                    seen: 1,
                    found: 2,
                    ..
                }
            ),
            "{error:?}"
        );
        Ok(())
    });
}

/// "All failures are reported together, each with its field name."
#[test]
fn activation_reports_everything_that_is_missing_at_once() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &mut rng, &manager).await?;
        let mut content = Content::of(&campaign);
        content.intro_script = " ".into();
        content.questions[0].text = String::new();
        content.questions[2].text = "\n".into();
        edit(&mut conn, &mut rng, NOW, &manager, campaign.id, 1, &content).await?;
        contacts(&mut conn, campaign.id, ContactState::Excluded, 0..3).await?;

        let problems = validate(&mut conn, campaign.id).await?;
        let fields: Vec<_> = problems.iter().map(|problem| problem.field).collect();
        let expected = [
            "intro_script",
            "question_1_text",
            "question_3_text",
            "contacts",
        ];
        assert_eq!(fields, expected);
        let error = activate(&mut conn, &mut rng, NOW, &manager, campaign.id, None)
            .await
            .unwrap_err();
        assert!(
            matches!(&error, Error::NotReady(all) if *all == problems),
            "{error:?}"
        );
        assert_eq!(
            get(&mut conn, campaign.id).await?.status,
            CampaignStatus::Draft
        );
        Ok(())
    });
}

/// Either the campaign starts before the only contact is erased, or it does not start.
#[test]
fn a_contact_that_is_being_erased_does_not_make_a_campaign_ready() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        let mut erasing = db.pool().begin().await?;
        sqlx::query!(
            "UPDATE contacts SET state = 'excluded', next_attempt_at = NULL, phone_number = NULL, erased_at = $1",
            NOW
        )
        .execute(&mut *erasing)
        .await?;
        let error = activate(&mut conn, &mut rng, NOW, &manager, id, None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotReady(_)), "{error:?}");
        erasing.rollback().await?;
        activate(&mut conn, &mut rng, NOW, &manager, id, None).await?;
        Ok(())
    });
}

#[test]
fn a_scheduled_campaign_starts_when_its_time_has_come() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        let error = schedule(&mut conn, &mut rng, NOW, &manager, id, None, NOW)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::StartsInThePast(_)), "{error:?}");
        let scheduled = schedule(&mut conn, &mut rng, NOW, &manager, id, None, LATER).await?;
        assert_eq!(scheduled.starts_at, Some(LATER));

        let early = LATER - Duration::SECOND;
        assert!(
            activate_due(&mut conn, &mut rng, early, &manager, None)
                .await?
                .is_empty()
        );
        let started = activate_due(&mut conn, &mut rng, LATER, &manager, None).await?;
        assert_eq!(started.len(), 1);
        assert_eq!(get(&mut conn, id).await?.status, CampaignStatus::Running);
        assert_eq!(
            log(&mut conn).await?.pop().expect("an entry").user_id,
            Some(manager.id())
        );
        assert!(
            activate_due(&mut conn, &mut rng, LATER, &manager, None)
                .await?
                .is_empty()
        );
        Ok(())
    });
}

/// One that cannot start does not keep the others from starting, and stays scheduled.
#[test]
fn a_scheduled_campaign_that_is_not_ready_any_more_is_told() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let one = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        let other = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        for id in [one, other] {
            schedule(&mut conn, &mut rng, NOW, &manager, id, None, LATER).await?;
        }
        sqlx::query!(
            "DELETE FROM contacts WHERE campaign_id = $1",
            one as CampaignId
        )
        .execute(&mut *conn)
        .await?;
        let started = activate_due(&mut conn, &mut rng, LATER, &manager, None).await?;
        for Started { id, result } in &started {
            assert_eq!(result.is_ok(), *id == other, "{result:?}");
        }
        assert_eq!(started.len(), 2);
        assert_eq!(get(&mut conn, one).await?.status, CampaignStatus::Scheduled);
        Ok(())
    });
}

/// Nobody waits for the erasure, and nothing starts without anybody to call.
#[test]
fn a_campaign_whose_last_contact_is_being_erased_does_not_start() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        let mut erasing = db.pool().begin().await?;
        sqlx::query!(
            "UPDATE contacts SET state = 'excluded', next_attempt_at = NULL WHERE campaign_id = $1",
            id as CampaignId
        )
        .execute(&mut *erasing)
        .await?;
        sqlx::query("SET lock_timeout = '2s'")
            .execute(&mut *conn)
            .await?;
        let error = activate(&mut conn, &mut rng, NOW, &manager, id, None)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::NotReady(_)), "{error:?}");
        erasing.rollback().await?;
        activate(&mut conn, &mut rng, NOW, &manager, id, None).await?;
        Ok(())
    });
}

/// Who is being called is called to the end; what is claimed next, the scheduler decides by the status.
#[test]
fn pausing_touches_no_contact_and_no_open_call() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        contacts(&mut conn, id, ContactState::InProgress, 1..3).await?;
        sqlx::query!(
            "INSERT INTO call_attempts (contact_id, campaign_id, attempt_number, call_id)
             SELECT id, campaign_id, 1, id::text FROM contacts WHERE campaign_id = $1 AND state = 'in_progress'",
            id as CampaignId,
        )
        .execute(&mut *conn)
        .await?;
        activate(&mut conn, &mut rng, NOW, &manager, id, None).await?;
        let calls = "SELECT contacts.*::text || coalesce(call_attempts.*::text, '')
             FROM contacts LEFT JOIN call_attempts ON contact_id = contacts.id
             ORDER BY contacts.id";
        let before: Vec<String> = sqlx::query_scalar(calls).fetch_all(&mut *conn).await?;

        let paused = pause(&mut conn, &mut rng, NOW, &manager, id, None).await?;

        assert_eq!(paused.status, CampaignStatus::Paused);
        let after: Vec<String> = sqlx::query_scalar(calls).fetch_all(&mut *conn).await?;
        assert_eq!(after, before);
        Ok(())
    });
}
