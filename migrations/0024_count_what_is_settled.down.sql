-- count_calls(), count_contacts(), campaign_counts, campaign_count_deltas, campaign_hours.
-- Takes it back: contacts being called are counted apart, and calls from when they begin. Those that are there now are
-- counted, in the same transaction.

-- As on the way up.
LOCK TABLE contacts, call_attempts IN SHARE ROW EXCLUSIVE MODE;

LOCK TABLE campaign_counts, campaign_count_deltas IN ACCESS EXCLUSIVE MODE;

-- campaign_counts.pending: breaks programs that use the old name.
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_counts') AND attname = 'to_call' AND NOT attisdropped) AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_counts') AND attname = 'pending' AND NOT attisdropped) THEN
        ALTER TABLE campaign_counts RENAME COLUMN to_call TO pending;
    END IF;
END
$do$;

-- campaign_count_deltas.pending: breaks programs that use the old name.
DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_count_deltas') AND attname = 'to_call' AND NOT attisdropped) AND NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass('campaign_count_deltas') AND attname = 'pending' AND NOT attisdropped) THEN
        ALTER TABLE campaign_count_deltas RENAME COLUMN to_call TO pending;
    END IF;
END
$do$;

-- A second run finds the columns, and counts nothing twice.
DO $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = to_regclass('campaign_counts') AND attname = 'in_progress' AND NOT attisdropped
    ) THEN
        ALTER TABLE campaign_count_deltas ADD COLUMN in_progress bigint NOT NULL DEFAULT 0;
        ALTER TABLE campaign_counts ADD COLUMN in_progress bigint NOT NULL DEFAULT 0;
        ALTER TABLE campaign_counts ADD COLUMN calls bigint NOT NULL DEFAULT 0;
        -- Not from the outcomes: of a call that is folded the outcome may not be.
        UPDATE campaign_counts AS c
        SET calls = coalesce((SELECT sum(h.calls) FROM campaign_hours AS h WHERE h.campaign_id = c.campaign_id), 0);
        INSERT INTO campaign_count_deltas (campaign_id, pending, in_progress)
        SELECT campaign_id, -count(*), count(*)
        FROM contacts
        WHERE state = 'in_progress'
        GROUP BY campaign_id;
        INSERT INTO campaign_count_deltas (campaign_id, hour, calls, talks, talk_seconds)
        SELECT
            campaign_id,
            date_trunc('hour', started_at, 'UTC'),
            count(*),
            count(ended_at - answered_at),
            coalesce(sum(round(extract(epoch FROM ended_at - answered_at))), 0)
        FROM call_attempts
        WHERE outcome IS NULL
        GROUP BY 1, 2;
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION count_calls()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
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
        GROUP BY 1, 2;
    ELSE
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
                SELECT campaign_id, started_at, answered_at, ended_at, outcome, 1 AS n FROM new_rows
                UNION ALL
                SELECT campaign_id, started_at, answered_at, ended_at, outcome, -1 FROM old_rows
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
        INSERT INTO campaign_count_deltas (
            campaign_id, pending, in_progress, completed, refused, not_reached, excluded
        )
        SELECT
            campaign_id,
            count(*) FILTER (WHERE state = 'pending'),
            count(*) FILTER (WHERE state = 'in_progress'),
            count(*) FILTER (WHERE state = 'completed'),
            count(*) FILTER (WHERE state = 'refused'),
            count(*) FILTER (WHERE state = 'not_reached'),
            count(*) FILTER (WHERE state = 'excluded')
        FROM new_rows
        GROUP BY campaign_id;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO campaign_count_deltas (
            campaign_id, pending, in_progress, completed, refused, not_reached, excluded
        )
        SELECT
            campaign_id,
            -count(*) FILTER (WHERE state = 'pending'),
            -count(*) FILTER (WHERE state = 'in_progress'),
            -count(*) FILTER (WHERE state = 'completed'),
            -count(*) FILTER (WHERE state = 'refused'),
            -count(*) FILTER (WHERE state = 'not_reached'),
            -count(*) FILTER (WHERE state = 'excluded')
        FROM old_rows
        GROUP BY campaign_id;
    ELSE
        INSERT INTO campaign_count_deltas (
            campaign_id, pending, in_progress, completed, refused, not_reached, excluded
        )
        SELECT campaign_id, pending, in_progress, completed, refused, not_reached, excluded
        FROM (
            SELECT
                campaign_id,
                sum(n * (state = 'pending')::int) AS pending,
                sum(n * (state = 'in_progress')::int) AS in_progress,
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
        WHERE (pending, in_progress, completed, refused, not_reached, excluded) <> (0, 0, 0, 0, 0, 0);
    END IF;
    RETURN NULL;
END
$function$;

COMMENT ON FUNCTION count_calls() IS 'Adds to campaign_count_deltas what a statement did to the number of calls and to how they ended.';

COMMENT ON FUNCTION count_contacts() IS 'Adds to campaign_count_deltas what a statement did to the number of contacts in each state.';

COMMENT ON COLUMN campaign_count_deltas.pending IS 'Change in contacts pending.';

COMMENT ON COLUMN campaign_count_deltas.in_progress IS 'Change in contacts being called.';

COMMENT ON COLUMN campaign_count_deltas.calls IS 'Change in calls made.';

COMMENT ON COLUMN campaign_counts.pending IS 'Contacts pending.';

COMMENT ON COLUMN campaign_counts.in_progress IS 'Contacts being called.';

COMMENT ON COLUMN campaign_counts.calls IS 'Calls made.';

COMMENT ON COLUMN campaign_hours.calls IS 'Calls started in that hour.';
