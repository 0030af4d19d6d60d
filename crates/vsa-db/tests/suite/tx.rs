//! Transactions against real conflicts: each test makes one happen, none simulates it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sqlx::{Connection as _, PgConnection, PgPool};
use tokio::sync::Barrier;
use vsa_db::error::constraint;
use vsa_db::run_tx;
use vsa_db::tx::{GaveUp, Isolation, TxError, TxOptions};

use crate::recorder::Recorder;

/// Two accounts, 1 and 2, with 100 each; no account may be overdrawn.
async fn accounts(pool: &PgPool) -> Result<()> {
    sqlx::raw_sql(
        "CREATE TABLE accounts (id int PRIMARY KEY, amount int NOT NULL CONSTRAINT accounts_amount_check CHECK (amount >= 0));
         INSERT INTO accounts VALUES (1, 100), (2, 100)",
    )
    .execute(pool)
    .await?;
    Ok(())
}

async fn add(connection: &mut PgConnection, id: i32, amount: i32) -> Result<(), sqlx::Error> {
    sqlx::query("UPDATE accounts SET amount = amount + $2 WHERE id = $1")
        .bind(id)
        .bind(amount)
        .execute(connection)
        .await?;
    Ok(())
}

async fn amounts(pool: &PgPool) -> Result<Vec<i32>> {
    Ok(
        sqlx::query_scalar("SELECT amount FROM accounts ORDER BY id")
            .fetch_all(pool)
            .await?,
    )
}

#[test]
fn what_the_work_returns_is_committed() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let seen = run_tx!(db.pool(), "move", async |connection| {
            add(connection, 1, -30).await?;
            add(connection, 2, 30).await?;
            Ok::<_, TxError>("done")
        })
        .await?;
        assert_eq!((seen, amounts(db.pool()).await?), ("done", vec![70, 130]));
        Ok(())
    });
}

#[test]
fn two_deadlocked_transactions_both_succeed_in_spawned_tasks() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let (barrier, runs) = (Arc::new(Barrier::new(2)), Arc::new(AtomicU32::new(0)));
        let task = |first: i32, second: i32| {
            let (pool, barrier, runs) =
                (db.pool().clone(), Arc::clone(&barrier), Arc::clone(&runs));
            // `spawn` wants a Send future: this is the proof that a server may use `run_tx`.
            tokio::spawn(async move {
                let mut first_run = true;
                run_tx!(&pool, "crossing", async |connection| {
                    runs.fetch_add(1, Ordering::Relaxed);
                    add(connection, first, 1).await?;
                    if std::mem::take(&mut first_run) {
                        // Both hold their first row before either wants the other's.
                        barrier.wait().await;
                    }
                    add(connection, second, 10).await?;
                    Ok::<_, TxError>(())
                })
                .await
            })
        };
        let (one, two) = tokio::join!(task(1, 2), task(2, 1));
        one??;
        two??;
        assert_eq!(amounts(db.pool()).await?, [111, 111]);
        assert_eq!(
            runs.load(Ordering::Relaxed),
            3,
            "the server ends one of the two, once"
        );
        Ok(())
    });
}

/// Reads both accounts and takes from one: two of these at once are a write skew.
async fn take_if_enough(
    pool: &PgPool,
    isolation: Isolation,
    from: i32,
    barrier: &Barrier,
) -> Result<u32, TxError> {
    let mut runs = 0;
    let options = TxOptions {
        isolation,
        ..TxOptions::default()
    };
    run_tx!(pool, "take", options, async |connection| {
        runs += 1;
        let total: i64 = sqlx::query_scalar("SELECT sum(amount) FROM accounts")
            .fetch_one(&mut *connection)
            .await?;
        if runs == 1 {
            barrier.wait().await;
        }
        if total >= 200 {
            add(connection, from, -100).await?;
        }
        Ok::<_, TxError>(())
    })
    .await?;
    Ok(runs)
}

