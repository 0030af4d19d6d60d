//! Files and ledger that contradict each other: named, and nothing is done.

use test_db::{TestDb, run_empty};
use vsa_db::migrate::{DownTarget, State, UpOptions};

use super::support::{ALL, Files, assert_tells, down, execute, exists, ledger, name, value};

/// `up`, `down`, `redo` and `verify` all refuse with this text, and do nothing.
async fn all_refuse(db: &TestDb, files: &Files, parts: &[&str]) -> anyhow::Result<()> {
    let before = ledger(db).await?;
    let migrator = files.migrator();
    let errors = [
        migrator.up(db.url(), ALL).await.map(drop),
        migrator
            .down(db.url(), down(DownTarget::Steps(1)))
            .await
            .map(drop),
        migrator.redo(db.url(), false).await.map(drop),
        migrator.verify(db.url()).await.map(drop),
    ];
    for error in errors {
        assert_tells(&error.expect_err("this must be refused").to_string(), parts);
    }
    assert_eq!(ledger(db).await?, before);
    Ok(())
}

#[test]
fn an_edited_up_file_is_named_with_both_checksums() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        files.up(db).await?;
        let was = hex::encode(files.source().migrations()[0].up.sha384());
        files.write(&name(1, "up"), "create table a (id bigint);");
        let now = hex::encode(files.source().migrations()[0].up.sha384());
        let path = files.path().join(name(1, "up")).display().to_string();
        let parts = [
            &path,
            "was edited",
            &was[..12],
            &now[..12],
            "restore it from version control",
            "new migration",
            "`redo`",
        ];
        all_refuse(db, &files, &parts).await?;
        let status = files.migrator().status(db.url()).await?;
        let found: Vec<State> = status
            .migrations
            .iter()
            .map(|migration| migration.state)
            .collect();
        assert_eq!(found, [State::Edited, State::Applied]);
        Ok(())
    });
}

#[test]
fn the_last_migration_is_edited_and_redone() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        files.up(db).await?;
        files.write(&name(2, "up"), "create table b (id bigint);");
        files.migrator().redo(db.url(), false).await?;
        let column =
            "select data_type::text from information_schema.columns where table_name = 'b'";
        assert_eq!(value::<String>(db.pool(), column).await?, "bigint");
        files.migrator().verify(db.url()).await?;

        files.write(&name(2, "up"), "create table b (id text);");
        let one = down(DownTarget::Steps(1));
        files.migrator().down(db.url(), one).await?;
        assert_eq!(ledger(db).await?, "1");
        Ok(())
    });
}

#[test]
fn an_edited_down_file_is_noticed_too() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        files.up(db).await?;
        files.write(&name(1, "down"), "drop table if exists a;");
        all_refuse(
            db,
            &files,
            &[
                &name(1, "down"),
                "was edited",
                "sha256:",
                "may be changed while",
            ],
        )
        .await?;
        assert!(exists(db, "a").await?);
        Ok(())
    });
}

#[test]
fn a_down_file_may_change_while_its_migration_is_not_applied() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        files.up(db).await?;
        files
            .migrator()
            .down(db.url(), down(DownTarget::All))
            .await?;
        files.write(&name(1, "down"), "drop table if exists a;");
        assert_eq!(files.up(db).await?, [1]);
        files.migrator().verify(db.url()).await?;
        Ok(())
    });
}

#[test]
fn a_missing_file_is_named() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        files.up(db).await?;
        files.remove(2);
        all_refuse(
            db,
            &files,
            &["migration 0002 (step, sha384:", "its files are missing"],
        )
        .await?;
        let status = files.migrator().status(db.url()).await?;
        assert_eq!(
            (status.migrations[1].state, status.applied, status.pending),
            (State::Missing, 2, 0)
        );
        Ok(())
    });
}

#[test]
fn out_of_order_is_refused_unless_it_is_asked_for() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b", "c"]);
        files.up(db).await?;
        // As when a branch that had taken number 3 first was deployed before the one with number 2.
        execute(
            db.pool(),
            "drop table b; delete from schema_migrations where version = 2",
        )
        .await?;
        let error = files.up_error(db).await;
        assert_tells(
            &error,
            &[
                &name(2, "up"),
                "is pending, but 0003 is applied",
                "--allow-out-of-order",
            ],
        );
        assert!(files.migrator().verify(db.url()).await.is_err());
        assert!(!exists(db, "b").await?);
        let options = UpOptions {
            allow_out_of_order: true,
            ..ALL
        };
        let report = files.migrator().up(db.url(), options).await?;
        assert_eq!(
            report
                .done
                .iter()
                .map(|done| done.version)
                .collect::<Vec<_>>(),
            [2]
        );
        files.migrator().verify(db.url()).await?;
        Ok(())
    });
}

#[test]
fn verify_reads_the_files_that_are_pending_too() {
    run_empty(async |db| {
        let files = Files::new(&[("select 1;\n\\echo oops\n", "select;")]);
        let error = files.migrator().verify(db.url()).await.unwrap_err();
        assert_tells(
            &error.to_string(),
            &[&name(1, "up"), ":2: a psql meta-command"],
        );
        Ok(())
    });
}

#[test]
fn every_file_is_read_before_the_first_is_run() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            ("select 1;\ncommit;", "select;"),
        ]);
        assert_tells(
            &files.up_error(db).await,
            &[&name(2, "up"), ":2: COMMIT at top level"],
        );
        assert!(!exists(db, "a").await? && !exists(db, "schema_migrations").await?);
        Ok(())
    });
}
