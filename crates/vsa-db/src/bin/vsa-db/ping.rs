//! `ping`: a real question to the database.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use sqlx::Connection as _;
use vsa_db::config::DatabaseUrl;
use vsa_db::health::{self, Health};
use vsa_db::pool::{ConnectError, connect_one};

use crate::args::{Common, PingArgs};
use crate::output;

const ANSWER_WITHIN: Duration = Duration::from_secs(5);
const PAUSES: std::ops::RangeInclusive<Duration> =
    Duration::from_millis(10)..=Duration::from_millis(200);

pub(crate) async fn ping(common: &Common, args: PingArgs) -> anyhow::Result<ExitCode> {
    let url = common.url()?;
    let asked = patiently(args.wait, async |within| ask(&url, within).await).await;
    let health = match asked {
        Ok(health) => health,
        Err(error) if will_not_help(&error) => {
            output::say(&format!("error: {}", output::chain(&error)));
            return Ok(ExitCode::from(4));
        }
        Err(error) => return Err(error),
    };
    if args.json {
        output::print_json(&health)?;
    } else {
        output::print(&text(&health))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn ask(url: &DatabaseUrl, within: Duration) -> anyhow::Result<Health> {
    let mut conn = connect_one(url, within).await?;
    let health = health::check(&mut conn, within).await?;
    // The answer is there.
    let _ = conn.close().await;
    Ok(health)
}

/// Whether the same answer would come however long one waits.
fn will_not_help(error: &anyhow::Error) -> bool {
    matches!(
        error.downcast_ref(),
        Some(ConnectError::TooOld(_) | ConnectError::Refused { .. })
    )
}

/// Asks until there is an answer, `longest` at most, or once; at once gives up on what waiting does not cure, such as a
/// wrong password.
pub(crate) async fn patiently<T>(
    longest: Option<Duration>,
    ask: impl AsyncFn(Duration) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let Some(longest) = longest else {
        return ask(ANSWER_WITHIN).await;
    };
    let started = Instant::now();
    let mut pause = *PAUSES.start();
    loop {
        let left = longest.saturating_sub(started.elapsed());
        let error = match ask(left.clamp(*PAUSES.end(), ANSWER_WITHIN)).await {
            Ok(answer) => return Ok(answer),
            Err(error) => error,
        };
        let temporary = error.downcast_ref().is_none_or(ConnectError::is_temporary);
        if !temporary {
            return Err(error);
        }
        if started.elapsed() + pause > longest {
            return Err(error.context(format!("no answer within {} s", longest.as_secs_f64())));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(*PAUSES.end());
    }
}

fn text(health: &Health) -> String {
    let Health {
        server_version,
        database,
        in_recovery,
        migration,
        latency_ms,
        ..
    } = health;
    let migration = match migration {
        Some(version) => format!("migration {version:04}"),
        None => "no migration".to_owned(),
    };
    let standby = if *in_recovery {
        ", standby: read only"
    } else {
        ""
    };
    format!(
        "PostgreSQL {server_version}, database {database}, {migration}, {latency_ms:.1} ms{standby}\n"
    )
}
