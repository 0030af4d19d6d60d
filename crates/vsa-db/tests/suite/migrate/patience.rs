//! Only waiting for locks uses up the patience for locks: work in between does not.

use std::time::Duration;

use test_db::{TestDb, run_empty};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use vsa_db::migrate::{Event, Migrator, Settings};

use super::support::{ALL, Files, execute, told, value};

/// A migrator with this patience, and the lines in which it did not get a lock.
fn patient(files: &Files, lock_wait: Duration) -> (Migrator, UnboundedReceiver<usize>) {
    let (sender, receiver) = mpsc::unbounded_channel();
    let settings = Settings {
        lock_wait,
        lock_timeout: Duration::from_millis(50),
        ..Settings::default()
    };
    let migrator = files
        .migrator()
        .with_settings(settings)
        .with_listener(move |event| {
            if let Event::Retrying { line, .. } = event {
                sender.send(line).unwrap();
            }
        });
    (migrator, receiver)
}

async fn two_tables(db: &TestDb) -> anyhow::Result<()> {
    execute(
        db.pool(),
        "create table a (id int); create table b (id int)",
    )
    .await
}

#[test]
fn what_a_file_does_between_two_conflicts_is_no_waiting() {
    run_empty(async |db| {
        two_tables(db).await?;
        // Each try works for longer than the file may wait.
        let files = Files::new(&[(
            "select pg_sleep(0.5);\nalter table a add b int;",
            "alter table a drop b;",
        )]);
        let (migrator, mut lines) = patient(&files, Duration::from_millis(450));
        let mut reader = db.pool().begin().await?;
        sqlx::query("select from a").execute(&mut *reader).await?;
        let release = async {
            let conflicts = [told(&mut lines).await?, told(&mut lines).await?];
            reader.commit().await?;
            anyhow::Ok(conflicts)
        };
        let (report, conflicts) = tokio::join!(migrator.up(db.url(), ALL), release);
        assert_eq!((report?.done.len(), conflicts?), (1, [2, 2]));
        Ok(())
    });
}

#[test]
fn each_statement_outside_of_a_transaction_has_its_own_patience() {
    run_empty(async |db| {
        two_tables(db).await?;
        let files = Files::new(&[(
            "-- no-transaction\nalter table a add if not exists b int;\nselect pg_sleep(1.2);\n\
             alter table b add if not exists b int;",
            "select;",
        )]);
        let (migrator, mut lines) = patient(&files, Duration::from_secs(1));
        let mut first = db.pool().begin().await?;
        sqlx::query("select from a").execute(&mut *first).await?;
        let mut second = db.pool().begin().await?;
        sqlx::query("select from b").execute(&mut *second).await?;
        let release = async {
            assert_eq!(told(&mut lines).await?, 2);
            first.commit().await?;
            while told(&mut lines).await? != 4 {}
            anyhow::Ok(second.commit().await?)
        };
        let (report, released) = tokio::join!(migrator.up(db.url(), ALL), release);
        assert_eq!(report?.done.len(), 1);
        released?;
        let columns = "select count(*) from information_schema.columns where column_name = 'b'";
        assert_eq!(value::<i64>(db.pool(), columns).await?, 2);
        Ok(())
    });
}
