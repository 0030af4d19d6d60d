//! `vsa campaigns …`

mod export;
mod show;

use std::path::Path;

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use vsa_campaigns::find::{get, list};
use vsa_campaigns::history::history;
use vsa_campaigns::lifecycle::{self, Move};
use vsa_campaigns::stats::{FOLD_BEYOND, activity, fold_all, stats};
use vsa_campaigns::validate::validate;
use vsa_campaigns::{Error, create, edit};
use vsa_db::models::Campaign;
use vsa_db::run_tx;

use crate::args::{Campaigns, Moving, Paging};
use crate::campaign_file::CampaignFile;
use crate::failure::Failure;
use crate::output::{self, print, print_json, print_json_lines, say};
use crate::session::{Session, now, page, rng, tell_next};

pub(crate) async fn run(session: &Session, command: Campaigns) -> Result<(), Failure> {
    match command {
        Campaigns::Create { file } => created(session, &file).await,
        Campaigns::Edit {
            campaign,
            file,
            version,
        } => edited(session, &campaign, &file, version).await,
        Campaigns::List { status, paging } => {
            let (size, after) = page(&paging)?;
            let page = list(&mut *session.connection().await?, status, after, size).await?;
            tell_next(page.next.as_ref());
            if session.json {
                return print_json_lines(&page.items);
            }
            show::table(&page.items)
        }
        Campaigns::Show { campaign, yaml } => {
            let id = session.campaign(&campaign).await?;
            let campaign = get(&mut *session.connection().await?, id).await?;
            match (yaml, session.json) {
                (true, _) => print(&CampaignFile::of(&campaign).yaml()?),
                (_, true) => print_json(&campaign),
                _ => show::fields(&campaign),
            }
        }
        Campaigns::Validate { campaign } => checked(session, &campaign).await,
        Campaigns::Schedule { moving, at } => {
            let at = OffsetDateTime::parse(&at, &Rfc3339).map_err(|_| {
                Failure::usage(format!(
                    "--at: '{at}' is no time; write it as 2026-12-01T09:00:00+01:00"
                ))
            })?;
            moved(session, Move::Schedule, &moving, Some(at)).await
        }
        Campaigns::Activate { due: true, .. } => started(session).await,
        Campaigns::Activate {
            campaign, version, ..
        } => {
            let moving = Moving {
                campaign: campaign.unwrap_or_default(),
                version,
            };
            moved(session, Move::Activate, &moving, None).await
        }
        Campaigns::Pause(moving) => moved(session, Move::Pause, &moving, None).await,
        Campaigns::Resume(moving) => moved(session, Move::Resume, &moving, None).await,
        Campaigns::Complete(moving) => moved(session, Move::Complete, &moving, None).await,
        Campaigns::Cancel(moving) => moved(session, Move::Cancel, &moving, None).await,
        Campaigns::Stats { campaign } => counted(session, &campaign).await,
        Campaigns::Export { campaign, output } => {
            export::run(session, &campaign, output.as_deref()).await
        }
        Campaigns::Audit { campaign, paging } => audited(session, &campaign, &paging).await,
    }
}

async fn created(session: &Session, file: &Path) -> Result<(), Failure> {
    let content = CampaignFile::read(file)?.content()?;
    let (actor, mut rng, now) = (session.actor().await?, rng(), now());
    let made: Result<Campaign, Error> = run_tx!(&session.pool, "create campaign", async |conn| {
        create(conn, &mut rng, now, &actor, &content).await
    })
    .await;
    told(session, "created", &made?)
}

async fn edited(
    session: &Session,
    campaign: &str,
    file: &Path,
    version: Option<i32>,
) -> Result<(), Failure> {
    let file = CampaignFile::read(file)?;
    let seen = version.or(file.version).ok_or_else(|| {
        Failure::usage("which version did you see? add --version, or edit what show --yaml prints")
    })?;
    let content = file.content()?;
    let id = session.campaign(campaign).await?;
    let (actor, mut rng, now) = (session.actor().await?, rng(), now());
    let edited: Result<Campaign, Error> = run_tx!(&session.pool, "edit campaign", async |conn| {
        edit(conn, &mut rng, now, &actor, id, seen, &content).await
    })
    .await;
    let edited = edited?;
    let what = if edited.version == seen {
        "unchanged"
    } else {
        "edited"
    };
    told(session, what, &edited)
}

