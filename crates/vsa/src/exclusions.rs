//! `vsa exclusions …`

use serde_json::json;
use vsa_contacts::Error;
use vsa_contacts::exclusion::{Excluded, NewExclusion, add, list, remove};
use vsa_db::enums::ExclusionSource;
use vsa_db::ids::ExclusionEntryId;
use vsa_db::run_tx;

use crate::args::Exclusions;
use crate::failure::Failure;
use crate::output::{self, print_json, print_json_lines, print_table, say};
use crate::session::{Session, now, number, page, rng, tell_next};

pub(crate) async fn run(session: &Session, command: Exclusions) -> Result<(), Failure> {
    match command {
        Exclusions::Add {
            number: typed,
            reason,
        } => {
            let new = NewExclusion {
                phone_number: number(&typed)?,
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
                    "it is on the list; {} contacts are excluded",
                    excluded.contacts
                ),
            });
            Ok(())
        }
        Exclusions::Remove { number: typed } => {
            let number = number(&typed)?;
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
