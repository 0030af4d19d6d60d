use rand::Rng;
use sqlx::PgConnection;
use sqlx::types::Uuid;
use time::OffsetDateTime;
use vsa_db::enums::ContactLanguage;
use vsa_db::error::{UNKNOWN_TIME_ZONE, constraint, sqlstate};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::models::Contact;
use vsa_db::page::{Page, PageSize};

use crate::{Error, PhoneNumber};

/// A person to be called in one campaign.
#[derive(Clone, PartialEq, Eq)]
pub struct NewContact {
    /// The id the organisation knows the person by, once in a campaign.
    pub external_contact_id: Option<String>,
    /// Once in a campaign.
    pub phone_number: PhoneNumber,
    /// Where mails go; none sends none.
    pub email: Option<String>,
    /// `Auto` follows the campaign.
    pub preferred_language: ContactLanguage,
    /// The person agreed to be called before.
    pub has_prior_consent: bool,
    /// The person asked not to be called: the contact is excluded at once.
    pub do_not_call: bool,
    /// IANA name; none follows the campaign.
    pub time_zone: Option<String>,
}

impl NewContact {
    /// A contact of whom nothing but the number is known.
    #[must_use]
    pub fn new(phone_number: PhoneNumber) -> Self {
        Self {
            external_contact_id: None,
            phone_number,
            email: None,
            preferred_language: ContactLanguage::Auto,
            has_prior_consent: false,
            do_not_call: false,
            time_zone: None,
        }
    }
}

/// Adds one contact, screened against the do-not-call list: whoever is on it,
/// or asked not to be called, is stored as excluded and never due; everyone
/// else is due from `now` on.
///
/// # Errors
/// [`Error::AlreadyExists`] leaves the transaction usable.
pub async fn add(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    campaign_id: CampaignId,
    new: &NewContact,
) -> Result<Contact, Error> {
    let id = ContactId::generate(now, rng);
    let unknown_zone = || Error::TimeZone(new.time_zone.clone().unwrap_or_default());
    sqlx::query_as!(
        Contact,
        r#"
        WITH screen AS (
            SELECT $8 OR EXISTS (
                SELECT 1
                FROM exclusion_list_entries
                WHERE phone_number = $4
            ) AS excluded
        )
        INSERT INTO contacts (
            id, campaign_id, external_contact_id, phone_number, email,
            preferred_language, has_prior_consent, do_not_call,
            state, time_zone, next_attempt_at, created_at, updated_at
        )
        SELECT
            $1, $2, $3, $4, $5,
            $6, $7, $8,
            CASE WHEN excluded THEN 'excluded'::contact_state ELSE 'pending' END,
            $9,
            CASE WHEN excluded THEN NULL ELSE $10::timestamptz END,
            $10, $10
        FROM screen
        -- Fails for a zone that the server does not know.
        WHERE $9::text IS NULL OR ($10::timestamptz AT TIME ZONE $9) IS NOT NULL
        ON CONFLICT DO NOTHING
        RETURNING
            -- columns of contacts
            id, campaign_id, external_contact_id, phone_number, email, preferred_language,
            has_prior_consent, do_not_call, state, attempts_count, last_attempt_at, last_outcome,
            time_zone, next_attempt_at, created_at, updated_at, erased_at
            -- end of columns
        "#,
        id as ContactId,
        campaign_id as CampaignId,
        new.external_contact_id,
        new.phone_number.as_str(),
        new.email,
        new.preferred_language as ContactLanguage,
        new.has_prior_consent,
        new.do_not_call,
        new.time_zone,
        now,
    )
    .fetch_optional(conn)
    .await
    .map_err(|error| match constraint(&error) {
        Some("contacts_campaign_id_fkey") => Error::UnknownCampaign(campaign_id),
        Some("contacts_time_zone_check") => unknown_zone(),
        _ if sqlstate(&error).as_deref() == Some(UNKNOWN_TIME_ZONE) => unknown_zone(),
        _ => error.into(),
    })?
    .ok_or(Error::AlreadyExists(campaign_id))
}

/// The contacts of a campaign, in the order in which they came. `after` is the
/// last contact of the page before.
pub async fn list(
    conn: &mut PgConnection,
    campaign_id: CampaignId,
    after: Option<ContactId>,
    size: PageSize,
) -> Result<Page<Contact, ContactId>, Error> {
    let rows = sqlx::query_as!(
        Contact,
        r#"
        SELECT
            -- columns of contacts
            id, campaign_id, external_contact_id, phone_number, email, preferred_language,
            has_prior_consent, do_not_call, state, attempts_count, last_attempt_at, last_outcome,
            time_zone, next_attempt_at, created_at, updated_at, erased_at
            -- end of columns
        FROM contacts
        WHERE campaign_id = $1
          AND id > $2
        ORDER BY id
        LIMIT $3
        "#,
        campaign_id as CampaignId,
        after.unwrap_or(ContactId::from_uuid(Uuid::nil())) as ContactId,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |contact| contact.id))
}
