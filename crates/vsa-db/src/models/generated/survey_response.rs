// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use rust_decimal::Decimal;
use serde::Serialize;
use time::OffsetDateTime;

use crate::ids::{CallAttemptId, CampaignId, ContactId, SurveyResponseId};

/// The answers of one contact.
///
/// A row of `survey_responses`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct SurveyResponse {
    /// Primary key.
    pub id: SurveyResponseId,
    /// Who answered.
    pub contact_id: ContactId,
    /// Campaign that asked; a contact answers it once.
    pub campaign_id: CampaignId,
    /// Call in which the answers were given.
    pub call_attempt_id: CallAttemptId,
    /// Answer to the first question; `None` if there was none. Personal data.
    pub q1_answer: Option<String>,
    /// Answer to the second question; `None` if there was none. Personal data.
    pub q2_answer: Option<String>,
    /// Answer to the third question; `None` if there was none. Personal data.
    pub q3_answer: Option<String>,
    /// How sure the agent is of the first answer, 0.00 to 1.00.
    #[serde(with = "crate::models::json::decimal::option")]
    pub q1_confidence: Option<Decimal>,
    /// How sure the agent is of the second answer, 0.00 to 1.00.
    #[serde(with = "crate::models::json::decimal::option")]
    pub q2_confidence: Option<Decimal>,
    /// How sure the agent is of the third answer, 0.00 to 1.00.
    #[serde(with = "crate::models::json::decimal::option")]
    pub q3_confidence: Option<Decimal>,
    /// When the last question was answered.
    #[serde(with = "time::serde::rfc3339")]
    pub completed_at: OffsetDateTime,
}

crate::models::debug_without_personal_data!(SurveyResponse {
    shown:
        id, contact_id, campaign_id, call_attempt_id, q1_confidence, q2_confidence, q3_confidence,
        completed_at;
    redacted: q1_answer, q2_answer, q3_answer;
});
