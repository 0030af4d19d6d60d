// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::EmailStatus;
use crate::ids::{CampaignId, ContactId, EmailNotificationId, EmailTemplateId, EventId};

/// A mail that an event gave rise to.
///
/// A row of `email_notifications`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct EmailNotification {
    /// Primary key.
    pub id: EmailNotificationId,
    /// Event the mail tells of; an event has one mail at most.
    pub event_id: EventId,
    /// Contact it is about.
    pub contact_id: ContactId,
    /// Campaign of the contact.
    pub campaign_id: CampaignId,
    /// Template, in the locale that was chosen.
    pub template_id: EmailTemplateId,
    /// Address it goes to. Personal data.
    pub to_email: String,
    /// Where the mail is on its way out.
    pub status: EmailStatus,
    /// Mail server's name of the message; `None` until it has taken it.
    pub provider_message_id: Option<String>,
    /// Why the last try failed, in the mail server's words, which may quote the address. Personal
    /// data.
    pub error_message: Option<String>,
    /// Tries so far, at least 0.
    pub attempts_count: i32,
    /// From when on the next try is due; `None` is at once, or never once it is final.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_attempt_at: Option<OffsetDateTime>,
    /// When the row was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed; kept by trigger.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
}

crate::models::debug_without_personal_data!(EmailNotification {
    shown:
        id, event_id, contact_id, campaign_id, template_id, status, provider_message_id,
        attempts_count, next_attempt_at, created_at, updated_at;
    redacted: to_email, error_message;
});
