//! What one test leaves, no later test sees.

use crate::scratch::Scratch;
use sqlx::{AssertSqlSafe, Executor as _};
use test_db::TestDb;

/// All that a test could leave, as one text.
const SNAPSHOT: &str = "
    SELECT concat_ws(E'\\n',
        (SELECT string_agg(c.oid::regclass || ' ' || c.relkind::text || coalesce(c.relacl::text, '')
            || c.reltuples || CASE WHEN c.relkind = 'r' THEN query_to_xml(
                format('SELECT count(*) FROM %s', c.oid::regclass), true, true, '')::text ELSE '' END,
            E'\\n' ORDER BY c.oid::regclass::text)
         FROM pg_class c WHERE c.oid >= 16384 AND c.relkind IN ('r', 'v', 'i', 'S')),
        (SELECT string_agg(a.attrelid::regclass || '.' || a.attname || a.attnotnull, ' ' ORDER BY 1)
         FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
         WHERE attrelid >= 16384),
        (SELECT string_agg(sequencename || coalesce(last_value::text, '-'), ' ' ORDER BY 1) FROM pg_sequences),
        (SELECT string_agg(enumlabel, ' ' ORDER BY enumtypid, enumsortorder) FROM pg_enum),
        (SELECT string_agg(setconfig::text, ' ') FROM pg_db_role_setting s
            JOIN pg_database d ON d.oid = setdatabase AND datname = current_database()),
        (SELECT concat(datacl, datconnlimit, shobj_description(oid, 'pg_database'))
            FROM pg_database WHERE datname = current_database()),
        (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())),
        (SELECT count(*) FROM pg_largeobject_metadata), (SELECT count(*) FROM pg_description),
        (SELECT count(*) FROM pg_proc), (SELECT string_agg(extname, ' ') FROM pg_extension),
        (SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()),
        obj_description('public'::regnamespace), (SELECT nspacl FROM pg_namespace WHERE nspname = 'public'),
        (SELECT proacl FROM pg_proc WHERE oid = 'pg_sleep'::regproc),
        current_setting('search_path'), current_setting('work_mem'))";

/// What a test may do to its database, each with a name. `{}` stands for the database's name.
const MESSES: [(&str, &[&str]); 18] = [
    (
        "rows",
        &["INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')"],
    ),
    ("a table", &["CREATE TABLE mine (id int)"]),
    ("a column", &["ALTER TABLE users ADD COLUMN mine int"]),
    (
        "a constraint dropped",
        &["ALTER TABLE users ALTER COLUMN name DROP NOT NULL"],
    ),
    ("an enum label", &["ALTER TYPE user_role ADD VALUE 'mine'"]),
    (
        "a function",
        &["CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'"],
    ),
    ("the ledger's rows", &["DELETE FROM schema_migrations"]),
    (
        "a sequence",
        &["SELECT nextval(sequencename::text) FROM pg_sequences"],
    ),
    (
        "truncated",
        &[
            "INSERT INTO exclusion_list_entries (phone_number) VALUES ('+390612345678')",
            "TRUNCATE exclusion_list_entries",
            "ANALYZE exclusion_list_entries",
            "INSERT INTO exclusion_list_entries (phone_number) VALUES ('+390612345679')",
        ],
    ),
    (
        "a setting of the database",
        &["ALTER DATABASE {} SET work_mem = '1MB'"],
    ),
    (
        "a limit of the database",
        &["ALTER DATABASE {} CONNECTION LIMIT 50"],
    ),
    (
        "a grant on the database",
        &["GRANT CREATE ON DATABASE {} TO PUBLIC"],
    ),
    (
        "a comment on the database",
        &["COMMENT ON DATABASE {} IS 'mine'"],
    ),
    (
        "a grant on a schema",
        &["GRANT CREATE ON SCHEMA public TO PUBLIC"],
    ),
    (
        "a comment on a schema",
        &["COMMENT ON SCHEMA public IS 'mine'"],
    ),
    (
        "a grant on a system function",
        &["REVOKE EXECUTE ON FUNCTION pg_sleep(float8) FROM PUBLIC"],
    ),
    ("a large object", &["SELECT lo_create(0)"]),
    ("a lock of a session", &["SELECT pg_advisory_lock(7)"]),
];

