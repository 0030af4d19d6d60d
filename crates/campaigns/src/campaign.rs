use rand::Rng;
use sqlx::PgConnection;
use time::{OffsetDateTime, Time, macros::time};
use vsa_db::enums::{CampaignStatus, LanguageCode, QuestionType};
use vsa_db::error::{UNKNOWN_TIME_ZONE, constraint, sqlstate};
use vsa_db::ids::{CampaignId, EmailTemplateId, UserId};
use vsa_db::models::Campaign;

use crate::Error;

/// One of the three questions of a survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What the voice agent asks, word by word.
    pub text: String,
    /// How the answer is understood.
    pub kind: QuestionType,
}

/// What a campaign manager decides when a campaign begins its life as a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCampaign {
    /// What people call it; not necessarily unique.
    pub name: String,
    /// For colleagues, never spoken.
    pub description: Option<String>,
    /// The language the agent speaks unless the contact prefers another.
    pub language: LanguageCode,
    /// Names the caller, the purpose and the duration, and asks for consent.
    pub intro_script: String,
    /// Exactly three, in the order they are asked.
    pub questions: [Question; 3],
    /// How often a contact is tried at most: 1 to 5.
    pub max_attempts: i32,
    /// The shortest time between two attempts, in minutes: 1 or more.
    pub retry_interval_minutes: i32,
    /// First local time at which a contact may be called.
    pub allowed_call_start_local: Time,
    /// Local time from which it may not be called any more.
    pub allowed_call_end_local: Time,
    /// IANA name of the zone that "local" means for contacts without their own.
    pub time_zone: String,
    /// The mail after a completed survey; none sends none.
    pub email_completed_template_id: Option<EmailTemplateId>,
    /// The mail after a refusal; none sends none.
    pub email_refused_template_id: Option<EmailTemplateId>,
    /// The mail when nobody was reached; none sends none.
    pub email_not_reached_template_id: Option<EmailTemplateId>,
    /// Who creates it.
    pub created_by_user_id: UserId,
}

impl NewCampaign {
    /// A campaign with the usual policy: three attempts an hour apart, between
    /// nine and twenty o'clock in Rome, in English, without mails.
    pub fn new(
        name: impl Into<String>,
        intro_script: impl Into<String>,
        questions: [Question; 3],
        created_by_user_id: UserId,
    ) -> Self {
        Self {
            name: name.into(),
            description: None,
            language: LanguageCode::En,
            intro_script: intro_script.into(),
            questions,
            max_attempts: 3,
            retry_interval_minutes: 60,
            allowed_call_start_local: time!(9:00),
            allowed_call_end_local: time!(20:00),
            time_zone: "Europe/Rome".into(),
            email_completed_template_id: None,
            email_refused_template_id: None,
            email_not_reached_template_id: None,
            created_by_user_id,
        }
    }

    /// The database's refusal in the words of a campaign.
    fn refused(&self, error: sqlx::Error) -> Error {
        let unknown_template =
            |field, id: Option<EmailTemplateId>| id.map(|id| Error::UnknownTemplate { field, id });
        let named = match constraint(&error) {
            Some("campaigns_email_completed_template_id_fkey") => unknown_template(
                "email_completed_template_id",
                self.email_completed_template_id,
            ),
            Some("campaigns_email_refused_template_id_fkey") => {
                unknown_template("email_refused_template_id", self.email_refused_template_id)
            }
            Some("campaigns_email_not_reached_template_id_fkey") => unknown_template(
                "email_not_reached_template_id",
                self.email_not_reached_template_id,
            ),
            Some("campaigns_created_by_user_id_fkey") => {
                Some(Error::UnknownCreator(self.created_by_user_id))
            }
            Some("campaigns_max_attempts_check") => Some(Error::MaxAttempts(self.max_attempts)),
            Some("campaigns_retry_interval_minutes_check") => {
                Some(Error::RetryInterval(self.retry_interval_minutes))
            }
            Some("campaigns_call_window_check") => Some(Error::CallWindow {
                start: self.allowed_call_start_local,
                end: self.allowed_call_end_local,
            }),
            Some("campaigns_time_zone_check") => Some(Error::TimeZone(self.time_zone.clone())),
            _ if sqlstate(&error).as_deref() == Some(UNKNOWN_TIME_ZONE) => {
                Some(Error::TimeZone(self.time_zone.clone()))
            }
            _ => None,
        };
        named.unwrap_or_else(|| error.into())
    }
}

/// Creates a draft. It may be incomplete: what a campaign needs before it can
/// run is asked when it is activated.
///
/// # Errors
/// A value the schema refuses, by name; an unknown creator or template.
pub async fn create(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    new: &NewCampaign,
) -> Result<Campaign, Error> {
    let id = CampaignId::generate(now, rng);
    let [first, second, third] = &new.questions;
    sqlx::query_as!(
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
        SELECT
            $1, $2, $3, $4, $5, $6,
            $7, $8,
            $9, $10,
            $11, $12,
            $13, $14,
            $15, $16, $17,
            $18, $19,
            $20, $21,
            $22, $22
        -- Fails for a zone that the server does not know.
        WHERE ($22::timestamptz AT TIME ZONE $17) IS NOT NULL
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
        new.name,
        new.description,
        CampaignStatus::Draft as CampaignStatus,
        new.language as LanguageCode,
        new.intro_script,
        first.text,
        first.kind as QuestionType,
        second.text,
        second.kind as QuestionType,
        third.text,
        third.kind as QuestionType,
        new.max_attempts,
        new.retry_interval_minutes,
        new.allowed_call_start_local,
        new.allowed_call_end_local,
        new.time_zone,
        new.email_completed_template_id as Option<EmailTemplateId>,
        new.email_refused_template_id as Option<EmailTemplateId>,
        new.email_not_reached_template_id as Option<EmailTemplateId>,
        new.created_by_user_id as UserId,
        now,
    )
    .fetch_one(conn)
    .await
    .map_err(|error| new.refused(error))
}

/// The campaign with this id.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn get(conn: &mut PgConnection, id: CampaignId) -> Result<Campaign, Error> {
    sqlx::query_as!(
        Campaign,
        r#"
        SELECT
            -- columns of campaigns
            id, name, description, status, language, intro_script, question_1_text, question_1_type,
            question_2_text, question_2_type, question_3_text, question_3_type, max_attempts,
            retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
            created_by_user_id, created_at, updated_at, version, starts_at
            -- end of columns
        FROM campaigns
        WHERE id = $1
        "#,
        id as CampaignId,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound(id))
}
