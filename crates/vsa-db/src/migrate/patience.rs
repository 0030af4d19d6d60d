//! How long a file may wait for locks, and who it waits for.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::{AssertSqlSafe, PgConnection};

use super::lock::{Pauses, describe_backends};
use super::session::Session;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);
/// How often it is looked who stands in the way of a statement that is tried again.
const WATCH_EVERY: Duration = Duration::from_millis(100);

/// The time a file, or a statement outside of a transaction, has spent on locks, and what was learnt meanwhile.
pub(super) struct Patience {
    /// Tries that failed and pauses between them. Not what ran in between: a file may take as long as it needs.
    pub(super) waited: Duration,
    pub(super) pauses: Pauses,
    pub(super) tries: u32,
    /// A second connection, opened after the first failure, that looks who blocks the first.
    pub(super) watcher: Option<PgConnection>,
    pub(super) blockers: Option<String>,
}

impl Patience {
    pub(super) fn new(session: &Session) -> Self {
        Self {
            waited: Duration::ZERO,
            pauses: Pauses::new(session.backend.pid, FIRST_PAUSE, LONGEST_PAUSE),
            tries: 0,
            watcher: None,
            blockers: None,
        }
    }

    /// Runs SQL as it is, watched.
    pub(super) async fn execute(
        &mut self,
        session: &mut Session,
        sql: &str,
    ) -> Result<(), sqlx::Error> {
        let pid = session.backend.pid;
        let run = sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session.conn);
        self.watched(pid, run).await.map(drop)
    }

    /// Does what the server process `pid` is to do; on a second try it is watched for who blocks it.
    pub(super) async fn watched<T>(&mut self, pid: i32, work: impl Future<Output = T>) -> T {
        let Some(watcher) = &mut self.watcher else {
            return work.await;
        };
        tokio::select! {
            biased;
            result = work => result,
            never = watch(watcher, pid, &mut self.blockers) => match never {},
        }
    }
}

/// Looks, again and again, who blocks the server process `pid`.
async fn watch(watcher: &mut PgConnection, pid: i32, blockers: &mut Option<String>) -> Infallible {
    loop {
        tokio::time::sleep(WATCH_EVERY).await;
        let pids = sqlx::query_scalar::<_, Vec<i32>>("SELECT pg_blocking_pids($1)").bind(pid);
        if let Ok(pids) = pids.fetch_one(&mut *watcher).await
            && let Ok(Some(found)) = describe_backends(watcher, &pids).await
        {
            *blockers = Some(found);
        }
    }
}
