//! What is missing before a campaign can run: all of it at once, each with its field.

use std::fmt;

use serde::Serialize;
use sqlx::PgConnection;
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::models::Campaign;

use crate::{Error, get};

/// Something that keeps a campaign from running.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The field, or `contacts`.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub message: &'static str,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Everything that keeps the campaign from being activated; nothing if it is ready.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn validate(conn: &mut PgConnection, id: CampaignId) -> Result<Vec<Problem>, Error> {
    let campaign = get(conn, id).await?;
    problems(conn, &campaign).await
}

/// Retry policy, call window and time zone are not looked at: the schema and whoever writes them let
/// no campaign have bad ones, not even a draft.
pub(crate) async fn problems(
    conn: &mut PgConnection,
    campaign: &Campaign,
) -> Result<Vec<Problem>, Error> {
    let texts = [
        ("name", &campaign.name, "is empty; give the campaign one"),
        (
            "intro_script",
            &campaign.intro_script,
            "is empty; it names the caller, the purpose and the duration, and asks for consent",
        ),
        (
            "question_1_text",
            &campaign.question_1_text,
            "is empty; a survey asks exactly three questions",
        ),
        (
            "question_2_text",
            &campaign.question_2_text,
            "is empty; a survey asks exactly three questions",
        ),
        (
            "question_3_text",
            &campaign.question_3_text,
            "is empty; a survey asks exactly three questions",
        ),
    ];
    let mut problems: Vec<Problem> = texts
        .into_iter()
        .filter(|(_, text, _)| text.trim().is_empty())
        .map(|(field, _, message)| Problem { field, message })
        .collect();
    if !has_dialable_contact(conn, campaign.id).await? {
        problems.push(Problem {
            field: "contacts",
            message: "there is nobody to call; import contacts, at least one of them not excluded",
        });
    }
    Ok(problems)
}

/// One that may be called is locked until the transaction ends: who is being erased or excluded in
/// the same moment is passed over, and who was found cannot be before the campaign has started.
async fn has_dialable_contact(conn: &mut PgConnection, id: CampaignId) -> Result<bool, Error> {
    let contact: Option<ContactId> = sqlx::query_scalar!(
        r#"
        SELECT id
        FROM contacts
        WHERE campaign_id = $1
          AND state = 'pending'
          AND next_attempt_at IS NOT NULL
        LIMIT 1
        FOR SHARE SKIP LOCKED
        "#,
        id as CampaignId,
    )
    .fetch_optional(conn)
    .await?;
    Ok(contact.is_some())
}
