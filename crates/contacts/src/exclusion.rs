//! The do-not-call list. It holds numbers, in no campaign in particular.
//!
//! A number that comes onto it excludes whoever has it in every campaign, in the same statement;
//! a contact that comes later is screened. Whoever adds numbers holds a lock until they are
//! committed, and whoever makes contacts dialable waits for it: of the two, one always sees the
//! other, and nobody who is excluded ends dialable.

mod import;

use rand::Rng;
use serde::Serialize;
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Uuid;
use time::OffsetDateTime;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::enums::ExclusionSource;
use vsa_db::ids::{AuditEntryId, ExclusionEntryId};
use vsa_db::locks;
use vsa_db::models::{AuditEntry, ExclusionEntry};
use vsa_db::page::{Page, PageSize};

use crate::{Error, PhoneNumber};

pub use import::{COLUMNS, ExclusionFile, Imported, import};

/// A number that is not to be called, and why, in somebody's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewExclusion {
    /// Whom.
    pub phone_number: PhoneNumber,
    /// Personal data, as the number is.
    pub reason: Option<String>,
}

/// What became of numbers that were put on the list.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Excluded {
    /// Numbers that are on it since.
    pub added: u64,
    /// Numbers that were on it before; their entries stay as they are.
    pub already_there: u64,
    /// Contacts that were to be called, or are being called, and are excluded now, in all campaigns.
    pub contacts: u64,
}

/// Puts a number on the list. One that is on it stays as it is.
///
/// # Errors
/// [`Error::Forbidden`].
pub async fn add(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    source: ExclusionSource,
    new: &NewExclusion,
) -> Result<Excluded, Error> {
    actor.may(Permission::Exclude)?;
    locks::changing_exclusions(conn).await?;
    let id = ExclusionEntryId::generate(now, rng);
    let excluded = put(conn, &[id], now, source, std::slice::from_ref(new)).await?;
    if excluded.added > 0 {
        let change = Change {
            subject: Some(id.as_uuid()),
            after: Some(json!({"source": source, "contacts": excluded.contacts})),
            ..Change::new(Action::ExclusionAdd)
        };
        audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    }
    Ok(excluded)
}

/// Puts numbers on the list, no two of them alike, in one statement.
async fn put(
    conn: &mut PgConnection,
    ids: &[ExclusionEntryId],
    now: OffsetDateTime,
    source: ExclusionSource,
    new: &[NewExclusion],
) -> Result<Excluded, Error> {
    let numbers: Vec<&str> = new.iter().map(|one| one.phone_number.as_str()).collect();
    let reasons: Vec<Option<&str>> = new.iter().map(|one| one.reason.as_deref()).collect();
    let done = sqlx::query!(
        r#"
        WITH added AS (
            INSERT INTO exclusion_list_entries (id, phone_number, reason, source, created_at)
            SELECT new.id, new.phone_number, new.reason, $4, $5
            FROM unnest($1::uuid[], $2::text[], $3::text[]) AS new (id, phone_number, reason)
            ON CONFLICT (phone_number) DO NOTHING
            RETURNING id
        ),
        marked AS (
            UPDATE contacts
            SET state = 'excluded',
                next_attempt_at = NULL
            WHERE phone_number = ANY ($2)
              AND state IN ('pending', 'in_progress')
            RETURNING id
        )
        SELECT
            (SELECT count(*) FROM added) AS "added!",
            (SELECT count(*) FROM marked) AS "contacts!"
        "#,
        ids as &[ExclusionEntryId],
        &numbers as &[&str],
        &reasons as &[Option<&str>],
        source as ExclusionSource,
        now,
    )
    .fetch_one(conn)
    .await?;
    let added = done.added.unsigned_abs();
    Ok(Excluded {
        added,
        already_there: new.len() as u64 - added,
        contacts: done.contacts.unsigned_abs(),
    })
}

/// Takes a number off the list: contacts who are added from now on may be called. Those who were
/// excluded stay so; who asked not to be called is not called because a list was put right.
///
/// # Errors
/// [`Error::Forbidden`]: this takes an admin. [`Error::NotExcluded`] when it is not on the list.
pub async fn remove(
    conn: &mut PgConnection,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    number: &PhoneNumber,
) -> Result<ExclusionEntryId, Error> {
    actor.may(Permission::Unexclude)?;
    let removed = sqlx::query!(
        r#"
        DELETE FROM exclusion_list_entries
        WHERE phone_number = $1
        RETURNING id, source
        "#,
        number.as_str(),
    )
    .fetch_optional(&mut *conn)
    .await?
    .ok_or(Error::NotExcluded)?;
    let change = Change {
        subject: Some(removed.id.as_uuid()),
        before: Some(json!({"source": removed.source})),
        ..Change::new(Action::ExclusionRemove)
    };
    audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    Ok(removed.id)
}

/// The entry of a number; none if it may be called.
pub async fn entry(
    conn: &mut PgConnection,
    number: &PhoneNumber,
) -> Result<Option<ExclusionEntry>, Error> {
    Ok(sqlx::query_as!(
        ExclusionEntry,
        r#"
        SELECT
            -- columns of exclusion_list_entries
            id, phone_number, reason, source, created_at, seq
            -- end of columns
        FROM exclusion_list_entries
        WHERE phone_number = $1
        "#,
        number.as_str(),
    )
    .fetch_optional(conn)
    .await?)
}

/// Who put numbers on the list and took them off, newest first; `after` is the last entry of the page before.
///
/// # Errors
/// [`Error::Forbidden`].
pub async fn history(
    conn: &mut PgConnection,
    actor: &Actor,
    after: Option<AuditEntryId>,
    size: PageSize,
) -> Result<Page<AuditEntry, AuditEntryId>, Error> {
    actor.may(Permission::ReadAudit)?;
    let actions = [
        Action::ExclusionAdd,
        Action::ExclusionsImport,
        Action::ExclusionRemove,
    ]
    .map(Action::as_str);
    let rows = sqlx::query_as!(
        AuditEntry,
        r#"
        SELECT
            -- columns of audit_log
            id, user_id, action, campaign_id, subject_id, before, after, created_at
            -- end of columns
        FROM audit_log
        WHERE campaign_id IS NULL
          AND action = ANY ($1)
          AND id < $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        &actions as &[&str],
        after.unwrap_or(AuditEntryId::from_uuid(Uuid::max())) as AuditEntryId,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |entry| entry.id))
}

/// The list, in the order of ids: those we made, in the order in which they came. `after` is the last
/// entry of the page before.
pub async fn list(
    conn: &mut PgConnection,
    after: Option<ExclusionEntryId>,
    size: PageSize,
) -> Result<Page<ExclusionEntry, ExclusionEntryId>, Error> {
    let rows = sqlx::query_as!(
        ExclusionEntry,
        r#"
        SELECT
            -- columns of exclusion_list_entries
            id, phone_number, reason, source, created_at, seq
            -- end of columns
        FROM exclusion_list_entries
        WHERE id > $1
        ORDER BY id
        LIMIT $2
        "#,
        after.unwrap_or(ExclusionEntryId::from_uuid(Uuid::nil())) as ExclusionEntryId,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |entry| entry.id))
}
