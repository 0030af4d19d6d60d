-- The campaigns: what is asked, how often and when people are called, which mails follow.

CREATE TABLE IF NOT EXISTS campaigns (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    name text NOT NULL,
    description text,
    status campaign_status NOT NULL DEFAULT 'draft',
    language language_code NOT NULL DEFAULT 'en',
    intro_script text NOT NULL,
    question_1_text text NOT NULL,
    question_1_type question_type NOT NULL,
    question_2_text text NOT NULL,
    question_2_type question_type NOT NULL,
    question_3_text text NOT NULL,
    question_3_type question_type NOT NULL,
    max_attempts integer NOT NULL DEFAULT 3,
    retry_interval_minutes integer NOT NULL DEFAULT 60,
    allowed_call_start_local time NOT NULL DEFAULT '09:00',
    allowed_call_end_local time NOT NULL DEFAULT '20:00',
    time_zone text NOT NULL DEFAULT 'Europe/Rome',
    email_completed_template_id uuid,
    email_refused_template_id uuid,
    email_not_reached_template_id uuid,
    created_by_user_id uuid NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT campaigns_pkey PRIMARY KEY (id),
    CONSTRAINT campaigns_email_completed_template_id_fkey FOREIGN KEY (email_completed_template_id)
        REFERENCES email_templates (id) ON DELETE SET NULL,
    CONSTRAINT campaigns_email_refused_template_id_fkey FOREIGN KEY (email_refused_template_id)
        REFERENCES email_templates (id) ON DELETE SET NULL,
    CONSTRAINT campaigns_email_not_reached_template_id_fkey FOREIGN KEY (email_not_reached_template_id)
        REFERENCES email_templates (id) ON DELETE SET NULL,
    CONSTRAINT campaigns_created_by_user_id_fkey FOREIGN KEY (created_by_user_id)
        REFERENCES users (id) ON DELETE RESTRICT,
    CONSTRAINT campaigns_max_attempts_check CHECK (max_attempts BETWEEN 1 AND 5),
    CONSTRAINT campaigns_retry_interval_minutes_check CHECK (retry_interval_minutes >= 1),
    CONSTRAINT campaigns_call_window_check CHECK (
        allowed_call_start_local < allowed_call_end_local
        -- A time of day of the clock: many programs read 24:00 as 00:00.
        AND allowed_call_end_local < '24:00'
    ),
    -- Only the shape of a zone's name: the list of zones changes with the server's time zone
    -- data, and a CHECK that consults it would let a dump of today fail to load tomorrow.
    CONSTRAINT campaigns_time_zone_check CHECK (time_zone ~ '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$')
);

CREATE INDEX IF NOT EXISTS campaigns_name_idx ON campaigns (name);
CREATE INDEX IF NOT EXISTS campaigns_email_completed_template_id_idx ON campaigns (email_completed_template_id);
CREATE INDEX IF NOT EXISTS campaigns_email_refused_template_id_idx ON campaigns (email_refused_template_id);
CREATE INDEX IF NOT EXISTS campaigns_email_not_reached_template_id_idx ON campaigns (email_not_reached_template_id);
CREATE INDEX IF NOT EXISTS campaigns_created_by_user_id_idx ON campaigns (created_by_user_id);

COMMENT ON TABLE campaigns IS 'Survey campaigns: script, three questions, retry policy and call window.';
COMMENT ON COLUMN campaigns.id IS 'Primary key.';
COMMENT ON COLUMN campaigns.name IS 'Name of the campaign, for people; need not be unique.';
COMMENT ON COLUMN campaigns.description IS 'What the campaign is about, for its managers.';
COMMENT ON COLUMN campaigns.status IS 'Where the campaign is in its life; people are called while it is running.';
COMMENT ON COLUMN campaigns.language IS 'Language of script and questions.';
COMMENT ON COLUMN campaigns.intro_script IS 'What the agent says first: caller, purpose, duration, and the request for consent.';
COMMENT ON COLUMN campaigns.question_1_text IS 'First question, as it is spoken; may be empty in a draft.';
COMMENT ON COLUMN campaigns.question_1_type IS 'How the first question wants to be answered.';
COMMENT ON COLUMN campaigns.question_2_text IS 'Second question, as it is spoken; may be empty in a draft.';
COMMENT ON COLUMN campaigns.question_2_type IS 'How the second question wants to be answered.';
COMMENT ON COLUMN campaigns.question_3_text IS 'Third question, as it is spoken; may be empty in a draft.';
COMMENT ON COLUMN campaigns.question_3_type IS 'How the third question wants to be answered.';
COMMENT ON COLUMN campaigns.max_attempts IS 'Calls a contact gets at most, 1 to 5.';
COMMENT ON COLUMN campaigns.retry_interval_minutes IS 'Minutes between an unanswered call and the next, at least 1.';
COMMENT ON COLUMN campaigns.allowed_call_start_local IS 'Time of day, where the contact is, from which calls may be made.';
COMMENT ON COLUMN campaigns.allowed_call_end_local IS 'Time of day, where the contact is, until which calls may be made; after the start.';
COMMENT ON COLUMN campaigns.time_zone IS 'IANA time zone of the call window, for contacts without one of their own. The shape is checked here; whoever writes it makes sure the server knows the zone.';
COMMENT ON COLUMN campaigns.email_completed_template_id IS 'Mail after a completed survey; null sends none.';
COMMENT ON COLUMN campaigns.email_refused_template_id IS 'Mail after a refusal; null sends none.';
COMMENT ON COLUMN campaigns.email_not_reached_template_id IS 'Mail after the last attempt in vain; null sends none.';
COMMENT ON COLUMN campaigns.created_by_user_id IS 'Who made the campaign.';
COMMENT ON COLUMN campaigns.created_at IS 'When the row was made.';
COMMENT ON COLUMN campaigns.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON INDEX campaigns_name_idx IS 'Serves campaigns by name.';
