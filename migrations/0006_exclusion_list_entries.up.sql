-- The global do-not-call list; it knows numbers, not contacts, so it outlives every campaign.

CREATE TABLE IF NOT EXISTS exclusion_list_entries (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    phone_number text NOT NULL,
    reason text,
    source exclusion_source NOT NULL DEFAULT 'manual',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT exclusion_list_entries_pkey PRIMARY KEY (id),
    CONSTRAINT exclusion_list_entries_phone_number_key UNIQUE (phone_number),
    CONSTRAINT exclusion_list_entries_phone_number_check CHECK (phone_number ~ '^\+[1-9][0-9]{6,14}$')
);

COMMENT ON TABLE exclusion_list_entries IS 'Global do-not-call list: numbers no campaign may dial.';
COMMENT ON COLUMN exclusion_list_entries.id IS 'Primary key.';
COMMENT ON COLUMN exclusion_list_entries.phone_number IS 'Phone number, E.164. Personal data.';
COMMENT ON COLUMN exclusion_list_entries.reason IS 'Why the number must not be called, in somebody''s own words. Personal data.';
COMMENT ON COLUMN exclusion_list_entries.source IS 'How the number came onto the list.';
COMMENT ON COLUMN exclusion_list_entries.created_at IS 'When the row was made.';
