//! `seed`: glue between the command line and the seeds of the library.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::bail;
use sqlx::{Connection as _, PgConnection};
use vsa_db::error::describe;
use vsa_db::pool::connect_one;
use vsa_db::seed::{self, SeedReport};

use crate::args::{Common, Profile, SeedArgs};
use crate::interrupt::{Working, unless_interrupted};
use crate::output;

const CONNECT_WITHIN: Duration = Duration::from_secs(10);

pub(crate) async fn seed(common: &Common, args: SeedArgs) -> anyhow::Result<ExitCode> {
    let url = common.url()?;
    let mut conn = connect_one(&url, CONNECT_WITHIN).await?;
    let work = async {
        match args.profile {
            Profile::Reference => tell(seed::reference(&mut conn).await),
            Profile::Demo => tell(seed::demo(&mut conn).await),
            Profile::Load => load(&mut conn, &args).await,
        }
    };
    let done = unless_interrupted(&url, &Working::default(), work).await?;
    // What was seeded is committed.
    let _ = conn.close().await;
    Ok(done.map_or_else(|code| code, |()| ExitCode::SUCCESS))
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

async fn load(_conn: &mut PgConnection, _args: &SeedArgs) -> anyhow::Result<()> {
    bail!("load is not there yet")
}
