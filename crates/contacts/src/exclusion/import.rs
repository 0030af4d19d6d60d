//! A do-not-call list from a file: all of it or nothing.
//!
//! The file is read to its end before anything is asked of the database: while a list is being
//! changed nobody becomes dialable, and that must not depend on how fast a file comes in. What was
//! read waits in an unnamed file on our side, so memory does not grow with the list.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Read, Seek as _, Write};

use rand::Rng;
use serde::Serialize;
use serde_json::json;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use tokio::sync::mpsc;
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::enums::ExclusionSource;
use vsa_db::ids::ExclusionEntryId;
use vsa_db::locks;

use super::{NewExclusion, put};
use crate::file::{Column, FileError, FileOptions, Step, Table};
use crate::import::{ImportOptions, PHONE_COLUMN, Progress, Reject};
use crate::text::{clean, shown};
use crate::{Error, PhoneNumber, Region};

/// Numbers that are put on the list at a time.
const BATCH: usize = 10_000;
/// Rejects that are kept to be told; all are counted, and all written.
const TOLD: usize = 1_000;

/// The columns of a do-not-call list, in any order; what is not listed here is ignored.
pub const COLUMNS: &[Column] = &[
    PHONE_COLUMN,
    Column {
        name: "reason",
        needed: false,
        synonyms: &[
            "why",
            "note",
            "notes",
            "comment",
            "motivo",
            "motivazione",
            "nota",
        ],
    },
];
const PHONE: usize = 0;
const REASON: usize = 1;

/// A file of numbers that must not be called.
pub struct ExclusionFile<R> {
    table: Table<R>,
    region: Option<Region>,
}

impl<R: Read> ExclusionFile<R> {
    /// Reads the header. Phone numbers without a country code are those of `region`.
    ///
    /// # Errors
    /// If the file cannot be read, is no CSV, or has no column for phone numbers.
    pub fn open(
        reader: R,
        options: &FileOptions,
        region: Option<Region>,
    ) -> Result<Self, FileError> {
        Ok(Self {
            table: Table::open(reader, options, COLUMNS)?,
            region,
        })
    }

    /// The next row; none after the last.
    fn next_row(&mut self) -> Result<Option<Result<NewExclusion, Reject>>, FileError> {
        let step = self.table.advance()?;
        let record = self.table.record();
        let reject = |column: Option<String>, reason: String| Reject {
            line: record.line,
            column,
            reason,
        };
        let header = self.table.header();
        let field = |column| header.place(column).and_then(|at| record.get(at));
        Ok(match step {
            Step::End => None,
            Step::Bad(reason) => Some(Err(reject(None, reason.to_owned()))),
            Step::Row => Some(
                PhoneNumber::read_to_exclude(field(PHONE).unwrap_or_default(), self.region)
                    .map(|phone_number| NewExclusion {
                        phone_number,
                        reason: field(REASON)
                            .map(|text| clean(text).trim().to_owned())
                            .filter(|text| !text.is_empty()),
                    })
                    .map_err(|fault| {
                        let name = header.place(PHONE).map_or("", |at| header.name(at));
                        reject(Some(shown(name)), fault.to_string())
                    }),
            ),
        })
    }
}

/// What was imported. Each row of the file is one of added, already there and rejected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Whether everything was taken back.
    pub dry_run: bool,
    /// Numbers that are on the list since.
    pub added: u64,
    /// Numbers that were on it before, or earlier in the file; their entries stay as they are.
    pub already_there: u64,
    /// Contacts who were to be called, or are being called, and are excluded now, in all campaigns.
    pub contacts: u64,
    /// Rows that hold no number.
    pub rejected: u64,
    /// The first thousand of the rejects.
    pub rejects: Vec<Reject>,
    /// Columns of the file that mean nothing here.
    pub ignored_columns: Vec<String>,
}

