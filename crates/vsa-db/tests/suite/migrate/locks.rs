//! Waiting for locks: the migrator's own and those of tables, both bounded, both told.

use std::time::Duration;

use sqlx::Connection as _;
use test_db::run_empty;
use tokio::sync::mpsc;
use vsa_db::migrate::{Event, MigrateError, Settings};

use super::support::{
    ALL, DEADLINE, Files, assert_tells, exists, ledger, migrator_session, name, told, until, value,
};

/// Takes the migrator's lock as another migrator would.
async fn take_lock(conn: &mut sqlx::PgConnection, database: &str) -> anyhow::Result<()> {
    let key = 0x3d32_ad9e_i64
        * i64::from(crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC).checksum(database.as_bytes()));
    sqlx::query("select pg_advisory_lock($1)")
        .bind(key)
        .execute(conn)
        .await?;
    Ok(())
}

fn settings(lock_wait: Duration) -> Settings {
    Settings {
        lock_wait,
        lock_timeout: Duration::from_millis(300),
        ..Settings::default()
    }
}

#[test]
fn the_holder_of_the_lock_is_named_when_waiting_is_given_up() {
    run_empty(async |db| {
        let mut other = db.pool().acquire().await?;
        let pid: i32 = sqlx::query_scalar("select pg_backend_pid()")
            .fetch_one(&mut *other)
            .await?;
        sqlx::query("set application_name = 'the other one'")
            .execute(&mut *other)
            .await?;
        take_lock(&mut other, db.name()).await?;
        let migrator = Files::tables(&["a"])
            .migrator()
            .with_settings(settings(Duration::from_millis(60)));
        let error = migrator.up(db.url(), ALL).await.unwrap_err();
        assert!(matches!(error, MigrateError::Locked { .. }), "{error}");
        let pid = format!("pid {pid} (the other one, user ");
        assert_tells(
            &error.to_string(),
            &[db.name(), &pid, "pg_terminate_backend"],
        );
        assert!(!exists(db, "a").await? && !exists(db, "schema_migrations").await?);
        Ok(())
    });
}

#[test]
fn a_lock_that_comes_free_is_taken() {
    run_empty(async |db| {
        let mut other = db.pool().acquire().await?.detach();
        take_lock(&mut other, db.name()).await?;
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let migrator = Files::tables(&["a"])
            .migrator()
            .with_listener(move |event| {
                if let Event::Waiting { holder } = event {
                    sender.send(holder).unwrap();
                }
            });
        let release = async {
            // Not before the migrator has asked once.
            told(&mut receiver).await?;
            anyhow::Ok(other.close().await?)
        };
        let (report, released) = tokio::join!(migrator.up(db.url(), ALL), release);
        released?;
        assert_eq!(report?.done.len(), 1);
        Ok(())
    });
}

#[test]
fn a_statement_that_does_not_get_its_lock_is_tried_again_with_its_file() {
    run_empty(async |db| {
        let files = Files::new(&[
            (
                "create table a (id int); create table log (at int);",
                "drop table a, log;",
            ),
            (
                "insert into log values (1);\nalter table a add b int;",
                "alter table a drop b;",
            ),
        ]);
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let migrator = files.migrator().with_listener(move |event| {
            if let Event::Retrying { file, line, .. } = event {
                sender.send((file, line)).unwrap();
            }
        });
        migrator
            .up(db.url(), vsa_db::migrate::UpOptions { to: Some(1), ..ALL })
            .await?;
        let mut reader = db.pool().begin().await?;
        sqlx::query("select from a").execute(&mut *reader).await?;
        let release = async {
            let told = told(&mut receiver).await?;
            // Between two tries the file holds no lock and nobody waits behind it.
            until(
                db,
                &format!("select not {}", migrator_session("state = 'active'")),
            )
            .await?;
            reader.commit().await?;
            anyhow::Ok(told)
        };
        let (report, told) = tokio::join!(migrator.up(db.url(), ALL), release);
        let (file, line) = told?;
        assert!(file.ends_with(&name(2, "up")) && line == 2, "{file}:{line}");
        assert_eq!(report?.done.len(), 1);
        // The file began anew: what an earlier try had inserted was rolled back.
        assert_eq!(
            value::<i64>(db.pool(), "select count(*) from log").await?,
            1
        );
        Ok(())
    });
}

