//! Editing: what may be edited when, and two people at once.

use serde_json::json;
use sqlx::PgConnection;
use time::Duration;
use time::macros::time;
use vsa_campaigns::lifecycle::{activate, cancel};
use vsa_campaigns::{Content, Error, edit, get};
use vsa_db::enums::{CampaignStatus, ContactState, LanguageCode, QuestionType};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::models::Contact;

use crate::support::{NOW, a_campaign, a_manager, a_ready_campaign, a_rng, contacts, log};

#[test]
fn an_edit_writes_every_field_and_is_on_record() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &mut rng, &manager).await?;
        let mut content = Content::of(&campaign);
        content.name = "Another name".into();
        content.description = Some("Why".into());
        content.language = LanguageCode::It;
        content.intro_script = "Buongiorno".into();
        for question in &mut content.questions {
            question.text = "Perché?".into();
            question.kind = QuestionType::FreeText;
        }
        content.max_attempts = 5;
        content.retry_interval_minutes = 30;
        content.allowed_call_start_local = time!(10:00);
        content.allowed_call_end_local = time!(11:30);
        content.time_zone = "Europe/London".into();

        let edited = edit(&mut conn, &mut rng, NOW, &manager, campaign.id, 1, &content).await?;

        assert_eq!((Content::of(&edited), edited.version), (content, 2));
        assert_eq!(get(&mut conn, campaign.id).await?, edited);
        let entry = log(&mut conn).await?.pop().expect("an entry");
        assert_eq!(entry.action, "campaign.edit");
        assert_eq!(entry.user_id, Some(manager.id()));
        assert_eq!(entry.before.expect("before")["max_attempts"], json!(3));
        assert_eq!(entry.after.expect("after")["max_attempts"], json!(5));
        Ok(())
    });
}

#[test]
fn of_two_managers_who_edit_at_once_the_second_gets_a_conflict_and_overwrites_nothing() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &mut rng, &manager).await?;
        let (mut one, mut other) = (Content::of(&campaign), Content::of(&campaign));
        one.name = "One".into();
        other.name = "Other".into();

        let mut first = db.pool().begin().await?;
        edit(&mut first, &mut rng, NOW, &manager, campaign.id, 1, &one).await?;
        let second = async {
            let mut rng = a_rng();
            let mut second = db.pool().begin().await?;
            edit(&mut second, &mut rng, NOW, &manager, campaign.id, 1, &other).await
        };
        let commit = async {
            waits_for_a_lock(&mut conn).await?;
            first.commit().await?;
            anyhow::Ok(())
        };
        let (second, committed) = tokio::join!(second, commit);

        committed?;
        let error = second.unwrap_err();
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
        assert_eq!(get(&mut conn, campaign.id).await?.name, "One");
        Ok(())
    });
}

/// Until some session waits for a lock.
pub(crate) async fn waits_for_a_lock(conn: &mut PgConnection) -> sqlx::Result<()> {
    loop {
        let waiting = sqlx::query_scalar!(
            r#"
            SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()) AS "waiting!"
            "#
        )
        .fetch_one(&mut *conn)
        .await?;
        if waiting {
            return Ok(());
        }
    }
}

#[test]
fn content_that_is_the_same_is_no_new_version_and_not_on_record() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &mut rng, &manager).await?;
        let content = Content::of(&campaign);
        let same = edit(&mut conn, &mut rng, NOW, &manager, campaign.id, 1, &content).await?;
        assert_eq!(same, campaign);
        assert_eq!(log(&mut conn).await?.len(), 1, "its creation alone");
        Ok(())
    });
}

/// Script, questions and language are frozen once a campaign has run; all of them are named.
#[test]
fn what_people_were_asked_cannot_be_changed_afterwards() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let id = a_ready_campaign(&mut conn, &mut rng, &manager).await?.id;
        let running = activate(&mut conn, &mut rng, NOW, &manager, id, None).await?;
        let mut content = Content::of(&running);
        content.name = "A name may change".into();
        let renamed = edit(&mut conn, &mut rng, NOW, &manager, id, 2, &content).await?;
        assert_eq!(renamed.version, 3);

        content.language = LanguageCode::It;
        content.intro_script = "Another".into();
        content.questions[1].kind = QuestionType::FreeText;
        content.questions[2].text = "Another".into();
        let error = edit(&mut conn, &mut rng, NOW, &manager, id, 3, &content)
            .await
            .unwrap_err();
        let Error::Frozen { status, fields } = &error else {
            panic!("{error:?}");
        };
        assert_eq!(*status, CampaignStatus::Running);
        assert_eq!(
            *fields,
            [
                "intro_script",
                "language",
                "question_2_type",
                "question_3_text"
            ]
        );
        Ok(())
    });
}

