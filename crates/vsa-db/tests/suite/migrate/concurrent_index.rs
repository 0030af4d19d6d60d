//! Indexes built without blocking writers, and what an interrupted build leaves behind.

use std::sync::mpsc;

use test_db::run_empty;
use vsa_db::migrate::Event;

use super::support::{ALL, Files, assert_tells, execute, ledger, value};

const UNIQUE: &str = "-- no-transaction\ncreate unique index concurrently if not exists \"I x\" on only public.\"A\" (id);\n";
const VALID: &str =
    "select indisvalid from pg_index join pg_class on oid = indexrelid where relname = 'I x'";

#[test]
fn an_invalid_index_of_an_earlier_try_is_dropped_and_built_anew() {
    run_empty(async |db| {
        execute(
            db.pool(),
            "create table \"A\" (id int); insert into \"A\" values (1), (1)",
        )
        .await?;
        let files = Files::new(&[(
            UNIQUE,
            "-- no-transaction\ndrop index concurrently \"I x\";",
        )]);
        assert_tells(
            &files.up_error(db).await,
            &["(23505", "no statement before it of 1 took effect"],
        );
        assert!(
            !value::<bool>(db.pool(), VALID).await?,
            "the server leaves an invalid index behind"
        );
        assert_eq!(ledger(db).await?, "1!");

        execute(db.pool(), "delete from \"A\" where ctid = '(0,1)'").await?;
        let (sender, receiver) = mpsc::channel();
        let migrator = files.migrator().with_listener(move |event| {
            if let Event::DroppedInvalidIndex { index } = event {
                sender.send(index).unwrap();
            }
        });
        migrator.up(db.url(), ALL).await?;
        assert_eq!(receiver.try_recv()?, "public.\"I x\"");
        assert!(value::<bool>(db.pool(), VALID).await?);
        assert_eq!(ledger(db).await?, "1");
        Ok(())
    });
}

#[test]
fn a_valid_index_and_one_of_another_table_are_left_alone() {
    run_empty(async |db| {
        execute(
            db.pool(),
            "create table \"A\" (id int); create unique index \"I x\" on \"A\" (id)",
        )
        .await?;
        let oid: i64 = value(db.pool(), "select '\"I x\"'::regclass::oid::int8").await?;
        Files::new(&[(UNIQUE, "select;")]).up(db).await?;
        assert_eq!(
            value::<i64>(db.pool(), "select '\"I x\"'::regclass::oid::int8").await?,
            oid
        );
        Ok(())
    });
}

#[test]
fn a_concurrent_build_has_no_lock_time_out() {
    run_empty(async |db| {
        // The function runs during the build and tells which time-out holds there.
        execute(
            db.pool(),
            "create table \"A\" (id int); insert into \"A\" values (1); \
             create function told(int) returns int immutable language plpgsql as $$ begin \
             if current_setting('lock_timeout') <> '0' then raise exception 'lock_timeout is on'; end if; \
             return $1; end $$",
        )
        .await?;
        let up = "-- no-transaction\ncreate index concurrently i on \"A\" (told(id));\n";
        Files::new(&[(up, "select;")]).up(db).await?;
        let plain = "-- no-transaction\nselect told(1);\n";
        let files = Files::new(&[(up, "select;"), (plain, "select;")]);
        assert_tells(&files.up_error(db).await, &["lock_timeout is on"]);
        Ok(())
    });
}
