//! A migration that fails: nothing half applied, the lock gone, the error says where and why.

use test_db::{TestDb, run_empty};
use vsa_db::migrate::{DownTarget, Event, MigrateError, State, UpOptions};

use super::support::{
    ALL, Files, UNLOCKED, assert_tells, down, execute, exists, ledger, name, until, value,
};

/// The first file stays, nothing of the second does, and the next `up` is free to go.
async fn nothing_is_left_of_the_second(db: &TestDb) -> anyhow::Result<()> {
    assert_eq!(ledger(db).await?, "1");
    assert_eq!(
        value::<i64>(db.pool(), "select count(*) from schema_migration_history").await?,
        1
    );
    assert!(exists(db, "a").await? && !exists(db, "b").await?);
    assert!(value::<bool>(db.pool(), UNLOCKED).await?);
    Ok(())
}

fn second(sql: &str) -> Files {
    Files::new(&[
        ("create table a (id int primary key);", "drop table a;"),
        (sql, "drop table b;"),
    ])
}

/// The next file may be run by another session, on another day.
#[test]
fn a_file_cannot_live_off_what_the_one_before_left_to_the_session() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create temporary table t (id int);", "select 1;"),
            ("create table a as select * from t;", "drop table a;"),
        ]);
        let error = files.migrator().up(db.url(), ALL).await.unwrap_err();
        let told = error.to_string();
        assert_tells(&told, &["relation \"t\" does not exist"]);
        assert_eq!(ledger(db).await?, "1");
        Ok(())
    });
}

#[test]
fn a_fault_in_the_text_is_told_with_its_line() {
    run_empty(async |db| {
        let files = second(
            "-- ü\ncreate table b (id int);\n\n/* two\nlines */ insert into b\n  (id, naïve)\n  values (1, 2);\n",
        );
        let error = files.up_error(db).await;
        let place = format!("{}:6: ", files.path().join(name(2, "up")).display());
        assert_tells(
            &error,
            &[
                &place,
                "column \"naïve\" of relation \"b\" does not exist (42703)",
            ],
        );
        assert_tells(
            &error,
            &[
                "in the statement of line 5: insert into b",
                "nothing of this file is kept",
            ],
        );
        nothing_is_left_of_the_second(db).await
    });
}

#[test]
fn a_fault_at_run_time_is_told_with_its_statement_context_and_hint() {
    run_empty(async |db| {
        let files = second(
            "create table b (id int);\n\ndo $$\nbegin\n  raise exception 'no: %', 1 using detail = 'because', hint = 'do it'; end $$;",
        );
        let error = files.up_error(db).await;
        let place = format!(
            "{}:3: no: 1 (P0001)",
            files.path().join(name(2, "up")).display()
        );
        assert_tells(&error, &[&place, "in the statement of line 3: do $$"]);
        assert_tells(
            &error,
            &[
                "detail: because",
                "hint: do it",
                "context: PL/pgSQL function inline_code_block line 3 at RAISE",
            ],
        );
        nothing_is_left_of_the_second(db).await
    });
}

#[test]
fn what_depends_on_a_table_is_told_when_it_cannot_be_dropped() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        files.up(db).await?;
        execute(db.pool(), "create view v as select * from a").await?;
        let error = files
            .migrator()
            .down(db.url(), down(DownTarget::All))
            .await
            .unwrap_err()
            .to_string();
        assert_tells(
            &error,
            &[
                &name(1, "down"),
                ":1: ",
                "detail: view v depends on table a",
                "hint: Use DROP",
            ],
        );
        assert_eq!(ledger(db).await?, "1");
        Ok(())
    });
}

#[test]
fn stored_values_are_not_told() {
    run_empty(async |db| {
        let files = second(
            "create table b (phone text);\ninsert into b values ('+390212345'), ('+390212345');\nalter table b add unique (phone);",
        );
        let error = files.up_error(db).await;
        assert_tells(&error, &[":3: ", "(23505", "b_phone_key"]);
        assert!(!error.contains("+390212345"), "{error}");
        // The server's CONTEXT repeats the line that is no JSON; where in a function it was may be told.
        let files = second(
            "create table b (answers text);\ninsert into b values ('{\"email\": mario');\n\
             do $$\nbegin\n  perform answers::jsonb from b;\nend $$;",
        );
        let error = files.up_error(db).await;
        assert_tells(
            &error,
            &[
                ":3: ",
                "(22P02",
                "context: PL/pgSQL function inline_code_block line 3 at PERFORM",
            ],
        );
        assert!(!error.contains("mario"), "{error}");
        nothing_is_left_of_the_second(db).await
    });
}

#[test]
fn a_deferred_constraint_fails_the_file_that_broke_it() {
    run_empty(async |db| {
        let files = second(
            "create table b (id int references a deferrable initially deferred);\ninsert into b values (7);",
        );
        assert_tells(
            &files.up_error(db).await,
            &[&name(2, "up"), ":2: ", "(23503", "SET CONSTRAINTS"],
        );
        nothing_is_left_of_the_second(db).await
    });
}

