// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;

use crate::ids::CampaignId;

/// Calls of a campaign in one hour, up to the deltas that are not folded yet.
///
/// A row of `campaign_hours`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct CampaignHour {
    /// Campaign that is counted.
    pub campaign_id: CampaignId,
    /// Beginning of the hour, UTC, in which the calls were started.
    #[serde(with = "time::serde::rfc3339")]
    pub hour: OffsetDateTime,
    /// Calls started in that hour that have ended.
    pub calls: i64,
}
