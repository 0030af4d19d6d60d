use rand::Rng;
use serde_json::{Map, Value};
use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::enums::{CampaignStatus, EventType, LanguageCode, QuestionType};
use vsa_db::ids::{CampaignId, EmailTemplateId};
use vsa_db::models::Campaign;
use vsa_db::screening;

use crate::find::locked;
use crate::{Content, Error};

/// Gives a campaign new content. `seen` is the version the editor read: if somebody changed the
/// campaign since, nothing is overwritten.
///
/// Script, questions and language are frozen once people were called; nothing of a campaign that
/// is over can be edited. More attempts make contacts that nobody reached due again, fewer end the
/// contacts that have had them. Content that is the same changes nothing, and is no new version.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`], [`Error::Conflict`], [`Error::Frozen`]; a value the
/// schema refuses, by name.
pub async fn edit(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    id: CampaignId,
    seen: i32,
    content: &Content,
) -> Result<Campaign, Error> {
    actor.may(Permission::ManageCampaigns)?;
    let campaign = locked(conn, id, Some(seen)).await?;
    let (before, after) = difference(&Content::of(&campaign), content);
    if after.is_empty() {
        return Ok(campaign);
    }
    let frozen: Vec<String> = after
        .keys()
        .filter(|field| is_frozen(campaign.status, field))
        .cloned()
        .collect();
    if !frozen.is_empty() {
        return Err(Error::Frozen {
            status: campaign.status,
            fields: frozen,
        });
    }
    if after.contains_key("time_zone") {
        content.zone_is_known(conn).await?;
    }
    if after.contains_key("max_attempts") {
        // Every contact of the campaign may have to be written.
        sqlx::query("SET LOCAL statement_timeout = 0")
            .execute(&mut *conn)
            .await?;
    }
    let edited = write(conn, id, seen, content).await?;
    if content.max_attempts > campaign.max_attempts {
        reopen(conn, now, id, content).await?;
    } else if content.max_attempts < campaign.max_attempts {
        finish(conn, now, id, content.max_attempts).await?;
    }
    let change = Change {
        campaign: Some(id),
        before: Some(Value::Object(before)),
        after: Some(Value::Object(after)),
        ..Change::new(Action::CampaignEdit)
    };
    audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    Ok(edited)
}

/// The fields that differ, as they were and as they are to be.
fn difference(before: &Content, after: &Content) -> (Map<String, Value>, Map<String, Value>) {
    let (mut before, mut after) = (before.fields(), after.fields());
    let old = before.clone();
    before.retain(|field, value| after[field] != *value);
    after.retain(|field, value| old[field] != *value);
    (before, after)
}

fn is_frozen(status: CampaignStatus, field: &str) -> bool {
    match status {
        CampaignStatus::Draft | CampaignStatus::Scheduled => false,
        CampaignStatus::Running | CampaignStatus::Paused => {
            field.starts_with("question_") || matches!(field, "intro_script" | "language")
        }
        CampaignStatus::Completed | CampaignStatus::Cancelled => true,
    }
}

async fn write(
    conn: &mut PgConnection,
    id: CampaignId,
    seen: i32,
    content: &Content,
) -> Result<Campaign, Error> {
    let [first, second, third] = &content.questions;
    sqlx::query_as!(
        Campaign,
        r#"
        UPDATE campaigns
        SET version = version + 1,
            name = $3,
            description = $4,
            language = $5,
            intro_script = $6,
            question_1_text = $7,
            question_1_type = $8,
            question_2_text = $9,
            question_2_type = $10,
            question_3_text = $11,
            question_3_type = $12,
            max_attempts = $13,
            retry_interval_minutes = $14,
            allowed_call_start_local = $15,
            allowed_call_end_local = $16,
            time_zone = $17,
            email_completed_template_id = $18,
            email_refused_template_id = $19,
            email_not_reached_template_id = $20
        WHERE id = $1
          AND version = $2
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
        seen,
        content.name,
        content.description,
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
    )
    .fetch_optional(conn)
    .await
    .map_err(|error| content.refused(error))?
    .ok_or(Error::NotFound(id))
}

/// Contacts that nobody reached, and who have attempts left now, are due again, no sooner than the
/// retry interval asks for. Who was put on the do-not-call list since is not.
async fn reopen(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    id: CampaignId,
    content: &Content,
) -> Result<(), Error> {
    let seen = screening::end_of_list(conn).await?;
    sqlx::query!(
        r#"
        UPDATE contacts
        SET state = 'pending',
            next_attempt_at = greatest($2, last_attempt_at + make_interval(mins => $4))
        WHERE campaign_id = $1
          AND state = 'not_reached'
          AND attempts_count < $3
          AND erased_at IS NULL
          AND NOT do_not_call
          AND NOT EXISTS (
              SELECT 1
              FROM exclusion_list_entries
              WHERE exclusion_list_entries.phone_number = contacts.phone_number
          )
        "#,
        id as CampaignId,
        now,
        content.max_attempts,
        content.retry_interval_minutes,
    )
    .execute(&mut *conn)
    .await?;
    screening::exclude_late(conn, id, seen).await?;
    Ok(())
}

/// Contacts that wait for an attempt they will not get have not been reached, which is announced: once, also if they were
/// due again meanwhile and not called.
async fn finish(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    id: CampaignId,
    max_attempts: i32,
) -> Result<(), Error> {
    sqlx::query!(
        r#"
        WITH ended AS (
            UPDATE contacts
            SET state = 'not_reached',
                next_attempt_at = NULL
            WHERE campaign_id = $1
              AND state = 'pending'
              AND attempts_count >= $2
            RETURNING id, attempts_count
        )
        INSERT INTO events (event_type, campaign_id, contact_id, call_attempt_id, created_at)
        SELECT $4, $1, ended.id, call_attempts.id, $3
        FROM ended
        LEFT JOIN call_attempts
            ON call_attempts.contact_id = ended.id
           AND call_attempts.attempt_number = ended.attempts_count
        WHERE NOT EXISTS (
            SELECT 1
            FROM events
            WHERE events.contact_id = ended.id
              AND events.event_type = $4
              AND events.call_attempt_id IS NOT DISTINCT FROM call_attempts.id
        )
        "#,
        id as CampaignId,
        max_attempts,
        now,
        EventType::SurveyNotReached as EventType,
    )
    .execute(conn)
    .await?;
    Ok(())
}
