//! Connecting: in bounded time, with the limits that were asked for, and with errors that say what
//! to do and never the password.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sqlx::{Connection as _, PgPool};
use test_db::private_server::{PASSWORD, PrivateServer};
use vsa_db::config::DatabaseUrl;
use vsa_db::pool::{ConnectError, PoolSettings, check_version, connect, connect_one};

const LIMIT: Duration = Duration::from_secs(10);

async fn setting(pool: &PgPool, name: &str) -> Result<String> {
    Ok(sqlx::query_scalar("SELECT current_setting($1)")
        .bind(name)
        .fetch_one(pool)
        .await?)
}

/// The error of connecting there; it must come within the limit and must not hold the password.
async fn failure(url: &str, limit: Duration) -> Result<ConnectError> {
    let url: DatabaseUrl = url.parse()?;
    let settings = PoolSettings {
        acquire_timeout: limit,
        ..PoolSettings::default()
    };
    let started = Instant::now();
    let error = connect(&url, &settings)
        .await
        .err()
        .context("a connection was made")?;
    assert!(
        started.elapsed() < limit + Duration::from_secs(2),
        "{:?}",
        started.elapsed()
    );
    assert!(
        !format!("{error} {error:?}").contains(PASSWORD),
        "{error:?}"
    );
    Ok(error)
}

#[test]
fn sessions_have_their_limits_a_name_and_utc() {
    test_db::run_empty(async |db| {
        let settings = PoolSettings::default();
        let pool = connect(db.url(), &settings).await?;
        for (name, value) in [
            ("statement_timeout", "30s"),
            ("lock_timeout", "5s"),
            ("idle_in_transaction_session_timeout", "1min"),
            ("TimeZone", "UTC"),
            ("application_name", "vsa"),
        ] {
            assert_eq!(setting(&pool, name).await?, value, "{name}");
        }
        pool.close().await;

        let off = PoolSettings {
            statement_timeout: Duration::ZERO,
            ..settings
        };
        let pool = connect(db.url(), &off).await?;
        assert_eq!(setting(&pool, "statement_timeout").await?, "0");
        pool.close().await;

        let mut single = connect_one(db.url(), LIMIT).await?;
        let limit: String = sqlx::query_scalar("SHOW statement_timeout")
            .fetch_one(&mut single)
            .await?;
        assert_eq!(limit, "0", "the migrator sets its own");
        Ok(single.close().await?)
    });
}

#[test]
fn a_statement_that_takes_too_long_is_ended() {
    test_db::run_empty(async |db| {
        let settings = PoolSettings {
            statement_timeout: Duration::from_millis(50),
            ..PoolSettings::default()
        };
        let pool = connect(db.url(), &settings).await?;
        let error = sqlx::query("SELECT pg_sleep(60)")
            .execute(&pool)
            .await
            .err()
            .context("it slept")?;
        assert_eq!(vsa_db::error::sqlstate(&error).as_deref(), Some("57014"));
        pool.close().await;
        Ok(())
    });
}

#[test]
fn no_more_connections_than_allowed_and_waiting_for_one_is_bounded() {
    test_db::run_empty(async |db| {
        let settings = PoolSettings {
            max_connections: 2,
            acquire_timeout: Duration::from_millis(500),
            ..PoolSettings::default()
        };
        let pool = connect(db.url(), &settings).await?;
        let held = (pool.acquire().await?, pool.acquire().await?);
        assert!(matches!(
            pool.acquire().await,
            Err(sqlx::Error::PoolTimedOut)
        ));
        drop(held);
        pool.acquire().await?;
        Ok(())
    });
}

#[tokio::test]
async fn nobody_at_the_port_is_told_at_once() -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let started = Instant::now();
    let error = failure(
        &format!("postgres://u:{PASSWORD}@127.0.0.1:{port}/d"),
        LIMIT,
    )
    .await?;
    assert!(started.elapsed() < LIMIT / 2, "a refusal needs no waiting");
    assert!(
        matches!(error, ConnectError::Unreachable { .. }) && error.is_temporary(),
        "{error:?}"
    );
    let text = error.to_string();
    assert!(
        text.contains(&format!("127.0.0.1:{port}")) && text.contains("cargo xtask db-up"),
        "{text}"
    );
    Ok(())
}

#[tokio::test]
async fn somebody_who_never_answers_is_given_up() -> Result<()> {
    // The system completes the handshake; nobody ever accepts.
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let port = silent.local_addr()?.port();
    let error = failure(
        &format!("postgres://u:{PASSWORD}@127.0.0.1:{port}/d"),
        Duration::from_millis(300),
    )
    .await?;
    let ConnectError::TimedOut { seconds, .. } = &error else {
        bail!("{error:?}")
    };
    assert!((0.29..0.31).contains(seconds) && error.is_temporary());
    assert!(
        error
            .to_string()
            .contains(&format!("127.0.0.1:{port} within 0.3 s")),
        "{error}"
    );
    Ok(())
}

