//! The history: who did what when, for ever.

use sqlx::AssertSqlSafe;
use test_db::run_empty;
use vsa_db::migrate::DownTarget;

use super::support::{Files, assert_tells, down, value};

#[test]
fn the_history_survives_reverts() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        files.up(db).await?;
        files
            .migrator()
            .down(db.url(), down(DownTarget::All))
            .await?;
        files.up(db).await?;
        let history = files.migrator().history(db.url()).await?;
        let told: Vec<_> = history
            .iter()
            .map(|entry| (entry.version, entry.direction.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (1, "up"),
                (2, "up"),
                (2, "down"),
                (1, "down"),
                (1, "up"),
                (2, "up")
            ]
        );
        let migration = &files.source().migrations()[1].clone();
        assert_eq!(
            (&history[1].checksum, &history[2].checksum),
            (&migration.up.sha256(), &migration.down.sha256())
        );
        assert_eq!(
            (
                history[1].down_checksum.clone(),
                history[2].down_checksum.clone()
            ),
            (Some(migration.down.sha256()), None)
        );
        let user: String = value(db.pool(), "select session_user::text").await?;
        for entry in &history {
            assert_eq!(
                (
                    &entry.db_user,
                    entry.os_user.as_str(),
                    entry.outcome.as_str()
                ),
                (&user, "tester", "done")
            );
            assert_eq!(entry.tool_version, env!("CARGO_PKG_VERSION"));
            assert!(entry.duration_ms > 0.0);
        }
        assert!(history.is_sorted_by_key(|entry| entry.at));
        Ok(())
    });
}

#[test]
fn nobody_changes_what_the_history_says() {
    run_empty(async |db| {
        Files::tables(&["a"]).up(db).await?;
        for sql in [
            "update schema_migration_history set version = 7",
            "delete from schema_migration_history",
            "delete from schema_migration_history where false",
            "truncate schema_migration_history",
        ] {
            let error = sqlx::query(AssertSqlSafe(sql))
                .execute(db.pool())
                .await
                .unwrap_err();
            assert_tells(
                &error.to_string(),
                &["schema_migration_history only grows", "refused"],
            );
        }
        assert_eq!(
            value::<i64>(db.pool(), "select count(*) from schema_migration_history").await?,
            1
        );
        Ok(())
    });
}

#[test]
fn every_object_of_the_ledger_says_what_it_is() {
    run_empty(async |db| {
        Files::new(&[("select;", "select;")]).up(db).await?;
        let silent: Vec<String> = sqlx::query_scalar(
            "select attrelid::regclass || '.' || attname from pg_attribute join pg_class on oid = attrelid \
             where relnamespace = 'public'::regnamespace and relkind = 'r' and attnum > 0 \
             and col_description(attrelid, attnum) is null \
             union all select oid::regclass::text from pg_class \
             where relnamespace = 'public'::regnamespace and relkind = 'r' and obj_description(oid, 'pg_class') is null \
             union all select oid::regprocedure::text from pg_proc \
             where pronamespace = 'public'::regnamespace and obj_description(oid, 'pg_proc') is null \
             union all select tgname::text from pg_trigger where obj_description(oid, 'pg_trigger') is null",
        )
        .fetch_all(db.pool())
        .await?;
        assert_eq!(silent, [] as [&str; 0]);
        assert!(value::<i64>(db.pool(), "select count(*) from pg_trigger").await? > 0);
        Ok(())
    });
}
