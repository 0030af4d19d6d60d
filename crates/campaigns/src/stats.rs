//! How far a campaign is: exact at the moment it is read, however many contacts it has.
//!
//! Triggers add a delta for each statement that adds or settles contacts, or ends calls; [`fold`] moves
//! deltas into sums. Statistics are read in one statement, so it does not matter when deltas are
//! folded: only the cost of reading depends on it. Those who are being called, and calls that are open,
//! are few, have an index each, and are counted where they are: a claim writes no delta. Erasing a person
//! changes no number of those who were called.

use serde::Serialize;
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use vsa_db::ids::CampaignId;

use crate::{Error, get};

/// More deltas than this make reading slower than it need be: whoever reads folds them.
pub const FOLD_BEYOND: i64 = 1_000;
/// How many deltas are folded at once.
const FOLDED_AT_ONCE: i64 = 20_000;
/// Of the one who folds. The key is nobody else's, as that of [`vsa_db::locks`].
const FOLDING: i64 = 0x7673_6100_0000_0002;

/// The numbers of one campaign.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Stats {
    /// Which.
    pub campaign_id: CampaignId,
    /// Contacts by state.
    pub contacts: Contacts,
    /// Calls by outcome.
    pub calls: Calls,
    /// Of the contacts who are done (completed, refused or not reached) the share who completed
    /// the survey, 0 to 1; none if nobody is done.
    pub completion_rate: Option<f64>,
    /// The share of them who refused.
    pub refusal_rate: Option<f64>,
    /// The share of them whom nobody reached.
    pub not_reached_rate: Option<f64>,
    /// Seconds from answer to end, on average over the calls that were answered; none without one.
    pub average_call_seconds: Option<f64>,
    /// Deltas that had to be added up; with more than [`FOLD_BEYOND`] it is time to [`fold`].
    #[serde(skip)]
    pub unfolded: i64,
}

/// How many contacts are in each state. The states sum to the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as the states")]
pub struct Contacts {
    pub total: i64,
    pub pending: i64,
    pub in_progress: i64,
    pub completed: i64,
    pub refused: i64,
    pub not_reached: i64,
    pub excluded: i64,
}

/// How many calls ended in each way, and how many have not. They sum to the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "named as the outcomes")]
pub struct Calls {
    pub total: i64,
    pub open: i64,
    pub completed: i64,
    pub refused: i64,
    pub no_answer: i64,
    pub busy: i64,
    pub failed: i64,
}

