// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::enums::CallOutcome;
use crate::ids::{CallAttemptId, CampaignId, ContactId};

/// One dialling of a contact.
///
/// A row of `call_attempts`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct CallAttempt {
    /// Primary key.
    pub id: CallAttemptId,
    /// Who was called.
    pub contact_id: ContactId,
    /// Campaign of the contact.
    pub campaign_id: CampaignId,
    /// Ordinal of the call to this contact, from 1.
    pub attempt_number: i32,
    /// Our own name of the call, sent to the provider; unique.
    pub call_id: String,
    /// Provider's name of the call; `None` until it has told us. Unique.
    pub provider_call_id: Option<String>,
    /// When dialling began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// When somebody answered, not before the start; `None` if nobody has.
    #[serde(with = "time::serde::rfc3339::option")]
    pub answered_at: Option<OffsetDateTime>,
    /// When the call ended, not before the start or the answer; `None` before that.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// How the call ended; `None` while it is open, then set once.
    pub outcome: Option<CallOutcome>,
    /// Provider's own word for the outcome.
    pub provider_raw_status: Option<String>,
    /// Provider's code of the error, if there was one.
    pub error_code: Option<String>,
    /// Whatever else the provider reported. Personal data.
    pub metadata: Value,
    /// What the contact answered to the request for consent; `None` if it was not answered.
    pub consent_given: Option<bool>,
    /// When that answer was recorded; there whenever the answer is.
    #[serde(with = "time::serde::rfc3339::option")]
    pub consent_recorded_at: Option<OffsetDateTime>,
}

crate::models::debug_without_personal_data!(CallAttempt {
    shown:
        id, contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
        answered_at, ended_at, outcome, provider_raw_status, error_code, consent_given,
        consent_recorded_at;
    redacted: metadata;
});
