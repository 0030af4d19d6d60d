//! `vsa exclusions …`

use std::path::Path;

use serde_json::json;
use vsa_contacts::Error;
use vsa_contacts::exclusion::{
    Excluded, ExclusionFile, NewExclusion, add, history, import, list, remove,
};
use vsa_contacts::import::ImportOptions;
use vsa_db::enums::ExclusionSource;
use vsa_db::ids::ExclusionEntryId;
use vsa_db::run_tx;

use crate::args::{Exclusions, Reading};
use crate::failure::Failure;
use crate::output::{self, print_json, print_json_lines, print_table, say};
use crate::session::{Session, now, number, page, rng, tell_next};
use crate::{files, progress};

pub(crate) async fn run(session: &Session, command: Exclusions) -> Result<(), Failure> {
    match command {
        Exclusions::Add {
            number: typed,
            reason,
            default_region,
        } => {
            let new = NewExclusion {
                phone_number: number(&typed, default_region)?,
                reason,
            };
            let (actor, mut rng, now) = (session.actor().await?, rng(), now());
            let excluded: Result<Excluded, Error> =
                run_tx!(&session.pool, "exclude a number", async |conn| {
                    add(conn, &mut rng, now, &actor, ExclusionSource::Manual, &new).await
                })
                .await;
            let excluded = excluded?;
            if session.json {
                return print_json(&excluded);
            }
            say(&match excluded.added {
                0 => "it was on the list before".to_owned(),
                _ => format!(
                    "it is on the list; excluded because of it: {}",
                    output::count(excluded.contacts, "contact")
                ),
            });
            Ok(())
        }
        Exclusions::Import {
            file,
            reading,
            dry_run,
            rejects,
        } => imported(session, &file, &reading, dry_run, rejects.as_deref()).await,
        Exclusions::Remove {
            number: typed,
            default_region,
        } => {
            let number = number(&typed, default_region)?;
            let (actor, mut rng, now) = (session.actor().await?, rng(), now());
            let removed: Result<ExclusionEntryId, Error> =
                run_tx!(&session.pool, "remove an exclusion", async |conn| {
                    remove(conn, &mut rng, now, &actor, &number).await
                })
                .await;
            let removed = removed?;
            if session.json {
                return print_json(&json!({"removed": removed}));
            }
            say("it is off the list; contacts who were excluded stay so");
            Ok(())
        }
        Exclusions::Audit { paging } => {
            let (size, after) = page(&paging)?;
            let actor = session.actor().await?;
            let page = history(&mut *session.connection().await?, &actor, after, size).await?;
            tell_next(page.next.as_ref());
            output::print_audit(&page.items, session.json)
        }
        Exclusions::List { paging } => {
            let (size, after) = page(&paging)?;
            let page = list(&mut *session.connection().await?, after, size).await?;
            tell_next(page.next.as_ref());
            if session.json {
                return print_json_lines(&page.items);
            }
            let rows = page.items.into_iter().map(|entry| {
                vec![
                    entry.phone_number,
                    entry.source.to_string(),
                    output::time(Some(entry.created_at)),
                    entry.reason.unwrap_or_default(),
                ]
            });
            print_table(&["PHONE", "SOURCE", "ADDED", "REASON"], rows.collect())
        }
    }
}

async fn imported(
    session: &Session,
    path: &Path,
    reading: &Reading,
    dry_run: bool,
    rejects: Option<&Path>,
) -> Result<(), Failure> {
    let actor = session.actor().await?;
    let (file, size) = files::open(path)?;
    let file = ExclusionFile::open(file, &reading.options(), reading.default_region)
        .map_err(|error| files::unreadable(path, &error))?;
    let rejecting = files::Rejecting::into(rejects)?;
    let bar = progress::file(size);
    let imported = import(
        &session.pool,
        &mut rng(),
        now(),
        &actor,
        file,
        rejecting.writer()?,
        ImportOptions { dry_run },
        |progress| bar.seen(progress),
    )
    .await;
    bar.end();
    let imported = imported?;
    rejecting.keep()?;
    if session.json {
        return print_json(&imported);
    }
    let would = if dry_run {
        "dry run, nothing is imported: "
    } else {
        ""
    };
    say(&format!(
        "{would}{} added, {} there before, {} rejected; excluded because of them: {}",
        imported.added,
        imported.already_there,
        imported.rejected,
        output::count(imported.contacts, "contact")
    ));
    files::tell_ignored(&imported.ignored_columns);
    files::tell_rejects(&imported.rejects, imported.rejected, rejects)
}
