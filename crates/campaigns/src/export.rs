//! The results of a campaign as CSV.
//!
//! The server writes the file as fast as it can into an unnamed file on our side, in one transaction
//! that ends then; from there it goes out as fast as the reader takes it. So the results are those of
//! one moment, memory does not grow with them, and a slow reader holds no snapshot open, which would
//! slow down every claim of a call.

use std::io::{BufWriter, IntoInnerError, Seek as _, SeekFrom, Write as _};

use futures_util::TryStreamExt as _;
use rand::Rng;
use serde::Serialize;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use vsa_db::actor::{Actor, Permission};
use vsa_db::audit::{self, Action, Change};
use vsa_db::ids::CampaignId;

use crate::Error;
use crate::find::get;

/// A cell that a spreadsheet would run as a formula gets an apostrophe in front, and so does what becomes a cell where it
/// splits the file at semicolons, tabs or ends of lines. Numbers stay numbers.
macro_rules! harmless {
    ($cell:literal) => {
        concat!(
            "CASE WHEN ",
            $cell,
            // Most cells hold none of these, and that is cheap to see.
            r" ~ '[=+@-]' AND ",
            $cell,
            r" !~ '^[+-]?[0-9]+([.,][0-9]+)?$' THEN regexp_replace(",
            $cell,
            r", '(^|[;\t\r\n])(\s*[=+@-])', '\1''\2', 'g') ELSE ",
            $cell,
            " END AS ",
            $cell
        )
    };
}

/// COPY takes no parameters: which campaign is a setting of the transaction, so that the statement is a
/// constant. Phone numbers are E.164, which the schema checks: their plus sign is theirs. Cells are made harmless
/// outside of the joins (OFFSET 0 keeps them apart): among them they make the planner walk three indexes where a parallel
/// sort is faster. A million contacts took 4.1 s that way and take 2.8 s.
const RESULTS: &str = concat!(
    "COPY (
        SELECT
            campaign_id,
            contact_id,
            ",
    harmless!("external_contact_id"),
    ",
            phone_number,
            outcome,
            attempt_count,
            first_attempt_at,
            last_attempt_at,
            completed_at,
            ",
    harmless!("q1_answer"),
    ",
            ",
    harmless!("q2_answer"),
    ",
            ",
    harmless!("q3_answer"),
    "
        FROM (
            SELECT
                c.campaign_id,
                c.id AS contact_id,
                c.external_contact_id,
                c.phone_number,
                c.state AS outcome,
                c.attempts_count AS attempt_count,
                first.started_at AS first_attempt_at,
                c.last_attempt_at,
                r.completed_at,
                r.q1_answer,
                r.q2_answer,
                r.q3_answer
            FROM contacts AS c
            LEFT JOIN call_attempts AS first ON first.contact_id = c.id AND first.attempt_number = 1
            LEFT JOIN survey_responses AS r ON r.contact_id = c.id AND r.campaign_id = c.campaign_id
            WHERE c.campaign_id = current_setting('vsa.campaign_id')::uuid
              AND c.state IN ('completed', 'refused', 'not_reached')
              AND c.erased_at IS NULL
            ORDER BY c.id
            OFFSET 0
        ) AS results
        ORDER BY contact_id
    ) TO STDOUT (FORMAT csv, HEADER)"
);

/// Bytes that go out at a time.
const PIECE: usize = 256 * 1024;

/// What was exported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Exported {
    /// Contacts, a line each after the header.
    pub contacts: u64,
    /// Bytes.
    pub bytes: u64,
}

/// Writes the contacts of a campaign that are done (completed, refused, not reached) and were not
/// erased, in the order in which they came, to `out`. `progress` is told the bytes so far.
///
/// The export is on record from the moment the server has given the results away, even if `out`
/// fails then.
///
/// # Errors
/// [`Error::Forbidden`], [`Error::NotFound`]; [`Error::Io`] when there is no room for the results in the
/// temporary folder, or `out` takes no more.
pub async fn export(
    pool: &PgPool,
    rng: &mut impl Rng,
    now: OffsetDateTime,
    actor: &Actor,
    id: CampaignId,
    out: &mut (impl AsyncWrite + Unpin),
    mut progress: impl FnMut(u64),
) -> Result<Exported, Error> {
    actor.may(Permission::ExportResults)?;
    let mut transaction = pool.begin().await?;
    get(&mut transaction, id).await?;
    let (mut file, exported) = spool(&mut transaction, id, &mut progress).await?;
    let change = Change {
        campaign: Some(id),
        after: Some(json!({"contacts": exported.contacts})),
        ..Change::new(Action::ResultsExport)
    };
    audit::record(&mut transaction, rng, now, Some(actor.id()), &change).await?;
    transaction.commit().await?;

    file.seek(SeekFrom::Start(0))?;
    let mut file = tokio::fs::File::from_std(file);
    file.set_max_buf_size(PIECE);
    tokio::io::copy_buf(&mut tokio::io::BufReader::with_capacity(PIECE, file), out).await?;
    out.flush().await?;
    Ok(exported)
}

async fn spool(
    conn: &mut PgConnection,
    id: CampaignId,
    progress: &mut impl FnMut(u64),
) -> Result<(std::fs::File, Exported), Error> {
    sqlx::query!(
        r#"
        SELECT
            set_config('vsa.campaign_id', $1, true) AS "campaign",
            set_config('TimeZone', 'UTC', true) AS "zone",
            set_config('DateStyle', 'ISO', true) AS "dates",
            -- As long as it takes.
            set_config('statement_timeout', '0', true) AS "limit"
        "#,
        id.to_string(),
    )
    .fetch_one(&mut *conn)
    .await?;
    // The server sends each line by itself.
    let mut file = BufWriter::with_capacity(PIECE, tempfile::tempfile()?);
    let mut lines = Lines::default();
    let mut bytes = 0;
    let mut rows = conn.copy_out_raw(RESULTS).await?;
    while let Some(piece) = rows.try_next().await? {
        // A file in the page cache: shorter than handing it to another thread would take.
        file.write_all(&piece)?;
        lines.count(&piece);
        bytes += piece.len() as u64;
        progress(bytes);
    }
    let file = file.into_inner().map_err(IntoInnerError::into_error)?;
    let contacts = lines.ended.saturating_sub(1);
    Ok((file, Exported { contacts, bytes }))
}

/// Counts the lines of a CSV; an answer may hold line breaks, in quotation marks.
#[derive(Debug, Default)]
struct Lines {
    ended: u64,
    is_quoted: bool,
}

impl Lines {
    fn count(&mut self, piece: &[u8]) {
        for byte in piece {
            match byte {
                b'"' => self.is_quoted = !self.is_quoted,
                b'\n' if !self.is_quoted => self.ended += 1,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_break_in_quotation_marks_ends_no_line() {
        let mut lines = Lines::default();
        for piece in ["a,b\n1,\"x", "\ny \"\"quoted", "\"\"\n\"\n", "2,z\n"] {
            lines.count(piece.as_bytes());
        }
        assert_eq!(lines.ended, 3);
    }
}
