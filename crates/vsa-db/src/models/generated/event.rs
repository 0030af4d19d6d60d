// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::enums::EventType;
use crate::ids::{CallAttemptId, CampaignId, ContactId, EventId};

/// A final outcome in the outbox.
///
/// A row of `events`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Event {
    /// Primary key.
    pub id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// In which campaign.
    pub campaign_id: CampaignId,
    /// To whom.
    pub contact_id: ContactId,
    /// In which call; `None` if in none, or if its record is gone.
    pub call_attempt_id: Option<CallAttemptId>,
    /// What a reader of the event needs besides. Personal data.
    pub payload: Value,
    /// When it happened.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

crate::models::debug_without_personal_data!(Event {
    shown: id, event_type, campaign_id, contact_id, call_attempt_id, created_at;
    redacted: payload;
});
