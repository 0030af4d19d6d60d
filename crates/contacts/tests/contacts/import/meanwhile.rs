//! What happens while an import runs: files that break off, connections that are cut, others who write.

use std::fmt::Write as _;
use std::io::{self, Cursor, Read};
use std::process::Command;

use rand::SeedableRng;
use rand::rngs::StdRng;
use sqlx::PgConnection;
use test_db::private_server::{PASSWORD, PrivateServer};
use vsa_contacts::exclusion::{self, NewExclusion};
use vsa_contacts::{Error, NewContact, add};
use vsa_db::config::DatabaseUrl;
use vsa_db::enums::{ContactState, ExclusionSource};
use vsa_db::migrate::{Migrator, Source, UpOptions};
use vsa_db::pool::{PoolSettings, connect};

use crate::support::{NOW, a_campaign, a_manager, wait_for_lock};

use super::database::{count, many, numbers, run, text, world, yesterday};

/// A file that does something in the middle.
struct Interrupted<F> {
    before: Cursor<Vec<u8>>,
    middle: Option<F>,
    after: Cursor<Vec<u8>>,
}

impl<F: FnOnce() -> io::Result<()>> Read for Interrupted<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.before.read(buffer)?;
        if n > 0 {
            return Ok(n);
        }
        if let Some(middle) = self.middle.take() {
            middle()?;
        }
        self.after.read(buffer)
    }
}

fn interrupted<F: FnOnce() -> io::Result<()>>(file: &str, middle: F) -> Interrupted<F> {
    // Within the second batch of ten thousand, and so far that what is read ahead does not reach the first.
    let (at, _) = file.match_indices('\n').nth(20_000).expect("rows");
    let at = at + 1;
    Interrupted {
        before: text(&file[..at]),
        middle: Some(middle),
        after: text(&file[at..]),
    }
}

/// Until the first batch is copied, and the import waits for the thread that reads.
async fn first_batch(conn: &mut PgConnection) -> sqlx::Result<()> {
    loop {
        let copied: bool = sqlx::query_scalar(
            "SELECT EXISTS (
                SELECT FROM pg_stat_activity
                WHERE datname = current_database()
                    AND state = 'idle in transaction' AND query = 'RELEASE SAVEPOINT batch'
            )",
        )
        .fetch_one(&mut *conn)
        .await?;
        if copied {
            return Ok(());
        }
    }
}

/// Does something on the database from the thread that reads, after the first batch.
fn meanwhile(
    url: &vsa_db::config::DatabaseUrl,
    work: impl AsyncFnOnce(&mut PgConnection) -> anyhow::Result<()>,
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(async {
            let mut conn = <PgConnection as sqlx::Connection>::connect_with(&url.options()).await?;
            first_batch(&mut conn).await?;
            work(&mut conn).await
        })
        .map_err(io::Error::other)
}

#[test]
fn a_file_that_breaks_off_leaves_nothing_and_the_next_run_is_clean() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let file = interrupted(&many(30_000), || Err(io::Error::other("the disk is gone")));
        let error = run(db.pool(), &manager, campaign, file, false)
            .await
            .unwrap_err();
        assert_eq!(error.to_string(), "cannot read the file: the disk is gone");
        assert_eq!(count(db.pool(), ContactState::Pending).await?, 0);
        let again = run(db.pool(), &manager, campaign, text(many(100)), false).await?;
        assert_eq!(numbers(&again), (100, 0, 0, 0));
        Ok(())
    });
}

#[test]
fn a_connection_that_is_cut_leaves_nothing_and_the_next_run_is_clean() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let url = db.url().clone();
        let file = interrupted(&many(30_000), move || {
            meanwhile(&url, async |conn| {
                sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid() AND datname = current_database()")
                    .execute(conn)
                    .await?;
                Ok(())
            })
        });
        let error = run(db.pool(), &manager, campaign, file, false)
            .await
            .unwrap_err();
        assert!(matches!(error, Error::Database(_)), "{error:?}");
        assert_eq!(count(db.pool(), ContactState::Pending).await?, 0);
        let again = run(db.pool(), &manager, campaign, text(many(100)), false).await?;
        assert_eq!(numbers(&again), (100, 0, 0, 0));
        Ok(())
    });
}

