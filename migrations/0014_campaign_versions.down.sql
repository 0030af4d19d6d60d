-- campaigns.version, campaigns.starts_at, campaigns_version_check.
-- Takes it back: the schema is exactly what it was before.

ALTER TABLE campaigns DROP CONSTRAINT IF EXISTS campaigns_version_check;

-- campaigns.version: deletes data, cannot be undone.
ALTER TABLE campaigns DROP COLUMN IF EXISTS version;

-- campaigns.starts_at: deletes data, cannot be undone.
ALTER TABLE campaigns DROP COLUMN IF EXISTS starts_at;
