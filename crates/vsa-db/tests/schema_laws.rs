//! Laws of the whole schema, stated over the server's catalogs, so that they hold for the
//! tables of later migrations as well. Each law comes with a breach of it that it must notice.

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
        says: "each table has a primary key: id, a uuid the server can make",
        broken_by: "
            SELECT relname::text FROM tables t
            WHERE NOT EXISTS (
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
                    'timestamp with time zone'])
                AND format_type(atttypid, atttypmod) NOT LIKE 'numeric(%'
                AND NOT (atttypid = 'time'::regtype AND attname LIKE '%\\_local')",
        breach: "CREATE TABLE breach (seen_at timestamp)",
    },
    Law {
        says: "created_at and updated_at are never null and default to now()",
        broken_by: "
            SELECT format('%s.%s', relname, attname)
            FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
            LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
            WHERE attname IN ('created_at', 'updated_at')
                AND NOT (attnotnull AND atttypid = 'timestamptz'::regtype
                    AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') = 'now()')",
        breach: "CREATE TABLE breach (created_at timestamptz NOT NULL)",
    },
    Law {
        says: "each table tells when a row came to be: a timestamptz that is never null and defaults to now()",
        broken_by: "
            SELECT relname::text FROM tables t
            WHERE NOT EXISTS (
                SELECT FROM pg_attribute a
                JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
                WHERE a.attrelid = t.oid AND attnotnull AND atttypid = 'timestamptz'::regtype
                    AND attname <> 'updated_at' AND pg_get_expr(d.adbin, d.adrelid) = 'now()'
            )",
        breach: "CREATE TABLE breach (seen_at timestamptz, updated_at timestamptz NOT NULL DEFAULT now())",
    },
    Law {
        says: "a table with updated_at has created_at",
        broken_by: "
            SELECT relname::text FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
            WHERE attname IN ('created_at', 'updated_at')
            GROUP BY relname HAVING bool_and(attname = 'updated_at')",
        breach: "CREATE TABLE breach (updated_at timestamptz)",
    },
    Law {
        says: "updated_at, and nothing else, is kept by a trigger of the shared function",
        broken_by: "
            SELECT relname::text FROM tables t
            WHERE EXISTS (SELECT FROM pg_attribute a WHERE attrelid = t.oid AND attname = 'updated_at')
                <> EXISTS (
                    SELECT FROM pg_trigger g
                    WHERE tgrelid = t.oid AND tgname = relname || '_set_updated_at'
                        AND tgfoid = 'set_updated_at'::regproc AND tgenabled = 'O'
                        AND tgtype = 1 + 2 + 16 -- for each row, before, update
                )",
        breach: "CREATE TABLE breach (updated_at timestamptz)",
    },
    Law {
        says: "each foreign key has an index that begins with its columns",
        broken_by: "
            SELECT conname::text FROM tables t JOIN pg_constraint c ON c.conrelid = t.oid
            WHERE contype = 'f' AND NOT EXISTS (
                SELECT FROM pg_index i
                WHERE i.indrelid = t.oid AND indisvalid AND indpred IS NULL
                    AND (string_to_array(indkey::text, ' ')::int2[])[1:cardinality(conkey)] @> conkey
            )",
        breach: "CREATE TABLE breach (id uuid, user_id uuid REFERENCES users, UNIQUE (id, user_id))",
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
                -- A check of several columns says what it checks instead.
                WHEN contype = 'c' AND cardinality(conkey) > 1
                    THEN NOT starts_with(conname, relname || '_') OR conname NOT LIKE '%\\_check'
                WHEN contype = 'c' THEN conname <> relname || '_' || columns || '_check'
                ELSE true
            END",
        breach: "ALTER TABLE users ADD CONSTRAINT users_unnamed_check CHECK (name <> '')",
    },
    Law {
        says: "indexes are named <table>_<columns>_idx, or _key if unique",
        broken_by: "
            SELECT format('%s on %s', x.relname, t.relname)
            FROM tables t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class x ON x.oid = indexrelid
            CROSS JOIN LATERAL (
                -- The column of an expression is the word in its parentheses: lower(email).
                SELECT string_agg(substring(pg_get_indexdef(indexrelid, n, true) FROM '(\\w+)\\)?$'), '_'
                    ORDER BY n) AS columns
                FROM generate_series(1, indnkeyatts) AS n
            ) AS key
            WHERE NOT indisprimary AND x.relname
                <> t.relname || '_' || columns || CASE WHEN indisunique THEN '_key' ELSE '_idx' END",
        breach: "CREATE UNIQUE INDEX users_upper_email_key ON users (upper(email))",
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
        says: "no index is the beginning of another",
        broken_by: "
            SELECT format('%s is the beginning of %s', a.indexrelid::regclass, b.indexrelid::regclass)
            FROM tables t
            JOIN pg_index a ON a.indrelid = t.oid
            JOIN pg_index b ON b.indrelid = t.oid AND b.indexrelid <> a.indexrelid
            WHERE NOT a.indisunique
                AND starts_with(b.indkey::text || ' ', a.indkey::text || ' ')
                AND a.indexprs IS NOT DISTINCT FROM b.indexprs
                AND a.indpred IS NOT DISTINCT FROM b.indpred",
        breach: "CREATE INDEX contacts_campaign_id_idx ON contacts (campaign_id)",
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
    Law {
        says: "each enum type is used by a column",
        broken_by: "
            SELECT typname::text FROM pg_type ty
            WHERE typnamespace = 'public'::regnamespace AND typtype = 'e'
                AND NOT EXISTS (SELECT FROM tables t JOIN pg_attribute a ON a.attrelid = t.oid
                    WHERE a.atttypid = ty.oid)",
        breach: "CREATE TYPE breach AS ENUM ('a')",
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
