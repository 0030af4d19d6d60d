//! The health check: true on a migrated, an empty, a locked and a silent database.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use sqlx::Connection as _;
use test_db::TestDb;
use vsa_db::health::{HealthError, check};
use vsa_db::migrate::{Migrator, Source, UpOptions};

const LIMIT: Duration = Duration::from_secs(10);

async fn migrate(db: &TestDb) -> Result<()> {
    Migrator::new(Source::embedded()?)
        .up(db.url(), UpOptions::default())
        .await?;
    Ok(())
}

#[test]
fn a_migrated_database_tells_its_version() {
    test_db::run_empty(async |db| {
        migrate(db).await?;
        let mut connection = db.pool().acquire().await?;
        let health = check(&mut connection, LIMIT).await?;
        assert_eq!(health.migration, Some(Source::embedded()?.latest()));
        assert_eq!(health.database, db.name());
        assert!(!health.in_recovery);
        assert!(health.server_version_num >= 150_000);
        assert!(
            health
                .server_version
                .starts_with(&(health.server_version_num / 10_000).to_string()),
            "{health:?}"
        );
        assert!(
            health.latency_ms > 0.0 && health.latency_ms < 10_000.0,
            "{health:?}"
        );
        Ok(())
    });
}

#[test]
fn a_database_without_a_ledger_is_healthy_too() {
    test_db::run_empty(async |db| {
        let mut connection = db.pool().acquire().await?;
        assert_eq!(check(&mut connection, LIMIT).await?.migration, None);
        Ok(())
    });
}

#[test]
fn a_user_who_may_not_read_the_ledger_gets_an_answer() {
    test_db::run_empty(async |db| {
        migrate(db).await?;
        let mut connection = db.pool().acquire().await?;
        // pg_monitor is there on every server, and may read none of our tables.
        let mut transaction = connection.begin().await?;
        sqlx::query("SET LOCAL ROLE pg_monitor")
            .execute(&mut *transaction)
            .await?;
        assert_eq!(check(&mut transaction, LIMIT).await?.migration, None);
        Ok(transaction.rollback().await?)
    });
}

#[test]
fn a_database_that_does_not_answer_in_time_is_an_error() {
    test_db::run_empty(async |db| {
        migrate(db).await?;
        let mut blocker = db.pool().begin().await?;
        sqlx::query("LOCK TABLE schema_migrations IN ACCESS EXCLUSIVE MODE")
            .execute(&mut *blocker)
            .await?;
        let mut connection = vsa_db::pool::connect_one(db.url(), LIMIT).await?;
        let started = Instant::now();
        let Err(error) = check(&mut connection, Duration::from_millis(200)).await else {
            bail!("it was answered")
        };
        assert!(matches!(error, HealthError::TimedOut(_)), "{error:?}");
        assert!(started.elapsed() < LIMIT / 2);
        assert!(error.to_string().contains("within 0.2 s"), "{error}");
        Ok(blocker.rollback().await?)
    });
}

#[test]
fn a_connection_that_is_gone_is_an_error() {
    test_db::run_empty(async |db| {
        let mut connection = vsa_db::pool::connect_one(db.url(), LIMIT).await?;
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut connection)
            .await?;
        sqlx::query("SELECT pg_terminate_backend($1, 10000)")
            .bind(pid)
            .execute(db.pool())
            .await?;
        let result: Result<_, _> = check(&mut connection, LIMIT).await;
        assert!(
            matches!(result, Err(HealthError::Database(_))),
            "{result:?}"
        );
        Ok(())
    });
}
