CREATE TABLE {schema}.schema_migrations (
    version bigint NOT NULL CONSTRAINT schema_migrations_pkey PRIMARY KEY,
    description text NOT NULL,
    installed_on timestamptz NOT NULL DEFAULT now(),
    success boolean NOT NULL,
    checksum bytea NOT NULL,
    execution_time bigint NOT NULL
);
COMMENT ON TABLE {schema}.schema_migrations IS
    'Ledger: the migrations that are applied now. Its columns are those of sqlx, so that its tools can read it.';
COMMENT ON COLUMN {schema}.schema_migrations.version IS 'Number of the migration, from 1.';
COMMENT ON COLUMN {schema}.schema_migrations.description IS 'The words of its file name.';
COMMENT ON COLUMN {schema}.schema_migrations.installed_on IS 'When it was applied, or last tried.';
COMMENT ON COLUMN {schema}.schema_migrations.success IS
    'False while a file that runs outside of a transaction is half done; up runs it again, down takes it back.';
COMMENT ON COLUMN {schema}.schema_migrations.checksum IS 'SHA-384 of the up file, byte for byte.';
COMMENT ON COLUMN {schema}.schema_migrations.execution_time IS 'How long the up file ran, in nanoseconds.';
