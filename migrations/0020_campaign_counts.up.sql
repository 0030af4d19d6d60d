-- count_calls(), count_contacts(), campaign_count_deltas, campaign_counts, campaign_hours, call_attempts_count_deleted, call_attempts_count_inserted, call_attempts_count_updated, contacts_count_deleted, contacts_count_inserted, contacts_count_updated.
-- What takes a short lock, in one transaction.

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

CREATE TABLE IF NOT EXISTS campaign_count_deltas (
    id bigint NOT NULL GENERATED ALWAYS AS IDENTITY,
    campaign_id uuid NOT NULL,
    hour timestamp with time zone,
    pending bigint NOT NULL DEFAULT 0,
    in_progress bigint NOT NULL DEFAULT 0,
    completed bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    not_reached bigint NOT NULL DEFAULT 0,
    excluded bigint NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0,
    calls_completed bigint NOT NULL DEFAULT 0,
    calls_refused bigint NOT NULL DEFAULT 0,
    calls_no_answer bigint NOT NULL DEFAULT 0,
    calls_busy bigint NOT NULL DEFAULT 0,
    calls_failed bigint NOT NULL DEFAULT 0,
    talks bigint NOT NULL DEFAULT 0,
    talk_seconds bigint NOT NULL DEFAULT 0,
    CONSTRAINT campaign_count_deltas_pkey PRIMARY KEY (id)
);

CREATE TABLE IF NOT EXISTS campaign_counts (
    campaign_id uuid NOT NULL,
    pending bigint NOT NULL DEFAULT 0,
    in_progress bigint NOT NULL DEFAULT 0,
    completed bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    not_reached bigint NOT NULL DEFAULT 0,
    excluded bigint NOT NULL DEFAULT 0,
    calls bigint NOT NULL DEFAULT 0,
    calls_completed bigint NOT NULL DEFAULT 0,
    calls_refused bigint NOT NULL DEFAULT 0,
    calls_no_answer bigint NOT NULL DEFAULT 0,
    calls_busy bigint NOT NULL DEFAULT 0,
    calls_failed bigint NOT NULL DEFAULT 0,
    talks bigint NOT NULL DEFAULT 0,
    talk_seconds bigint NOT NULL DEFAULT 0,
    CONSTRAINT campaign_counts_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id) ON DELETE CASCADE,
    CONSTRAINT campaign_counts_pkey PRIMARY KEY (campaign_id)
);

CREATE TABLE IF NOT EXISTS campaign_hours (
    campaign_id uuid NOT NULL,
    hour timestamp with time zone NOT NULL,
    calls bigint NOT NULL DEFAULT 0,
    CONSTRAINT campaign_hours_campaign_id_fkey FOREIGN KEY (campaign_id) REFERENCES campaigns(id) ON DELETE CASCADE,
    CONSTRAINT campaign_hours_pkey PRIMARY KEY (campaign_id, hour)
);

CREATE OR REPLACE TRIGGER call_attempts_count_deleted AFTER DELETE ON call_attempts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_calls();

CREATE OR REPLACE TRIGGER call_attempts_count_inserted AFTER INSERT ON call_attempts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_calls();

CREATE OR REPLACE TRIGGER call_attempts_count_updated AFTER UPDATE ON call_attempts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_calls();

CREATE OR REPLACE TRIGGER contacts_count_deleted AFTER DELETE ON contacts REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_contacts();

CREATE OR REPLACE TRIGGER contacts_count_inserted AFTER INSERT ON contacts REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_contacts();

CREATE OR REPLACE TRIGGER contacts_count_updated AFTER UPDATE ON contacts REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_contacts();

COMMENT ON FUNCTION count_calls() IS 'Adds to campaign_count_deltas what a statement did to the number of calls and to how they ended.';

COMMENT ON FUNCTION count_contacts() IS 'Adds to campaign_count_deltas what a statement did to the number of contacts in each state.';

COMMENT ON TRIGGER call_attempts_count_deleted ON call_attempts IS 'Keeps the statistics of campaigns.';

COMMENT ON TRIGGER call_attempts_count_inserted ON call_attempts IS 'Keeps the statistics of campaigns.';

COMMENT ON TRIGGER call_attempts_count_updated ON call_attempts IS 'Keeps the statistics of campaigns.';