#[test]
fn a_table_that_stays_locked_is_an_error_that_names_who_locks_it() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            (
                "create table b (id int);\nalter table a\n  add b int;",
                "drop table b;",
            ),
        ]);
        files
            .migrator()
            .up(db.url(), vsa_db::migrate::UpOptions { to: Some(1), ..ALL })
            .await?;
        let mut reader = db.pool().begin().await?;
        let pid: i32 = sqlx::query_scalar(
            "select pg_backend_pid() from (select from a) as x right join (select) as y on true",
        )
        .fetch_one(&mut *reader)
        .await?;
        let migrator = files.migrator().with_settings(settings(Duration::ZERO));
        let error = migrator.up(db.url(), ALL).await.unwrap_err();
        let MigrateError::LockTimeout { line, tries, .. } = &error else {
            panic!("{error}")
        };
        assert_eq!((*line, *tries), (2, 2));
        let text = error.to_string();
        assert_tells(
            &text,
            &[
                &name(2, "up"),
                ":2: `alter table a` did not get its lock",
                "2 tries of 300ms",
            ],
        );
        assert_tells(
            &text,
            &[&format!("in its way: pid {pid} ("), "idle in transaction"],
        );
        assert!(!exists(db, "b").await?);
        assert_eq!(ledger(db).await?, "1");
        Ok(())
    });
}

#[test]
fn the_wait_for_the_ledger_is_bounded_while_a_file_holds_its_locks() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            ("alter table a add b int;", "alter table a drop b;"),
        ]);
        let first = vsa_db::migrate::UpOptions { to: Some(1), ..ALL };
        files.migrator().up(db.url(), first).await?;
        let mut other = db.pool().begin().await?;
        sqlx::query("lock table schema_migrations in share mode")
            .execute(&mut *other)
            .await?;
        let migrator = files.migrator().with_settings(settings(Duration::ZERO));
        let result = tokio::time::timeout(DEADLINE, migrator.up(db.url(), ALL)).await?;
        assert_tells(
            &result.unwrap_err().to_string(),
            &[
                &name(2, "up"),
                "`(the entry in the ledger)` did not get its lock",
                "in its way: pid ",
            ],
        );
        other.commit().await?;
        assert_eq!(files.up(db).await?, [2]);
        Ok(())
    });
}

#[test]
fn the_wait_for_a_ledger_that_somebody_else_creates_is_bounded() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        let mut other = db.pool().begin().await?;
        sqlx::query("create table schema_migrations ()")
            .execute(&mut *other)
            .await?;
        let migrator = files
            .migrator()
            .with_settings(settings(Duration::from_millis(100)));
        let result = tokio::time::timeout(DEADLINE, migrator.up(db.url(), ALL)).await?;
        assert_tells(
            &result.unwrap_err().to_string(),
            &["cannot create the ledger: ", "55P03"],
        );
        other.rollback().await?;
        assert_eq!(files.up(db).await?, [1]);
        Ok(())
    });
}

#[test]
fn a_file_without_a_transaction_waits_the_same_way() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            (
                "-- no-transaction\ncreate table if not exists b (id int);\nalter table a add b int;",
                "drop table b;",
            ),
        ]);
        files
            .migrator()
            .up(db.url(), vsa_db::migrate::UpOptions { to: Some(1), ..ALL })
            .await?;
        let mut reader = db.pool().begin().await?;
        sqlx::query("select from a").execute(&mut *reader).await?;
        let migrator = files.migrator().with_settings(settings(Duration::ZERO));
        let error = migrator.up(db.url(), ALL).await.unwrap_err();
        assert_tells(
            &error.to_string(),
            &[":3: `alter table a add b int;`", "in its way: pid"],
        );
        assert_eq!(ledger(db).await?, "1 2!");
        reader.commit().await?;
        assert_eq!(files.up(db).await?, [2]);
        Ok(())
    });
}

#[test]
fn the_lock_is_gone_after_a_failure_although_the_process_lives_on() {
    run_empty(async |db| {
        let files = Files::new(&[("select 1 / 0;", "select;")]);
        files.up_error(db).await;
        let settings = settings(Duration::ZERO);
        let error = files
            .migrator()
            .with_settings(settings)
            .up(db.url(), ALL)
            .await
            .unwrap_err();
        assert!(matches!(error, MigrateError::Statement(_)), "{error}");
        Ok(())
    });
}
