//! The ledger is sqlx's: what it wrote we read, what we write it can read.

use test_db::run_empty;
use vsa_db::migrate::{DownTarget, State};

use super::support::{ALL, Files, down, execute, exists, ledger, value};

/// As sqlx 0.9 creates it (`ensure_migrations_table`).
const SQLX_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMPTZ NOT NULL DEFAULT now(),
    success BOOLEAN NOT NULL,
    checksum BYTEA NOT NULL,
    execution_time BIGINT NOT NULL
);";

const COLUMNS: &str = "select string_agg(format('%s %s %s %s', attname, format_type(atttypid, atttypmod), attnotnull, \
    pg_get_expr(adbin, adrelid)), '; ' order by attnum) from pg_attribute \
    left join pg_attrdef on adrelid = attrelid and adnum = attnum \
    where attrelid = 'schema_migrations'::regclass and attnum > 0";

#[test]
fn the_table_has_sqlx_s_columns() {
    run_empty(async |db| {
        execute(db.pool(), SQLX_TABLE).await?;
        let theirs: String = value(db.pool(), COLUMNS).await?;
        execute(db.pool(), "drop table schema_migrations").await?;
        Files::tables(&["a"]).up(db).await?;
        assert_eq!(value::<String>(db.pool(), COLUMNS).await?, theirs);
        Ok(())
    });
}

#[test]
fn a_row_is_as_sqlx_would_have_written_it() {
    run_empty(async |db| {
        let files = Files::new(&[("select 1;", "select 2;")]);
        files.up(db).await?;
        // printf 'select 1;' | sha384sum
        let row = "select version = 1 and description = 'step' and success and execution_time > 0 \
                   and installed_on between now() - interval '1 hour' and now() \
                   and encode(checksum, 'hex') = 'bb87975f5b43d0b36ebfcc516dd223f75b63cfd63db47ff4ef4aa65bda2e904a\
                   ea13cf87a5239c302c1f6b19e59748bf' from schema_migrations";
        assert!(value::<bool>(db.pool(), row).await?);
        Ok(())
    });
}

#[test]
fn a_database_that_sqlx_migrated_is_taken_over() {
    run_empty(async |db| {
        execute(db.pool(), SQLX_TABLE).await?;
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            ("create table b (id int);", "drop table b;"),
        ]);
        let checksum = hex::encode(files.source().migrations()[0].up.sha384());
        execute(
            db.pool(),
            &format!(
                "create table a (id int); insert into schema_migrations (version, description, success, checksum, \
                 execution_time) values (1, 'step', true, '\\x{checksum}', -1)"
            ),
        )
        .await?;
        let status = files.migrator().status(db.url()).await?;
        assert_eq!(status.migrations[0].state, State::Applied, "{status:?}");
        assert_eq!(files.up(db).await?, [2]);
        files.migrator().verify(db.url()).await?;
        files
            .migrator()
            .down(db.url(), down(DownTarget::All))
            .await?;
        assert_eq!(
            (ledger(db).await?.as_str(), exists(db, "a").await?),
            ("", false)
        );
        Ok(())
    });
}

#[test]
fn sqlx_s_own_lock_keeps_us_out() {
    run_empty(async |db| {
        let key = 0x3d32_ad9e * i64::from(crc32(db.name().as_bytes()));
        let mut other = db.pool().acquire().await?;
        sqlx::query("select pg_advisory_lock($1)")
            .bind(key)
            .execute(&mut *other)
            .await?;
        let files = Files::tables(&["a"]);
        let settings = vsa_db::migrate::Settings {
            lock_wait: std::time::Duration::ZERO,
            ..Default::default()
        };
        let error = files
            .migrator()
            .with_settings(settings)
            .up(db.url(), ALL)
            .await
            .unwrap_err();
        assert!(
            matches!(error, vsa_db::migrate::MigrateError::Locked { .. }),
            "{error}"
        );
        Ok(())
    });
}

/// CRC-32/ISO-HDLC, bit by bit, as its definition has it.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    })
}