#[test]
fn a_statement_that_cannot_be_in_a_transaction_comes_with_the_cure() {
    run_empty(async |db| {
        let files = second("create table b (id int);\ncreate index concurrently i on b (id);");
        assert_tells(
            &files.up_error(db).await,
            &[
                ":2: ",
                "(25001)",
                "hint: begin the file with the line `-- no-transaction`",
            ],
        );
        nothing_is_left_of_the_second(db).await
    });
}

#[test]
fn a_panic_of_the_caller_leaves_nothing_either() {
    run_empty(async |db| {
        let files = second("create table b (id int);");
        let migrator = files.migrator().with_listener(|event| match event {
            Event::Starting { file } if file.contains("0002") => panic!("the caller's fault"),
            _ => {}
        });
        let url = db.url().clone();
        let panicked = tokio::spawn(async move { migrator.up(&url, ALL).await }).await;
        assert!(panicked.unwrap_err().is_panic());
        until(db, UNLOCKED).await?;
        nothing_is_left_of_the_second(db).await?;
        assert_eq!(files.up(db).await?, [2]);
        Ok(())
    });
}

#[test]
fn a_session_ended_by_the_administrator_is_told() {
    run_empty(async |db| {
        let files =
            second("create table b (id int);\nselect pg_terminate_backend(pg_backend_pid());");
        let error = files.up_error(db).await;
        assert_tells(
            &error,
            &[
                ":2: ",
                "terminating connection due to administrator command (57P01)",
            ],
        );
        until(db, UNLOCKED).await?;
        nothing_is_left_of_the_second(db).await
    });
}

const HALF: &str = "-- no-transaction\ncreate table if not exists b (id int);\nselect 1 / (count(*) - 1) from a;\ncreate table c (id int);\n";

#[test]
fn a_file_that_stopped_midway_is_run_again_from_its_start() {
    run_empty(async |db| {
        let files = second(HALF);
        execute(db.pool(), "create table a (id int primary key)").await?;
        files.write(&name(1, "up"), "insert into a values (1);");
        let error = files.up_error(db).await;
        assert_tells(
            &error,
            &[
                &name(2, "up"),
                ":3: ",
                "division by zero",
                "statement 1 of 3 took effect and stays",
                "`up`",
                "`down`",
            ],
        );
        assert_eq!(ledger(db).await?, "1 2!");
        assert!(exists(db, "b").await? && value::<bool>(db.pool(), UNLOCKED).await?);
        let history: String = value(
            db.pool(),
            "select string_agg(outcome || coalesce(': ' || detail, ''), ', ' order by id) \
             from schema_migration_history where version = 2",
        )
        .await?;
        assert_eq!(history, "started, failed: statement 2 of 3, line 3: 22012");

        let status = files.migrator().status(db.url()).await?;
        assert_eq!(
            (status.migrations[1].state, status.problems.len()),
            (State::Dirty, 1)
        );
        assert!(matches!(
            files.migrator().verify(db.url()).await,
            Err(MigrateError::Disagree(_))
        ));

        execute(db.pool(), "insert into a values (2)").await?;
        assert_eq!(files.up(db).await?, [2]);
        assert_eq!(ledger(db).await?, "1 2");
        files.migrator().verify(db.url()).await?;
        Ok(())
    });
}

#[test]
fn ledger_and_history_are_written_together_without_a_transaction_too() {
    run_empty(async |db| {
        let files = second("-- no-transaction\ncreate table if not exists b (id int);");
        let first = UpOptions { to: Some(1), ..ALL };
        files.migrator().up(db.url(), first).await?;
        // The ledger takes its row, the history does not.
        for (refused, ledger_then) in [("started", "1"), ("done", "1 2!")] {
            let check = format!(
                "alter table schema_migration_history add constraint no_{refused} \
                 check (version = 1 or outcome <> '{refused}')"
            );
            execute(db.pool(), &check).await?;
            let error = files.migrator().up(db.url(), ALL).await.unwrap_err();
            assert_tells(
                &error.to_string(),
                &["cannot write to the ledger: ", &format!("no_{refused}")],
            );
            // Its DETAIL repeats the row; `{:?}` is what ends up in logs.
            assert!(!format!("{error:?}").contains("Failing row"), "{error:?}");
            assert_eq!(ledger(db).await?, ledger_then);
            let free = format!("alter table schema_migration_history drop constraint no_{refused}");
            execute(db.pool(), &free).await?;
        }
        assert_eq!(files.up(db).await?, [2]);
        assert_eq!(ledger(db).await?, "1 2");
        Ok(())
    });
}

#[test]
fn a_file_that_stopped_midway_may_be_repaired_or_taken_back() {
    run_empty(async |db| {
        let files = second(&HALF.replace("count(*) - 1", "count(*)"));
        files.up_error(db).await;
        assert_eq!(ledger(db).await?, "1 2!");
        files
            .migrator()
            .down(db.url(), down(DownTarget::Steps(1)))
            .await?;
        assert_eq!(
            (ledger(db).await?.as_str(), exists(db, "b").await?),
            ("1", false)
        );

        files.up_error(db).await;
        files.write(&name(2, "up"), "create table if not exists b (id int);");
        assert_eq!(files.up(db).await?, [2]);
        files.migrator().verify(db.url()).await?;
        Ok(())
    });
}
