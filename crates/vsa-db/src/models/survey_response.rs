use rust_decimal::Decimal;
use serde::Serialize;
use time::OffsetDateTime;

use crate::ids::{CallAttemptId, CampaignId, ContactId, SurveyResponseId};

/// The answers of one contact: a row of `survey_responses`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct SurveyResponse {
    /// Names the response.
    pub id: SurveyResponseId,
    /// Who answered.
    pub contact_id: ContactId,
    /// The campaign that asked; a contact answers it once.
    pub campaign_id: CampaignId,
    /// The call in which the answers were given.
    pub call_attempt_id: CallAttemptId,
    /// The answer to the first question. Personal data.
    pub q1_answer: Option<String>,
    /// The answer to the second question. Personal data.
    pub q2_answer: Option<String>,
    /// The answer to the third question. Personal data.
    pub q3_answer: Option<String>,
    /// How sure the agent is of the first answer, 0.00 to 1.00.
    #[serde(serialize_with = "super::decimal_text")]
    pub q1_confidence: Option<Decimal>,
    /// How sure the agent is of the second answer, 0.00 to 1.00.
    #[serde(serialize_with = "super::decimal_text")]
    pub q2_confidence: Option<Decimal>,
    /// How sure the agent is of the third answer, 0.00 to 1.00.
    #[serde(serialize_with = "super::decimal_text")]
    pub q3_confidence: Option<Decimal>,
    /// When the last question was answered, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub completed_at: OffsetDateTime,
}

super::debug_without_personal_data!(SurveyResponse {
    shown: id, contact_id, campaign_id, call_attempt_id, q1_confidence, q2_confidence,
        q3_confidence, completed_at;
    redacted: q1_answer, q2_answer, q3_answer,
});
