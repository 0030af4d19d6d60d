// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::{OffsetDateTime, Time};

use crate::enums::{CampaignStatus, LanguageCode, QuestionType};
use crate::ids::{CampaignId, EmailTemplateId, UserId};

/// A survey campaign: script, three questions, retry policy and call window.
///
/// A row of `campaigns`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Campaign {
    /// Primary key.
    pub id: CampaignId,
    /// Name of the campaign, for people; need not be unique.
    pub name: String,
    /// What the campaign is about, for its managers.
    pub description: Option<String>,
    /// Where the campaign is in its life; people are called while it is running.
    pub status: CampaignStatus,
    /// Language of script and questions.
    pub language: LanguageCode,
    /// What the agent says first: caller, purpose, duration, and the request for consent.
    pub intro_script: String,
    /// First question, as it is spoken; may be empty in a draft.
    pub question_1_text: String,
    /// How the first question wants to be answered.
    pub question_1_type: QuestionType,
    /// Second question, as it is spoken; may be empty in a draft.
    pub question_2_text: String,
    /// How the second question wants to be answered.
    pub question_2_type: QuestionType,
    /// Third question, as it is spoken; may be empty in a draft.
    pub question_3_text: String,
    /// How the third question wants to be answered.
    pub question_3_type: QuestionType,
    /// Calls a contact gets at most, 1 to 5.
    pub max_attempts: i32,
    /// Minutes between an unanswered call and the next, at least 1.
    pub retry_interval_minutes: i32,
    /// Time of day, where the contact is, from which calls may be made.
    #[serde(with = "crate::models::json::time_of_day")]
    pub allowed_call_start_local: Time,
    /// Time of day, where the contact is, until which calls may be made; after the start.
    #[serde(with = "crate::models::json::time_of_day")]
    pub allowed_call_end_local: Time,
    /// IANA time zone of the call window, such as `Europe/Rome`, for contacts without one of their
    /// own.
    pub time_zone: String,
    /// Mail after a completed survey; `None` sends none.
    pub email_completed_template_id: Option<EmailTemplateId>,
    /// Mail after a refusal; `None` sends none.
    pub email_refused_template_id: Option<EmailTemplateId>,
    /// Mail after the last attempt in vain; `None` sends none.
    pub email_not_reached_template_id: Option<EmailTemplateId>,
    /// Who made the campaign.
    pub created_by_user_id: UserId,
    /// When the row was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed; kept by trigger.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// One more with every edit and every move: who changes a campaign says which version they saw.
    pub version: i32,
    /// When a scheduled campaign is to start; `None` if nobody has scheduled it.
    #[serde(with = "time::serde::rfc3339::option")]
    pub starts_at: Option<OffsetDateTime>,
}
