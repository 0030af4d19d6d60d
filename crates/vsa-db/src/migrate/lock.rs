//! The lock that lets one migrator at a time work on a database.
//!
//! It is sqlx's own, so that its tools and ours exclude each other, but it is polled: a session that waits inside
//! `pg_advisory_lock` holds a snapshot, which CREATE INDEX CONCURRENTLY would wait for, which holds the lock.

use std::time::{Duration, Instant};

use crc::{CRC_32_ISO_HDLC, Crc};
use rand::rngs::SmallRng;
use rand::{RngExt as _, SeedableRng as _};
use sqlx::PgConnection;

use super::error::{MigrateError, while_doing};
use super::session::Session;

const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// The key sqlx computes for a database of this name.
pub(super) fn key(database: &str) -> i64 {
    0x3d32_ad9e * i64::from(Crc::<u32>::new(&CRC_32_ISO_HDLC).checksum(database.as_bytes()))
}

/// Takes the lock for the rest of the session; `waiting` is told once, when it is not free at once.
pub(super) async fn acquire(
    session: &mut Session,
    longest: Duration,
    waiting: impl FnOnce(&str),
) -> Result<(), MigrateError> {
    let started = Instant::now();
    let key = key(&session.backend.database);
    let mut waiting = Some(waiting);
    let mut pauses = Pauses::new(session.backend.pid, FIRST_PAUSE, LONGEST_PAUSE);
    loop {
        let taken: bool = sqlx::query_scalar("SELECT pg_try_advisory_lock($1)")
            .bind(key)
            .fetch_one(&mut session.conn)
            .await
            .map_err(while_doing("cannot ask for the migration lock"))?;
        if taken {
            return Ok(());
        }
        let waited = started.elapsed();
        if waited >= longest {
            let holder = holder(&mut session.conn, key).await?;
            return Err(MigrateError::Locked {
                database: session.backend.database.clone(),
                waited,
                holder,
            });
        }
        if let Some(waiting) = waiting.take() {
            waiting(&holder(&mut session.conn, key).await?);
        }
        tokio::time::sleep(pauses.next().min(longest.saturating_sub(waited))).await;
    }
}

async fn holder(conn: &mut PgConnection, key: i64) -> Result<String, MigrateError> {
    let pids: Vec<i32> = sqlx::query_scalar(
        "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
         AND (classid::int8 << 32 | objid::int8) = $1",
    )
    .bind(key)
    .fetch_all(&mut *conn)
    .await
    .map_err(while_doing("cannot see who holds the migration lock"))?;
    let found = describe_backends(conn, &pids)
        .await
        .map_err(while_doing("cannot see who holds the migration lock"))?;
    Ok(found.unwrap_or_else(|| "it has just been released".to_owned()))
}

/// Who these server processes are, for a person who may have to end one; `None` when none is left.
pub(super) async fn describe_backends(
    conn: &mut PgConnection,
    pids: &[i32],
) -> Result<Option<String>, sqlx::Error> {
    // The text of their queries may hold personal data; its first word does not.
    let rows: Vec<String> = sqlx::query_scalar(
        "SELECT format('pid %s (%s, user %s, %s since %s%s)', pid, coalesce(nullif(application_name, ''), 'no name'), \
         coalesce(usename, '?'), coalesce(state, 'background'), to_char(coalesce(state_change, backend_start), 'HH24:MI:SS'), \
         coalesce(', ' || upper(substring(query from '^\\s*([A-Za-z]+)')), '')) \
         FROM pg_stat_activity WHERE pid = ANY($1) ORDER BY pid",
    )
    .bind(pids)
    .fetch_all(conn)
    .await?;
    Ok((!rows.is_empty()).then(|| rows.join(", ")))
}

/// Growing pauses with jitter, so that those who collided once do not do so in step.
pub(super) struct Pauses {
    rng: SmallRng,
    next: Duration,
    longest: Duration,
}

impl Pauses {
    /// Two migrators never share a `pid` on one server: a seed that differs without ambient randomness.
    pub(super) fn new(pid: i32, first: Duration, longest: Duration) -> Self {
        Self {
            rng: SmallRng::seed_from_u64(u64::from(pid.unsigned_abs())),
            next: first,
            longest,
        }
    }

    /// Half to all of a span that doubles each time.
    pub(super) fn next(&mut self) -> Duration {
        let span = self.next;
        self.next = (span * 2).min(self.longest);
        span.mul_f64(self.rng.random_range(0.5..=1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::{Pauses, key};
    use std::time::Duration;

    #[test]
    fn the_key_is_sqlx_s() {
        // sqlx 0.9: 0x3d32ad9e * (CRC_32_ISO_HDLC("postgres") as i64); the check value of the CRC is public.
        assert_eq!(key("123456789"), 0x3d32_ad9e * 0xcbf4_3926);
    }

    #[test]
    fn pauses_grow_to_a_bound_and_differ_by_session() {
        let pauses = |pid| {
            let mut pauses = Pauses::new(pid, Duration::from_millis(10), Duration::from_millis(80));
            [(); 6].map(|()| pauses.next())
        };
        for (pause, span) in pauses(1).into_iter().zip([10, 20, 40, 80, 80, 80]) {
            let span = Duration::from_millis(span);
            assert!(pause >= span / 2 && pause <= span, "{pause:?} of {span:?}");
        }
        assert_ne!(pauses(1), pauses(2));
    }
}