async fn snapshot(db: &TestDb) -> anyhow::Result<String> {
    Ok(sqlx::query_scalar(SNAPSHOT).fetch_one(db.pool()).await?)
}

#[test]
fn nothing_a_test_does_to_its_database_survives_it() {
    if crate::scratch::part().is_none() {
        return Scratch::new().pass("all");
    }
    for (what, statements) in MESSES {
        let mut clean = String::new();
        let mut used = String::new();
        test_db::run(async |db| {
            clean = snapshot(db).await?;
            for sql in statements {
                let sql = sql.replace("{}", db.name());
                db.pool().execute(AssertSqlSafe(sql)).await?;
            }
            db.name().clone_into(&mut used);
            assert_ne!(
                snapshot(db).await?,
                clean,
                "{what}: the snapshot does not see it"
            );
            Ok(())
        });
        test_db::run(async |db| {
            assert_eq!(db.name(), used, "{what}: another slot");
            assert_eq!(snapshot(db).await?, clean, "{what} survived");
            Ok(())
        });
    }
}

#[test]
fn a_prepared_transaction_does_not_survive_its_test() {
    if crate::scratch::part().is_none() {
        return Scratch::new().pass("all");
    }
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        conn.execute(
            "BEGIN; INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')",
        )
        .await?;
        let prepared = conn
            .execute(AssertSqlSafe(format!(
                "PREPARE TRANSACTION '{}'",
                db.name()
            )))
            .await;
        let allowed: i32 =
            sqlx::query_scalar("SELECT current_setting('max_prepared_transactions')::int")
                .fetch_one(db.pool())
                .await?;
        assert_eq!(prepared.is_ok(), allowed > 0);
        Ok(())
    });
    test_db::run(async |db| {
        let left: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM pg_prepared_xacts WHERE database = current_database()",
        )
        .fetch_one(db.pool())
        .await?;
        assert_eq!(left, 0);
        Ok(())
    });
}

#[test]
fn a_session_left_behind_does_not_reach_the_next_test() {
    if crate::scratch::part().is_none() {
        return Scratch::new().pass("all");
    }
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        conn.execute("BEGIN; LOCK TABLE users").await?;
        std::mem::forget(conn);
        Ok(())
    });
    test_db::run(async |db| {
        db.pool().execute("SELECT count(*) FROM users").await?;
        Ok(())
    });
}

#[test]
fn a_clean_database_is_used_again_and_not_made_anew() {
    if crate::scratch::part().is_none() {
        return Scratch::new().pass("all");
    }
    let mut oids = Vec::new();
    for _ in 0..3 {
        test_db::run(async |db| {
            let sql = "SELECT oid::int8 FROM pg_database WHERE datname = current_database()";
            oids.push(
                sqlx::query_scalar::<_, i64>(sql)
                    .fetch_one(db.pool())
                    .await?,
            );
            db.pool()
                .execute(
                    "INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')",
                )
                .await?;
            Ok(())
        });
    }
    assert!(oids.iter().all(|oid| *oid == oids[0]), "{oids:?}");
}

#[test]
fn threads_have_databases_of_their_own() {
    if crate::scratch::part().is_none() {
        return Scratch::new().pass("all");
    }
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                test_db::run(async |db| {
                    let sql = "INSERT INTO users (oidc_sub, email, name) VALUES ('a', 'a@example.org', 'A')";
                    db.pool().execute(sql).await?;
                    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM users").fetch_one(db.pool()).await?;
                    assert_eq!(rows, 1);
                    Ok(())
                });
            });
        }
    });
}

#[test]
fn an_empty_database_is_empty_each_time() {
    if crate::scratch::part().is_none() {
        return Scratch::new().pass("all");
    }
    for _ in 0..2 {
        test_db::run_empty(async |db| {
            let tables: i64 =
                sqlx::query_scalar("SELECT count(*) FROM pg_class WHERE oid >= 16384")
                    .fetch_one(db.pool())
                    .await?;
            assert_eq!(tables, 0);
            db.pool().execute("CREATE TABLE mine ()").await?;
            Ok(())
        });
    }
}
