-- Keeps updated_at true by one trigger function for every table that has the column.

-- Names are qualified instead of a SET search_path, which would cost every updated row a
-- switch of settings.
CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    NEW.updated_at := pg_catalog.now();
    RETURN NEW;
END
$$;

COMMENT ON FUNCTION set_updated_at() IS 'Sets updated_at to the time of the transaction.';

-- WHEN: an update that changes nothing leaves updated_at alone, and does not call the function.

CREATE OR REPLACE TRIGGER users_set_updated_at
    BEFORE UPDATE ON users
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();
COMMENT ON TRIGGER users_set_updated_at ON users IS 'Keeps users.updated_at; an update that changes nothing leaves it alone.';

CREATE OR REPLACE TRIGGER email_templates_set_updated_at
    BEFORE UPDATE ON email_templates
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();
COMMENT ON TRIGGER email_templates_set_updated_at ON email_templates IS 'Keeps email_templates.updated_at; an update that changes nothing leaves it alone.';

CREATE OR REPLACE TRIGGER campaigns_set_updated_at
    BEFORE UPDATE ON campaigns
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();
COMMENT ON TRIGGER campaigns_set_updated_at ON campaigns IS 'Keeps campaigns.updated_at; an update that changes nothing leaves it alone.';

CREATE OR REPLACE TRIGGER contacts_set_updated_at
    BEFORE UPDATE ON contacts
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();
COMMENT ON TRIGGER contacts_set_updated_at ON contacts IS 'Keeps contacts.updated_at; an update that changes nothing leaves it alone.';

CREATE OR REPLACE TRIGGER email_notifications_set_updated_at
    BEFORE UPDATE ON email_notifications
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();
COMMENT ON TRIGGER email_notifications_set_updated_at ON email_notifications IS 'Keeps email_notifications.updated_at; an update that changes nothing leaves it alone.';

CREATE OR REPLACE TRIGGER provider_configs_set_updated_at
    BEFORE UPDATE ON provider_configs
    FOR EACH ROW
    WHEN (OLD.* IS DISTINCT FROM NEW.*)
    EXECUTE FUNCTION set_updated_at();
COMMENT ON TRIGGER provider_configs_set_updated_at ON provider_configs IS 'Keeps provider_configs.updated_at; an update that changes nothing leaves it alone.';
