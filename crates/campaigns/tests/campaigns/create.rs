//! Creating a campaign and reading it back.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::{datetime, time};
use vsa_campaigns::{Error, NewCampaign, Question, create, get};
use vsa_db::enums::{CampaignStatus, QuestionType};
use vsa_db::ids::{CampaignId, EmailTemplateId, UserId};

const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

async fn a_user(conn: &mut PgConnection, rng: &mut StdRng) -> sqlx::Result<UserId> {
    let id = UserId::generate(NOW, rng);
    sqlx::query!(
        r#"
        INSERT INTO users (id, oidc_sub, email, name)
        VALUES ($1, 'sub-1', 'manager@example.com', 'A Manager')
        "#,
        id as UserId,
    )
    .execute(conn)
    .await?;
    Ok(id)
}

fn a_campaign(created_by: UserId) -> NewCampaign {
    let question = |text: &str, kind| Question {
        text: text.into(),
        kind,
    };
    NewCampaign::new(
        "City services 2026",
        "Good morning, this is the city of Rome with a survey of two minutes. May I go on?",
        [
            question("How satisfied are you, from 1 to 10?", QuestionType::Scale),
            question(
                "How often did you call us this year?",
                QuestionType::Numeric,
            ),
            question("What should we do better?", QuestionType::FreeText),
        ],
        created_by,
    )
}

#[test]
fn a_campaign_begins_as_a_draft_and_can_be_read_back() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let user = a_user(&mut conn, &mut rng).await?;

        let created = create(&mut conn, &mut rng, NOW, &a_campaign(user)).await?;

        assert_eq!(created.status, CampaignStatus::Draft);
        assert_eq!(created.question_2_type, QuestionType::Numeric);
        assert_eq!(created.allowed_call_end_local, time!(20:00));
        assert_eq!((created.created_at, created.updated_at), (NOW, NOW));
        assert_eq!(get(&mut conn, created.id).await?, created);
        Ok(())
    });
}

#[test]
fn an_unknown_campaign_is_not_found() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let id = CampaignId::generate(NOW, &mut StdRng::seed_from_u64(1));

        let error = get(&mut conn, id).await.unwrap_err();

        assert_eq!(error.to_string(), format!("no campaign {id}"));
        Ok(())
    });
}

/// Each refusal of the schema arrives as the error that names the field.
#[test]
fn what_the_schema_refuses_is_named() {
    type Spoil = fn(&mut NewCampaign, &mut StdRng);
    type Expect = fn(&Error) -> bool;
    let cases: [(&str, Spoil, Expect); 9] = [
        (
            "creator",
            |new, rng| new.created_by_user_id = UserId::generate(NOW, rng),
            |error| matches!(error, Error::UnknownCreator(_)),
        ),
        (
            "completed template",
            |new, rng| new.email_completed_template_id = Some(EmailTemplateId::generate(NOW, rng)),
            |error| {
                matches!(
                    error,
                    Error::UnknownTemplate {
                        field: "email_completed_template_id",
                        ..
                    }
                )
            },
        ),
        (
            "refused template",
            |new, rng| new.email_refused_template_id = Some(EmailTemplateId::generate(NOW, rng)),
            |error| {
                matches!(
                    error,
                    Error::UnknownTemplate {
                        field: "email_refused_template_id",
                        ..
                    }
                )
            },
        ),
        (
            "not-reached template",
            |new, rng| {
                new.email_not_reached_template_id = Some(EmailTemplateId::generate(NOW, rng));
            },
            |error| {
                matches!(
                    error,
                    Error::UnknownTemplate {
                        field: "email_not_reached_template_id",
                        ..
                    }
                )
            },
        ),
        (
            "attempts",
            |new, _| new.max_attempts = 6,
            |error| matches!(error, Error::MaxAttempts(6)),
        ),
        (
            "interval",
            |new, _| new.retry_interval_minutes = 0,
            |error| matches!(error, Error::RetryInterval(0)),
        ),
        (
            "window",
            |new, _| new.allowed_call_start_local = new.allowed_call_end_local,
            |error| matches!(error, Error::CallWindow { .. }),
        ),
        (
            "no time zone",
            |new, _| new.time_zone = String::new(),
            |error| matches!(error, Error::TimeZone(_)),
        ),
        (
            "unknown time zone",
            |new, _| new.time_zone = "Europe/Rom".into(),
            |error| matches!(error, Error::TimeZone(zone) if zone == "Europe/Rom"),
        ),
    ];
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = StdRng::seed_from_u64(1);
        let user = a_user(&mut conn, &mut rng).await?;
        for (field, spoil, expected) in cases {
            let mut new = a_campaign(user);
            spoil(&mut new, &mut rng);
            let error = create(&mut conn, &mut rng, NOW, &new).await.unwrap_err();
            assert!(expected(&error), "{field}: {error:?}");
        }
        Ok(())
    });
}
