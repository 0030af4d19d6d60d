use std::fmt;

use rand::Rng;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::enums::{CampaignStatus, ContactLanguage};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::models::Contact;
use vsa_db::{locks, time_zone};

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

/// Without what says who it is.
impl fmt::Debug for NewContact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewContact")
            .field("phone_number", &self.phone_number)
            .finish_non_exhaustive()
    }
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
/// [`Error::Forbidden`], [`Error::UnknownCampaign`], [`Error::CampaignOver`], [`Error::TimeZone`];
/// [`Error::AlreadyExists`] leaves the transaction usable.
pub async fn add(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    campaign_id: CampaignId,
    new: &NewContact,
) -> Result<Contact, Error> {
    actor.may(Permission::ManageContacts)?;
    if let Some(zone) = &new.time_zone
        && !time_zone::is_known(conn, zone).await?
    {
        return Err(Error::TimeZone(zone.clone()));
    }
    locks::relying_on_exclusions(conn).await?;
    let id = ContactId::generate(now, rng);
    let added = sqlx::query_as!(
        Contact,
        r#"
        WITH campaign AS (
            SELECT id
            FROM campaigns
            WHERE id = $2
              AND status NOT IN ('completed', 'cancelled')
            FOR SHARE
        ),
        screen AS (
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
            $1, campaign.id, $3, $4, $5,
            $6, $7, $8,
            CASE WHEN excluded THEN 'excluded'::contact_state ELSE 'pending' END,
            $9,
            CASE WHEN excluded THEN NULL ELSE $10::timestamptz END,
            $10, $10
        FROM campaign
        CROSS JOIN screen
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
    .fetch_optional(&mut *conn)
    .await?;
    let Some(added) = added else {
        takes_contacts(conn, campaign_id).await?;
        return Err(Error::AlreadyExists(campaign_id));
    };
    let change = Change {
        campaign: Some(campaign_id),
        subject: Some(id.as_uuid()),
        after: Some(json!({"state": added.state})),
        ..Change::new(Action::ContactAdd)
    };
    audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    Ok(added)
}

/// Whether the campaign exists and is not over. It cannot end before the transaction does.
///
/// # Errors
/// [`Error::UnknownCampaign`], [`Error::CampaignOver`].
pub(crate) async fn takes_contacts(conn: &mut PgConnection, id: CampaignId) -> Result<(), Error> {
    let status = sqlx::query_scalar!(
        r#"
        SELECT status
        FROM campaigns
        WHERE id = $1
        FOR SHARE
        "#,
        id as CampaignId,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::UnknownCampaign(id))?;
    match status {
        CampaignStatus::Completed | CampaignStatus::Cancelled => {
            Err(Error::CampaignOver { id, status })
        }
        _ => Ok(()),
    }
}
