//! People who are in the campaign, and ask in a row of the file not to be called.
//!
//! They are kept in mind until the do-not-call list is held: a contact that was changed before would let whoever puts its
//! number on the list wait for the whole file, and then both wait for each other.

use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::ids::{CampaignId, ContactId};

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
