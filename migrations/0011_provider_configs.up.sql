-- The settings calls are made with; one row serves today, an environment or tenant may get its own.

CREATE TABLE IF NOT EXISTS provider_configs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    provider_type provider_type NOT NULL DEFAULT 'telephony_api',
    provider_name text NOT NULL,
    outbound_number text NOT NULL,
    max_concurrent_calls integer NOT NULL DEFAULT 5,
    llm_provider llm_provider NOT NULL DEFAULT 'openai',
    llm_model text NOT NULL,
    recording_retention_days integer NOT NULL DEFAULT 180,
    transcript_retention_days integer NOT NULL DEFAULT 180,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT provider_configs_pkey PRIMARY KEY (id),
    CONSTRAINT provider_configs_outbound_number_check CHECK (outbound_number ~ '^\+[1-9][0-9]{6,14}$'),
    CONSTRAINT provider_configs_max_concurrent_calls_check CHECK (max_concurrent_calls >= 1),
    CONSTRAINT provider_configs_recording_retention_days_check CHECK (recording_retention_days >= 1),
    CONSTRAINT provider_configs_transcript_retention_days_check CHECK (transcript_retention_days >= 1)
);

COMMENT ON TABLE provider_configs IS 'Settings calls are made with. No secrets: credentials come from the environment of the program that calls.';
COMMENT ON COLUMN provider_configs.id IS 'Primary key.';
COMMENT ON COLUMN provider_configs.provider_type IS 'Through what kind of service calls are made.';
COMMENT ON COLUMN provider_configs.provider_name IS 'Name of the service.';
COMMENT ON COLUMN provider_configs.outbound_number IS 'Number calls come from, E.164.';
COMMENT ON COLUMN provider_configs.max_concurrent_calls IS 'Calls that may be open at once, over all schedulers.';
COMMENT ON COLUMN provider_configs.llm_provider IS 'Who serves the language model.';
COMMENT ON COLUMN provider_configs.llm_model IS 'Name of the language model, as its provider spells it.';
COMMENT ON COLUMN provider_configs.recording_retention_days IS 'Days a recording is kept.';
COMMENT ON COLUMN provider_configs.transcript_retention_days IS 'Days a transcript is kept.';
COMMENT ON COLUMN provider_configs.created_at IS 'When the row was made.';
COMMENT ON COLUMN provider_configs.updated_at IS 'When the row last changed; kept by trigger.';