#[test]
fn nothing_of_a_campaign_that_is_over_can_be_edited() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &mut rng, &manager).await?;
        cancel(&mut conn, &mut rng, NOW, &manager, campaign.id, None).await?;
        let mut content = Content::of(&campaign);
        content.name = "Another".into();
        let error = edit(&mut conn, &mut rng, NOW, &manager, campaign.id, 2, &content)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "a cancelled campaign keeps its name");
        Ok(())
    });
}

async fn state(conn: &mut PgConnection, id: ContactId) -> sqlx::Result<Contact> {
    sqlx::query_as("SELECT * FROM contacts WHERE id = $1")
        .bind(id)
        .fetch_one(conn)
        .await
}

async fn attempts(
    conn: &mut PgConnection,
    campaign: CampaignId,
    attempts: i32,
) -> sqlx::Result<()> {
    sqlx::query!(
        "UPDATE contacts SET attempts_count = $2, last_attempt_at = $3 WHERE campaign_id = $1",
        campaign as CampaignId,
        attempts,
        NOW,
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// "Raising `max_attempts` makes `not_reached` contacts due again", but for those excluded since.
#[test]
fn more_attempts_make_contacts_that_nobody_reached_due_again() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &mut rng, &manager).await?;
        let ids = contacts(&mut conn, campaign.id, ContactState::NotReached, 0..2).await?;
        attempts(&mut conn, campaign.id, 3).await?;
        sqlx::query!(
            r#"
            INSERT INTO exclusion_list_entries (phone_number)
            SELECT phone_number FROM contacts WHERE id = $1
            "#,
            ids[1] as ContactId,
        )
        .execute(&mut *conn)
        .await?;
        let mut content = Content::of(&campaign);
        content.max_attempts = 4;
        edit(&mut conn, &mut rng, NOW, &manager, campaign.id, 1, &content).await?;

        let due = state(&mut conn, ids[0]).await?;
        assert_eq!(due.state, ContactState::Pending);
        assert_eq!(
            due.next_attempt_at,
            Some(NOW + Duration::hours(1)),
            "the retry interval is kept"
        );
        let excluded = state(&mut conn, ids[1]).await?;
        assert_eq!(excluded.state, ContactState::NotReached);
        Ok(())
    });
}

#[test]
fn fewer_attempts_end_the_contacts_that_have_had_them_once() {
    test_db::run(async |db| {
        let (mut conn, mut rng) = (db.pool().acquire().await?, a_rng());
        let manager = a_manager(&mut conn).await?;
        let campaign = a_campaign(&mut conn, &mut rng, &manager).await?;
        let ids = contacts(&mut conn, campaign.id, ContactState::Pending, 0..1).await?;
        attempts(&mut conn, campaign.id, 2).await?;
        let mut content = Content::of(&campaign);
        // Due again for a while, and not called: that is no second end.
        for (version, max_attempts) in [(1, 2), (2, 1), (3, 4), (4, 2)] {
            content.max_attempts = max_attempts;
            edit(
                &mut conn,
                &mut rng,
                NOW,
                &manager,
                campaign.id,
                version,
                &content,
            )
            .await?;
        }
        let ended = state(&mut conn, ids[0]).await?;
        assert_eq!(
            (ended.state, ended.next_attempt_at),
            (ContactState::NotReached, None)
        );
        let events = sqlx::query_scalar!(
            r#"SELECT count(*) AS "n!" FROM events WHERE event_type = 'survey.not_reached' AND contact_id = $1"#,
            ids[0] as ContactId,
        )
        .fetch_one(&mut *conn)
        .await?;
        assert_eq!(events, 1);
        Ok(())
    });
}
