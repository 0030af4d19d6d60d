use rand::Rng;
use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::enums::{CampaignStatus, LanguageCode, QuestionType};
use vsa_db::ids::{CampaignId, EmailTemplateId, UserId};
use vsa_db::models::Campaign;

use crate::{Content, Error};

/// Creates a draft, which belongs to `actor`. It may be incomplete: what a campaign needs before
/// it can run is asked when it is activated.
///
/// # Errors
/// [`Error::Forbidden`]; a value the schema refuses, by name; an unknown template.
pub async fn create(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    content: &Content,
) -> Result<Campaign, Error> {
    actor.may(Permission::ManageCampaigns)?;
    content.zone_is_known(conn).await?;
    let id = CampaignId::generate(now, rng);
    let [first, second, third] = &content.questions;
    let campaign = sqlx::query_as!(
        Campaign,
        r#"
        INSERT INTO campaigns (
            id, name, description, status, language, intro_script,
            question_1_text, question_1_type,
            question_2_text, question_2_type,
            question_3_text, question_3_type,
            max_attempts, retry_interval_minutes,
            allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id,
            email_not_reached_template_id, created_by_user_id,
            created_at, updated_at
        )
        VALUES (
            $1, $2, $3, $4, $5, $6,
            $7, $8,
            $9, $10,
            $11, $12,
            $13, $14,
            $15, $16, $17,
            $18, $19,
            $20, $21,
            $22, $22
        )
        RETURNING
            -- columns of campaigns
            id, name, description, status, language, intro_script, question_1_text, question_1_type,
            question_2_text, question_2_type, question_3_text, question_3_type, max_attempts,
            retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
            created_by_user_id, created_at, updated_at, version, starts_at
            -- end of columns
        "#,
        id as CampaignId,
        content.name,
        content.description,
        CampaignStatus::Draft as CampaignStatus,
        content.language as LanguageCode,
        content.intro_script,
        first.text,
        first.kind as QuestionType,
        second.text,
        second.kind as QuestionType,
        third.text,
        third.kind as QuestionType,
        content.max_attempts,
        content.retry_interval_minutes,
        content.allowed_call_start_local,
        content.allowed_call_end_local,
        content.time_zone,
        content.email_completed_template_id as Option<EmailTemplateId>,
        content.email_refused_template_id as Option<EmailTemplateId>,
        content.email_not_reached_template_id as Option<EmailTemplateId>,
        actor.id() as UserId,
        now,
    )
    .fetch_one(&mut *conn)
    .await
    .map_err(|error| content.refused(error))?;
    let change = Change {
        campaign: Some(id),
        after: Some(Value::Object(content.fields())),
        ..Change::new(Action::CampaignCreate)
    };
    audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    Ok(campaign)
}
