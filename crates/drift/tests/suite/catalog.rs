//! Catalogs of real databases: what is read, that nothing differs by itself, that scratch databases go.

use std::time::Instant;

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::{Migrator, Source, UpOptions};
use vsa_drift::catalog::{Catalog, read};
use vsa_drift::compare::compare;
use vsa_drift::scratch;

async fn catalog_of(url: &DatabaseUrl) -> anyhow::Result<Catalog> {
    let mut conn = PgConnection::connect_with(&url.options()).await?;
    let catalog = read(&mut conn).await?;
    conn.close().await?;
    Ok(catalog)
}

#[test]
fn the_migrated_database_is_read_whole() {
    test_db::run(async |db| {
        let catalog = catalog_of(db.url()).await?;
        assert!(catalog.enums.contains_key("user_role"));
        let ledger = catalog
            .tables
            .keys()
            .find(|name| name.contains("migration"));
        assert_eq!(ledger, None, "the migrator's tables are left out");
        assert!(catalog.functions.contains_key("set_updated_at()"));
        let contacts = &catalog.tables["contacts"];
        assert_eq!(contacts.owner, None);
        assert_eq!(contacts.columns[0].name, "id");
        assert_eq!(contacts.columns[0].sql_type, "uuid");
        let index = &contacts.indexes["contacts_campaign_id_next_attempt_at_idx"];
        assert!(
            index
                .definition
                .starts_with("USING btree (campaign_id, next_attempt_at) WHERE ")
        );
        assert!(contacts.triggers.contains_key("contacts_set_updated_at"));
        Ok(())
    });
}

#[test]
fn a_second_database_of_the_same_migrations_differs_in_nothing() {
    test_db::run(async |db| {
        let second = scratch::with(db.url(), async |server| {
            let url = server.create().await?;
            Migrator::new(Source::embedded()?)
                .up(&url, UpOptions::default())
                .await?;
            catalog_of(&url).await
        })
        .await?;
        assert_eq!(compare(&second, &catalog_of(db.url()).await?), []);
        Ok(())
    });
}

#[test]
fn settings_of_a_database_change_no_definition() {
    test_db::run(async |db| {
        let settings = format!(
            "ALTER DATABASE {0} SET timezone = 'Asia/Tokyo'; ALTER DATABASE {0} SET quote_all_identifiers = on; \
             ALTER DATABASE {0} SET search_path = pg_catalog",
            db.name()
        );
        sqlx::raw_sql("CREATE TABLE t (at timestamptz CHECK (at > '2020-01-01 00:00:00+00'))")
            .execute(db.pool())
            .await?;
        let before = catalog_of(db.url()).await?;
        sqlx::raw_sql(AssertSqlSafe(settings))
            .execute(db.pool())
            .await?;
        assert_eq!(compare(&before, &catalog_of(db.url()).await?), []);
        Ok(())
    });
}

