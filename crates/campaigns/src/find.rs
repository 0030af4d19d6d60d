//! From what people type to a campaign, and lists of them.

use sqlx::PgConnection;
use sqlx::types::Uuid;
use vsa_db::enums::CampaignStatus;
use vsa_db::ids::{self, CampaignId};
use vsa_db::models::Campaign;
use vsa_db::page::{Page, PageSize};

use crate::Error;

/// How many of several campaigns that a text may mean are named.
const CANDIDATES: i64 = 10;

/// The campaign with this id.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn get(conn: &mut PgConnection, id: CampaignId) -> Result<Campaign, Error> {
    sqlx::query_as!(
        Campaign,
        r#"
        SELECT
            -- columns of campaigns
            id, name, description, status, language, intro_script, question_1_text, question_1_type,
            question_2_text, question_2_type, question_3_text, question_3_type, max_attempts,
            retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
            created_by_user_id, created_at, updated_at, version, starts_at
            -- end of columns
        FROM campaigns
        WHERE id = $1
        "#,
        id as CampaignId,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound(id))
}

/// The same, which nobody else changes until the transaction ends; `seen` is the version it must
/// have.
pub(crate) async fn locked(
    conn: &mut PgConnection,
    id: CampaignId,
    seen: Option<i32>,
) -> Result<Campaign, Error> {
    let campaign = sqlx::query_as!(
        Campaign,
        r#"
        SELECT
            -- columns of campaigns
            id, name, description, status, language, intro_script, question_1_text, question_1_type,
            question_2_text, question_2_type, question_3_text, question_3_type, max_attempts,
            retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
            created_by_user_id, created_at, updated_at, version, starts_at
            -- end of columns
        FROM campaigns
        WHERE id = $1
        FOR NO KEY UPDATE
        "#,
        id as CampaignId,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound(id))?;
    match seen {
        Some(seen) if seen != campaign.version => Err(Error::Conflict {
            seen,
            found: campaign.version,
            changed_at: campaign.updated_at,
        }),
        _ => Ok(campaign),
    }
}

/// A campaign that a text may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: CampaignId,
    /// Its name.
    pub name: String,
}

/// The campaign that a text means: its exact name, its id, or the beginning of its id if that is
/// at least four characters and no other begins so.
///
/// # Errors
/// [`Error::Unknown`] when it means none, [`Error::Ambiguous`] with the first of those it may mean.
pub async fn find(conn: &mut PgConnection, text: &str) -> Result<CampaignId, Error> {
    let (first, last) = ids::prefix(text).unwrap_or((Uuid::max(), Uuid::nil()));
    let mut found = sqlx::query_as!(
        Candidate,
        r#"
        (
            SELECT id AS "id!: CampaignId", name AS "name!"
            FROM campaigns
            WHERE name = $1
            ORDER BY id
            LIMIT $4
        )
        UNION
        (
            SELECT id, name
            FROM campaigns
            WHERE id BETWEEN $2 AND $3
            ORDER BY id
            LIMIT $4
        )
        ORDER BY 1
        LIMIT $4
        "#,
        text,
        first,
        last,
        CANDIDATES,
    )
    .fetch_all(conn)
    .await?;
    match found.len() {
        0 => Err(Error::Unknown(text.to_owned())),
        1 => Ok(found.swap_remove(0).id),
        _ => Err(Error::Ambiguous {
            text: text.to_owned(),
            candidates: found,
        }),
    }
}

/// Campaigns, the newest first; `after` is the last of the page before.
pub async fn list(
    conn: &mut PgConnection,
    status: Option<CampaignStatus>,
    after: Option<CampaignId>,
    size: PageSize,
) -> Result<Page<Campaign, CampaignId>, Error> {
    let rows = sqlx::query_as!(
        Campaign,
        r#"
        SELECT
            -- columns of campaigns
            id, name, description, status, language, intro_script, question_1_text, question_1_type,
            question_2_text, question_2_type, question_3_text, question_3_type, max_attempts,
            retry_interval_minutes, allowed_call_start_local, allowed_call_end_local, time_zone,
            email_completed_template_id, email_refused_template_id, email_not_reached_template_id,
            created_by_user_id, created_at, updated_at, version, starts_at
            -- end of columns
        FROM campaigns
        WHERE id < $1
          AND ($2::campaign_status IS NULL OR status = $2)
        ORDER BY id DESC
        LIMIT $3
        "#,
        after.unwrap_or(CampaignId::from_uuid(Uuid::max())) as CampaignId,
        status as Option<CampaignStatus>,
        size.limit(),
    )
    .fetch_all(conn)
    .await?;
    Ok(Page::new(rows, size, |campaign| campaign.id))
}
