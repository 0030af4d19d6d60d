-- contacts_erased_check, contacts_campaign_id_phone_number_key, contacts_phone_number_campaign_id_key.
-- What was added NOT VALID is validated, and indexes become keys.

-- contacts_erased_check: scans, fails if a row does not fit.
ALTER TABLE contacts VALIDATE CONSTRAINT contacts_erased_check;

ALTER TABLE contacts DROP CONSTRAINT IF EXISTS contacts_campaign_id_phone_number_key;

DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'contacts'::regclass AND conname = 'contacts_phone_number_campaign_id_key') THEN
        ALTER TABLE contacts ADD CONSTRAINT contacts_phone_number_campaign_id_key UNIQUE USING INDEX contacts_phone_number_campaign_id_key;
    END IF;
END
$do$;