/// The numbers of a campaign, as of now.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn stats(conn: &mut PgConnection, id: CampaignId) -> Result<Stats, Error> {
    let sums = sqlx::query!(
        r#"
        SELECT
            (coalesce(c.to_call, 0) + d.to_call)::bigint AS "to_call!",
            being_called.contacts AS "in_progress!",
            (coalesce(c.completed, 0) + d.completed)::bigint AS "completed!",
            (coalesce(c.refused, 0) + d.refused)::bigint AS "refused!",
            (coalesce(c.not_reached, 0) + d.not_reached)::bigint AS "not_reached!",
            (coalesce(c.excluded, 0) + d.excluded)::bigint AS "excluded!",
            (coalesce(c.calls_completed, 0) + d.calls_completed)::bigint AS "calls_completed!",
            (coalesce(c.calls_refused, 0) + d.calls_refused)::bigint AS "calls_refused!",
            (coalesce(c.calls_no_answer, 0) + d.calls_no_answer)::bigint AS "calls_no_answer!",
            (coalesce(c.calls_busy, 0) + d.calls_busy)::bigint AS "calls_busy!",
            (coalesce(c.calls_failed, 0) + d.calls_failed)::bigint AS "calls_failed!",
            (coalesce(c.talks, 0) + d.talks)::bigint AS "talks!",
            (coalesce(c.talk_seconds, 0) + d.talk_seconds)::bigint AS "talk_seconds!",
            open.calls AS "open!",
            d.unfolded AS "unfolded!"
        FROM campaigns
        LEFT JOIN campaign_counts AS c ON c.campaign_id = campaigns.id
        CROSS JOIN (
            SELECT
                coalesce(sum(to_call) FILTER (WHERE campaign_id = $1), 0) AS to_call,
                coalesce(sum(completed) FILTER (WHERE campaign_id = $1), 0) AS completed,
                coalesce(sum(refused) FILTER (WHERE campaign_id = $1), 0) AS refused,
                coalesce(sum(not_reached) FILTER (WHERE campaign_id = $1), 0) AS not_reached,
                coalesce(sum(excluded) FILTER (WHERE campaign_id = $1), 0) AS excluded,
                coalesce(sum(calls_completed) FILTER (WHERE campaign_id = $1), 0) AS calls_completed,
                coalesce(sum(calls_refused) FILTER (WHERE campaign_id = $1), 0) AS calls_refused,
                coalesce(sum(calls_no_answer) FILTER (WHERE campaign_id = $1), 0) AS calls_no_answer,
                coalesce(sum(calls_busy) FILTER (WHERE campaign_id = $1), 0) AS calls_busy,
                coalesce(sum(calls_failed) FILTER (WHERE campaign_id = $1), 0) AS calls_failed,
                coalesce(sum(talks) FILTER (WHERE campaign_id = $1), 0) AS talks,
                coalesce(sum(talk_seconds) FILTER (WHERE campaign_id = $1), 0) AS talk_seconds,
                count(*) AS unfolded
            FROM campaign_count_deltas
        ) AS d
        CROSS JOIN (
            SELECT count(*) AS contacts
            FROM contacts
            WHERE campaign_id = $1 AND state = 'in_progress'
        ) AS being_called
        CROSS JOIN (
            SELECT count(*) AS calls
            FROM call_attempts
            WHERE campaign_id = $1 AND outcome IS NULL
        ) AS open
        WHERE campaigns.id = $1
        "#,
        id as CampaignId,
    )
    .fetch_optional(conn)
    .await?
    .ok_or(Error::NotFound(id))?;
    let contacts = Contacts {
        total: sums.to_call + sums.completed + sums.refused + sums.not_reached + sums.excluded,
        pending: sums.to_call - sums.in_progress,
        in_progress: sums.in_progress,
        completed: sums.completed,
        refused: sums.refused,
        not_reached: sums.not_reached,
        excluded: sums.excluded,
    };
    let calls = Calls {
        total: sums.open
            + sums.calls_completed
            + sums.calls_refused
            + sums.calls_no_answer
            + sums.calls_busy
            + sums.calls_failed,
        open: sums.open,
        completed: sums.calls_completed,
        refused: sums.calls_refused,
        no_answer: sums.calls_no_answer,
        busy: sums.calls_busy,
        failed: sums.calls_failed,
    };
    let done = contacts.completed + contacts.refused + contacts.not_reached;
    Ok(Stats {
        campaign_id: id,
        contacts,
        calls,
        completion_rate: share(contacts.completed, done),
        refusal_rate: share(contacts.refused, done),
        not_reached_rate: share(contacts.not_reached, done),
        average_call_seconds: share(sums.talk_seconds, sums.talks),
        unfolded: sums.unfolded,
    })
}

#[expect(
    clippy::cast_precision_loss,
    reason = "no campaign has 2^53 contacts or seconds of talk"
)]
fn share(part: i64, whole: i64) -> Option<f64> {
    (whole != 0).then(|| part as f64 / whole as f64)
}

/// Calls that were started in one hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// Its beginning, UTC.
    #[serde(with = "time::serde::rfc3339")]
    pub hour: OffsetDateTime,
    /// How many.
    pub calls: i64,
}

/// Calls that were started on one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Day {
    /// The day, where the campaign is: an hour counts for the day in which it begins.
    #[serde(with = "vsa_db::models::json::date")]
    pub day: Date,
    /// How many.
    pub calls: i64,
}

/// When calls were made, the latest first. Hours and days without a call are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Activity {
    /// The 24 hours before now, and the one that now is in.
    pub hours: Vec<Hour>,
    /// Today and the 30 days before it, each whole, as the campaign's time zone has it.
    pub days: Vec<Day>,
}

/// Calls an hour and a day, up to `now`.
///
/// # Errors
/// [`Error::NotFound`] when there is no such campaign.
pub async fn activity(
    conn: &mut PgConnection,
    now: OffsetDateTime,
    id: CampaignId,
) -> Result<Activity, Error> {
    let campaign = get(conn, id).await?;
    let hours = sqlx::query_as!(
        Hour,
        r#"
        SELECT hour AS "hour!", sum(calls)::bigint AS "calls!"
        FROM (
            SELECT hour, calls
            FROM campaign_hours
            WHERE campaign_id = $1
              AND hour BETWEEN $2::timestamptz - interval '25 hours' AND $2
            UNION ALL
            SELECT hour, calls
            FROM campaign_count_deltas
            WHERE campaign_id = $1
              AND hour BETWEEN $2 - interval '25 hours' AND $2
            UNION ALL
            SELECT hour, 1
            FROM (
                SELECT date_trunc('hour', started_at, 'UTC') AS hour
                FROM call_attempts
                WHERE campaign_id = $1 AND outcome IS NULL
            ) AS open
            WHERE hour BETWEEN $2 - interval '25 hours' AND $2
        ) AS counted
        GROUP BY hour
        HAVING sum(calls) > 0
        ORDER BY hour DESC
        LIMIT 25
        "#,
        id as CampaignId,
        now,
    )
    .fetch_all(&mut *conn)
    .await?;
    let days = sqlx::query_as!(
        Day,
        r#"
        SELECT (hour AT TIME ZONE $3)::date AS "day!", sum(calls)::bigint AS "calls!"
        FROM (
            SELECT hour, calls
            FROM campaign_hours
            WHERE campaign_id = $1
              AND hour BETWEEN
                  ((date_trunc('day', $2::timestamptz AT TIME ZONE $3) - interval '30 days') AT TIME ZONE $3)
                  AND $2
            UNION ALL
            SELECT hour, calls
            FROM campaign_count_deltas
            WHERE campaign_id = $1
              AND hour BETWEEN
                  ((date_trunc('day', $2 AT TIME ZONE $3) - interval '30 days') AT TIME ZONE $3)
                  AND $2
            UNION ALL
            SELECT hour, 1
            FROM (
                SELECT date_trunc('hour', started_at, 'UTC') AS hour
                FROM call_attempts
                WHERE campaign_id = $1 AND outcome IS NULL
            ) AS open
            WHERE hour BETWEEN
                  ((date_trunc('day', $2 AT TIME ZONE $3) - interval '30 days') AT TIME ZONE $3)
                  AND $2
        ) AS counted
        GROUP BY 1
        HAVING sum(calls) > 0
        ORDER BY 1 DESC
        LIMIT 31
        "#,
        id as CampaignId,
        now,
        campaign.time_zone,
    )
    .fetch_all(conn)
    .await?;
    Ok(Activity { hours, days })
}

