-- count_calls(), count_contacts(), campaign_counts, campaign_count_deltas, campaign_hours.
-- Counts contacts when they are settled, and calls when they have ended. Those to be called and those being called are
-- counted as one, and open calls no longer: who is being called, and what is open, is few, and counted where it is.
--
-- It takes one transaction: whoever writes contacts or calls, or reads statistics, waits until it is committed, and meets
-- the new functions and the new columns together. What it reads are sums and open calls, which have an index.

-- Most take them in this order. Who comes the other way round does not wait for ever: the migrator gives way after half a
-- second, and tries again.
LOCK TABLE contacts, call_attempts IN SHARE ROW EXCLUSIVE MODE;

LOCK TABLE campaign_counts, campaign_count_deltas IN ACCESS EXCLUSIVE MODE;

-- Under these locks what was counted is what is there, open calls among it. A second run finds the columns gone.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('campaign_counts') AND attname = 'in_progress' AND NOT attisdropped
    ) THEN
        UPDATE campaign_counts SET pending = pending + in_progress;
        UPDATE campaign_count_deltas SET pending = pending + in_progress WHERE in_progress <> 0;
        INSERT INTO campaign_count_deltas (campaign_id, hour, calls, talks, talk_seconds)
        SELECT
            campaign_id,
            date_trunc('hour', started_at, 'UTC'),
            -count(*),
            -count(ended_at - answered_at),
            -coalesce(sum(round(extract(epoch FROM ended_at - answered_at))), 0)
        FROM call_attempts
        WHERE outcome IS NULL
        GROUP BY 1, 2;
    END IF;
END
$$;

-- campaign_counts.to_call: breaks programs that use the old name.
-- squawk-ignore renaming-column -- schema.yaml asks for it
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_counts') AND attname = 'pending' AND NOT attisdropped) AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_counts') AND attname = 'to_call' AND NOT attisdropped) THEN
        ALTER TABLE campaign_counts RENAME COLUMN pending TO to_call;
    END IF;
END
$do$;

-- campaign_count_deltas.to_call: breaks programs that use the old name.
-- squawk-ignore renaming-column -- schema.yaml asks for it
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_count_deltas') AND attname = 'pending' AND NOT attisdropped) AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_count_deltas') AND attname = 'to_call' AND NOT attisdropped) THEN
        ALTER TABLE campaign_count_deltas RENAME COLUMN pending TO to_call;
    END IF;
END
$do$;

-- campaign_count_deltas.in_progress: deletes data, cannot be undone.
-- squawk-ignore ban-drop-column -- meant: --deletes campaign_count_deltas.in_progress
ALTER TABLE campaign_count_deltas DROP COLUMN IF EXISTS in_progress;

-- campaign_counts.in_progress: deletes data, cannot be undone.
-- squawk-ignore ban-drop-column -- meant: --deletes campaign_counts.in_progress
ALTER TABLE campaign_counts DROP COLUMN IF EXISTS in_progress;

-- campaign_counts.calls: deletes data, cannot be undone.
-- squawk-ignore ban-drop-column -- meant: --deletes campaign_counts.calls
ALTER TABLE campaign_counts DROP COLUMN IF EXISTS calls;

CREATE OR REPLACE FUNCTION count_calls()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT EXISTS (SELECT FROM new_rows WHERE outcome IS NOT NULL) THEN
            RETURN NULL;
        END IF;
        INSERT INTO campaign_count_deltas (
            campaign_id, hour, calls, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed,
            talks, talk_seconds
        )
        SELECT
            campaign_id,
            date_trunc('hour', started_at, 'UTC'),
            count(*),
            count(*) FILTER (WHERE outcome = 'completed'),
            count(*) FILTER (WHERE outcome = 'refused'),
            count(*) FILTER (WHERE outcome = 'no_answer'),
            count(*) FILTER (WHERE outcome = 'busy'),
            count(*) FILTER (WHERE outcome = 'failed'),
            count(ended_at - answered_at),
            coalesce(sum(round(extract(epoch FROM ended_at - answered_at))), 0)
        FROM new_rows
        WHERE outcome IS NOT NULL
        GROUP BY 1, 2;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO campaign_count_deltas (
            campaign_id, hour, calls, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed,
            talks, talk_seconds
        )
        SELECT
            campaign_id,
            date_trunc('hour', started_at, 'UTC'),
            -count(*),
            -count(*) FILTER (WHERE outcome = 'completed'),
            -count(*) FILTER (WHERE outcome = 'refused'),
            -count(*) FILTER (WHERE outcome = 'no_answer'),
            -count(*) FILTER (WHERE outcome = 'busy'),
            -count(*) FILTER (WHERE outcome = 'failed'),
            -count(ended_at - answered_at),
            -coalesce(sum(round(extract(epoch FROM ended_at - answered_at))), 0)
        FROM old_rows
        WHERE outcome IS NOT NULL
        GROUP BY 1, 2;
    ELSE
        IF NOT EXISTS (
            SELECT FROM new_rows WHERE outcome IS NOT NULL
            UNION ALL
            SELECT FROM old_rows WHERE outcome IS NOT NULL
        ) THEN
            RETURN NULL;
        END IF;
        INSERT INTO campaign_count_deltas (
            campaign_id, hour, calls, calls_completed, calls_refused, calls_no_answer, calls_busy, calls_failed,
            talks, talk_seconds
        )
        SELECT
            campaign_id, hour, calls, completed, refused, no_answer, busy, failed, talks, talk_seconds
        FROM (
            SELECT
                campaign_id,
                date_trunc('hour', started_at, 'UTC') AS hour,
                sum(n) AS calls,
                coalesce(sum(n) FILTER (WHERE outcome = 'completed'), 0) AS completed,
                coalesce(sum(n) FILTER (WHERE outcome = 'refused'), 0) AS refused,
                coalesce(sum(n) FILTER (WHERE outcome = 'no_answer'), 0) AS no_answer,
                coalesce(sum(n) FILTER (WHERE outcome = 'busy'), 0) AS busy,
                coalesce(sum(n) FILTER (WHERE outcome = 'failed'), 0) AS failed,
                coalesce(sum(n) FILTER (WHERE ended_at - answered_at IS NOT NULL), 0) AS talks,
                coalesce(sum(n * round(extract(epoch FROM ended_at - answered_at))), 0) AS talk_seconds
            FROM (
                SELECT campaign_id, started_at, answered_at, ended_at, outcome, 1 AS n
                FROM new_rows
                WHERE outcome IS NOT NULL
                UNION ALL
                SELECT campaign_id, started_at, answered_at, ended_at, outcome, -1
                FROM old_rows
                WHERE outcome IS NOT NULL
            ) AS moved
            GROUP BY 1, 2
        ) AS change
        WHERE (calls, completed, refused, no_answer, busy, failed, talks, talk_seconds)
            <> (0, 0, 0, 0, 0, 0, 0, 0);
    END IF;
    RETURN NULL;
