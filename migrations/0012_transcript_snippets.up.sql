-- What was said, kept apart from the calls because it is deleted long before they are.

CREATE TABLE IF NOT EXISTS transcript_snippets (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    call_attempt_id uuid NOT NULL,
    transcript_text text NOT NULL,
    language language_code NOT NULL DEFAULT 'en',
    created_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT transcript_snippets_pkey PRIMARY KEY (id),
    CONSTRAINT transcript_snippets_call_attempt_id_fkey FOREIGN KEY (call_attempt_id)
        REFERENCES call_attempts (id) ON DELETE CASCADE
);

CREATE INDEX IF NOT EXISTS transcript_snippets_call_attempt_id_idx ON transcript_snippets (call_attempt_id);

COMMENT ON TABLE transcript_snippets IS 'Pieces of what was said in calls; deleted after the days that provider_configs gives.';
COMMENT ON COLUMN transcript_snippets.id IS 'Primary key.';
COMMENT ON COLUMN transcript_snippets.call_attempt_id IS 'Call in which it was said.';
COMMENT ON COLUMN transcript_snippets.transcript_text IS 'What was said. Personal data.';
COMMENT ON COLUMN transcript_snippets.language IS 'Language it was said in.';
COMMENT ON COLUMN transcript_snippets.created_at IS 'When the row was made; its age decides when it is deleted.';
