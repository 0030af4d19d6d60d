-- Drops the enum types; by now no column uses them.

DROP TYPE IF EXISTS llm_provider;
DROP TYPE IF EXISTS provider_type;
DROP TYPE IF EXISTS email_template_type;
DROP TYPE IF EXISTS email_status;
DROP TYPE IF EXISTS event_type;
DROP TYPE IF EXISTS exclusion_source;
DROP TYPE IF EXISTS call_outcome;
DROP TYPE IF EXISTS contact_language;
DROP TYPE IF EXISTS contact_state;
DROP TYPE IF EXISTS question_type;
DROP TYPE IF EXISTS language_code;
DROP TYPE IF EXISTS campaign_status;
DROP TYPE IF EXISTS user_role;
