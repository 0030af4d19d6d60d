use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::enums::CallOutcome;
use crate::ids::{CallAttemptId, CampaignId, ContactId};

/// One dialling of a contact: a row of `call_attempts`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct CallAttempt {
    /// Names the attempt.
    pub id: CallAttemptId,
    /// Who was called.
    pub contact_id: ContactId,
    /// The contact's campaign.
    pub campaign_id: CampaignId,
    /// Ordinal of the call to this contact, from 1.
    pub attempt_number: i32,
    /// Our own name of the call, sent to the provider; unique.
    pub call_id: String,
    /// The provider's name of the call, once it has told us; unique.
    pub provider_call_id: Option<String>,
    /// When dialling began, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// When somebody answered, UTC; not before the start.
    #[serde(with = "time::serde::rfc3339::option")]
    pub answered_at: Option<OffsetDateTime>,
    /// When the call ended, UTC; not before the start or the answer.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// How the call ended; `None` while it is open.
    pub outcome: Option<CallOutcome>,
    /// The provider's own word for the outcome.
    pub provider_raw_status: Option<String>,
    /// The provider's code of the error, if there was one.
    pub error_code: Option<String>,
    /// Whatever else the provider reported. Personal data.
    pub metadata: Value,
    /// What the contact answered to the request for consent; `None` if it was not answered.
    pub consent_given: Option<bool>,
    /// When that answer was recorded, UTC; there whenever the answer is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub consent_recorded_at: Option<OffsetDateTime>,
}

super::debug_without_personal_data!(CallAttempt {
    shown: id, contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
        answered_at, ended_at, outcome, provider_raw_status, error_code, consent_given,
        consent_recorded_at;
    redacted: metadata,
});
