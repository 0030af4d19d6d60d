//! Laws of the whole schema, stated over the server's catalogs, so that they hold for the
//! tables of later migrations as well. Each law comes with a breach of it that it must notice.
//!
//! What may have a reason not to hold is a law of `schema.yaml` instead, where the reason can
//! be given: `cargo xtask schema lint` holds the file to it, `schema check` the migrations to the file.

use anyhow::ensure;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// The tables the laws are about: ours, without the migrator's ledger.
const TABLES: &str = "
    tables AS (
        SELECT oid, relname FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
            AND relname NOT LIKE 'schema\\_migration%'
    )";

/// What must hold, a query for what breaks it, and a breach.
struct Law {
    says: &'static str,
    broken_by: &'static str,
    breach: &'static str,
}

const LAWS: &[Law] = &[
    Law {
        // Sums have the key they are summed by, and are no entities.
        says: "each table but the sums has a primary key: id, a uuid the server can make",
        broken_by: "
            SELECT relname::text FROM tables t
            WHERE relname NOT IN ('campaign_counts', 'campaign_hours', 'campaign_count_deltas') AND NOT EXISTS (
                SELECT FROM pg_constraint c
                JOIN pg_attribute a ON a.attrelid = t.oid AND ARRAY[a.attnum] = c.conkey
                JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
                WHERE c.conrelid = t.oid AND c.contype = 'p'
                    AND a.attname = 'id' AND a.atttypid = 'uuid'::regtype
                    AND pg_get_expr(d.adbin, d.adrelid) = 'gen_random_uuid()'
            )",
        breach: "CREATE TABLE breach (id uuid PRIMARY KEY)",
    },
    Law {
        says: "columns have only types we chose; a point in time is a timestamptz",
        broken_by: "
            SELECT format('%s.%s %s', relname, attname, format_type(atttypid, atttypmod))
            FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
            JOIN pg_type ty ON ty.oid = a.atttypid
            WHERE attnum > 0 AND NOT attisdropped AND typtype <> 'e'
                AND format_type(atttypid, atttypmod) <> ALL (ARRAY[
                    'uuid', 'text', 'text[]', 'boolean', 'smallint', 'integer', 'bigint',
                    'double precision', 'jsonb', 'bytea', 'date', 'interval',
                    'time without time zone', 'timestamp with time zone'])
                AND format_type(atttypid, atttypmod) NOT LIKE 'numeric(%'",
        breach: "CREATE TABLE breach (seen_at timestamp)",
    },
    Law {
        says: "each foreign key says what happens when its target is deleted",
        broken_by: "
            SELECT conname::text FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid
            WHERE contype = 'f' AND confdeltype = 'a'",
        breach: "CREATE TABLE breach (user_id uuid REFERENCES users)",
    },
    Law {
        says: "constraints and indexes are valid",
        broken_by: "
            SELECT conname::text FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid
            WHERE NOT convalidated
            UNION ALL
            SELECT indexrelid::regclass::text FROM tables t JOIN pg_index i ON i.indrelid = t.oid
            WHERE NOT indisvalid",
        breach: "ALTER TABLE users ADD CONSTRAINT breach CHECK (name <> '') NOT VALID",
    },
    Law {
        says: "constraints are named <table>_<columns>_<kind>",
        broken_by: "
            SELECT format('%s on %s', conname, relname)
            FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid
            CROSS JOIN LATERAL (
                SELECT string_agg(attname, '_' ORDER BY n) AS columns
                FROM unnest(conkey) WITH ORDINALITY AS k (attnum, n)
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
            ) AS key
            WHERE contype <> 't' AND CASE
                WHEN contype = 'p' THEN conname <> relname || '_pkey'
                WHEN contype = 'u' THEN conname <> relname || '_' || columns || '_key'
                WHEN contype = 'f' THEN conname <> relname || '_' || columns || '_fkey'
                WHEN contype = 'n' THEN conname <> relname || '_' || columns || '_not_null'
                WHEN contype = 'c'
                    THEN NOT starts_with(conname, relname || '_') OR conname NOT LIKE '%\\_check'
                ELSE true
            END",
        breach: "ALTER TABLE users ADD CONSTRAINT users_unnamed CHECK (name <> '')",
    },
    Law {
        says: "triggers are named after their table",
        broken_by: "
            SELECT format('%s on %s', tgname, relname)
            FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid
            WHERE NOT tgisinternal AND NOT starts_with(tgname, relname || '_')",
        breach: "CREATE TRIGGER breach BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION set_updated_at()",
    },
    Law {
        says: "each table, column, type, function and trigger is commented",
        broken_by: "
            SELECT relname::text FROM tables
            WHERE obj_description(oid, 'pg_class') IS NULL
            UNION ALL
            SELECT format('%s.%s', relname, attname)
            FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
            WHERE attnum > 0 AND NOT attisdropped AND col_description(t.oid, attnum) IS NULL
            UNION ALL
            SELECT typname::text FROM pg_type
            WHERE typnamespace = 'public'::regnamespace AND typtype IN ('e', 'd')
                AND obj_description(oid, 'pg_type') IS NULL
            UNION ALL
            SELECT proname::text FROM pg_proc
            WHERE pronamespace = 'public'::regnamespace AND obj_description(oid, 'pg_proc') IS NULL
                AND proname NOT LIKE 'schema\\_migration%'
            UNION ALL
            SELECT tgname::text FROM tables t JOIN pg_trigger g ON g.tgrelid = t.oid
            WHERE NOT tgisinternal AND obj_description(g.oid, 'pg_trigger') IS NULL",
        breach: "COMMENT ON COLUMN users.name IS NULL",
    },
];

async fn breaches(conn: &mut PgConnection, law: &Law) -> Result<Vec<String>, sqlx::Error> {
    let sql = format!("WITH {TABLES} {} ORDER BY 1", law.broken_by);
    sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(conn).await
}

#[test]
fn the_schema_keeps_every_law() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        for law in LAWS {
            let broken = breaches(&mut conn, law).await?;
            ensure!(broken.is_empty(), "{}; broken by {broken:?}", law.says);
        }
        Ok(())
    });
}

#[test]
fn every_law_notices_a_breach() {
    test_db::run(async |db| {
        let mut conn = db.pool().acquire().await?;
        for law in LAWS {
            let mut tx = conn.begin().await?;
            sqlx::raw_sql(law.breach).execute(&mut *tx).await?;
            let broken = breaches(&mut tx, law).await?;
            tx.rollback().await?;
            ensure!(
                broken.len() == 1,
                "{}: {} gave {broken:?}",
                law.says,
                law.breach
            );
        }
        Ok(())
    });
}
