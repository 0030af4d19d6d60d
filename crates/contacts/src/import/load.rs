//! A file of contacts into a campaign: one transaction, from its first row to its last.
//!
//! A thread reads the file and hands on some thousand contacts at a time, all but ready, while the server
//! works on those before: memory does not grow with the file. The database finds the duplicates, also those
//! inside the file, for what came earlier in it is there already.

use std::io::{Read, Write};
use std::mem;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng as _};
use serde::Serialize;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::screening;

use super::batch::{Batch, Care};
use super::{Candidate, ContactFile, Reject, Row, opt_out};
use crate::Error;
use crate::contact::takes_contacts;

/// Contacts that are screened and copied at a time, and the first time: the server has something to do sooner.
const BATCH: usize = 10_000;
const FIRST_BATCH: usize = 2_000;
/// Rejects and duplicates that are kept to be told; all are counted, and all rejects written.
const TOLD: usize = 1_000;

/// How to import.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportOptions {
    /// Do everything, and take it back.
    pub dry_run: bool,
}

/// A row whose person or id is in the campaign already, or earlier in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Duplicate {
    /// The line on which the row begins, from 1.
    pub line: u64,
}

/// What was imported. Each row of the file is one of accepted, excluded, duplicate and rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Into which campaign.
    pub campaign_id: CampaignId,
    /// Whether everything was taken back.
    pub dry_run: bool,
    /// Contacts who may be called.
    pub accepted: u64,
    /// Contacts who were added and may not be called: they are on the do-not-call list, or asked not
    /// to be called.
    pub excluded: u64,
    /// Rows of people who were there.
    pub duplicate: u64,
    /// Of these, people whom the campaign had before, and who ask now not to be called: they are excluded.
    pub opted_out: u64,
    /// Rows that are no contact.
    pub rejected: u64,
    /// The first thousand of the duplicates.
    pub duplicates: Vec<Duplicate>,
    /// The first thousand of the rejects.
    pub rejects: Vec<Reject>,
    /// Columns of the file that mean nothing here.
    pub ignored_columns: Vec<String>,
}

/// How far an import is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Rows of the file that are done.
    pub rows: u64,
    /// Bytes of the file that were read.
    pub bytes: u64,
}

/// What the thread that reads hands on.
struct Piece {
    batch: Batch,
    /// The first of its rejects, and how many there are.
    rejects: Vec<Reject>,
    rejected: u64,
    progress: Progress,
}

