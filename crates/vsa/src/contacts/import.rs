//! `vsa contacts import`

use std::path::Path;

use vsa_contacts::ContactFile;
use vsa_contacts::import::{ImportOptions, Imported, import};

use crate::args::Reading;
use crate::failure::Failure;
use crate::files;
use crate::output::{count, print_json, say};
use crate::progress;
use crate::session::{Session, now, rng};

pub(super) async fn run(
    session: &Session,
    campaign: &str,
    path: &Path,
    reading: Reading,
    dry_run: bool,
    rejects: Option<&Path>,
) -> Result<(), Failure> {
    let id = session.campaign(campaign).await?;
    let actor = session.actor().await?;
    let (file, size) = files::open(path)?;
    let file = ContactFile::open(file, &reading.options(), reading.default_region)
        .map_err(|error| files::unreadable(path, &error))?;
    let rejecting = files::Rejecting::into(rejects)?;
    let bar = progress::file(size);
    let options = ImportOptions { dry_run };
    let imported = import(
        &session.pool,
        &mut rng(),
        now(),
        &actor,
        id,
        file,
        rejecting.writer()?,
        options,
        |progress| bar.seen(progress),
    )
    .await;
    bar.end();
    let imported = imported?;
    rejecting.keep()?;
    if session.json {
        return print_json(&imported);
    }
    told(&imported, rejects)
}

fn told(imported: &Imported, rejects: Option<&Path>) -> Result<(), Failure> {
    let would = if imported.dry_run {
        "dry run, nothing is imported: "
    } else {
        ""
    };
    say(&format!(
        "{would}{} accepted, {} excluded, {}, {} rejected",
        imported.accepted,
        imported.excluded,
        count(imported.duplicate, "duplicate"),
        imported.rejected
    ));
    if imported.opted_out > 0 {
        say(&format!(
            "{} who were there before ask not to be called: excluded",
            imported.opted_out
        ));
    }
    files::tell_ignored(&imported.ignored_columns);
    files::tell_rejects(&imported.rejects, imported.rejected, rejects)
}
