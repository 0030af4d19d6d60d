// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::{CallOutcome, ContactLanguage, ContactState};
use crate::ids::{CampaignId, ContactId};

/// A person to call within one campaign.
///
/// A row of `contacts`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct Contact {
    /// Primary key.
    pub id: ContactId,
    /// Campaign the contact belongs to.
    pub campaign_id: CampaignId,
    /// Id in the system the contact was imported from; unique in the campaign. Personal data.
    pub external_contact_id: Option<String>,
    /// Phone number, E.164, such as `+390212345678`; unique in the campaign; `None` once the person
    /// was erased. Personal data.
    pub phone_number: Option<String>,
    /// Where mails about the outcome go; `None` sends none. Personal data.
    pub email: Option<String>,
    /// Language to speak to the contact in; auto is the campaign's.
    pub preferred_language: ContactLanguage,
    /// Whether the contact had agreed to be called before the campaign.
    pub has_prior_consent: bool,
    /// Whether the contact asked not to be called.
    pub do_not_call: bool,
    /// Where the contact is on the way to a final outcome.
    pub state: ContactState,
    /// Calls made so far, at least 0.
    pub attempts_count: i32,
    /// When the last call was started; `None` before the first.
    #[serde(with = "time::serde::rfc3339::option")]
    pub last_attempt_at: Option<OffsetDateTime>,
    /// How the last call ended; `None` before that.
    pub last_outcome: Option<CallOutcome>,
    /// IANA time zone of the contact; `None` is the campaign's.
    pub time_zone: Option<String>,
    /// From when on the contact is due to be called; `None` is never again.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_attempt_at: Option<OffsetDateTime>,
    /// When the row was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// When the row last changed; kept by trigger.
    #[serde(with = "time::serde::rfc3339")]
    pub updated_at: OffsetDateTime,
    /// When the person was erased; the row stays, so that statistics do.
    #[serde(with = "time::serde::rfc3339::option")]
    pub erased_at: Option<OffsetDateTime>,
}

crate::models::debug_without_personal_data!(Contact {
    shown:
        id, campaign_id, preferred_language, has_prior_consent, do_not_call, state, attempts_count,
        last_attempt_at, last_outcome, time_zone, next_attempt_at, created_at, updated_at, erased_at;
    redacted: external_contact_id, phone_number, email;
});