#[tokio::test]
async fn a_socket_that_is_not_there_and_a_host_without_a_name_are_unreachable() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!(
        "postgres://u:{PASSWORD}@localhost/d?host={}",
        folder.path().display()
    );
    for (url, shown) in [
        (url.as_str(), "/.s.PGSQL.5432"),
        (
            "postgres://u:S3CRET@no-such-host.invalid/d",
            ".invalid:5432",
        ),
    ] {
        let error = failure(url, LIMIT).await?;
        assert!(
            matches!(
                error,
                ConnectError::Unreachable { .. } | ConnectError::TimedOut { .. }
            ),
            "{error:?}"
        );
        assert!(error.to_string().contains(shown), "{error}");
    }
    Ok(())
}

#[test]
fn a_database_or_role_that_is_not_there_is_named() {
    test_db::run_empty(async |db| {
        let error = failure(db.url().with_database("no such database").expose(), LIMIT).await?;
        assert!(
            matches!(&error, ConnectError::NoDatabase { database, .. } if database == "no such database")
        );
        assert!(
            error.to_string().contains("vsa-db create-database") && !error.is_temporary(),
            "{error}"
        );
        Ok(())
    });
}

#[test]
fn a_wrong_password_is_told_and_not_shown() -> Result<()> {
    let Some(server) = PrivateServer::start()? else {
        return Ok(());
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let right: DatabaseUrl = format!(
            "postgres://vsa:{PASSWORD}@127.0.0.1:{}/postgres",
            server.port
        )
        .parse()?;
        connect(&right, &PoolSettings::default())
            .await?
            .close()
            .await;
        for url in [
            format!(
                "postgres://vsa:{PASSWORD}not@127.0.0.1:{}/postgres",
                server.port
            ),
            format!(
                "postgres://nobody:{PASSWORD}@127.0.0.1:{}/postgres",
                server.port
            ),
            format!("postgres://vsa:@127.0.0.1:{}/postgres", server.port),
        ] {
            let error = failure(&url, LIMIT).await?;
            let ConnectError::Refused { user, .. } = &error else {
                bail!("{error:?}")
            };
            assert!(
                error.to_string().contains(&format!("refuses user {user}")),
                "{error}"
            );
            assert!(!error.is_temporary(), "{error}");
        }
        Ok(())
    })
}

#[test]
fn a_full_server_says_so() {
    test_db::run_empty(async |db| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "CREATE ROLE {0} LOGIN CONNECTION LIMIT 0; GRANT ALL ON SCHEMA public TO {0}",
            db.name()
        )))
        .execute(db.pool())
        .await?;
        let url = format!("{}&user={}", with_query(db.url().expose()), db.name());
        let error = failure(&url, LIMIT).await;
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "DROP OWNED BY {0}; DROP ROLE {0}",
            db.name()
        )))
        .execute(db.pool())
        .await?;
        let error = error?;
        assert!(
            matches!(error, ConnectError::Full { .. }) && error.is_temporary(),
            "{error:?}"
        );
        Ok(())
    });
}

fn with_query(url: &str) -> String {
    if url.contains('?') {
        url.to_owned()
    } else {
        format!("{url}?application_name=t")
    }
}

#[test]
fn a_server_older_than_15_is_refused() {
    for (version, shown) in [(140_012, "14.12"), (149_999, "14.9999"), (90_624, "9.6.24")] {
        let error = check_version(version, "db:5432").unwrap_err().to_string();
        assert!(
            error.starts_with(&format!(
                "db:5432 runs PostgreSQL {shown}, but version 15 or newer"
            )),
            "{error}"
        );
        assert!(error.contains("cargo xtask db-up"), "{error}");
    }
    for version in [150_000, 150_018, 180_001] {
        assert!(check_version(version, "db").is_ok());
    }
    // No such server is at hand, so a real one is made to tell an old version: its own function
    // stands before the system's.
    test_db::run_empty(async |db| {
        sqlx::raw_sql(sqlx::AssertSqlSafe(format!(
            "CREATE FUNCTION public.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '140012' $$;
             ALTER DATABASE {} SET search_path = public, pg_catalog",
            db.name()
        )))
        .execute(db.pool())
        .await?;
        let error = failure(db.url().expose(), LIMIT).await?;
        assert!(
            matches!(error, ConnectError::TooOld(_)) && !error.is_temporary(),
            "{error:?}"
        );
        assert!(error.to_string().contains("PostgreSQL 14.12"), "{error}");
        Ok(())
    });
}
