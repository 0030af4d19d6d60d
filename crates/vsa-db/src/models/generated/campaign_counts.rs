// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;

use crate::ids::CampaignId;

/// What was counted of a campaign, up to the deltas that are not folded yet.
///
/// A row of `campaign_counts`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct CampaignCounts {
    /// Campaign that is counted.
    pub campaign_id: CampaignId,
    /// Contacts to be called or being called.
    pub to_call: i64,
    /// Contacts who answered the survey.
    pub completed: i64,
    /// Contacts who declined.
    pub refused: i64,
    /// Contacts nobody reached.
    pub not_reached: i64,
    /// Contacts excluded.
    pub excluded: i64,
    /// Calls in which the survey was answered.
    pub calls_completed: i64,
    /// Calls in which the contact declined.
    pub calls_refused: i64,
    /// Calls nobody answered.
    pub calls_no_answer: i64,
    /// Calls to a busy line.
    pub calls_busy: i64,
    /// Calls that failed.
    pub calls_failed: i64,
    /// Calls that were answered and have ended.
    pub talks: i64,
    /// Seconds between answer and end of those calls.
    pub talk_seconds: i64,
}
