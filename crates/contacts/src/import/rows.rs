//! Rows of contacts in the text format of COPY.

use time::{Duration, OffsetDateTime};
use vsa_db::ids::{CampaignId, ContactId};

use super::Candidate;

/// The columns, in the order in which [`Rows`] writes them.
pub(super) const COPY: &str = "COPY contacts (id, campaign_id, external_contact_id, phone_number, email, \
    preferred_language, has_prior_consent, do_not_call, state, time_zone, next_attempt_at, \
    created_at, updated_at) FROM STDIN";

/// Contacts of one campaign, as COPY takes them.
pub(super) struct Rows {
    campaign: String,
    now: String,
    pub(super) text: String,
    /// Those who may be called.
    pub(super) accepted: u64,
    /// Those who may not.
    pub(super) excluded: u64,
}

impl Rows {
    pub(super) fn new(now: OffsetDateTime, campaign: CampaignId) -> Self {
        // RFC 3339 without its fraction of nanoseconds, which the server does not keep.
        let micros = now - Duration::nanoseconds(i64::from(now.nanosecond() % 1_000));
        Self {
            campaign: campaign.to_string(),
            now: micros.to_string(),
            text: String::new(),
            accepted: 0,
            excluded: 0,
        }
    }

    pub(super) fn push(&mut self, id: ContactId, candidate: &Candidate, is_on_list: bool) {
        let Self {
            campaign,
            now,
            text,
            accepted,
            excluded,
        } = self;
        let contact = &candidate.contact;
        let is_excluded = is_on_list || contact.do_not_call;
        *text += &id.to_string();
        plain(text, Some(campaign));
        field(text, contact.external_contact_id.as_deref());
        plain(text, Some(contact.phone_number.as_str()));
        field(text, contact.email.as_deref());
        plain(text, Some(contact.preferred_language.as_str()));
        plain(
            text,
            Some(if contact.has_prior_consent { "t" } else { "f" }),
        );
        plain(text, Some(if contact.do_not_call { "t" } else { "f" }));
        plain(text, Some(if is_excluded { "excluded" } else { "pending" }));
        field(text, contact.time_zone.as_deref());
        plain(text, (!is_excluded).then_some(&**now));
        plain(text, Some(now));
        plain(text, Some(now));
        text.push('\n');
        *if is_excluded { excluded } else { accepted } += 1;
    }
}

/// A field of which it is known that it holds nothing COPY would read otherwise.
fn plain(text: &mut String, field: Option<&str>) {
    text.push('\t');
    *text += field.unwrap_or("\\N");
}

/// A field that may hold anything.
fn field(text: &mut String, field: Option<&str>) {
    let Some(field) = field else {
        return plain(text, None);
    };
    text.push('\t');
    for c in field.chars() {
        match c {
            '\\' => *text += "\\\\",
            '\t' => *text += "\\t",
            '\n' => *text += "\\n",
            '\r' => *text += "\\r",
            c => text.push(c),
        }
    }
}
