-- campaigns_version_check.
-- Takes it back: the schema is exactly what it was before.

DO $do$
BEGIN
    IF EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'campaigns'::regclass AND conname = 'campaigns_version_check' AND convalidated) THEN
        ALTER TABLE campaigns DROP CONSTRAINT IF EXISTS campaigns_version_check;
    END IF;
END
$do$;
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = 'campaigns'::regclass AND conname = 'campaigns_version_check') THEN
        ALTER TABLE campaigns ADD CONSTRAINT campaigns_version_check CHECK ((version >= 1)) NOT VALID;
    END IF;
END
$do$;
