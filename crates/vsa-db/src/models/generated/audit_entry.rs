// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::ids::{AuditEntryId, UserId};

/// Something somebody did, that must be provable. Holds no personal data but who did it.
///
/// A row of `audit_log`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct AuditEntry {
    /// Primary key.
    pub id: AuditEntryId,
    /// Who did it; `None` is the system itself.
    pub user_id: Option<UserId>,
    /// What was done, such as campaign.activate.
    pub action: String,
    /// Campaign it was done to or in; `None` if to none.
    pub campaign_id: Option<Uuid>,
    /// Row it was done to, where that is not the campaign: a contact, an exclusion.
    pub subject_id: Option<Uuid>,
    /// What was there before; never personal data.
    pub before: Option<Value>,
    /// What is there since; never personal data.
    pub after: Option<Value>,
    /// When it was done.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
}