async fn audited(session: &Session, campaign: &str, paging: &Paging) -> Result<(), Failure> {
    let id = session.campaign(campaign).await?;
    let (size, after) = page(paging)?;
    let actor = session.actor().await?;
    let page = history(&mut *session.connection().await?, &actor, id, after, size).await?;
    tell_next(page.next.as_ref());
    output::print_audit(&page.items, session.json)
}

/// What became of a campaign: its id on stdout, for scripts, and the rest as talk.
fn told(session: &Session, what: &str, campaign: &Campaign) -> Result<(), Failure> {
    if session.json {
        return print_json(campaign);
    }
    say(&format!(
        "{what}: {} ({}, version {})",
        output::harmless(&campaign.name),
        campaign.status,
        campaign.version
    ));
    print(&format!("{}\n", campaign.id))
}

async fn checked(session: &Session, campaign: &str) -> Result<(), Failure> {
    let id = session.campaign(campaign).await?;
    let problems = validate(&mut *session.connection().await?, id).await?;
    if session.json {
        print_json(
            &json!({"campaign_id": id, "ready": problems.is_empty(), "problems": problems}),
        )?;
    } else {
        for problem in &problems {
            print(&format!("{problem}\n"))?;
        }
    }
    match problems.len() {
        0 => {
            say("ready to be activated");
            Ok(())
        }
        n => Err(Failure::not_possible(format!(
            "{n} to mend before it can be activated"
        ))),
    }
}

async fn moved(
    session: &Session,
    wanted: Move,
    moving: &Moving,
    starts_at: Option<OffsetDateTime>,
) -> Result<(), Failure> {
    let (id, seen) = (session.campaign(&moving.campaign).await?, moving.version);
    let (actor, mut rng, now) = (session.actor().await?, rng(), now());
    let moved: Result<Campaign, Error> = run_tx!(&session.pool, "move campaign", async |conn| {
        match (wanted, starts_at) {
            (Move::Schedule, at) => {
                let at = at.unwrap_or(now);
                lifecycle::schedule(conn, &mut rng, now, &actor, id, seen, at).await
            }
            (Move::Activate, _) => lifecycle::activate(conn, &mut rng, now, &actor, id, seen).await,
            (Move::Pause, _) => lifecycle::pause(conn, &mut rng, now, &actor, id, seen).await,
            (Move::Resume, _) => lifecycle::resume(conn, &mut rng, now, &actor, id, seen).await,
            (Move::Complete, _) => lifecycle::complete(conn, &mut rng, now, &actor, id, seen).await,
            (Move::Cancel, _) => lifecycle::cancel(conn, &mut rng, now, &actor, id, seen).await,
        }
    })
    .await;
    let moved = moved?;
    told(session, moved.status.as_str(), &moved)
}

/// Scheduled campaigns whose time has come. One that is not ready is told, and tried again next time.
async fn started(session: &Session) -> Result<(), Failure> {
    let (actor, mut rng, now) = (session.actor().await?, rng(), now());
    let (mut waiting, mut last) = (0, None);
    loop {
        let started: Result<Vec<lifecycle::Started>, Error> =
            run_tx!(&session.pool, "start due campaigns", async |conn| {
                lifecycle::activate_due(conn, &mut rng, now, &actor, last).await
            })
            .await;
        let started = started?;
        if started.is_empty() {
            break;
        }
        for lifecycle::Started { id, result } in started {
            last = Some(id);
            match result {
                Ok(campaign) => told(session, "running", &campaign)?,
                Err(error) => {
                    waiting += 1;
                    let why = format!("stays scheduled: {error}");
                    if session.json {
                        print_json(&json!({"id": id, "not_started": why}))?;
                    } else {
                        say(&output::harmless(&format!("{id} {why}")));
                    }
                }
            }
        }
    }
    // Whoever calls this now and then keeps the statistics quick to read, too.
    fold_all(&mut *session.connection().await?).await?;
    if waiting > 0 {
        return Err(Failure::not_possible(format!(
            "{waiting} could not be started, and will be tried again"
        )));
    }
    Ok(())
}

async fn counted(session: &Session, campaign: &str) -> Result<(), Failure> {
    let id = session.campaign(campaign).await?;
    let mut conn = session.connection().await?;
    let counted = stats(&mut conn, id).await?;
    let activity = activity(&mut conn, now(), id).await?;
    if session.json {
        print_json(&json!({"stats": counted, "activity": activity}))?;
    } else {
        show::stats(&counted, &activity)?;
    }
    if counted.unfolded > FOLD_BEYOND {
        // The next reader has less to add up. Somebody who may only read leaves it to others.
        drop(fold_all(&mut conn).await);
    }
    Ok(())
}
