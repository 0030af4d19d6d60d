//! Who did what to a campaign.

use sqlx::PgConnection;
use sqlx::types::Uuid;
use vsa_db::actor::{Actor, Permission};
use vsa_db::ids::{AuditEntryId, CampaignId};
use vsa_db::models::AuditEntry;
use vsa_db::page::{Page, PageSize};

use crate::Error;

/// The audit of a campaign, newest first; `after` is the last entry of the page before.
///
/// # Errors
/// [`Error::Forbidden`].
pub async fn history(
    conn: &mut PgConnection,
    actor: &Actor,
    id: CampaignId,
    after: Option<AuditEntryId>,
    size: PageSize,
) -> Result<Page<AuditEntry, AuditEntryId>, Error> {
    actor.may(Permission::ReadAudit)?;
    let rows = sqlx::query_as!(
        AuditEntry,
        r#"
        SELECT
            -- columns of audit_log
            id, user_id, action, campaign_id, subject_id, before, after, created_at
            -- end of columns
        FROM audit_log
        WHERE campaign_id = $1
          AND id < $2
        ORDER BY id DESC
        LIMIT $3
        "#,
        id.as_uuid(),
        after.unwrap_or(AuditEntryId::from_uuid(Uuid::max())) as AuditEntryId,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |entry| entry.id))
}