/// Puts the numbers of a file on the list: all of them or none. `rejects_to` takes the rejected rows as
/// a CSV.
///
/// # Errors
/// [`Error::Forbidden`]; [`Error::File`] when the file cannot be read to its end.
#[expect(
    clippy::too_many_arguments,
    reason = "what, by whom, from where, to where"
)]
pub async fn import<R, W>(
    pool: &PgPool,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    file: ExclusionFile<R>,
    rejects_to: Option<W>,
    options: ImportOptions,
    mut progress: impl FnMut(Progress),
) -> Result<Imported, Error>
where
    R: Read + Send + 'static,
    W: Write + Send + 'static,
{
    actor.may(Permission::Exclude)?;
    let mut imported = Imported {
        dry_run: options.dry_run,
        added: 0,
        already_there: 0,
        contacts: 0,
        rejected: 0,
        rejects: Vec::new(),
        ignored_columns: file.table.header().unknown().collect(),
    };
    let (seen, mut from) = mpsc::channel(1);
    let reading = tokio::task::spawn_blocking(move || read(file, rejects_to, &seen));
    while let Some(seen) = from.recv().await {
        progress(seen);
    }
    let (spool, rejected, rejects) = match reading.await {
        Ok(result) => result?,
        Err(panic) => std::panic::resume_unwind(panic.into_panic()),
    };
    (imported.rejected, imported.rejects) = (rejected, rejects);

    let mut transaction = pool.begin().await?;
    let conn = &mut *transaction;
    locks::changing_exclusions(conn).await?;
    let mut lines = BufReader::new(spool).lines();
    let mut row = 0;
    loop {
        let mut batch: Vec<NewExclusion> = Vec::new();
        for line in lines.by_ref().take(BATCH) {
            let (number, reason): (String, Option<String>) =
                serde_json::from_str(&line.map_err(Error::Spool)?)
                    .map_err(|error| Error::Spool(error.into()))?;
            batch.push(NewExclusion {
                phone_number: number
                    .parse()
                    .map_err(|error| Error::Spool(std::io::Error::other(error)))?,
                reason,
            });
        }
        if batch.is_empty() {
            break;
        }
        let rows = batch.len() as u64;
        // Of a number that stands there twice the first entry counts; sorted, its index is walked through once.
        batch.sort_by(|one, other| one.phone_number.cmp(&other.phone_number));
        batch.dedup_by(|one, first| one.phone_number == first.phone_number);
        let ids: Vec<ExclusionEntryId> = batch
            .iter()
            .map(|_| {
                row += 1;
                ExclusionEntryId::generate(now + Duration::microseconds(row), rng)
            })
            .collect();
        let done = put(conn, &ids, now, ExclusionSource::Import, &batch).await?;
        imported.added += done.added;
        imported.already_there += rows - done.added;
        imported.contacts += done.contacts;
    }
    let change = Change {
        after: Some(json!({
            "added": imported.added,
            "already_there": imported.already_there,
            "contacts": imported.contacts,
            "rejected": imported.rejected,
        })),
        ..Change::new(Action::ExclusionsImport)
    };
    audit::record(conn, rng, now, Some(actor.id()), &change).await?;
    if options.dry_run {
        transaction.rollback().await?;
    } else {
        transaction.commit().await?;
    }
    Ok(imported)
}

/// Reads the whole file into an unnamed one: a number and its reason a line.
fn read<R: Read, W: Write>(
    mut file: ExclusionFile<R>,
    rejects_to: Option<W>,
    seen: &mpsc::Sender<Progress>,
) -> Result<(File, u64, Vec<Reject>), Error> {
    let mut out = BufWriter::new(tempfile::tempfile().map_err(Error::Spool)?);
    let mut rejects_to = rejects_to
        .map(|to| crate::Rejects::new(to, file.table.header(), file.table.delimiter()))
        .transpose()
        .map_err(Error::Rejects)?;
    let (mut rows, mut rejected, mut rejects) = (0_u64, 0, Vec::new());
    while let Some(row) = file.next_row()? {
        match row {
            Ok(new) => {
                let pair = (new.phone_number.as_str(), &new.reason);
                serde_json::to_writer(&mut out, &pair)
                    .map_err(std::io::Error::from)
                    .and_then(|()| out.write_all(b"\n"))
                    .map_err(Error::Spool)?;
            }
            Err(reject) => {
                if let Some(to) = &mut rejects_to {
                    to.add(
                        file.table.record(),
                        file.table.header(),
                        &reject.to_string(),
                    )
                    .map_err(Error::Rejects)?;
                }
                rejected += 1;
                if rejects.len() < TOLD {
                    rejects.push(reject);
                }
            }
        }
        rows += 1;
        if rows.is_multiple_of(BATCH as u64) {
            let bytes = file.table.bytes();
            // Nobody looks any more: the import was given up.
            if seen.blocking_send(Progress { rows, bytes }).is_err() {
                break;
            }
        }
    }
    if let Some(to) = rejects_to {
        to.finish().map_err(Error::Rejects)?;
    }
    let mut spool = out
        .into_inner()
        .map_err(|error| Error::Spool(error.into_error()))?;
    spool.rewind().map_err(Error::Spool)?;
    Ok((spool, rejected, rejects))
}
