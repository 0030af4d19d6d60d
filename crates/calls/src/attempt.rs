use rand::Rng;
use sqlx::PgConnection;
use time::OffsetDateTime;
use vsa_db::ids::{CallAttemptId, ContactId};
use vsa_db::models::CallAttempt;

use crate::Error;

/// Opens the next attempt to reach a contact that is due at `now`: the contact
/// becomes `in_progress` and the attempt is written in one statement, so that
/// of any number of callers one succeeds.
///
/// Call it in a transaction: campaign and contact are locked first, in this
/// order as everywhere, and in statements of their own, so that the one that
/// writes sees a pause or an exclusion that was committed while these waited.
///
/// # Errors
/// [`Error::NotDialable`] when the contact may not be called now;
/// [`Error::UnknownContact`] when there is none.
pub async fn open(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    contact_id: ContactId,
) -> Result<CallAttempt, Error> {
    sqlx::query!(
        r#"
        SELECT campaigns.id
        FROM campaigns
        JOIN contacts ON contacts.campaign_id = campaigns.id
        WHERE contacts.id = $1
        FOR SHARE OF campaigns
        "#,
        contact_id as ContactId,
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::UnknownContact(contact_id))?;
    sqlx::query!(
        r#"
        SELECT id
        FROM contacts
        WHERE id = $1
        FOR NO KEY UPDATE
        "#,
        contact_id as ContactId,
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::UnknownContact(contact_id))?;

    let id = CallAttemptId::generate(now, rng);
    sqlx::query_as!(
        CallAttempt,
        r#"
        WITH taken AS (
            UPDATE contacts
            SET state = 'in_progress',
                attempts_count = contacts.attempts_count + 1,
                last_attempt_at = $3
            FROM campaigns
            WHERE contacts.id = $2
              AND contacts.state = 'pending'
              AND contacts.next_attempt_at <= $3
              AND campaigns.id = contacts.campaign_id
              AND campaigns.status = 'running'
              AND contacts.attempts_count < campaigns.max_attempts
              AND ($3 AT TIME ZONE coalesce(contacts.time_zone, campaigns.time_zone))::time
                  >= campaigns.allowed_call_start_local
              AND ($3 AT TIME ZONE coalesce(contacts.time_zone, campaigns.time_zone))::time
                  < campaigns.allowed_call_end_local
              AND NOT contacts.do_not_call
              AND NOT EXISTS (
                  SELECT 1
                  FROM exclusion_list_entries
                  WHERE exclusion_list_entries.phone_number = contacts.phone_number
              )
            RETURNING contacts.id, contacts.campaign_id, contacts.attempts_count
        )
        INSERT INTO call_attempts (
            id, contact_id, campaign_id, attempt_number, call_id, started_at
        )
        SELECT $1, taken.id, taken.campaign_id, taken.attempts_count, $4, $3
        FROM taken
        RETURNING
            -- columns of call_attempts
            id, contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
            answered_at, ended_at, outcome, provider_raw_status, error_code, metadata,
            consent_given, consent_recorded_at
            -- end of columns
        "#,
        id as CallAttemptId,
        contact_id as ContactId,
        now,
        id.to_string(),
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotDialable(contact_id))
}

/// The attempt with this id.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn get(conn: &mut PgConnection, id: CallAttemptId) -> Result<CallAttempt, Error> {
    sqlx::query_as!(
        CallAttempt,
        r#"
        SELECT
            -- columns of call_attempts
            id, contact_id, campaign_id, attempt_number, call_id, provider_call_id, started_at,
            answered_at, ended_at, outcome, provider_raw_status, error_code, metadata,
            consent_given, consent_recorded_at
            -- end of columns
        FROM call_attempts
        WHERE id = $1
        "#,
        id as CallAttemptId,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound(id))
}