/// SIGKILL of the session's process: the server goes down with it, and recovers.
#[test]
fn a_server_that_is_killed_leaves_nothing_and_the_next_run_is_clean() -> anyhow::Result<()> {
    let Some(server) = PrivateServer::start()? else {
        return Ok(());
    };
    let url: DatabaseUrl = format!(
        "postgres://vsa:{PASSWORD}@127.0.0.1:{}/postgres",
        server.port
    )
    .parse()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        Migrator::new(Source::embedded()?)
            .up(&url, UpOptions::default())
            .await?;
        let pool = connect(&url, &PoolSettings::default()).await?;
        let manager = a_manager(&mut *pool.acquire().await?).await?;
        let campaign = a_campaign(&mut *pool.acquire().await?, &manager, 1).await?;
        let killing = url.clone();
        let file = interrupted(&many(30_000), move || {
            meanwhile(&killing, async |conn| {
                let pid: i32 = sqlx::query_scalar(
                    "SELECT pid FROM pg_stat_activity WHERE xact_start IS NOT NULL AND pid <> pg_backend_pid()",
                )
                .fetch_one(conn)
                .await?;
                let killed = Command::new("kill").args(["-9", &pid.to_string()]).status()?;
                anyhow::ensure!(killed.success(), "it was not killed");
                Ok(())
            })
        });
        let error = run(&pool, &manager, campaign, file, false).await.unwrap_err();
        assert!(matches!(error, Error::Database(_)), "{error:?}");
        pool.close().await;

        let pool = loop {
            match connect(&url, &PoolSettings::default()).await {
                Err(error) if error.is_temporary() => {}
                pool => break pool?,
            }
        };
        assert_eq!(count(&pool, ContactState::Pending).await?, 0);
        let again = run(&pool, &manager, campaign, text(many(100)), false).await?;
        assert_eq!(numbers(&again), (100, 0, 0, 0));
        Ok(())
    })
}

#[test]
fn two_imports_of_the_same_file_at_once_add_it_once() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let one = run(db.pool(), &manager, campaign, text(many(15_000)), false);
        let other = run(db.pool(), &manager, campaign, text(many(15_000)), false);
        let (one, other) = tokio::join!(one, other);
        let mut both = [numbers(&one?), numbers(&other?)];
        both.sort_unstable();
        assert_eq!(both, [(0, 0, 15_000, 0), (15_000, 0, 0, 0)]);
        Ok(())
    });
}

/// The number is that of a contact in the first batch, which was screened before.
#[test]
fn who_comes_onto_the_do_not_call_list_while_an_import_runs_is_excluded() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let url = db.url().clone();
        let file = interrupted(&many(30_000), move || {
            meanwhile(&url, async |conn| {
                let new = NewExclusion {
                    phone_number: "+393330000005".parse()?,
                    reason: None,
                };
                let mut rng = StdRng::seed_from_u64(5);
                exclusion::add(conn, &mut rng, NOW, &manager, ExclusionSource::Api, &new).await?;
                Ok(())
            })
        });
        let done = run(db.pool(), &manager, campaign, file, false).await?;
        assert_eq!(numbers(&done), (29_999, 1, 0, 0));
        let state: ContactState =
            sqlx::query_scalar("SELECT state FROM contacts WHERE phone_number = '+393330000005'")
                .fetch_one(db.pool())
                .await?;
        assert_eq!(state, ContactState::Excluded);
        Ok(())
    });
}

