//! People who ask not to be called in a row that comes again: who are in the campaign, or stand above in the file.
//!
//! They are kept in mind, 16 bytes each, until the do-not-call list is held: a contact that was changed before would let
//! whoever puts its number on the list wait for the whole file, and then both wait for each other.

use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::ids::{CampaignId, ContactId};

use super::Candidate;
use crate::Error;

/// Contacts that are changed at a time.
const BATCH: usize = 10_000;

/// Who was heard.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Heard {
    /// Contacts whom the campaign had before.
    pub(super) before: u64,
    /// Contacts of this file who were to be called.
    pub(super) of_this_file: u64,
}

/// The contacts that rows mean, by their number or by their id.
pub(super) async fn contacts(
    conn: &mut PgConnection,
    campaign: CampaignId,
    rows: impl Iterator<Item = &Candidate>,
) -> Result<Vec<ContactId>, Error> {
    let (mut numbers, mut ids) = (Vec::new(), Vec::new());
    for Candidate { contact, .. } in rows {
        numbers.push(contact.phone_number.as_str());
        ids.extend(contact.external_contact_id.as_deref());
    }
    if numbers.is_empty() {
        return Ok(Vec::new());
    }
    Ok(sqlx::query_scalar!(
        r#"
        SELECT id AS "id!: ContactId"
        FROM contacts
        WHERE phone_number = ANY ($2)
          AND campaign_id = $1
          AND NOT do_not_call
        UNION
        SELECT id
        FROM contacts
        WHERE campaign_id = $1
          AND external_contact_id = ANY ($3)
          AND NOT do_not_call
        "#,
        campaign as CampaignId,
        &numbers as &[&str],
        &ids as &[&str],
    )
    .fetch_all(conn)
    .await?)
}

/// They are not called any more. `now` is the moment of this import, which no other has to the microsecond.
pub(super) async fn hear(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    campaign: CampaignId,
    contacts: &[ContactId],
) -> Result<Heard, Error> {
    let mut all = Heard::default();
    for contacts in contacts.chunks(BATCH) {
        let heard = sqlx::query!(
            r#"
            WITH asking AS (
                SELECT id, state, created_at
                FROM contacts
                WHERE id = ANY ($2)
                  AND campaign_id = $1
                  AND NOT do_not_call
                ORDER BY id
                FOR NO KEY UPDATE
            ),
            heard AS (
                UPDATE contacts
                SET do_not_call = true,
                    state = CASE
                        WHEN asking.state IN ('pending', 'in_progress') THEN 'excluded'
                        ELSE asking.state
                    END,
                    next_attempt_at = NULL
                FROM asking
                WHERE contacts.id = asking.id
                RETURNING
                    asking.created_at = $3 AS of_this_file,
                    asking.state IN ('pending', 'in_progress') AS was_open
            )
            SELECT
                count(*) FILTER (WHERE NOT of_this_file) AS "before!",
                count(*) FILTER (WHERE of_this_file AND was_open) AS "of_this_file!"
            FROM heard
            "#,
            campaign as CampaignId,
            contacts as &[ContactId],
            now,
        )
        .fetch_one(&mut *conn)
        .await?;
        all.before += heard.before.unsigned_abs();
        all.of_this_file += heard.of_this_file.unsigned_abs();
    }
    Ok(all)
}
