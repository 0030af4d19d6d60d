//! The load seed is all or nothing: interrupted, cut off, or out of room.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use sqlx::{AssertSqlSafe, PgPool};
use tempfile::TempDir;
use test_db::private_server::{PASSWORD, PrivateServer, give_to_server, is_root, missing};
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::{Migrator, Source, UpOptions};
use vsa_db::pool::{self, PoolSettings};
use vsa_db::seed::load::{LoadError, LoadOptions, load};

/// The number that a query gives.
async fn number(pool: &PgPool, query: &'static str) -> Result<i64> {
    sqlx::query_scalar(query)
        .fetch_one(pool)
        .await
        .context(query)
}

/// Whether anything of a load is there: its campaign, its contacts.
async fn nothing_written(pool: &PgPool) -> Result<()> {
    assert_eq!(number(pool, "SELECT count(*) FROM campaigns").await?, 0);
    assert_eq!(number(pool, "SELECT count(*) FROM contacts").await?, 0);
    Ok(())
}

#[test]
fn a_load_that_is_interrupted_leaves_nothing() {
    test_db::run(async |db| {
        let mut connection = pool::connect_one(db.url(), Duration::from_secs(10)).await?;
        let (started, starts) = tokio::sync::oneshot::channel();
        let mut started = Some(started);
        let work = load(
            &mut connection,
            LoadOptions::new(1_000_000, 1),
            |done, _| {
                if done > 0
                    && let Some(started) = started.take()
                {
                    let _ = started.send(());
                }
            },
        );
        tokio::select! {
            result = work => bail!("it cannot have ended: {result:?}"),
            started = starts => started?,
        }
        drop(connection);
        nothing_written(db.pool()).await?;
        // And nothing of it stays in the way of the next.
        assert_eq!(
            load(
                &mut *db.pool().acquire().await?,
                LoadOptions::new(10, 1),
                |_, _| {}
            )
            .await?
            .contacts,
            10
        );
        Ok(())
    });
}

#[test]
fn a_server_that_goes_away_midway_is_an_error_and_leaves_nothing() {
    test_db::run(async |db| {
        let mut connection = pool::connect_one(db.url(), Duration::from_secs(10)).await?;
        let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
            .fetch_one(&mut connection)
            .await?;
        let (started, starts) = tokio::sync::oneshot::channel();
        let mut started = Some(started);
        let work = load(
            &mut connection,
            LoadOptions::new(1_000_000, 1),
            |done, _| {
                if done > 0
                    && let Some(started) = started.take()
                {
                    let _ = started.send(());
                }
            },
        );
        let kill = async {
            starts.await?;
            sqlx::query("SELECT pg_terminate_backend($1, 10000)")
                .bind(pid)
                .execute(db.pool())
                .await?;
            anyhow::Ok(())
        };
        let (result, killed) = tokio::join!(work, kill);
        killed?;
        let error = result.err().context("the load must fail")?;
        assert!(
            error.to_string().starts_with("nothing was loaded: "),
            "{error}"
        );
        nothing_written(db.pool()).await
    });
}

#[test]
fn a_statement_time_out_does_not_end_it() {
    test_db::run(async |db| {
        let mut connection = pool::connect_one(db.url(), Duration::from_secs(10)).await?;
        sqlx::query("SET statement_timeout = '20ms'")
            .execute(&mut connection)
            .await?;
        let slow = sqlx::query("SELECT pg_sleep(1)")
            .execute(&mut connection)
            .await;
        assert!(slow.is_err(), "the time-out is in force");
        let report = load(&mut connection, LoadOptions::new(20_000, 1), |_, _| {}).await?;
        assert_eq!(report.contacts, 20_000);
        let restored: String = sqlx::query_scalar("SHOW statement_timeout")
            .fetch_one(&mut connection)
            .await?;
        assert_eq!(restored, "20ms");
        Ok(())
    });
}

#[test]
fn a_full_disk_is_told_and_leaves_nothing() -> Result<()> {
    let Some(server) = PrivateServer::start()? else {
        return Ok(());
    };
    let Some(disk) = SmallDisk::mount()? else {
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let server_url: DatabaseUrl = format!(
            "postgres://vsa:{PASSWORD}@127.0.0.1:{}/postgres",
            server.port
        )
        .parse()?;
        let mut connection = pool::connect_one(&server_url, Duration::from_secs(10)).await?;
        // The log of changes stays on the large disk: were that full, the server would stop.
        let tablespace = format!(
            "CREATE TABLESPACE small LOCATION '{}'",
            disk.space().display()
        );
        sqlx::query(AssertSqlSafe(tablespace))
            .execute(&mut connection)
            .await?;
        sqlx::query("CREATE DATABASE small TABLESPACE small")
            .execute(&mut connection)
            .await?;

        let url = server_url.with_database("small");
        Migrator::new(Source::embedded()?)
            .up(&url, UpOptions::default())
            .await?;
        let mut connection = pool::connect_one(&url, Duration::from_secs(10)).await?;
        let options = LoadOptions::new(100_000, 1);
        let Err(error @ LoadError::DiskFull(_)) = load(&mut connection, options, |_, _| {}).await
        else {
            bail!("there is no room for so many")
        };
        let text = error.to_string();
        assert!(
            text.contains("disk is full, nothing was loaded") && text.contains("No space left"),
            "{text}"
        );

        // Nothing is there, and with more room the same load succeeds, on the same connection.
        let pool = pool::connect(&url, &PoolSettings::default()).await?;
        nothing_written(&pool).await?;
        disk.grow()?;
        assert_eq!(
            load(&mut connection, options, |_, _| {}).await?.contacts,
            100_000
        );
        pool.close().await;
        Ok(())
    })
}

/// A file system of 24 MB in memory; unmounted when dropped.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Result<Option<Self>> {
        if !cfg!(target_os = "linux") {
            eprintln!("not tested: a small disk is made on Linux only");
            return Ok(None);
        }
        let folder = tempfile::tempdir()?;
        give_to_server(folder.path())?;
        let options = ["-t", "tmpfs", "-o", "size=24m,mode=777", "tmpfs"];
        let mut mount = mount_command("mount")?;
        let Ok(mounted) = mount.args(options).arg(folder.path()).output() else {
            return missing("the right to mount: this is neither root nor a user with sudo");
        };
        if !mounted.status.success() {
            return missing(&format!(
                "the right to mount: {}",
                String::from_utf8_lossy(&mounted.stderr)
            ));
        }
        let disk = Self(folder);
        std::fs::create_dir(disk.space())?;
        give_to_server(&disk.space())?;
        Ok(Some(disk))
    }

    fn space(&self) -> PathBuf {
        self.0.path().join("space")
    }

    fn grow(&self) -> Result<()> {
        let status = mount_command("mount")?
            .args(["-o", "remount,size=256m"])
            .arg(self.0.path())
            .status()?;
        ensure!(status.success(), "the disk cannot be made larger");
        Ok(())
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: the server may still hold files there.
        if let Ok(mut command) = mount_command("umount") {
            let _ = command.arg("--lazy").arg(self.0.path()).output();
        }
    }
}

/// `mount` and `umount` need root; an ordinary user may have sudo without a password, as on CI.
fn mount_command(program: &str) -> Result<Command> {
    if is_root()? {
        return Ok(Command::new(program));
    }
    let mut command = Command::new("sudo");
    command.args(["--non-interactive", program]);
    Ok(command)
}