COMMENT ON TABLE campaign_count_deltas IS 'What statements did to the statistics of campaigns, one row a statement and campaign; folded into campaign_counts.';

COMMENT ON COLUMN campaign_count_deltas.id IS 'Primary key.';

COMMENT ON COLUMN campaign_count_deltas.campaign_id IS 'Campaign that is counted.';

COMMENT ON COLUMN campaign_count_deltas.hour IS 'Hour, UTC, in which the calls were started; null where no calls are counted.';

COMMENT ON COLUMN campaign_count_deltas.pending IS 'Change in contacts pending.';

COMMENT ON COLUMN campaign_count_deltas.in_progress IS 'Change in contacts being called.';

COMMENT ON COLUMN campaign_count_deltas.completed IS 'Change in contacts who answered the survey.';

COMMENT ON COLUMN campaign_count_deltas.refused IS 'Change in contacts who declined.';

COMMENT ON COLUMN campaign_count_deltas.not_reached IS 'Change in contacts nobody reached.';

COMMENT ON COLUMN campaign_count_deltas.excluded IS 'Change in contacts excluded.';

COMMENT ON COLUMN campaign_count_deltas.calls IS 'Change in calls made.';

COMMENT ON COLUMN campaign_count_deltas.calls_completed IS 'Change in calls in which the survey was answered.';

COMMENT ON COLUMN campaign_count_deltas.calls_refused IS 'Change in calls in which the contact declined.';

COMMENT ON COLUMN campaign_count_deltas.calls_no_answer IS 'Change in calls nobody answered.';

COMMENT ON COLUMN campaign_count_deltas.calls_busy IS 'Change in calls to a busy line.';

COMMENT ON COLUMN campaign_count_deltas.calls_failed IS 'Change in calls that failed.';

COMMENT ON COLUMN campaign_count_deltas.talks IS 'Change in calls that were answered and have ended.';

COMMENT ON COLUMN campaign_count_deltas.talk_seconds IS 'Change in seconds between answer and end of those calls.';

COMMENT ON TABLE campaign_counts IS 'Statistics of campaigns, one row each: the deltas that were folded.';

COMMENT ON COLUMN campaign_counts.campaign_id IS 'Campaign that is counted.';

COMMENT ON COLUMN campaign_counts.pending IS 'Contacts pending.';

COMMENT ON COLUMN campaign_counts.in_progress IS 'Contacts being called.';

COMMENT ON COLUMN campaign_counts.completed IS 'Contacts who answered the survey.';

COMMENT ON COLUMN campaign_counts.refused IS 'Contacts who declined.';

COMMENT ON COLUMN campaign_counts.not_reached IS 'Contacts nobody reached.';

COMMENT ON COLUMN campaign_counts.excluded IS 'Contacts excluded.';

COMMENT ON COLUMN campaign_counts.calls IS 'Calls made.';

COMMENT ON COLUMN campaign_counts.calls_completed IS 'Calls in which the survey was answered.';

COMMENT ON COLUMN campaign_counts.calls_refused IS 'Calls in which the contact declined.';

COMMENT ON COLUMN campaign_counts.calls_no_answer IS 'Calls nobody answered.';

COMMENT ON COLUMN campaign_counts.calls_busy IS 'Calls to a busy line.';

COMMENT ON COLUMN campaign_counts.calls_failed IS 'Calls that failed.';

COMMENT ON COLUMN campaign_counts.talks IS 'Calls that were answered and have ended.';

COMMENT ON COLUMN campaign_counts.talk_seconds IS 'Seconds between answer and end of those calls.';

COMMENT ON TABLE campaign_hours IS 'Calls of campaigns by the hour, one row each: the deltas that were folded.';

COMMENT ON COLUMN campaign_hours.campaign_id IS 'Campaign that is counted.';

COMMENT ON COLUMN campaign_hours.hour IS 'Beginning of the hour, UTC, in which the calls were started.';

COMMENT ON COLUMN campaign_hours.calls IS 'Calls started in that hour.';

COMMENT ON TRIGGER contacts_count_deleted ON contacts IS 'Keeps the statistics of campaigns.';

COMMENT ON TRIGGER contacts_count_inserted ON contacts IS 'Keeps the statistics of campaigns.';

COMMENT ON TRIGGER contacts_count_updated ON contacts IS 'Keeps the statistics of campaigns.';
