//! `up`, `down`, `redo`.

use std::process::ExitCode;

use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::{
    Direction, DownOptions, DownTarget, Event, Migrator, Plan, Report, Settings, UpOptions,
};

use crate::args::{Common, DownArgs, LockWait, RedoArgs, UpArgs};
use crate::interrupt::{Working, unless_interrupted};
use crate::output;

const UP_INTERRUPTED: &str = "a file that runs in a transaction was rolled back; `vsa-db status` shows what is done; \
                              run the same command to go on";
/// Not to be run again: it counts from where it stands, and would revert more than was meant.
const DOWN_INTERRUPTED: &str =
    "a file that runs in a transaction was rolled back; `vsa-db status` shows what is done";

pub(crate) async fn up(common: &Common, args: UpArgs) -> anyhow::Result<ExitCode> {
    let (url, working) = (common.url()?, Working::default());
    let migrator = migrator(common, &args.wait, &working)?;
    let options = UpOptions {
        to: args.to,
        allow_out_of_order: args.allow_out_of_order,
    };
    if args.dry_run {
        return show_plan(&migrator.plan_up(&url, options).await?);
    }
    let work = async { Ok(migrator.up(&url, options).await?) };
    let report = unless_interrupted(&url, &working, UP_INTERRUPTED, work).await?;
    Ok(finish(&url, report, "nothing to apply: up to date"))
}

pub(crate) async fn down(common: &Common, args: DownArgs) -> anyhow::Result<ExitCode> {
    let (url, working) = (common.url()?, Working::default());
    let migrator = migrator(common, &args.wait, &working)?;
    let target = match (args.to, args.all) {
        (Some(version), _) => DownTarget::Version(version),
        (None, true) => DownTarget::All,
        (None, false) => DownTarget::Steps(args.steps),
    };
    if args.dry_run {
        return show_plan(&migrator.plan_down(&url, target).await?);
    }
    let options = DownOptions {
        target,
        allow_remote: args.remote.allow_remote,
    };
    let work = async { Ok(migrator.down(&url, options).await?) };
    let report = unless_interrupted(&url, &working, DOWN_INTERRUPTED, work).await?;
    Ok(finish(&url, report, "nothing to revert"))
}

pub(crate) async fn redo(common: &Common, args: RedoArgs) -> anyhow::Result<ExitCode> {
    let (url, working) = (common.url()?, Working::default());
    let migrator = migrator(common, &args.wait, &working)?;
    if args.dry_run {
        return show_plan(&migrator.plan_redo(&url).await?);
    }
    let work = async { Ok(migrator.redo(&url, args.remote.allow_remote).await?) };
    let report = unless_interrupted(&url, &working, DOWN_INTERRUPTED, work).await?;
    Ok(finish(&url, report, "nothing to redo"))
}

fn migrator(common: &Common, wait: &LockWait, working: &Working) -> anyhow::Result<Migrator> {
    let settings = Settings {
        lock_wait: wait.lock_wait,
        ..Settings::default()
    };
    let working = working.clone();
    let tell = move |event| match event {
        Event::Connected(backend) => working.set(backend),
        other => tell(&other),
    };
    Ok(Migrator::new(common.source()?)
        .with_settings(settings)
        .with_listener(tell))
}

fn tell(event: &Event) {
    let text = match event {
        Event::Waiting { holder } => format!("waiting for another migrator: {holder}"),
        Event::Retrying { file, line, pause } => {
            format!("{file}:{line}: did not get its lock; trying again in {pause:.0?}")
        }
        Event::DroppedInvalidIndex { index } => {
            format!("dropped {index}: an earlier try had left it invalid")
        }
        Event::Finished(done) => {
            let verb = match done.direction {
                Direction::Up => "applied",
                Direction::Down => "reverted",
            };
            let milliseconds = done.duration.as_secs_f64() * 1000.0;
            format!(
                "{verb} {:04} {} in {milliseconds:.0} ms",
                done.version, done.description
            )
        }
        // A file takes milliseconds as a rule: that it is done says enough.
        _ => return,
    };
    output::say(&text);
}

fn finish(url: &DatabaseUrl, report: Result<Report, ExitCode>, nothing: &str) -> ExitCode {
    match report {
        Ok(report) if report.done.is_empty() => {
            output::say(&format!("{}: {nothing}", url.database()));
        }
        Ok(_) => {}
        Err(code) => return code,
    }
    ExitCode::SUCCESS
}

fn show_plan(plan: &Plan) -> anyhow::Result<ExitCode> {
    let rows = plan.steps.iter().map(|step| {
        let how = if step.transaction {
            "in one transaction"
        } else {
            "one by one, no transaction"
        };
        vec![
            format!("{:04}", step.version),
            step.direction.as_str().to_owned(),
            step.file.clone(),
            step.statements.to_string(),
            how.to_owned(),
        ]
    });
    output::print(&output::table(
        &["version", "direction", "file", "statements", "run"],
        rows,
    ))?;
    output::say(&format!(
        "{}: {} to run; nothing was written",
        plan.database,
        plan.steps.len()
    ));
    Ok(ExitCode::SUCCESS)
}
