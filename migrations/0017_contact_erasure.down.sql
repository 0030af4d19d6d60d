-- contacts.erased_at, exclusion_list_entries.seq, contacts.phone_number, contacts_erased_check.
-- Takes it back: the schema is exactly what it was before.

ALTER TABLE contacts DROP CONSTRAINT IF EXISTS contacts_erased_check;

-- contacts.phone_number: scans, blocks writes, fails if a row does not fit.
ALTER TABLE contacts ALTER COLUMN phone_number SET NOT NULL;

-- contacts.erased_at: deletes data, cannot be undone.
ALTER TABLE contacts DROP COLUMN IF EXISTS erased_at;

-- exclusion_list_entries.seq: deletes data, cannot be undone.
ALTER TABLE exclusion_list_entries DROP COLUMN IF EXISTS seq;

COMMENT ON COLUMN contacts.phone_number IS 'Phone number, E.164; unique in the campaign. Personal data.';
