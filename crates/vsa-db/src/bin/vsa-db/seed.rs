//! `seed`: glue between the command line and the seeds of the library.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sqlx::{Connection as _, PgConnection};
use vsa_db::error::describe;
use vsa_db::migrate::Backend;
use vsa_db::pool::connect_one;
use vsa_db::seed::load::{LoadOptions, load};
use vsa_db::seed::{self, SeedReport};

use crate::args::{Common, Profile, SeedArgs};
use crate::interrupt::{Working, unless_interrupted};
use crate::output;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const INTERRUPTED: &str = "what was not committed was rolled back; run the same command to go on";

pub(crate) async fn seed(common: &Common, args: SeedArgs) -> anyhow::Result<ExitCode> {
    let (url, working) = (common.url()?, Working::default());
    let mut conn = connect_one(&url, CONNECT_WITHIN).await?;
    working.set(Backend::of(&mut conn).await?);
    // The connection goes with the work: an interrupted COPY leaves it of no further use.
    let work = async move {
        match args.profile {
            Profile::Reference => tell(seed::reference(&mut conn).await)?,
            Profile::Demo => tell(seed::demo(&mut conn).await)?,
            Profile::Load => load_with_progress(&mut conn, &args).await?,
        }
        // What was seeded is committed.
        let _ = conn.close().await;
        Ok(ExitCode::SUCCESS)
    };
    let done = unless_interrupted(&url, &working, INTERRUPTED, work).await?;
    Ok(done.unwrap_or_else(|code| code))
}

fn tell(result: Result<SeedReport, sqlx::Error>) -> anyhow::Result<()> {
    let report = match result {
        Ok(report) => report,
        Err(error) => bail!("nothing was seeded: {}", describe(&error)),
    };
    for table in report.tables.iter().filter(|table| table.inserted > 0) {
        output::say(&format!("{}: {} new rows", table.table, table.inserted));
    }
    output::say(&format!("seeded: {} new rows", report.inserted()));
    Ok(())
}

async fn load_with_progress(conn: &mut PgConnection, args: &SeedArgs) -> anyhow::Result<()> {
    let options = LoadOptions {
        attempts: args.attempts,
        ..LoadOptions::new(args.contacts, args.rng_seed)
    };
    // Draws on a terminal only.
    let bar = ProgressBar::with_draw_target(Some(args.contacts), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} {human_pos}/{human_len} contacts, {per_sec}, {eta} left",
    )?);
    let report = load(conn, options, |done, _| bar.set_position(done)).await;
    bar.finish_and_clear();
    let report = report?;
    if report.already_there {
        output::say("this load is there already: nothing was written");
        return Ok(());
    }
    let took = bar.elapsed().as_secs_f64();
    output::say(&format!(
        "loaded in {took:.1} s: {} contacts, {} attempts, {} responses, {} events, in campaign {}",
        report.contacts, report.attempts, report.responses, report.events, report.campaign_id
    ));
    Ok(())
}
