//! Several migrators at once.

use test_db::run_empty;

use super::support::{Files, ledger, migrator_session, ok, program, run, until, value};

#[test]
fn of_eight_programs_at_once_each_migration_is_applied_by_one() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b", "c", "d", "e"]);
        let mut children = Vec::new();
        for _ in 0..8 {
            children.push(program(db, Some(&files), &["up"]).spawn()?);
        }
        let mut applied = 0;
        for child in children {
            let output = child.wait_with_output().await?;
            let stderr = String::from_utf8(output.stderr)?;
            assert!(output.status.success(), "{stderr}");
            applied += stderr.matches("applied 000").count();
        }
        assert_eq!(applied, 5);
        assert_eq!(ledger(db).await?, "1 2 3 4 5");
        assert_eq!(
            value::<i64>(db.pool(), "select count(*) from schema_migration_history").await?,
            5
        );
        Ok(())
    });
}

#[test]
fn a_concurrent_index_is_built_while_another_migrator_waits() {
    run_empty(async |db| {
        let files = Files::new(&[
            ("create table a (id int);", "drop table a;"),
            (
                "-- no-transaction\ncreate index concurrently i on a (id);",
                "drop index i;",
            ),
        ]);
        ok(db, Some(&files), &["up", "--to", "1"]).await?;
        // A writer keeps the build waiting at its beginning. Whoever has a snapshot by the time it goes
        // on will be waited for: the second migrator must have none while it waits for the first.
        let mut writer = db.pool().begin().await?;
        sqlx::query("insert into a values (1)")
            .execute(&mut *writer)
            .await?;
        let first = program(db, Some(&files), &["up"]).spawn()?;
        let building = "query ilike 'create index concurrently%' and wait_event_type = 'Lock'";
        until(db, &format!("select {}", migrator_session(building))).await?;
        let second = program(db, Some(&files), &["up"]).spawn()?;
        let waiting = "query ilike '%advisory_lock(%' or query ilike '%from pg_stat_activity where pid = any%'";
        until(db, &format!("select {}", migrator_session(waiting))).await?;
        writer.commit().await?;
        for child in [first, second] {
            let output = child.wait_with_output().await?;
            assert!(
                output.status.success(),
                "{}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        assert!(
            value::<bool>(
                db.pool(),
                "select indisvalid from pg_index where indexrelid = 'i'::regclass"
            )
            .await?
        );
        assert_eq!(
            run(program(db, Some(&files), &["status"])).await?.code,
            Some(0)
        );
        Ok(())
    });
}
