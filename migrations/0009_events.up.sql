-- The outbox: final outcomes, written in the transaction that caused them, read by relays.

CREATE TABLE IF NOT EXISTS events (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    event_type event_type NOT NULL,
    campaign_id uuid NOT NULL,
    contact_id uuid NOT NULL,
    call_attempt_id uuid,
    payload jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT events_pkey PRIMARY KEY (id),
    CONSTRAINT events_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT events_contact_id_fkey FOREIGN KEY (contact_id)
        REFERENCES contacts (id) ON DELETE CASCADE,
    CONSTRAINT events_call_attempt_id_fkey FOREIGN KEY (call_attempt_id)
        REFERENCES call_attempts (id) ON DELETE SET NULL
);

CREATE INDEX IF NOT EXISTS events_campaign_id_idx ON events (campaign_id);
CREATE INDEX IF NOT EXISTS events_contact_id_idx ON events (contact_id);
CREATE INDEX IF NOT EXISTS events_call_attempt_id_idx ON events (call_attempt_id);

COMMENT ON TABLE events IS 'Outbox: final outcomes of contacts, one row each.';
COMMENT ON COLUMN events.id IS 'Primary key.';
COMMENT ON COLUMN events.event_type IS 'What happened.';
COMMENT ON COLUMN events.campaign_id IS 'In which campaign.';
COMMENT ON COLUMN events.contact_id IS 'To whom.';
COMMENT ON COLUMN events.call_attempt_id IS 'In which call; null if in none, or if its record is gone.';
COMMENT ON COLUMN events.payload IS 'What a reader of the event needs besides. Personal data.';
COMMENT ON COLUMN events.created_at IS 'When it happened.';