/// Imports a file into a campaign: all of it or nothing. `rejects_to` takes the rejected rows as a CSV.
///
/// Of two imports into one campaign the second waits for the first. Everybody who is on the
/// do-not-call list when it is committed is excluded, also if they came onto it meanwhile.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::UnknownCampaign`], [`Error::CampaignOver`]; [`Error::File`] when the
/// file cannot be read to its end.
#[expect(
    clippy::too_many_arguments,
    reason = "what, by whom, from where, to where"
)]
pub async fn import<R, W>(
    pool: &PgPool,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    campaign: CampaignId,
    mut file: ContactFile<R>,
    rejects_to: Option<W>,
    options: ImportOptions,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, Error>
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
{
    actor.may(Permission::ManageContacts)?;
    let mut transaction = pool.begin().await?;
    let conn = &mut *transaction;
    begin(conn, campaign).await?;
    let seen = screening::end_of_list(conn).await?;
    if file.has_time_zones() {
        file.set_time_zones(time_zones(conn).await?);
    }
    let mut imported = Imported {
        campaign_id: campaign,
        dry_run: options.dry_run,
        accepted: 0,
        excluded: 0,
        duplicate: 0,
        opted_out: 0,
        rejected: 0,
        duplicates: Vec::new(),
        rejects: Vec::new(),
        ignored_columns: file.ignored_columns(),
    };
    let (pieces, mut from) = mpsc::channel(1);
    let ids = StdRng::from_rng(rng);
    let reading = tokio::task::spawn_blocking(move || {
        Reading::new(file, now, campaign, ids).read_all(rejects_to, &pieces)
    });
    let mut care = Care::Hopeful;
    let mut opting_out = Vec::new();
    while let Some(piece) = from.recv().await {
        let done = piece.batch.add(conn, &mut care).await?;
        imported.accepted += done.accepted;
        imported.excluded += done.excluded;
        opting_out.extend(done.opting_out);
        imported.duplicate += done.duplicates.len() as u64;
        imported.rejected += piece.rejected;
        let room = TOLD.saturating_sub(imported.duplicates.len());
        let lines = done.duplicates.into_iter().take(room);
        imported
            .duplicates
            .extend(lines.map(|line| Duplicate { line }));
        let room = TOLD.saturating_sub(imported.rejects.len());
        imported
            .rejects
            .extend(piece.rejects.into_iter().take(room));
        progress(piece.progress);
    }
    match reading.await {
        Ok(result) => result?,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    }
    // The campaign before the list and its contacts, as everywhere: an edit of it changes contacts, too.
    takes_contacts(conn, campaign).await?;
    let late = screening::exclude_late(conn, campaign, seen).await?;
    let heard = opt_out::hear(conn, now, campaign, &opting_out).await?;
    imported.opted_out = heard.before;
    let late = late + heard.of_this_file;
    imported.accepted -= late.min(imported.accepted);
    imported.excluded += late;
    let change = Change {
        campaign: Some(campaign),
        after: Some(json!({
            "accepted": imported.accepted,
            "excluded": imported.excluded,
            "duplicate": imported.duplicate,
            "opted_out": imported.opted_out,
            "rejected": imported.rejected,
        })),
        ..Change::new(Action::ContactsImport)
    };
    audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    if options.dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(imported)
}

/// Takes the campaign for this import, for as long as that may take.
async fn begin(conn: &mut PgConnection, campaign: CampaignId) -> Result<(), Error> {
    sqlx::query!(
        r#"
        SELECT
            set_config('statement_timeout', '0', true) AS "statement",
            set_config('lock_timeout', '0', true) AS "lock",
            set_config('idle_in_transaction_session_timeout', '10min', true) AS "idle"
        "#
    )
    .fetch_one(&mut *conn)
    .await?;
    sqlx::query!(
        r#"SELECT pg_advisory_xact_lock(hashtextextended('vsa contacts import ' || $1, 0))::text AS "locked""#,
        campaign.to_string(),
    )
    .fetch_one(&mut *conn)
    .await?;
    // Asked again at the end, when it is to hold until the commit: meanwhile the campaign may be paused.
    let mut asking = sqlx::Connection::begin(conn).await?;
    takes_contacts(&mut asking, campaign).await?;
    Ok(asking.rollback().await?)
}

async fn time_zones(conn: &mut PgConnection) -> Result<Vec<String>, Error> {
    Ok(sqlx::query_scalar!(
        r#"
        SELECT name AS "name!"
        FROM pg_timezone_names
        WHERE name ~ '^[A-Za-z][A-Za-z0-9_+/-]{0,63}$'
        LIMIT 10000
        "#
    )
    .fetch_all(conn)
    .await?)
}

/// The whole file, in pieces.
struct Reading<R> {
    file: ContactFile<R>,
    now: OffsetDateTime,
    campaign: CampaignId,
    ids: StdRng,
    rows: u64,
    candidates: Vec<(ContactId, Candidate)>,
    rejects: Vec<Reject>,
    rejected: u64,
}

impl<R: Read> Reading<R> {
    fn new(file: ContactFile<R>, now: OffsetDateTime, campaign: CampaignId, ids: StdRng) -> Self {
        Self {
            file,
            now,
            campaign,
            ids,
            rows: 0,
            candidates: Vec::new(),
            rejects: Vec::new(),
            rejected: 0,
        }
    }

    /// Ends early, without an error, when nobody wants more.
    fn read_all<W: Write>(
        mut self,
        rejects_to: Option<W>,
        pieces: &mpsc::Sender<Piece>,
    ) -> Result<(), Error> {
        let mut rejects_to = rejects_to
            .map(|out| self.file.rejects(out))
            .transpose()
            .map_err(Error::Rejects)?;
        let mut full = FIRST_BATCH;
        while let Some(row) = self.file.next_row()? {
            match row {
                Row::Contact(candidate) => {
                    // A microsecond apart, so that ids keep the order of the file.
                    let after = Duration::microseconds(self.rows.cast_signed());
                    let id = ContactId::generate(self.now + after, &mut self.ids);
                    self.candidates.push((id, candidate));
                }
                Row::Rejected(reject) => {
                    if let Some(out) = &mut rejects_to {
                        self.file
                            .write_reject(&reject, out)
                            .map_err(Error::Rejects)?;
                    }
                    self.rejected += 1;
                    if self.rejects.len() < TOLD {
                        self.rejects.push(reject);
                    }
                }
            }
            self.rows += 1;
            if self.candidates.len() >= full || self.rejected >= full as u64 {
                full = BATCH;
                if pieces.blocking_send(self.piece()).is_err() {
                    return Ok(());
                }
            }
        }
        if let Some(out) = rejects_to {
            out.finish().map_err(Error::Rejects)?;
        }
        if !self.candidates.is_empty() || self.rejected > 0 {
            let _ = pieces.blocking_send(self.piece());
        }
        Ok(())
    }

    /// What was read since the last one.
    fn piece(&mut self) -> Piece {
        Piece {
            batch: Batch::of(self.now, self.campaign, self.candidates.drain(..)),
            rejects: mem::take(&mut self.rejects),
            rejected: mem::take(&mut self.rejected),
            progress: Progress {
                rows: self.rows,
                bytes: self.file.bytes(),
            },
        }
    }
}
