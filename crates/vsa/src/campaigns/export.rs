//! `vsa campaigns export`

use std::path::Path;

use vsa_campaigns::Error;
use vsa_campaigns::export::{Exported, export};

use crate::failure::Failure;
use crate::output::{print_json, say};
use crate::progress;
use crate::session::{Session, now, rng};

pub(super) async fn run(
    session: &Session,
    campaign: &str,
    output: Option<&Path>,
) -> Result<(), Failure> {
    let id = session.campaign(campaign).await?;
    let actor = session.actor().await?;
    let bar = progress::bytes("results");
    let progress = |bytes| bar.set_position(bytes);
    let (pool, mut rng, now) = (&session.pool, rng(), now());
    let exported = match output {
        None => {
            let mut out = tokio::io::stdout();
            let exported = export(pool, &mut rng, now, &actor, id, &mut out, progress).await;
            bar.finish_and_clear();
            match exported {
                // A reader that has seen enough (`| head`) is no error.
                Err(Error::Io(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                    return Ok(());
                }
                exported => exported?,
            }
        }
        Some(path) => {
            let cannot =
                |error| Failure::failed(format!("cannot write {}: {error}", path.display()));
            // Beside the file it becomes when it is complete.
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
                .map_err(cannot)?;
            let mut out = tokio::fs::File::from_std(file.reopen().map_err(cannot)?);
            let exported = export(pool, &mut rng, now, &actor, id, &mut out, progress).await;
            bar.finish_and_clear();
            let exported = exported?;
            file.persist(path).map_err(|error| cannot(error.error))?;
            exported
        }
    };
    if session.json && output.is_some() {
        return print_json(&exported);
    }
    let Exported { contacts, bytes } = exported;
    say(&format!("exported {contacts} contacts, {bytes} bytes"));
    Ok(())
}