END
$function$;

CREATE OR REPLACE FUNCTION count_contacts()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO campaign_count_deltas (campaign_id, to_call, completed, refused, not_reached, excluded)
        SELECT
            campaign_id,
            count(*) FILTER (WHERE state IN ('pending', 'in_progress')),
            count(*) FILTER (WHERE state = 'completed'),
            count(*) FILTER (WHERE state = 'refused'),
            count(*) FILTER (WHERE state = 'not_reached'),
            count(*) FILTER (WHERE state = 'excluded')
        FROM new_rows
        GROUP BY campaign_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO campaign_count_deltas (campaign_id, to_call, completed, refused, not_reached, excluded)
        SELECT
            campaign_id,
            -count(*) FILTER (WHERE state IN ('pending', 'in_progress')),
            -count(*) FILTER (WHERE state = 'completed'),
            -count(*) FILTER (WHERE state = 'refused'),
            -count(*) FILTER (WHERE state = 'not_reached'),
            -count(*) FILTER (WHERE state = 'excluded')
        FROM old_rows
        GROUP BY campaign_id;
    ELSE
        -- As many rows before as after: what one side has more, the other has less.
        IF NOT EXISTS (
            SELECT campaign_id, CASE state WHEN 'in_progress' THEN 'pending' ELSE state END FROM new_rows
            EXCEPT ALL
            SELECT campaign_id, CASE state WHEN 'in_progress' THEN 'pending' ELSE state END FROM old_rows
        ) THEN
            RETURN NULL;
        END IF;
        INSERT INTO campaign_count_deltas (campaign_id, to_call, completed, refused, not_reached, excluded)
        SELECT campaign_id, to_call, completed, refused, not_reached, excluded
        FROM (
            SELECT
                campaign_id,
                sum(n * (state IN ('pending', 'in_progress'))::int) AS to_call,
                sum(n * (state = 'completed')::int) AS completed,
                sum(n * (state = 'refused')::int) AS refused,
                sum(n * (state = 'not_reached')::int) AS not_reached,
                sum(n * (state = 'excluded')::int) AS excluded
            FROM (
                SELECT campaign_id, state, 1 AS n FROM new_rows
                UNION ALL
                SELECT campaign_id, state, -1 FROM old_rows
            ) AS moved
            GROUP BY campaign_id
        ) AS change
        WHERE (to_call, completed, refused, not_reached, excluded) <> (0, 0, 0, 0, 0);
    END IF;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION count_calls() IS 'Adds to campaign_count_deltas what a statement did to the number of calls that have ended, and to how. Those that are open are few, and counted where they are: that a call begins costs whoever claims contacts next to nothing.';

COMMENT ON FUNCTION count_contacts() IS 'Adds to campaign_count_deltas what a statement did to the number of contacts in each state. Those to call and those being called are counted as one: claims and retries, which move contacts between the two, write nothing.';

COMMENT ON COLUMN campaign_count_deltas.to_call IS 'Change in contacts to be called or being called.';

COMMENT ON COLUMN campaign_count_deltas.calls IS 'Change in calls that have ended.';

COMMENT ON COLUMN campaign_counts.to_call IS 'Contacts to be called or being called.';

COMMENT ON COLUMN campaign_hours.calls IS 'Calls started in that hour that have ended.';
