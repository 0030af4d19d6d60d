-- Drops the triggers, then the function they share.

DROP TRIGGER IF EXISTS provider_configs_set_updated_at ON provider_configs;
DROP TRIGGER IF EXISTS email_notifications_set_updated_at ON email_notifications;
DROP TRIGGER IF EXISTS contacts_set_updated_at ON contacts;
DROP TRIGGER IF EXISTS campaigns_set_updated_at ON campaigns;
DROP TRIGGER IF EXISTS email_templates_set_updated_at ON email_templates;
DROP TRIGGER IF EXISTS users_set_updated_at ON users;
DROP FUNCTION IF EXISTS set_updated_at();
