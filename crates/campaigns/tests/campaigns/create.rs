//! Creating a campaign and reading it back.

use rand::rngs::StdRng;
use time::macros::time;
use vsa_campaigns::{Content, Error, create, get};
use vsa_db::enums::{CampaignStatus, QuestionType};
use vsa_db::ids::{CampaignId, EmailTemplateId};

use crate::support::{NOW, a_content, a_manager, a_rng, log};

#[test]
fn a_campaign_begins_as_a_draft_and_can_be_read_back() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut rng = a_rng();
        let manager = a_manager(&mut conn).await?;

        let created = create(&mut conn, &mut rng, NOW, &manager, &a_content()).await?;

        assert_eq!(created.status, CampaignStatus::Draft);
        assert_eq!(created.question_2_type, QuestionType::Numeric);
        assert_eq!(created.allowed_call_end_local, time!(20:00));
        assert_eq!((created.created_at, created.updated_at), (NOW, NOW));
        assert_eq!(
            (created.version, created.created_by_user_id),
            (1, manager.id())
        );
        assert_eq!(get(&mut conn, created.id).await?, created);
        let entry = log(&mut conn).await?.pop().expect("an entry");
        assert_eq!(entry.action, "campaign.create");
        assert_eq!(entry.campaign_id, Some(created.id.as_uuid()));
        Ok(())
    });
}

#[test]
fn an_unknown_campaign_is_not_found() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let id = CampaignId::generate(NOW, &mut a_rng());

        let error = get(&mut conn, id).await.unwrap_err();

        assert_eq!(error.to_string(), format!("no campaign {id}"));
        Ok(())
    });
}

/// Each refusal of the schema arrives as the error that names the field.
#[test]
fn what_the_schema_refuses_is_named() {
    type Spoil = fn(&mut Content, &mut StdRng);
    type Expect = fn(&Error) -> bool;
    let cases: [(&str, Spoil, Expect); 10] = [
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
            // PostgreSQL would take it for a zone of its own, west of Greenwich.
            "no name of a time zone",
            |new, _| new.time_zone = "GMT+1".into(),
            |error| matches!(error, Error::TimeZone(_)),
        ),
        (
            "the abbreviation of a time zone",
            |new, _| new.time_zone = "CEST".into(),
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
        let mut rng = a_rng();
        let manager = a_manager(&mut conn).await?;
        for (field, spoil, expected) in cases {
            let mut new = a_content();
            spoil(&mut new, &mut rng);
            let error = create(&mut conn, &mut rng, NOW, &manager, &new)
                .await
                .unwrap_err();
            assert!(expected(&error), "{field}: {error:?}");
        }
        Ok(())
    });
}
