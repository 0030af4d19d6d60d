-- contacts_erased_check, contacts_campaign_id_phone_number_key, contacts_phone_number_campaign_id_key.
-- Takes it back: the schema is exactly what it was before.

DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'contacts'::regclass AND conname = 'contacts_erased_check' AND convalidated) THEN
        ALTER TABLE contacts DROP CONSTRAINT IF EXISTS contacts_erased_check;
    END IF;
END
$do$;

ALTER TABLE contacts DROP CONSTRAINT IF EXISTS contacts_phone_number_campaign_id_key;

-- contacts_phone_number_campaign_id_key: builds an index, blocks writes.
CREATE UNIQUE INDEX IF NOT EXISTS contacts_phone_number_campaign_id_key ON contacts (phone_number, campaign_id);

-- contacts_campaign_id_phone_number_key: builds an index, blocks writes, fails if a row does not fit.
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'contacts'::regclass AND conname = 'contacts_campaign_id_phone_number_key') THEN
        ALTER TABLE contacts ADD CONSTRAINT contacts_campaign_id_phone_number_key UNIQUE (campaign_id, phone_number);
    END IF;
END
$do$;

DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'contacts'::regclass AND conname = 'contacts_erased_check') THEN
        ALTER TABLE contacts ADD CONSTRAINT contacts_erased_check CHECK (
        CASE
            WHEN (erased_at IS NULL) THEN (phone_number IS NOT NULL)
            ELSE ((num_nonnulls(phone_number, email, external_contact_id) = 0) AND (state <> ALL (ARRAY['pending'::contact_state, 'in_progress'::contact_state])))
        END) NOT VALID;
    END IF;
END
$do$;
