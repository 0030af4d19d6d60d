-- campaigns.version, campaigns.starts_at, campaigns_version_check.
-- What takes a short lock, in one transaction.

ALTER TABLE campaigns ADD COLUMN IF NOT EXISTS version integer NOT NULL DEFAULT 1;

ALTER TABLE campaigns ADD COLUMN IF NOT EXISTS starts_at timestamp with time zone;

DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'campaigns'::regclass AND conname = 'campaigns_version_check') THEN
        ALTER TABLE campaigns ADD CONSTRAINT campaigns_version_check CHECK ((version >= 1)) NOT VALID;
    END IF;
END
$do$;

COMMENT ON COLUMN campaigns.version IS 'One more with every edit and every move: who changes a campaign says which version they saw.';

COMMENT ON COLUMN campaigns.starts_at IS 'When a scheduled campaign is to start; null if nobody has scheduled it.';
