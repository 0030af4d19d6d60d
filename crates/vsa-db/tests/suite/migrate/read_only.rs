//! What only looks writes nothing, whether there is a ledger or not.

use test_db::{TestDb, run_empty};
use vsa_db::migrate::UpOptions;

use super::support::{ALL, Files, exists, ledger, program, run, value};

const COMMANDS: [&[&str]; 9] = [
    &["status"],
    &["status", "--json"],
    &["history"],
    &["history", "--json"],
    &["verify"],
    &["up", "--dry-run"],
    &["down", "--all", "--dry-run"],
    &["ping"],
    &["ping", "--json"],
];

/// All there is in the catalog, by name, and how many transactions have written anything.
async fn catalog(db: &TestDb) -> anyhow::Result<String> {
    value(
        db.pool(),
        "select string_agg(what, ' ' order by what) from (\
         select 'c:' || oid || relname || xmin as what from pg_class \
         union all select 'p:' || oid || proname || xmin from pg_proc \
         union all select 't:' || oid || typname || xmin from pg_type \
         union all select 'n:' || oid || nspname || xmin from pg_namespace) as it",
    )
    .await
}

async fn all_leave_it_alone(db: &TestDb, files: &Files) -> anyhow::Result<()> {
    let before = catalog(db).await?;
    for args in COMMANDS {
        let run = run(program(db, Some(files), args)).await?;
        assert!(matches!(run.code, Some(0 | 3)), "{args:?}: {run:?}");
        assert_eq!(catalog(db).await?, before, "{args:?}");
    }
    Ok(())
}

#[test]
fn nothing_is_written_to_a_database_without_a_ledger() {
    run_empty(async |db| {
        all_leave_it_alone(db, &Files::tables(&["a", "b"])).await?;
        assert!(!exists(db, "schema_migrations").await?);
        Ok(())
    });
}

#[test]
fn nothing_is_written_to_a_database_with_a_ledger() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        files
            .migrator()
            .up(db.url(), UpOptions { to: Some(1), ..ALL })
            .await?;
        let rows = "select string_agg(m::text || h::text, '') from schema_migrations m, schema_migration_history h";
        let before: String = value(db.pool(), rows).await?;
        all_leave_it_alone(db, &files).await?;
        assert_eq!(value::<String>(db.pool(), rows).await?, before);
        assert_eq!(ledger(db).await?, "1");
        Ok(())
    });
}

#[test]
fn a_down_or_redo_of_nothing_creates_no_ledger() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        for args in [&["down"][..], &["redo"]] {
            let run = run(program(db, Some(&files), args)).await?;
            assert_eq!(
                (run.code, run.stderr.contains("nothing to re")),
                (Some(0), true),
                "{run:?}"
            );
        }
        assert!(!exists(db, "schema_migrations").await?);
        Ok(())
    });
}
