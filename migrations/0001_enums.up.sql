-- The thirteen native enum types, so that no column can hold a word the code does not know.

DO $$
BEGIN
    CREATE TYPE user_role AS ENUM ('admin', 'campaign_manager', 'viewer');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE user_role IS 'What a person who signs in may do.';

DO $$
BEGIN
    CREATE TYPE campaign_status AS ENUM ('draft', 'scheduled', 'running', 'paused', 'completed', 'cancelled');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE campaign_status IS 'Where a campaign is in its life: draft, scheduled, running or paused, then completed or cancelled, which are final.';

DO $$
BEGIN
    CREATE TYPE language_code AS ENUM ('en', 'it');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE language_code IS 'A language of texts we write ourselves: ISO 639-1.';

DO $$
BEGIN
    CREATE TYPE question_type AS ENUM ('free_text', 'numeric', 'scale');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE question_type IS 'How a question wants to be answered.';

DO $$
BEGIN
    CREATE TYPE contact_state AS ENUM ('pending', 'in_progress', 'completed', 'refused', 'not_reached', 'excluded');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE contact_state IS 'Where a contact is on the way to a final outcome: pending, in_progress, then completed, refused or not_reached; excluded is never dialled again.';

DO $$
BEGIN
    CREATE TYPE contact_language AS ENUM ('en', 'it', 'auto');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE contact_language IS 'The language a contact is to be spoken to in; auto is the language of the campaign.';

DO $$
BEGIN
    CREATE TYPE call_outcome AS ENUM ('completed', 'refused', 'no_answer', 'busy', 'failed');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE call_outcome IS 'How one call ended.';

DO $$
BEGIN
    CREATE TYPE exclusion_source AS ENUM ('import', 'api', 'manual');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE exclusion_source IS 'How a number came onto the do-not-call list: from a file, from another system, or by hand.';

DO $$
BEGIN
    CREATE TYPE event_type AS ENUM ('survey.completed', 'survey.refused', 'survey.not_reached');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE event_type IS 'The final outcomes that are announced through the outbox.';

DO $$
BEGIN
    CREATE TYPE email_status AS ENUM ('pending', 'sent', 'failed');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE email_status IS 'Where a mail is on its way out: pending, then sent or failed, which are final.';

DO $$
BEGIN
    CREATE TYPE email_template_type AS ENUM ('completed', 'refused', 'not_reached');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE email_template_type IS 'Which outcome a mail template speaks about.';

DO $$
BEGIN
    CREATE TYPE provider_type AS ENUM ('telephony_api', 'voice_ai_platform');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE provider_type IS 'Through what kind of service calls are made.';

DO $$
BEGIN
    CREATE TYPE llm_provider AS ENUM ('openai', 'anthropic', 'azure-openai', 'google');
EXCEPTION
    WHEN duplicate_object THEN NULL;
END
$$;
COMMENT ON TYPE llm_provider IS 'Who serves the language model of the voice agent.';
