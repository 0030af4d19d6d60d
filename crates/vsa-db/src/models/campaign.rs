use serde::Serialize;
use time::{OffsetDateTime, Time};

use crate::enums::{CampaignStatus, LanguageCode, QuestionType};
use crate::ids::{CampaignId, EmailTemplateId, UserId};

/// A survey campaign: a row of `campaigns`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Campaign {
    /// Names the campaign.
    pub id: CampaignId,
    /// The campaign's name, for people; need not be unique.
    pub name: String,
    /// What the campaign is about, for its managers.
    pub description: Option<String>,
    /// Where the campaign is in its life.
    pub status: CampaignStatus,
    /// The language of script and questions.
    pub language: LanguageCode,
    /// What the agent says first: caller, purpose, duration, and the request for consent.
    pub intro_script: String,
    /// The first question, as it is spoken.
    pub question_1_text: String,
    /// How the first question wants to be answered.
    pub question_1_type: QuestionType,
    /// The second question, as it is spoken.
    pub question_2_text: String,
    /// How the second question wants to be answered.
    pub question_2_type: QuestionType,
    /// The third question, as it is spoken.
    pub question_3_text: String,
    /// How the third question wants to be answered.
    pub question_3_type: QuestionType,
    /// Calls a contact gets at most, 1 to 5.
    pub max_attempts: i32,
    /// Minutes between an unanswered call and the next, at least 1.
    pub retry_interval_minutes: i32,
    /// The local time of day from which contacts may be called.
    #[serde(with = "super::time_of_day")]
    pub allowed_call_start_local: Time,
    /// The local time of day until which contacts may be called; after the start.
    #[serde(with = "super::time_of_day")]
    pub allowed_call_end_local: Time,
    /// The IANA zone of the call window, such as `Europe/Rome`.
    pub time_zone: String,
    /// The mail after a completed survey; `None` sends none.
    pub email_completed_template_id: Option<EmailTemplateId>,
    /// The mail after a refusal; `None` sends none.
    pub email_refused_template_id: Option<EmailTemplateId>,
    /// The mail after the last attempt in vain; `None` sends none.
    pub email_not_reached_template_id: Option<EmailTemplateId>,
    /// Who made the campaign.
    pub created_by_user_id: UserId,
    /// When the row was made, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed, UTC; kept by the database.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}
