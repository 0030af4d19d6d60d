-- The mails that events give rise to: one an event at most, however often a worker runs.

CREATE TABLE IF NOT EXISTS email_notifications (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    event_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    template_id uuid NOT NULL,
    to_email text NOT NULL,
    status email_status NOT NULL DEFAULT 'pending',
    provider_message_id text,
    error_message text,
    attempts_count integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT email_notifications_pkey PRIMARY KEY (id),
    CONSTRAINT email_notifications_event_id_key UNIQUE (event_id),
    CONSTRAINT email_notifications_event_id_fkey FOREIGN KEY (event_id)
        REFERENCES events (id) ON DELETE CASCADE,
    CONSTRAINT email_notifications_contact_id_fkey FOREIGN KEY (contact_id)
        REFERENCES contacts (id) ON DELETE CASCADE,
    CONSTRAINT email_notifications_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT email_notifications_template_id_fkey FOREIGN KEY (template_id)
        REFERENCES email_templates (id) ON DELETE RESTRICT,
    CONSTRAINT email_notifications_attempts_count_check CHECK (attempts_count >= 0)
);

CREATE INDEX IF NOT EXISTS email_notifications_contact_id_idx ON email_notifications (contact_id);
CREATE INDEX IF NOT EXISTS email_notifications_campaign_id_idx ON email_notifications (campaign_id);
CREATE INDEX IF NOT EXISTS email_notifications_template_id_idx ON email_notifications (template_id);

COMMENT ON TABLE email_notifications IS 'Mails to contacts, one row an event at most.';
COMMENT ON COLUMN email_notifications.id IS 'Primary key.';
COMMENT ON COLUMN email_notifications.event_id IS 'Event the mail tells of.';
COMMENT ON COLUMN email_notifications.contact_id IS 'Contact it is about.';
COMMENT ON COLUMN email_notifications.campaign_id IS 'Campaign of the contact.';
COMMENT ON COLUMN email_notifications.template_id IS 'Template, in the locale that was chosen.';
COMMENT ON COLUMN email_notifications.to_email IS 'Address it goes to. Personal data.';
COMMENT ON COLUMN email_notifications.status IS 'Where the mail is on its way out.';
COMMENT ON COLUMN email_notifications.provider_message_id IS 'Mail server''s name of the message; null until it has taken it.';
COMMENT ON COLUMN email_notifications.error_message IS 'Why the last try failed, in the mail server''s words, which may quote the address. Personal data.';
COMMENT ON COLUMN email_notifications.attempts_count IS 'Tries so far.';
COMMENT ON COLUMN email_notifications.next_attempt_at IS 'From when on the next try is due; null is at once, or never once it is final.';
COMMENT ON COLUMN email_notifications.created_at IS 'When the row was made.';
COMMENT ON COLUMN email_notifications.updated_at IS 'When the row last changed; kept by trigger.';
