-- The people a campaign calls. Few indexes, because imports and claims pay for each of them.

CREATE TABLE IF NOT EXISTS contacts (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    campaign_id uuid NOT NULL,
    external_contact_id text,
    phone_number text NOT NULL,
    email text,
    preferred_language contact_language NOT NULL DEFAULT 'auto',
    has_prior_consent boolean NOT NULL DEFAULT false,
    do_not_call boolean NOT NULL DEFAULT false,
    state contact_state NOT NULL DEFAULT 'pending',
    attempts_count integer NOT NULL DEFAULT 0,
    last_attempt_at timestamptz,
    last_outcome call_outcome,
    time_zone text,
    next_attempt_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT contacts_pkey PRIMARY KEY (id),
    CONSTRAINT contacts_campaign_id_phone_number_key UNIQUE (campaign_id, phone_number),
    CONSTRAINT contacts_campaign_id_fkey FOREIGN KEY (campaign_id)
        REFERENCES campaigns (id) ON DELETE CASCADE,
    -- E.164: at most 15 digits, no leading zero; no country has numbers of fewer than 7 with its code.
    CONSTRAINT contacts_phone_number_check CHECK (phone_number ~ '^\+[1-9][0-9]{6,14}$'),
    CONSTRAINT contacts_attempts_count_check CHECK (attempts_count >= 0),
    -- The shape of a zone's name, for the reason given at campaigns.
    CONSTRAINT contacts_time_zone_check CHECK (time_zone ~ '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$')
);

CREATE UNIQUE INDEX IF NOT EXISTS contacts_campaign_id_external_contact_id_key
    ON contacts (campaign_id, external_contact_id)
    WHERE external_contact_id IS NOT NULL;

CREATE INDEX IF NOT EXISTS contacts_campaign_id_next_attempt_at_idx
    ON contacts (campaign_id, next_attempt_at)
    WHERE state = 'pending' AND next_attempt_at IS NOT NULL;

COMMENT ON TABLE contacts IS 'People to call, one row a phone number and campaign.';
COMMENT ON COLUMN contacts.id IS 'Primary key.';
COMMENT ON COLUMN contacts.campaign_id IS 'Campaign the contact belongs to.';
COMMENT ON COLUMN contacts.external_contact_id IS 'Id in the system the contact was imported from; unique in the campaign. Personal data.';
COMMENT ON COLUMN contacts.phone_number IS 'Phone number, E.164; unique in the campaign. Personal data.';
COMMENT ON COLUMN contacts.email IS 'Where mails about the outcome go; null sends none. Personal data.';
COMMENT ON COLUMN contacts.preferred_language IS 'Language to speak to the contact in; auto is the campaign''s.';
COMMENT ON COLUMN contacts.has_prior_consent IS 'Whether the contact had agreed to be called before the campaign.';
COMMENT ON COLUMN contacts.do_not_call IS 'Whether the contact asked not to be called.';
COMMENT ON COLUMN contacts.state IS 'Where the contact is on the way to a final outcome.';
COMMENT ON COLUMN contacts.attempts_count IS 'Calls made so far.';
COMMENT ON COLUMN contacts.last_attempt_at IS 'When the last call was started; null before the first.';
COMMENT ON COLUMN contacts.last_outcome IS 'How the last call ended; null before that.';
COMMENT ON COLUMN contacts.time_zone IS 'IANA time zone of the contact; null is the campaign''s.';
COMMENT ON COLUMN contacts.next_attempt_at IS 'From when on the contact is due to be called; null is never again.';
COMMENT ON COLUMN contacts.created_at IS 'When the row was made.';
COMMENT ON COLUMN contacts.updated_at IS 'When the row last changed; kept by trigger.';
COMMENT ON INDEX contacts_campaign_id_next_attempt_at_idx IS 'Serves the scheduler: contacts of one campaign that are due, soonest first. Holds only those that can be due, so its cost does not grow with finished contacts.';
COMMENT ON INDEX contacts_campaign_id_external_contact_id_key IS 'One contact an external id and campaign, where there is one.';