/// The list waits for nobody's file, and neither waits for the other for ever: the contact is in the first batch.
#[test]
fn who_asks_not_to_be_called_comes_onto_the_do_not_call_list_while_the_import_runs() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let number = "+393330000005";
        let first = text(format!("phone_number\n{number}\n"));
        run(db.pool(), &manager, campaign, first, false).await?;
        let file = many(30_000);
        let (header, rows) = file.split_once('\n').expect("a header");
        let mut wish = format!("{header},do_not_call\n");
        for row in rows.lines() {
            let says = if row.contains("3330000005") {
                "yes"
            } else {
                ""
            };
            writeln!(wish, "{row},{says}")?;
        }
        let url = db.url().clone();
        let file = interrupted(&wish, move || {
            meanwhile(&url, async |conn| {
                sqlx::query("SET lock_timeout = '5s'")
                    .execute(&mut *conn)
                    .await?;
                let new = NewExclusion {
                    phone_number: number.parse()?,
                    reason: None,
                };
                let mut rng = StdRng::seed_from_u64(5);
                exclusion::add(conn, &mut rng, NOW, &manager, ExclusionSource::Api, &new).await?;
                Ok(())
            })
        });
        let done = run(db.pool(), &manager, campaign, file, false).await?;
        assert_eq!(numbers(&done), (29_999, 0, 1, 0));
        let (state, asked): (ContactState, bool) =
            sqlx::query_as("SELECT state, do_not_call FROM contacts WHERE phone_number = $1")
                .bind(number)
                .fetch_one(db.pool())
                .await?;
        assert_eq!((state, asked), (ContactState::Excluded, true));
        Ok(())
    });
}

/// An edit that changes contacts holds the campaign, and then wants one whom the import is to exclude.
#[test]
fn an_import_takes_the_campaign_before_its_contacts() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let first = text("phone_number\n+393330000005\n");
        run(db.pool(), &manager, campaign, first, false).await?;
        let (reached, at_the_middle) = std::sync::mpsc::channel();
        let (go_on, told) = std::sync::mpsc::channel();
        yesterday(db.pool()).await?;
        let mut wish = String::from("phone_number,do_not_call\n");
        for n in 0..30_000 {
            writeln!(wish, "333{n:07},{}", if n == 5 { "yes" } else { "no" })?;
        }
        let file = interrupted(&wish, move || {
            reached.send(()).map_err(io::Error::other)?;
            told.recv().map_err(io::Error::other)
        });
        let importing = run(db.pool(), &manager, campaign, file, false);
        let editing = async {
            tokio::task::spawn_blocking(move || at_the_middle.recv()).await??;
            let mut edit = db.pool().begin().await?;
            sqlx::raw_sql("SET LOCAL lock_timeout = '5s'; SELECT FROM campaigns FOR NO KEY UPDATE")
                .execute(&mut *edit)
                .await?;
            go_on.send(())?;
            let mut conn = db.pool().acquire().await?;
            wait_for_lock(&mut conn).await?;
            sqlx::query(
                "UPDATE contacts SET attempts_count = 1 WHERE phone_number = '+393330000005'",
            )
            .execute(&mut *edit)
            .await?;
            anyhow::Ok(edit.commit().await?)
        };
        let (done, edited) = tokio::join!(importing, editing);
        edited?;
        assert_eq!(done?.opted_out, 1);
        Ok(())
    });
}

/// It is not there when the batch is screened, and is when it is copied: the batch is screened again.
#[test]
fn who_is_added_by_others_meanwhile_is_a_duplicate() {
    test_db::run(async |db| {
        let (manager, campaign) = world(db).await?;
        let mut conn = db.pool().acquire().await?;
        let mut adding = db.pool().begin().await?;
        let mut rng = StdRng::seed_from_u64(3);
        let contact = NewContact::new("+393330000005".parse()?);
        add(&mut adding, &mut rng, NOW, &manager, campaign, &contact).await?;
        let importing = run(db.pool(), &manager, campaign, text(many(20)), false);
        let commits = async {
            wait_for_lock(&mut conn).await?;
            adding.commit().await
        };
        let (done, commits) = tokio::join!(importing, commits);
        commits?;
        assert_eq!(numbers(&done?), (19, 0, 1, 0));
        Ok(())
    });
}
