//! Types, functions, triggers, and the ledger.

use super::{Change, all_are_told, apply, told};

const TYPES: &[Change] = &[
    (
        "ALTER TYPE provider_type ADD VALUE 'sip'",
        &[("enum provider_type", "additive")],
    ),
    (
        "ALTER TYPE email_status ADD VALUE 'held' BEFORE 'sent'",
        &[("enum email_status", "pending, held, sent, failed")],
    ),
    (
        "ALTER TYPE llm_provider RENAME VALUE 'google' TO 'gemini'",
        &[("enum llm_provider", "gemini")],
    ),
    (
        "ALTER TABLE exclusion_list_entries ALTER source DROP DEFAULT; \
             ALTER TYPE exclusion_source RENAME TO old; \
             CREATE TYPE exclusion_source AS ENUM ('manual', 'api', 'import'); \
             ALTER TABLE exclusion_list_entries ALTER source TYPE exclusion_source \
             USING source::text::exclusion_source; \
             ALTER TABLE exclusion_list_entries ALTER source SET DEFAULT 'manual'; \
             DROP TYPE old",
        &[
            ("enum exclusion_source", "manual, api, import"),
            ("enum exclusion_source", "comment differs"),
        ],
    ),
    (
        "CREATE TYPE mood AS ENUM ('calm')",
        &[("enum mood", "not in the migrations")],
    ),
    (
        "COMMENT ON TYPE user_role IS 'Whatever.'",
        &[("enum user_role", "Whatever.")],
    ),
    (
        "ALTER TYPE language_code OWNER TO pg_monitor",
        &[("enum language_code", "owner differs")],
    ),
    (
        "REVOKE USAGE ON TYPE call_outcome FROM public",
        &[("enum call_outcome", "no USAGE to public")],
    ),
    (
        "CREATE DOMAIN phone AS text CHECK (VALUE <> '')",
        &[("type phone", "not in the migrations")],
    ),
    (
        "CREATE TYPE pair AS (a integer, b text)",
        &[("type pair", "not in the migrations")],
    ),
    (
        "CREATE TYPE span AS RANGE (subtype = date)",
        &[("type span", "not in the migrations")],
    ),
    (
        "CREATE COLLATION mine FROM \"C\"",
        &[("collation public.mine", "not in the migrations")],
    ),
];

#[test]
fn of_types() {
    all_are_told(TYPES);
}

#[test]
fn of_the_definition_of_a_function() {
    const BACK: &str = "CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS \
        $$\nBEGIN\n    NEW.updated_at := pg_catalog.now();\n    RETURN NEW;\nEND\n$$";
    test_db::run(async |db| {
        for (sql, words) in [
            (
                "CREATE OR REPLACE FUNCTION set_updated_at() RETURNS trigger LANGUAGE plpgsql AS \
                 $$\nBEGIN\n    RETURN NULL;\nEND\n$$",
                "RETURN NULL;",
            ),
            ("ALTER FUNCTION set_updated_at() STABLE", "STABLE"),
            (
                "ALTER FUNCTION set_updated_at() SECURITY DEFINER",
                "SECURITY DEFINER",
            ),
            (
                "ALTER FUNCTION set_updated_at() SET search_path = pg_catalog",
                "SET search_path",
            ),
        ] {
            apply(db, sql).await?;
            told(db, &[&("function set_updated_at()", words)])?;
            apply(db, BACK).await?;
        }
        Ok(())
    });
}

const FUNCTIONS_AND_TRIGGERS: &[Change] = &[
    (
        "COMMENT ON FUNCTION set_updated_at() IS NULL",
        &[("function set_updated_at()", "comment differs")],
    ),
    (
        "ALTER FUNCTION set_updated_at() OWNER TO pg_monitor",
        &[("function set_updated_at()", "owner differs")],
    ),
    (
        "REVOKE EXECUTE ON FUNCTION set_updated_at() FROM public",
        &[("function set_updated_at()", "no EXECUTE to public")],
    ),
    (
        "CREATE FUNCTION f(a integer) RETURNS integer LANGUAGE sql AS 'SELECT a'",
        &[("function f(a integer)", "not in the migrations")],
    ),
    (
        "CREATE PROCEDURE p() LANGUAGE sql AS 'SELECT 1'",
        &[("function p()", "not in the migrations")],
    ),
    (
        "CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer)",
        &[("function total(integer)", "not in the migrations")],
    ),
    (
        "CREATE OPERATOR === (LEFTARG = text, RIGHTARG = text, FUNCTION = texteq)",
        &[(
            "operator public.===(pg_catalog.text,pg_catalog.text)",
            "not in the migrations",
        )],
    ),
    (
        "CREATE CAST (integer AS user_role) WITH INOUT",
        &[(
            "cast (integer AS public.user_role)",
            "not in the migrations",
        )],
    ),
    (
        "DROP TRIGGER users_set_updated_at ON users",
        &[(
            "trigger users_set_updated_at on users",
            "not in the live database",
        )],
    ),
    (
        "ALTER TABLE contacts DISABLE TRIGGER contacts_set_updated_at",
        &[(
            "trigger contacts_set_updated_at on contacts",
            "enabled differs",
        )],
    ),
    (
        "ALTER TABLE email_templates ENABLE ALWAYS TRIGGER email_templates_set_updated_at",
        &[(
            "trigger email_templates_set_updated_at on email_templates",
            "always",
        )],
    ),
    (
        "CREATE OR REPLACE TRIGGER campaigns_set_updated_at BEFORE UPDATE OF name ON campaigns \
             FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
        &[(
            "trigger campaigns_set_updated_at on campaigns",
            "UPDATE OF name",
        )],
    ),
    (
        "COMMENT ON TRIGGER provider_configs_set_updated_at ON provider_configs IS 'Whatever.'",
        &[(
            "trigger provider_configs_set_updated_at on provider_configs",
            "Whatever.",
        )],
    ),
    (
        "CREATE TRIGGER another BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
        &[("trigger another on events", "breaking")],
    ),
    (
        "CREATE RULE quiet AS ON DELETE TO events DO INSTEAD NOTHING",
        &[("rule quiet on events", "breaking")],
    ),
    (
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; \
             CREATE EVENT TRIGGER watch ON ddl_command_end EXECUTE FUNCTION e()",
        &[
            ("function e()", "not in the migrations"),
            ("event trigger watch", "breaking"),
        ],
    ),
];

#[test]
fn of_functions_and_triggers() {
    all_are_told(FUNCTIONS_AND_TRIGGERS);
}

const THE_LEDGER: &[Change] = &[
    (
        "DROP TRIGGER schema_migration_history_append_only ON schema_migration_history",
        &[(
            "trigger schema_migration_history_append_only on schema_migration_history",
            "not in the live database",
        )],
    ),
    (
        "GRANT DELETE ON schema_migrations TO pg_monitor",
        &[("table schema_migrations", "DELETE to pg_monitor")],
    ),
    (
        "ALTER FUNCTION schema_migration_history_append_only() OWNER TO pg_monitor",
        &[(
            "function schema_migration_history_append_only()",
            "owner differs",
        )],
    ),
    (
        "CREATE SCHEMA elsewhere CREATE TABLE schema_migrations (id integer)",
        &[
            ("schema elsewhere", "not in the migrations"),
            ("table elsewhere.schema_migrations", "not in the migrations"),
        ],
    ),
];

#[test]
fn of_the_ledger() {
    all_are_told(THE_LEDGER);
}