#[test]
fn serializable_transactions_run_again_until_they_are_as_one_after_the_other() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let barrier = Barrier::new(2);
        let both = |isolation| async move {
            let barrier = &barrier;
            let (pool, one) = (db.pool(), take_if_enough(db.pool(), isolation, 1, barrier));
            let (one, two) = tokio::join!(one, take_if_enough(pool, isolation, 2, barrier));
            anyhow::Ok(one? + two?)
        };
        let runs = both(Isolation::Serializable).await?;
        assert_eq!(runs, 3, "one of the two is run again");
        assert_eq!(
            amounts(db.pool()).await?.iter().sum::<i32>(),
            100,
            "and then finds too little"
        );
        Ok(())
    });
}

#[test]
fn the_default_isolation_is_read_committed() {
    test_db::run_empty(async |db| {
        let level = async |options| {
            run_tx!(db.pool(), "level", options, async |connection| {
                Ok::<String, TxError>(
                    sqlx::query_scalar("SHOW transaction_isolation")
                        .fetch_one(connection)
                        .await?,
                )
            })
            .await
        };
        assert_eq!(level(TxOptions::default()).await?, "read committed");
        for (isolation, name) in [
            (Isolation::RepeatableRead, "repeatable read"),
            (Isolation::Serializable, "serializable"),
        ] {
            assert_eq!(
                level(TxOptions {
                    isolation,
                    max_tries: 1
                })
                .await?,
                name
            );
        }
        Ok(())
    });
}

#[test]
fn any_other_error_rolls_back_at_once() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let mut runs = 0;
        let result = run_tx!(db.pool(), "overdraw", async |connection| {
            runs += 1;
            add(connection, 1, 50).await?;
            add(connection, 2, -101).await?;
            Ok::<_, TxError>(())
        })
        .await;
        let Err(TxError::Database(error)) = result else {
            bail!("{result:?}")
        };
        assert_eq!(constraint(error.driver()), Some("accounts_amount_check"));
        assert_eq!((runs, amounts(db.pool()).await?), (1, vec![100, 100]));
        Ok(())
    });
}

#[test]
fn a_swallowed_error_cannot_become_a_silent_rollback() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let result = run_tx!(db.pool(), "swallow", async |connection| {
            add(connection, 1, 50).await?;
            let swallowed = add(connection, 2, -101).await;
            assert!(swallowed.is_err());
            Ok::<_, TxError>(())
        })
        .await;
        let error = result
            .err()
            .context("nothing was written, so this must not be Ok")?
            .to_string();
        assert!(error.contains("(25P02)"), "{error}");
        assert_eq!(amounts(db.pool()).await?, [100, 100]);
        Ok(())
    });
}

#[test]
fn a_panic_rolls_back_and_the_pool_stays_usable() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let pool = db.pool().clone();
        let task = tokio::spawn(async move {
            run_tx!(&pool, "panic", async |connection| {
                add(connection, 1, 50).await?;
                assert_ne!(amounts_sum(connection).await?, 250, "on purpose");
                Ok::<_, TxError>(())
            })
            .await
        });
        assert!(task.await.is_err_and(|error| error.is_panic()));
        assert_eq!(amounts(db.pool()).await?, [100, 100]);
        // The row is free again: were the transaction still open, this would wait for the lock.
        run_tx!(db.pool(), "after", async |connection| {
            Ok::<_, TxError>(add(connection, 1, 1).await?)
        })
        .await?;
        assert_eq!(amounts(db.pool()).await?, [101, 100]);
        Ok(())
    });
}

async fn amounts_sum(connection: &mut PgConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT sum(amount) FROM accounts")
        .fetch_one(connection)
        .await
}

#[test]
fn a_connection_killed_midway_is_an_error_and_writes_nothing() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let mut runs = 0;
        let result = run_tx!(db.pool(), "killed", async |connection| {
            runs += 1;
            add(connection, 1, 50).await?;
            let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
                .fetch_one(&mut *connection)
                .await?;
            // Waits until the backend is gone.
            let gone: bool = sqlx::query_scalar("SELECT pg_terminate_backend($1, 10000)")
                .bind(pid)
                .fetch_one(db.pool())
                .await?;
            assert!(gone);
            add(connection, 2, 50).await?;
            Ok::<_, TxError>(())
        })
        .await;
        assert!(matches!(result, Err(TxError::Database(_))), "{result:?}");
        assert_eq!((runs, amounts(db.pool()).await?), (1, vec![100, 100]));
        Ok(())
    });
}

