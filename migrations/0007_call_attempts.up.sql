-- Every dialling of a contact, written before it is made and closed by one outcome.

CREATE TABLE IF NOT EXISTS call_attempts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    contact_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    attempt_number integer NOT NULL,
    call_id text NOT NULL,
    provider_call_id text,
    started_at timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz,
    ended_at timestamptz,
    outcome call_outcome,
    provider_raw_status text,
    error_code text,
    metadata jsonb NOT NULL DEFAULT '{}',
    consent_given boolean,
    consent_recorded_at timestamptz,
    CONSTRAINT call_attempts_pkey PRIMARY KEY (id),
    CONSTRAINT call_attempts_contact_id_attempt_number_key UNIQUE (contact_id, attempt_number),
    CONSTRAINT call_attempts_call_id_key UNIQUE (call_id),
    CONSTRAINT call_attempts_contact_id_fkey FOREIGN KEY (contact_id)
        REFERENCES contacts (id) ON DELETE CASCADE,
    CONSTRAINT call_attempts_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaigns (id) ON DELETE CASCADE,
    CONSTRAINT call_attempts_attempt_number_check CHECK (attempt_number >= 1),
    CONSTRAINT call_attempts_answered_after_started_check CHECK (answered_at >= started_at),
    CONSTRAINT call_attempts_ended_after_started_check CHECK (ended_at >= started_at),
    CONSTRAINT call_attempts_ended_after_answered_check CHECK (ended_at >= answered_at),
    CONSTRAINT call_attempts_consent_after_started_check CHECK (consent_recorded_at >= started_at),
    CONSTRAINT call_attempts_consent_check CHECK ((consent_given IS NULL) = (consent_recorded_at IS NULL))
);

CREATE UNIQUE INDEX IF NOT EXISTS call_attempts_provider_call_id_key
    ON call_attempts (provider_call_id)
    WHERE provider_call_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS call_attempts_campaign_id_started_at_idx
    ON call_attempts (campaign_id, started_at);

CREATE INDEX IF NOT EXISTS call_attempts_started_at_idx
    ON call_attempts (started_at)
    WHERE outcome IS NULL;

COMMENT ON TABLE call_attempts IS 'Diallings of contacts, one row a call.';
COMMENT ON COLUMN call_attempts.id IS 'Primary key.';
COMMENT ON COLUMN call_attempts.contact_id IS 'Who was called.';
COMMENT ON COLUMN call_attempts.campaign_id IS 'Campaign of the contact.';
COMMENT ON COLUMN call_attempts.attempt_number IS 'Ordinal of the call to this contact, from 1.';
COMMENT ON COLUMN call_attempts.call_id IS 'Our own name of the call, sent to the provider.';
COMMENT ON COLUMN call_attempts.provider_call_id IS 'Provider''s name of the call; null until it has told us.';
COMMENT ON COLUMN call_attempts.started_at IS 'When dialling began.';
COMMENT ON COLUMN call_attempts.answered_at IS 'When somebody answered; null if nobody has.';
COMMENT ON COLUMN call_attempts.ended_at IS 'When the call ended; null before that.';
COMMENT ON COLUMN call_attempts.outcome IS 'How the call ended; null while it is open, then set once.';
COMMENT ON COLUMN call_attempts.provider_raw_status IS 'Provider''s own word for the outcome.';
COMMENT ON COLUMN call_attempts.error_code IS 'Provider''s code of the error, if there was one.';
COMMENT ON COLUMN call_attempts.metadata IS 'Whatever else the provider reported. Personal data.';
COMMENT ON COLUMN call_attempts.consent_given IS 'What the contact answered to the request for consent; null if it was not answered.';
COMMENT ON COLUMN call_attempts.consent_recorded_at IS 'When that answer was recorded; there whenever the answer is.';
COMMENT ON INDEX call_attempts_provider_call_id_key IS 'One attempt a call of the provider; serves its webhooks.';
COMMENT ON INDEX call_attempts_campaign_id_started_at_idx IS 'Serves calls an hour and a day of one campaign.';
COMMENT ON INDEX call_attempts_started_at_idx IS 'Serves the count of open calls and the recovery of those that never ended, oldest first. Holds only open attempts.';
