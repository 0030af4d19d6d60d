//! What every test begins with.

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgConnection;
use time::OffsetDateTime;
use time::macros::datetime;
use vsa_campaigns::{Content, Question, create};
use vsa_db::actor::Actor;
use vsa_db::enums::{ContactState, QuestionType, UserRole};
use vsa_db::ids::{CampaignId, ContactId, UserId};
use vsa_db::models::{AuditEntry, Campaign};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);

pub(crate) fn a_rng() -> StdRng {
    StdRng::seed_from_u64(1)
}

pub(crate) async fn a_user(conn: &mut PgConnection, role: UserRole) -> anyhow::Result<Actor> {
    let id = UserId::generate(NOW, &mut StdRng::seed_from_u64(100 + role as u64));
    sqlx::query!(
        r#"
        INSERT INTO users (id, oidc_sub, email, name, role)
        VALUES ($1, $2, $2 || '@example.com', 'Somebody', $3)
        ON CONFLICT DO NOTHING
        "#,
        id as UserId,
        role.as_str(),
        role as UserRole,
    )
    .execute(&mut *conn)
    .await?;
    Ok(Actor::by_id(conn, id).await?)
}

pub(crate) async fn a_manager(conn: &mut PgConnection) -> anyhow::Result<Actor> {
    a_user(conn, UserRole::CampaignManager).await
}

pub(crate) fn a_content() -> Content {
    let question = |text: &str, kind| Question {
        text: text.into(),
        kind,
    };
    Content::new(
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
    )
}

pub(crate) async fn a_campaign(
    conn: &mut PgConnection,
    rng: &mut StdRng,
    actor: &Actor,
) -> anyhow::Result<Campaign> {
    Ok(create(conn, rng, NOW, actor, &a_content()).await?)
}

/// Contacts in one state, with the attempts that state takes.
pub(crate) async fn contacts(
    conn: &mut PgConnection,
    campaign: CampaignId,
    state: ContactState,
    numbers: std::ops::Range<i64>,
) -> anyhow::Result<Vec<ContactId>> {
    let waits = state == ContactState::Pending;
    let attempts = i32::from(!matches!(
        state,
        ContactState::Pending | ContactState::Excluded
    ));
    Ok(sqlx::query_scalar!(
        r#"
        INSERT INTO contacts (
            campaign_id, phone_number, state, attempts_count, last_attempt_at, next_attempt_at
        )
        SELECT
            $1, '+3906' || number, $2, $3,
            CASE WHEN $3 > 0 THEN $5::timestamptz END,
            CASE WHEN $4 THEN $5::timestamptz END
        FROM generate_series($6::bigint, $7::bigint - 1) AS number
        RETURNING id
        "#,
        campaign as CampaignId,
        state as ContactState,
        attempts,
        waits,
        NOW,
        1_000_000 + numbers.start,
        1_000_000 + numbers.end,
    )
    .fetch_all(conn)
    .await?)
}

/// A campaign with one contact to call.
pub(crate) async fn a_ready_campaign(
    conn: &mut PgConnection,
    rng: &mut StdRng,
    actor: &Actor,
) -> anyhow::Result<Campaign> {
    let campaign = a_campaign(conn, rng, actor).await?;
    contacts(conn, campaign.id, ContactState::Pending, 0..1).await?;
    Ok(campaign)
}

/// What is on record, in the order in which it was recorded.
pub(crate) async fn log(conn: &mut PgConnection) -> anyhow::Result<Vec<AuditEntry>> {
    Ok(
        sqlx::query_as("SELECT * FROM audit_log ORDER BY created_at, ctid")
            .fetch_all(conn)
            .await?,
    )
}
