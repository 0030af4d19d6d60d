// Generated from schema.yaml by cargo xtask schema generate; edit that file instead.

use serde::Serialize;
use time::OffsetDateTime;
use uuid::Uuid;

/// What one statement did to the statistics of a campaign. Only added, so that no two writers wait
/// for each other.
///
/// A row of `campaign_count_deltas`.
#[derive(Debug, Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct CampaignCountDelta {
    /// Primary key.
    pub id: i64,
    /// Campaign that is counted.
    pub campaign_id: Uuid,
    /// Hour, UTC, in which the calls were started; `None` where no calls are counted.
    #[serde(with = "time::serde::rfc3339::option")]
    pub hour: Option<OffsetDateTime>,
    /// Change in contacts to be called or being called.
    pub to_call: i64,
    /// Change in contacts who answered the survey.
    pub completed: i64,
    /// Change in contacts who declined.
    pub refused: i64,
    /// Change in contacts nobody reached.
    pub not_reached: i64,
    /// Change in contacts excluded.
    pub excluded: i64,
    /// Change in calls that have ended.
    pub calls: i64,
    /// Change in calls in which the survey was answered.
    pub calls_completed: i64,
    /// Change in calls in which the contact declined.
    pub calls_refused: i64,
    /// Change in calls nobody answered.
    pub calls_no_answer: i64,
    /// Change in calls to a busy line.
    pub calls_busy: i64,
    /// Change in calls that failed.
    pub calls_failed: i64,
    /// Change in calls that were answered and have ended.
    pub talks: i64,
    /// Change in seconds between answer and end of those calls.
    pub talk_seconds: i64,
}