/// Every try of the returned transaction loses against one that commits in between.
async fn always_beaten(pool: &PgPool, max_tries: u32) -> (u32, Result<(), TxError>) {
    let mut runs = 0;
    let options = TxOptions {
        isolation: Isolation::RepeatableRead,
        max_tries,
    };
    let result = run_tx!(pool, "always beaten", options, async |connection| {
        runs += 1;
        amounts_sum(connection).await?;
        sqlx::query("UPDATE accounts SET amount = amount + 1 WHERE id = 1")
            .execute(pool)
            .await?;
        add(connection, 1, 1000).await?;
        Ok::<_, TxError>(())
    })
    .await;
    (runs, result)
}

#[test]
fn it_gives_up_after_so_many_tries_and_names_the_transaction() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let (runs, result) = always_beaten(db.pool(), 3).await;
        let Err(TxError::GaveUp(error)) = result else {
            bail!("{result:?}")
        };
        assert_eq!((runs, error.tries, error.name), (3, 3, "always beaten"));
        let GaveUp { source, .. } = &error;
        assert!(source.to_string().contains("(40001"), "{source}");
        assert!(
            error
                .to_string()
                .starts_with("transaction always beaten gave up after 3 tries"),
            "{error}"
        );
        assert_eq!(
            amounts(db.pool()).await?,
            [103, 100],
            "only the others wrote"
        );
        Ok(())
    });
}

#[test]
fn a_conflict_found_by_the_commit_runs_again() {
    test_db::run_empty(async |db| {
        // A constraint checked at commit, whose check is a conflict the first time.
        sqlx::raw_sql(
            "CREATE SEQUENCE commits;
             CREATE TABLE late (n int);
             CREATE FUNCTION late_conflict() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN
               IF nextval('commits') = 1 THEN RAISE EXCEPTION 'late' USING ERRCODE = '40001'; END IF;
               RETURN NULL;
             END $$;
             CREATE CONSTRAINT TRIGGER late AFTER INSERT ON late DEFERRABLE INITIALLY DEFERRED
             FOR EACH ROW EXECUTE FUNCTION late_conflict()",
        )
        .execute(db.pool())
        .await?;
        let mut runs = 0;
        run_tx!(db.pool(), "late", async |connection| {
            runs += 1;
            sqlx::query("INSERT INTO late VALUES (1)")
                .execute(connection)
                .await?;
            Ok::<_, TxError>(())
        })
        .await?;
        let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM late")
            .fetch_one(db.pool())
            .await?;
        assert_eq!((runs, rows), (2, 1));
        Ok(())
    });
}

#[test]
fn a_dropped_future_rolls_back() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let written = Barrier::new(2);
        let work = run_tx!(db.pool(), "dropped", async |connection| {
            add(connection, 1, 50).await?;
            written.wait().await;
            std::future::pending::<()>().await;
            Ok::<_, TxError>(())
        });
        tokio::select! {
            result = work => bail!("it cannot end: {result:?}"),
            _ = written.wait() => {}
        }
        let mut other = PgConnection::connect_with(&db.url().options()).await?;
        sqlx::raw_sql(
            "SET lock_timeout = '10s'; UPDATE accounts SET amount = amount + 1 WHERE id = 1",
        )
        .execute(&mut other)
        .await?;
        assert_eq!(amounts(db.pool()).await?, [101, 100]);
        Ok(())
    });
}

#[test]
fn the_trace_names_the_transaction_its_tries_and_its_outcome() {
    test_db::run_empty(async |db| {
        accounts(db.pool()).await?;
        let recorder = Recorder::default();
        let guard = tracing::subscriber::set_default(recorder.clone());
        let limit = Duration::from_mins(1);
        let (_, result) = tokio::time::timeout(limit, always_beaten(db.pool(), 2)).await?;
        drop(guard);
        assert!(result.is_err());
        let fields = recorder.fields();
        for wanted in [
            "name=\"always beaten\"",
            "tries=2",
            "outcome=\"gave up\"",
            "message=conflict, trying again",
        ] {
            assert!(fields.contains(wanted), "{wanted} is missing:\n{fields}");
        }
        assert!(
            !fields.contains("accounts"),
            "no statement, no value:\n{fields}"
        );
        Ok(())
    });
}