/// Folds until nothing is left to fold: for whatever runs now and then.
///
/// # Errors
/// The database's.
pub async fn fold_all(conn: &mut PgConnection) -> Result<u64, Error> {
    let mut all = 0;
    loop {
        match fold(conn).await? {
            0 => return Ok(all),
            folded => all += folded,
        }
    }
}

/// Adds deltas to the sums they belong to, 20,000 at most, and tells how many. Who comes while another
/// one folds, folds none. What is read does not change by it.
pub async fn fold(conn: &mut PgConnection) -> Result<u64, Error> {
    let folded = sqlx::query_scalar!(
        r#"
        WITH turn AS MATERIALIZED (
            SELECT pg_try_advisory_xact_lock($1) AS is_ours
        ),
        taken AS (
            DELETE FROM campaign_count_deltas
            WHERE id = ANY (ARRAY(
                SELECT id
                FROM campaign_count_deltas
                WHERE (SELECT is_ours FROM turn)
                ORDER BY id
                LIMIT $2
            ))
            RETURNING
                campaign_id, hour, to_call, completed, refused, not_reached, excluded,
                calls, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed,
                talks, talk_seconds
        ),
        hours AS (
            INSERT INTO campaign_hours AS sum (campaign_id, hour, calls)
            SELECT taken.campaign_id, taken.hour, sum(taken.calls)
            FROM taken
            JOIN campaigns ON campaigns.id = taken.campaign_id
            WHERE taken.hour IS NOT NULL
            GROUP BY taken.campaign_id, taken.hour
            ON CONFLICT (campaign_id, hour) DO UPDATE
            SET calls = sum.calls + excluded.calls
        ),
        counts AS (
            INSERT INTO campaign_counts AS sum (
                campaign_id, to_call, completed, refused, not_reached, excluded,
                calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed,
                talks, talk_seconds
            )
            SELECT
                taken.campaign_id,
                sum(to_call), sum(completed), sum(refused), sum(not_reached), sum(excluded),
                sum(calls_completed), sum(calls_refused), sum(calls_no_answer), sum(calls_busy),
                sum(calls_failed), sum(talks), sum(talk_seconds)
            FROM taken
            -- What is counted of a campaign that was deleted goes with it.
            JOIN campaigns ON campaigns.id = taken.campaign_id
            GROUP BY taken.campaign_id
            ON CONFLICT (campaign_id) DO UPDATE
            SET to_call = sum.to_call + excluded.to_call,
                completed = sum.completed + excluded.completed,
                refused = sum.refused + excluded.refused,
                not_reached = sum.not_reached + excluded.not_reached,
                excluded = sum.excluded + excluded.excluded,
                calls_completed = sum.calls_completed + excluded.calls_completed,
                calls_refused = sum.calls_refused + excluded.calls_refused,
                calls_no_answer = sum.calls_no_answer + excluded.calls_no_answer,
                calls_busy = sum.calls_busy + excluded.calls_busy,
                calls_failed = sum.calls_failed + excluded.calls_failed,
                talks = sum.talks + excluded.talks,
                talk_seconds = sum.talk_seconds + excluded.talk_seconds
        )
        SELECT count(*) AS "folded!"
        FROM taken
        "#,
        FOLDING,
        FOLDED_AT_ONCE,
    )
    .fetch_one(conn)
    .await?;
    Ok(folded.unsigned_abs())
}
