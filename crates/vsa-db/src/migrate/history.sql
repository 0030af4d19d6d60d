CREATE TABLE {schema}.schema_migration_history (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT schema_migration_history_pkey PRIMARY KEY,
    version bigint NOT NULL,
    description text NOT NULL,
    direction text NOT NULL
        CONSTRAINT schema_migration_history_direction_check CHECK (direction IN ('up', 'down')),
    outcome text NOT NULL
        CONSTRAINT schema_migration_history_outcome_check CHECK (outcome IN ('started', 'done', 'failed')),
    checksum text NOT NULL
        CONSTRAINT schema_migration_history_checksum_check CHECK (checksum ~ '^sha256:[0-9a-f]{64}$'),
    down_checksum text
        CONSTRAINT schema_migration_history_down_checksum_check CHECK (down_checksum ~ '^sha256:[0-9a-f]{64}$'),
    db_user text NOT NULL DEFAULT session_user,
    os_user text NOT NULL,
    application text NOT NULL DEFAULT current_setting('application_name'),
    client_address inet DEFAULT inet_client_addr(),
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration interval NOT NULL,
    tool_version text NOT NULL,
    detail text
);
COMMENT ON TABLE {schema}.schema_migration_history IS
    'History: every run of a migration file, up or down. Rows are only ever added; a trigger refuses all else.';
COMMENT ON COLUMN {schema}.schema_migration_history.id IS 'Order of the entries.';
COMMENT ON COLUMN {schema}.schema_migration_history.version IS 'Number of the migration.';
COMMENT ON COLUMN {schema}.schema_migration_history.description IS 'The words of its file name.';
COMMENT ON COLUMN {schema}.schema_migration_history.direction IS 'up: applied; down: reverted.';
COMMENT ON COLUMN {schema}.schema_migration_history.outcome IS
    'done: the file ran to its end. started, failed: only of files that run outside of a transaction; any other failed run leaves no trace at all.';
COMMENT ON COLUMN {schema}.schema_migration_history.checksum IS 'SHA-256 of the file that ran, byte for byte.';
COMMENT ON COLUMN {schema}.schema_migration_history.down_checksum IS
    'Of an up: SHA-256 of the down file as it was then, so that a later edit of it is noticed.';
COMMENT ON COLUMN {schema}.schema_migration_history.db_user IS 'Who was logged in at the server.';
COMMENT ON COLUMN {schema}.schema_migration_history.os_user IS 'Who ran the program on its machine, as the program says.';
COMMENT ON COLUMN {schema}.schema_migration_history.application IS 'The program, as it named itself to the server.';
COMMENT ON COLUMN {schema}.schema_migration_history.client_address IS 'The address it came from; null: a Unix socket.';
COMMENT ON COLUMN {schema}.schema_migration_history.at IS 'When this was written.';
COMMENT ON COLUMN {schema}.schema_migration_history.duration IS 'How long the file had run by then.';
COMMENT ON COLUMN {schema}.schema_migration_history.tool_version IS 'Version of the migrator.';
COMMENT ON COLUMN {schema}.schema_migration_history.detail IS 'Of a failed run: which statement and its SQLSTATE.';

CREATE FUNCTION {schema}.schema_migration_history_append_only() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'schema_migration_history only grows: % refused', TG_OP
        USING ERRCODE = 'insufficient_privilege';
END
$body$;
COMMENT ON FUNCTION {schema}.schema_migration_history_append_only() IS 'Refuses any change of what the history says.';

CREATE TRIGGER schema_migration_history_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON {schema}.schema_migration_history
    FOR EACH STATEMENT EXECUTE FUNCTION {schema}.schema_migration_history_append_only();
COMMENT ON TRIGGER schema_migration_history_append_only ON {schema}.schema_migration_history IS
    'Keeps the history append-only, for its owner, too.';
