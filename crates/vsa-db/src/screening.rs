//! Making many contacts dialable takes long; the do-not-call list must not wait for it.
//!
//! Whoever does so screens them against the list as it is, keeps in mind where it [ended](end_of_list), and when all is done
//! [excludes](exclude_late) whoever came onto it meanwhile: only from then to the commit does the list wait.

use sqlx::PgConnection;

use crate::ids::CampaignId;
use crate::locks;

/// Where the do-not-call list ends: whoever adds to it holds a lock, so what comes later has a higher number.
pub async fn end_of_list(conn: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM exclusion_list_entries")
        .fetch_one(conn)
        .await
}

/// Excludes the contacts of a campaign who came onto the list since it ended at `seen`, and tells how many. From now until
/// the commit nobody comes onto it.
pub async fn exclude_late(
    conn: &mut PgConnection,
    campaign: CampaignId,
    seen: i64,
) -> Result<u64, sqlx::Error> {
    locks::relying_on_exclusions(conn).await?;
    let late = sqlx::query(
        "UPDATE contacts
         SET state = 'excluded', next_attempt_at = NULL
         FROM exclusion_list_entries
         WHERE exclusion_list_entries.seq > $2
           AND contacts.phone_number = exclusion_list_entries.phone_number
           AND contacts.campaign_id = $1
           AND contacts.state IN ('pending', 'in_progress')",
    )
    .bind(campaign)
    .bind(seen)
    .execute(conn)
    .await?;
    Ok(late.rows_affected())
}
