//! `status`, `history`, `verify`: looks, and writes nothing.

use std::fmt::Write as _;
use std::process::ExitCode;

use time::OffsetDateTime;
use vsa_db::migrate::{Migrator, Status};

use crate::args::{Common, JsonArgs};
use crate::output;

pub(crate) async fn status(common: &Common, args: JsonArgs) -> anyhow::Result<ExitCode> {
    let status = Migrator::new(common.source()?)
        .status(&common.url()?)
        .await?;
    if args.json {
        output::print_json(&status)?;
    } else {
        output::print(&status_text(&status))?;
    }
    Ok(match (status.problems.is_empty(), status.pending) {
        (false, _) => ExitCode::from(4),
        (true, 0) => ExitCode::SUCCESS,
        (true, _) => ExitCode::from(3),
    })
}

fn status_text(status: &Status) -> String {
    let rows = status.migrations.iter().map(|migration| {
        vec![
            format!("{:04}", migration.version),
            migration.description.clone(),
            migration.state.as_str().to_owned(),
            migration.installed_on.map(second).unwrap_or_default(),
            migration
                .checksum
                .chars()
                .take("sha384:".len() + 12)
                .collect(),
        ]
    });
    let mut text = output::table(
        &[
            "version",
            "description",
            "state",
            "applied (UTC)",
            "checksum",
        ],
        rows,
    );
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{}: {} applied, {} pending",
        status.database, status.applied, status.pending
    );
    for problem in &status.problems {
        let _ = writeln!(text, "problem: {problem}");
    }
    text
}

pub(crate) async fn history(common: &Common, args: JsonArgs) -> anyhow::Result<ExitCode> {
    let history = Migrator::new(common.source()?)
        .history(&common.url()?)
        .await?;
    if args.json {
        output::print_json(&history)?;
        return Ok(ExitCode::SUCCESS);
    }
    let rows = history.iter().map(|entry| {
        vec![
            second(entry.at),
            format!("{:04}", entry.version),
            entry.description.clone(),
            entry.direction.clone(),
            entry.outcome.clone(),
            format!("{:.0} ms", entry.duration_ms),
            format!("{} / {}", entry.db_user, entry.os_user),
            entry.tool_version.clone(),
            entry.checksum.chars().take("sha256:".len() + 12).collect(),
            entry.detail.clone().unwrap_or_default(),
        ]
    });
    let head = [
        "at (UTC)",
        "version",
        "description",
        "direction",
        "outcome",
        "took",
        "database / system user",
        "tool",
        "checksum",
        "detail",
    ];
    output::print(&output::table(&head, rows))?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) async fn verify(common: &Common) -> anyhow::Result<ExitCode> {
    let status = Migrator::new(common.source()?)
        .verify(&common.url()?)
        .await?;
    output::say(&format!(
        "{}: {} applied as their files say, {} pending",
        status.database, status.applied, status.pending
    ));
    Ok(ExitCode::SUCCESS)
}

fn second(at: OffsetDateTime) -> String {
    let at = at.to_offset(time::UtcOffset::UTC);
    format!(
        "{} {:02}:{:02}:{:02}",
        at.date(),
        at.hour(),
        at.minute(),
        at.second()
    )
}