/// Each in turn, on top of those before it, and the one object that it changes.
const HAND_MADE: &[(&str, &str)] = &[
    (
        "ALTER TABLE contacts ALTER email TYPE varchar(80)",
        "column contacts.email",
    ),
    (
        "ALTER TABLE contacts ALTER email SET NOT NULL",
        "column contacts.email",
    ),
    (
        "ALTER TABLE contacts DROP CONSTRAINT contacts_phone_number_check",
        "constraint contacts_phone_number_check on contacts",
    ),
    (
        "ALTER TABLE contacts ADD CONSTRAINT c CHECK (email <> '') NOT VALID",
        "constraint c on contacts",
    ),
    (
        "ALTER TABLE contacts VALIDATE CONSTRAINT c",
        "constraint c on contacts",
    ),
    (
        "DROP INDEX contacts_campaign_id_next_attempt_at_idx",
        "index contacts_campaign_id_next_attempt_at_idx on contacts",
    ),
    (
        "ALTER TYPE llm_provider RENAME VALUE 'google' TO 'gemini'",
        "enum llm_provider",
    ),
    (
        "ALTER TABLE users DISABLE TRIGGER users_set_updated_at",
        "trigger users_set_updated_at on users",
    ),
    (
        "COMMENT ON FUNCTION set_updated_at() IS NULL",
        "function set_updated_at()",
    ),
    (
        "REVOKE EXECUTE ON FUNCTION set_updated_at() FROM public",
        "function set_updated_at()",
    ),
    ("GRANT SELECT ON users TO pg_monitor", "table users"),
    (
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO pg_monitor",
        "default privileges on tables of the migrating role",
    ),
    ("ALTER TABLE events OWNER TO pg_monitor", "table events"),
    ("ALTER TABLE users ENABLE ROW LEVEL SECURITY", "table users"),
    ("CREATE POLICY p ON users USING (true)", "policy p on users"),
    ("CREATE DOMAIN d AS text CHECK (VALUE <> '')", "type d"),
    ("CREATE TYPE pair AS (a integer, b text)", "type pair"),
    ("CREATE TYPE span AS RANGE (subtype = date)", "type span"),
    ("CREATE SCHEMA s", "schema s"),
    (
        "CREATE TABLE s.t (id integer GENERATED ALWAYS AS IDENTITY)",
        "table s.t",
    ),
    ("ALTER TABLE s.t ALTER id SET INCREMENT 5", "column s.t.id"),
    ("CREATE VIEW v AS SELECT id FROM users", "table v"),
    ("CREATE SEQUENCE q", "sequence q"),
    (
        "CREATE STATISTICS st ON email, time_zone FROM contacts",
        "statistics st on contacts",
    ),
    ("CREATE PUBLICATION pub FOR TABLE users", "publication pub"),
    (
        "CREATE COLLATION nobodys FROM \"C\"",
        "collation public.nobodys",
    ),
    (
        "CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer)",
        "function total(integer)",
    ),
    ("ALTER TABLE s.t SET UNLOGGED", "table s.t"),
    ("ALTER TABLE s.t REPLICA IDENTITY FULL", "table s.t"),
    ("ALTER TABLE s.t SET (fillfactor = 70)", "table s.t"),
    ("CREATE MATERIALIZED VIEW m AS SELECT 1 AS one", "table m"),
    (
        "CREATE RULE quiet AS ON DELETE TO s.t DO INSTEAD NOTHING",
        "rule quiet on s.t",
    ),
    (
        "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'",
        "function e()",
    ),
    (
        "CREATE EVENT TRIGGER et ON ddl_command_end EXECUTE FUNCTION e()",
        "event trigger et",
    ),
];

#[test]
fn hand_made_changes_are_found_and_named() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        let mut before = read(&mut conn).await?;
        for &(change, name) in HAND_MADE {
            sqlx::raw_sql(change)
                .execute(&mut *conn)
                .await
                .with_context(|| change)?;
            let after = read(&mut conn).await?;
            let found: Vec<_> = compare(&before, &after)
                .iter()
                .map(|difference| difference.object.to_string())
                .collect();
            assert_eq!(found, [name], "{change}");
            before = after;
        }
        Ok(())
    });
}

#[test]
fn a_scratch_database_is_dropped_when_the_work_fails() {
    test_db::run(async |db| {
        let mut name = None;
        let failed = scratch::with(db.url(), async |server| -> anyhow::Result<()> {
            name = Some(server.create().await?.database().to_owned());
            anyhow::bail!("the work fails")
        })
        .await;
        assert_eq!(failed.unwrap_err().to_string(), "the work fails");
        let there: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(name)
                .fetch_one(db.pool())
                .await?;
        assert!(!there);
        Ok(())
    });
}

#[test]
fn what_a_killed_run_left_is_dropped_by_the_next_and_what_is_held_is_not() {
    test_db::run(async |db| {
        let oid: String = sqlx::query_scalar(
            "SELECT oid::text FROM pg_database WHERE datname = current_database()",
        )
        .fetch_one(db.pool())
        .await?;
        let left = format!("vsa_scratch_{oid}_left");
        sqlx::raw_sql(AssertSqlSafe(format!("CREATE DATABASE {left}")))
            .execute(db.pool())
            .await?;
        Box::pin(scratch::with(db.url(), async |server| {
            let held = server.create().await?.database().to_owned();
            scratch::with(db.url(), async |_| Ok(())).await?;
            let names: Vec<String> = sqlx::query_scalar(
                "SELECT datname::text FROM pg_database WHERE starts_with(datname, 'vsa_scratch_' || $1 || '_')",
            )
            .bind(&oid)
            .fetch_all(db.pool())
            .await?;
            assert_eq!(names, [held]);
            Ok(())
        }))
        .await
    });
}

#[test]
fn a_catalog_is_read_soon_enough() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        read(&mut conn).await?;
        let started = Instant::now();
        read(&mut conn).await?;
        eprintln!("read in {:?}", started.elapsed());
        assert!(started.elapsed().as_millis() < 2000);
        Ok(())
    });
}
