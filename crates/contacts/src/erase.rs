//! Erasure of a person: the right of article 17 of the GDPR.
//!
//! A person is a phone number, in however many campaigns. What says who they are, how to reach them or
//! what they said is deleted; that somebody was called, and how it ended, stays, so that statistics stay
//! what they were. Who was yet to be called is excluded.
//!
//! | what | becomes |
//! |---|---|
//! | contact | without number, address, external id and time zone; `erased_at` says when |
//! | answers | empty: that the survey was completed stays |
//! | transcripts, mails | deleted |
//! | events, calls | without payload, metadata and the provider's id: nothing leads to the provider's own records |
//! | do-not-call entry | stays, without its reason: the number must not be called again |
//!
//! What a provider reports later finds a contact that is erased, and must write nothing personal to it.

use rand::Rng;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::ids::{CampaignId, ContactId, ExclusionEntryId};

use crate::find::get;
use crate::{Error, PhoneNumber};

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The contacts, one a campaign.
    pub contacts: Vec<ContactId>,
    /// Finished surveys whose answers are gone.
    pub responses: u64,
    /// Pieces of transcripts that are gone.
    pub transcripts: u64,
    /// Mails that are gone, sent or not.
    pub mails: u64,
}

/// Erases the person behind a contact, in every campaign.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`]; [`Error::AlreadyErased`].
pub async fn erase_contact(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    id: ContactId,
) -> Result<Erased, Error> {
    actor.may(Permission::Erase)?;
    let contact = get(conn, id).await?;
    let number = contact.phone_number.ok_or(Error::AlreadyErased(id))?;
    erase(conn, rng, now, actor, &number).await
}

/// Erases the person with a number, in every campaign. If only the do-not-call list knows them, what it says beside the
/// number is gone.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::NobodyHasNumber`] when nothing is there to erase.
pub async fn erase_number(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    number: &PhoneNumber,
) -> Result<Erased, Error> {
    actor.may(Permission::Erase)?;
    erase(conn, rng, now, actor, number.as_str()).await
}

async fn erase(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    number: &str,
) -> Result<Erased, Error> {
    // One a campaign. They and their calls are locked first: what is written of them meanwhile is seen below.
    let rows = sqlx::query!(
        r#"
        SELECT id, campaign_id
        FROM contacts
        WHERE phone_number = $1
        ORDER BY id
        FOR UPDATE
        "#,
        number,
    )
    .fetch_all(&mut *conn)
    .await?;
    let contacts: Vec<ContactId> = rows.iter().map(|row| row.id).collect();
    lock_calls(conn, &contacts).await?;
    let entry = forget_reason(conn, number).await?;
    if rows.is_empty() && entry.is_none() {
        return Err(Error::NobodyHasNumber);
    }
    let erased = forget(conn, now, contacts).await?;
    let change = Change {
        after: Some(json!({
            "responses": erased.responses,
            "transcripts": erased.transcripts,
            "mails": erased.mails,
        })),
        ..Change::new(Action::ContactErase)
    };
    let places: Vec<_> = rows
        .iter()
        .map(|row| (row.campaign_id, row.id.as_uuid()))
        .collect::<Vec<(CampaignId, _)>>();
    audit::record_each(conn, rng, now, Some(actor.id()), &change, &places).await?;
    if let Some(entry) = entry {
        let change = Change {
            subject: Some(entry.as_uuid()),
            after: Some(json!({"reason": "erased"})),
            ..Change::new(Action::ContactErase)
        };
        audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    }
    Ok(erased)
}

/// A piece of a transcript hangs on its call, not on the contact.
async fn lock_calls(conn: &mut PgConnection, contacts: &[ContactId]) -> Result<(), Error> {
    sqlx::query!(
        r#"
        SELECT id
        FROM call_attempts
        WHERE contact_id = ANY ($1)
        ORDER BY id
        FOR UPDATE
        "#,
        contacts as &[ContactId],
    )
    .fetch_all(conn)
    .await?;
    Ok(())
}

/// Whoever put the number on the do-not-call list may have written who it is. The entry, if there was a reason.
async fn forget_reason(
    conn: &mut PgConnection,
    number: &str,
) -> Result<Option<ExclusionEntryId>, Error> {
    Ok(sqlx::query_scalar!(
        r#"
        UPDATE exclusion_list_entries
        SET reason = NULL
        WHERE phone_number = $1
          AND reason IS NOT NULL
        RETURNING id
        "#,
        number,
    )
    .fetch_optional(conn)
    .await?)
}

async fn forget(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    contacts: Vec<ContactId>,
) -> Result<Erased, Error> {
    let done = sqlx::query!(
        r#"
        WITH transcripts AS (
            DELETE FROM transcript_snippets
            USING call_attempts
            WHERE call_attempts.id = transcript_snippets.call_attempt_id
              AND call_attempts.contact_id = ANY ($1)
            RETURNING transcript_snippets.id
        ),
        mails AS (
            DELETE FROM email_notifications
            WHERE contact_id = ANY ($1)
            RETURNING id
        ),
        responses AS (
            UPDATE survey_responses
            SET q1_answer = NULL,
                q2_answer = NULL,
                q3_answer = NULL,
                q1_confidence = NULL,
                q2_confidence = NULL,
                q3_confidence = NULL
            WHERE contact_id = ANY ($1)
            RETURNING id
        ),
        announced AS (
            UPDATE events
            SET payload = '{}'
            WHERE contact_id = ANY ($1)
              AND payload <> '{}'
        ),
        calls AS (
            UPDATE call_attempts
            SET metadata = '{}',
                provider_call_id = NULL
            WHERE contact_id = ANY ($1)
        ),
        people AS (
            UPDATE contacts
            SET erased_at = $2,
                phone_number = NULL,
                email = NULL,
                external_contact_id = NULL,
                time_zone = NULL,
                next_attempt_at = NULL,
                state = CASE
                    WHEN state IN ('pending', 'in_progress') THEN 'excluded'
                    ELSE state
                END
            WHERE id = ANY ($1)
        )
        SELECT
            (SELECT count(*) FROM responses) AS "responses!",
            (SELECT count(*) FROM transcripts) AS "transcripts!",
            (SELECT count(*) FROM mails) AS "mails!"
        "#,
        &contacts as &[ContactId],
        now,
    )
    .fetch_one(conn)
    .await?;
    Ok(Erased {
        contacts,
        responses: done.responses.unsigned_abs(),
        transcripts: done.transcripts.unsigned_abs(),
        mails: done.mails.unsigned_abs(),
    })
}
