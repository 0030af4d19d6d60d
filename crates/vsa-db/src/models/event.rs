use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::enums::EventType;
use crate::ids::{CallAttemptId, CampaignId, ContactId, EventId};

/// A final outcome in the outbox: a row of `events`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Event {
    /// Names the event.
    pub id: EventId,
    /// What happened.
    pub event_type: EventType,
    /// In which campaign.
    pub campaign_id: CampaignId,
    /// To whom.
    pub contact_id: ContactId,
    /// In which call; `None` if in none, or if the call's record is gone.
    pub call_attempt_id: Option<CallAttemptId>,
    /// What a reader of the event needs besides. Personal data.
    pub payload: Value,
    /// When it happened, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}

super::debug_without_personal_data!(Event {
    shown: id, event_type, campaign_id, contact_id, call_attempt_id, created_at;
    redacted: payload,
});
