//! Applying and reverting when all is well.

use sqlx::Row as _;
use test_db::run_empty;
use vsa_db::migrate::{Direction, DownTarget, Migrator, Source, UpOptions};

use super::support::{ALL, Files, down, execute, exists, ledger, value};

#[test]
fn up_applies_once_in_order_and_says_what_it_did() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            ("create table b as select * from a;", "drop table b;"),
        ]);
        let report = files.migrator().up(db.url(), ALL).await?;
        assert_eq!(report.database, db.name());
        let done: Vec<_> = report
            .done
            .iter()
            .map(|done| (done.version, done.direction))
            .collect();
        assert_eq!(done, [(1, Direction::Up), (2, Direction::Up)]);
        assert_eq!(files.up(db).await?, [] as [i64; 0]);
        assert_eq!(ledger(db).await?, "1 2");
        Ok(())
    });
}

#[test]
fn up_and_down_stop_where_they_are_told() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b", "c", "d"]);
        let migrator = files.migrator();
        migrator
            .up(db.url(), UpOptions { to: Some(3), ..ALL })
            .await?;
        assert_eq!(ledger(db).await?, "1 2 3");
        migrator.down(db.url(), down(DownTarget::Steps(1))).await?;
        assert_eq!(
            (ledger(db).await?.as_str(), exists(db, "c").await?),
            ("1 2", false)
        );
        migrator.up(db.url(), ALL).await?;
        migrator
            .down(db.url(), down(DownTarget::Version(2)))
            .await?;
        assert_eq!(ledger(db).await?, "1 2");
        migrator
            .down(db.url(), down(DownTarget::Version(2)))
            .await?;
        assert_eq!(ledger(db).await?, "1 2");
        migrator.up(db.url(), ALL).await?;
        migrator.down(db.url(), down(DownTarget::Steps(2))).await?;
        assert_eq!(ledger(db).await?, "1 2");
        migrator.down(db.url(), down(DownTarget::All)).await?;
        assert_eq!(
            (ledger(db).await?.as_str(), exists(db, "a").await?),
            ("", false)
        );
        Ok(())
    });
}

#[test]
fn who_watches_sees_what_each_file_has_committed_and_can_end_it_there() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b", "c"]);
        let migrator = files.migrator();
        let mut seen = Vec::new();
        let ended = migrator
            .up_watched(db.url(), ALL, async |done| {
                seen.push((done.version, ledger(db).await?));
                anyhow::ensure!(done.version < 2, "enough");
                Ok(())
            })
            .await;
        assert_eq!(ended.unwrap_err().to_string(), "enough");
        assert_eq!(seen, [(1, "1".to_owned()), (2, "1 2".to_owned())]);
        assert!(!exists(db, "c").await?);
        // The lock is free again, and what is done is done.
        assert_eq!(files.up(db).await?, [3]);
        seen.clear();
        migrator
            .down_watched(db.url(), down(DownTarget::Version(1)), async |done| {
                seen.push((done.version, ledger(db).await?));
                anyhow::Ok(())
            })
            .await?;
        assert_eq!(seen, [(3, "1 2".to_owned()), (2, "1".to_owned())]);
        Ok(())
    });
}

#[test]
fn a_version_that_does_not_exist_is_refused() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        let error = files
            .migrator()
            .up(db.url(), UpOptions { to: Some(3), ..ALL })
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "there is no migration 3; the last is 2");
        let error = files
            .migrator()
            .down(db.url(), down(DownTarget::Version(7)))
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "there is no migration 7; the last is 2");
        assert!(!exists(db, "a").await?);
        Ok(())
    });
}

#[test]
fn redo_takes_the_last_one_back_and_applies_it_again() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b", "c"]);
        let migrator = files.migrator();
        migrator
            .up(db.url(), UpOptions { to: Some(2), ..ALL })
            .await?;
        execute(db.pool(), "insert into b values (1)").await?;
        let report = migrator.redo(db.url(), false).await?;
        let done: Vec<_> = report
            .done
            .iter()
            .map(|done| (done.version, done.direction))
            .collect();
        assert_eq!(done, [(2, Direction::Down), (2, Direction::Up)]);
        assert_eq!(value::<i64>(db.pool(), "select count(*) from b").await?, 0);
        assert_eq!(ledger(db).await?, "1 2");
        Ok(())
    });
}

