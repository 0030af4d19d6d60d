//! From an id, its beginning or a number to contacts, and lists of them.

use sqlx::PgConnection;
use sqlx::types::Uuid;
use vsa_db::enums::ContactState;
use vsa_db::ids::{self, CampaignId, ContactId};
use vsa_db::models::Contact;
use vsa_db::page::{Page, PageSize};

use crate::{Error, PhoneNumber};

/// How many of several contacts that a text may mean are named.
const CANDIDATES: i64 = 10;

/// The contact with this id.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn get(conn: &mut PgConnection, id: ContactId) -> Result<Contact, Error> {
    sqlx::query_as!(
        Contact,
        r#"
        SELECT
            -- columns of contacts
            id, campaign_id, external_contact_id, phone_number, email, preferred_language,
            has_prior_consent, do_not_call, state, attempts_count, last_attempt_at, last_outcome,
            time_zone, next_attempt_at, created_at, updated_at, erased_at
            -- end of columns
        FROM contacts
        WHERE id = $1
        "#,
        id as ContactId,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound(id))
}

/// The contact that a text means: its id, or the beginning of it if that is at least four
/// characters and no other begins so.
///
/// # Errors
/// [`Error::Unknown`] when it means none, [`Error::Ambiguous`] with the first of those it may mean.
pub async fn find(conn: &mut PgConnection, text: &str) -> Result<ContactId, Error> {
    let unknown = || Error::Unknown(text.to_owned());
    let (first, last) = ids::prefix(text).ok_or_else(unknown)?;
    let mut found = sqlx::query_scalar!(
        r#"
        SELECT id
        FROM contacts
        WHERE id BETWEEN $1 AND $2
        ORDER BY id
        LIMIT $3
        "#,
        first,
        last,
        CANDIDATES,
    )
    .fetch_all(conn)
    .await?;
    match found.len() {
        0 => Err(unknown()),
        1 => Ok(found.swap_remove(0)),
        _ => Err(Error::Ambiguous {
            text: text.to_owned(),
            candidates: found,
        }),
    }
}

/// The contacts with this number, one a campaign, in the order in which they came.
pub async fn with_number(
    conn: &mut PgConnection,
    number: &PhoneNumber,
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
        WHERE phone_number = $1
          AND id > $2
        ORDER BY id
        LIMIT $3
        "#,
        number.as_str(),
        after.unwrap_or(ContactId::from_uuid(Uuid::nil())) as ContactId,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |contact| contact.id))
}

/// The contacts of a campaign, in one state or in all, in the order in which they came. `after` is
/// the last contact of the page before.
pub async fn list(
    conn: &mut PgConnection,
    campaign_id: CampaignId,
    state: Option<ContactState>,
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
          AND ($3::contact_state IS NULL OR state = $3)
        ORDER BY id
        LIMIT $4
        "#,
        campaign_id as CampaignId,
        after.unwrap_or(ContactId::from_uuid(Uuid::nil())) as ContactId,
        state as Option<ContactState>,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |contact| contact.id))
}
