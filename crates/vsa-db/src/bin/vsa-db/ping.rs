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
    let health = match args.wait {
        Some(longest) => wait(&url, longest).await?,
        None => ask(&url, ANSWER_WITHIN).await?,
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

/// Asks until there is an answer; at once gives up on what waiting does not cure, such as a wrong password.
async fn wait(url: &DatabaseUrl, longest: Duration) -> anyhow::Result<Health> {
    let started = Instant::now();
    let mut pause = *PAUSES.start();
    loop {
        let left = longest.saturating_sub(started.elapsed());
        let error = match ask(url, left.clamp(*PAUSES.end(), ANSWER_WITHIN)).await {
            Ok(health) => return Ok(health),
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