#[test]
fn what_a_file_sets_ends_with_it() {
    run_empty(async |db| {
        let set = "set search_path = ''; set statement_timeout = 1234; set work_mem = '1MB'; \
                   create schema s; set role pg_monitor;";
        let look = "create table seen as select current_setting('search_path') as path, current_user = session_user \
                    as self, current_setting('work_mem') as mem, current_setting('statement_timeout') as timeout;";
        let single = format!("-- no-transaction\n{set}");
        let undo = "drop schema s;";
        let files = Files::new(&[
            (set, undo),
            (look, "drop table seen;"),
            (&single.replace("schema s", "schema t"), "select;"),
        ]);
        files.up(db).await?;
        let seen = sqlx::query("select path, self, mem, timeout from seen")
            .fetch_one(db.pool())
            .await?;
        let default_path: String =
            value(db.pool(), "select current_setting('search_path')").await?;
        let default_mem: String = value(db.pool(), "select current_setting('work_mem')").await?;
        assert_eq!(seen.get::<String, _>("path"), default_path);
        assert!(seen.get::<bool, _>("self"));
        assert_eq!(seen.get::<String, _>("mem"), default_mem);
        // A migration takes as long as it takes.
        assert_eq!(seen.get::<String, _>("timeout"), "0");
        // The ledger is where it was, in spite of the search_path, by the hand of the one who logged in.
        assert_eq!(ledger(db).await?, "1 2 3");
        Ok(())
    });
}

#[test]
fn a_time_out_of_the_role_does_not_end_a_migration() {
    run_empty(async |db| {
        execute(
            db.pool(),
            &format!(
                "alter database \"{}\" set statement_timeout = '50ms'",
                db.name()
            ),
        )
        .await?;
        let files = Files::new(&[("select pg_sleep(0.1);", "select;")]);
        assert_eq!(files.up(db).await?, [1]);
        Ok(())
    });
}

#[test]
fn a_file_outside_of_a_transaction_may_hold_several_statements() {
    run_empty(async |db| {
        let up = "-- no-transaction\ncreate table a (id int);\ncreate index concurrently i on a (id);\n\
                  do $$ begin perform ';'; end $$;\nvacuum a;\n";
        let files = Files::new(&[(
            up,
            "-- no-transaction\ndrop index concurrently i; drop table a;",
        )]);
        assert_eq!(files.up(db).await?, [1]);
        assert!(
            value::<bool>(
                db.pool(),
                "select indisvalid from pg_index where indexrelid = 'i'::regclass"
            )
            .await?
        );
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
fn the_embedded_migrations_go_up_and_down_and_leave_only_the_ledger() {
    run_empty(async |db| {
        let migrator = Migrator::new(Source::embedded()?);
        let latest = migrator.source().latest();
        let count = usize::try_from(latest)?;
        assert!(count >= 13);
        assert_eq!(migrator.up(db.url(), ALL).await?.done.len(), count);
        assert_eq!(
            migrator
                .down(db.url(), down(DownTarget::All))
                .await?
                .done
                .len(),
            count
        );
        let left: Vec<String> = sqlx::query_scalar(
            "select relname::text from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r' \
             union all select proname::text from pg_proc where pronamespace = 'public'::regnamespace \
             union all select typname::text from pg_type where typnamespace = 'public'::regnamespace and typtype = 'e' \
             order by 1",
        )
        .fetch_all(db.pool())
        .await?;
        assert_eq!(
            left,
            [
                "schema_migration_history",
                "schema_migration_history_append_only",
                "schema_migrations"
            ]
        );
        assert_eq!(migrator.up(db.url(), ALL).await?.done.len(), count);
        Ok(())
    });
}
