//! `vsa contacts import`

use std::fs::File;
use std::io::Read;
use std::path::Path;

use vsa_contacts::import::{ImportOptions, Imported, Progress, import};
use vsa_contacts::{ContactFile, FileOptions};

use crate::args::Reading;
use crate::failure::Failure;
use crate::output::{harmless, print_json, print_table, say};
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
    let (file, size) = open(path)?;
    let options = FileOptions {
        delimiter: reading.delimiter,
        encoding: reading.encoding,
    };
    let cannot_read = |error| Failure::usage(format!("{}: {error}", path.display()));
    let file = ContactFile::open(file, &options, reading.default_region).map_err(cannot_read)?;
    let spool = rejects.map(spooled).transpose()?;
    let to = spool
        .as_ref()
        .map(tempfile::NamedTempFile::reopen)
        .transpose()?;
    let to = to.map(std::io::BufWriter::new);
    let bar = progress::file(size);
    let seen = |Progress { rows, bytes }| {
        bar.set_position(bytes);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = rows as f64 / bar.elapsed().as_secs_f64().max(0.001);
        bar.set_message(format!("{rows} rows, {rate:.0}/s"));
    };
    let options = ImportOptions { dry_run };
    let imported = import(
        &session.pool,
        &mut rng(),
        now(),
        &actor,
        id,
        file,
        to,
        options,
        seen,
    )
    .await;
    bar.finish_and_clear();
    let imported = imported?;
    if let (Some(spool), Some(path)) = (spool, rejects) {
        spool.persist(path).map_err(|error| {
            Failure::failed(format!("cannot write {}: {}", path.display(), error.error))
        })?;
    }
    if session.json {
        return print_json(&imported);
    }
    told(&imported, rejects)
}

fn open(path: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let cannot = |error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let data = file.metadata().map_err(cannot)?;
    if data.is_dir() {
        return Err(Failure::usage(format!(
            "{} is a folder; give a file",
            path.display()
        )));
    }
    Ok((Box::new(file), data.is_file().then_some(data.len())))
}

/// A file that becomes that of the rejects when the import has gone well.
fn spooled(path: &Path) -> Result<tempfile::NamedTempFile, Failure> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
        .map_err(|error| Failure::failed(format!("cannot write {}: {error}", path.display())))
}

fn told(imported: &Imported, rejects: Option<&Path>) -> Result<(), Failure> {
    let would = if imported.dry_run {
        "dry run, nothing is imported: "
    } else {
        ""
    };
    say(&format!(
        "{would}{} accepted, {} excluded, {} duplicates, {} rejected",
        imported.accepted, imported.excluded, imported.duplicate, imported.rejected
    ));
    if !imported.ignored_columns.is_empty() {
        say(&format!(
            "columns that mean nothing here: {}",
            harmless(&imported.ignored_columns.join(", "))
        ));
    }
    let rows = imported.rejects.iter().map(|reject| {
        vec![
            reject.line.to_string(),
            reject.column.clone().unwrap_or_default(),
            reject.reason.clone(),
        ]
    });
    if imported.rejected > 0 {
        print_table(&["LINE", "COLUMN", "REJECTED BECAUSE"], rows.collect())?;
    }
    let untold = imported.rejected - imported.rejects.len() as u64;
    if untold > 0 {
        say(&format!("and {untold} more"));
    }
    match rejects {
        Some(path) if imported.rejected > 0 => {
            say(&format!("correct {} and import it again", path.display()));
        }
        None if imported.rejected > 0 => {
            say("--rejects FILE writes them as a CSV to correct and import again");
        }
        _ => {}
    }
    Ok(())
}
