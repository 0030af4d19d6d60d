-- Counts what was there before the triggers of 0020 counted.
--
-- One statement sees one moment, in which contacts, calls and deltas agree: a transaction shows in all of them or in none.
-- So the difference between what is there and what was counted is exactly what is missing, however many write meanwhile,
-- and nobody waits. A second run finds nothing missing.

INSERT INTO campaign_count_deltas (campaign_id, pending, in_progress, completed, refused, not_reached, excluded)
SELECT campaign_id, pending, in_progress, completed, refused, not_reached, excluded
FROM (
    SELECT
        campaign_id,
        sum(pending) AS pending,
        sum(in_progress) AS in_progress,
        sum(completed) AS completed,
        sum(refused) AS refused,
        sum(not_reached) AS not_reached,
        sum(excluded) AS excluded
    FROM (
        SELECT
            campaign_id,
            count(*) FILTER (WHERE state = 'pending') AS pending,
            count(*) FILTER (WHERE state = 'in_progress') AS in_progress,
            count(*) FILTER (WHERE state = 'completed') AS completed,
            count(*) FILTER (WHERE state = 'refused') AS refused,
            count(*) FILTER (WHERE state = 'not_reached') AS not_reached,
            count(*) FILTER (WHERE state = 'excluded') AS excluded
        FROM contacts
        GROUP BY campaign_id
        UNION ALL
        SELECT campaign_id, -pending, -in_progress, -completed, -refused, -not_reached, -excluded
        FROM campaign_counts
        UNION ALL
        SELECT campaign_id, -pending, -in_progress, -completed, -refused, -not_reached, -excluded
        FROM campaign_count_deltas
    ) AS counted
    GROUP BY campaign_id
) AS missing
WHERE (pending, in_progress, completed, refused, not_reached, excluded) <> (0, 0, 0, 0, 0, 0);

-- The calls, by the hour.
INSERT INTO campaign_count_deltas (campaign_id, hour, calls)
SELECT campaign_id, hour, sum(calls)
FROM (
    SELECT campaign_id, date_trunc('hour', started_at, 'UTC') AS hour, count(*) AS calls
    FROM call_attempts
    GROUP BY 1, 2
    UNION ALL
    SELECT campaign_id, hour, -calls
    FROM campaign_hours
    UNION ALL
    SELECT campaign_id, hour, -calls
    FROM campaign_count_deltas
    WHERE hour IS NOT NULL
) AS counted
GROUP BY campaign_id, hour
HAVING sum(calls) <> 0;

-- How they ended, whatever the hour.
INSERT INTO campaign_count_deltas (
    campaign_id, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed, talks, talk_seconds
)
SELECT campaign_id, completed, refused, no_answer, busy, failed, talks, talk_seconds
FROM (
    SELECT
        campaign_id,
        sum(completed) AS completed,
        sum(refused) AS refused,
        sum(no_answer) AS no_answer,
        sum(busy) AS busy,
        sum(failed) AS failed,
        sum(talks) AS talks,
        sum(talk_seconds) AS talk_seconds
    FROM (
        SELECT
            campaign_id,
            count(*) FILTER (WHERE outcome = 'completed') AS completed,
            count(*) FILTER (WHERE outcome = 'refused') AS refused,
            count(*) FILTER (WHERE outcome = 'no_answer') AS no_answer,
            count(*) FILTER (WHERE outcome = 'busy') AS busy,
            count(*) FILTER (WHERE outcome = 'failed') AS failed,
            count(ended_at - answered_at) AS talks,
            coalesce(sum(round(extract(epoch FROM ended_at - answered_at))), 0) AS talk_seconds
        FROM call_attempts
        GROUP BY campaign_id
        UNION ALL
        SELECT
            campaign_id, -calls_completed, -calls_refused, -calls_no_answer, -calls_busy, -calls_failed,
            -talks, -talk_seconds
        FROM campaign_counts
        UNION ALL
        SELECT
            campaign_id, -calls_completed, -calls_refused, -calls_no_answer, -calls_busy, -calls_failed,
            -talks, -talk_seconds
        FROM campaign_count_deltas
    ) AS counted
    GROUP BY campaign_id
) AS missing
WHERE (completed, refused, no_answer, busy, failed, talks, talk_seconds) <> (0, 0, 0, 0, 0, 0, 0);
