// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::enums::ExclusionSource;
use crate::ids::ExclusionEntryId;

/// A number on the global do-not-call list.
///
/// A row of `exclusion_list_entries`.
#[derive(Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct ExclusionEntry {
    /// Primary key.
    pub id: ExclusionEntryId,
    /// Phone number, E.164, such as `+390212345678`; unique. Personal data.
    pub phone_number: String,
    /// Why the number must not be called, in somebody's own words. Personal data.
    pub reason: Option<String>,
    /// How the number came onto the list.
    pub source: ExclusionSource,
    /// When the row was made.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// Order in which numbers came onto the list: whoever adds some holds a lock until they are
    /// committed, so an import of contacts finds those added since it began.
    pub seq: i64,
}

crate::models::debug_without_personal_data!(ExclusionEntry {
    shown: id, source, created_at, seq;
    redacted: phone_number, reason;
});
