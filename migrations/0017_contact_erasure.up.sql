-- contacts.erased_at, exclusion_list_entries.seq, contacts.phone_number, contacts_erased_check.
-- What takes a short lock, in one transaction.

ALTER TABLE contacts ADD COLUMN IF NOT EXISTS erased_at timestamp with time zone;

-- exclusion_list_entries.seq: rewrites the table, blocks writes.
-- squawk-ignore adding-field-with-default -- schema.yaml asks for it
ALTER TABLE exclusion_list_entries ADD COLUMN IF NOT EXISTS seq bigint NOT NULL GENERATED ALWAYS AS IDENTITY;

-- squawk-ignore ban-drop-not-null -- schema.yaml asks for it
ALTER TABLE contacts ALTER COLUMN phone_number DROP NOT NULL;

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

COMMENT ON COLUMN contacts.phone_number IS 'Phone number, E.164; unique in the campaign; null once the person was erased. Personal data.';

COMMENT ON COLUMN contacts.erased_at IS 'When the person was erased; the row stays, so that statistics do.';

COMMENT ON COLUMN exclusion_list_entries.seq IS 'Order in which numbers came onto the list: whoever adds some holds a lock until they are committed, so an import of contacts finds those added since it began.';
