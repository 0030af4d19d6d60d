//! A file as a table: its header, then its rows.

use std::io::Read;

use super::decode::Decoder;
use super::header::expected;
use super::records::{Next, Records};
use super::{Column, Delimiter, FileError, FileOptions, Header, Record};

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// A row as wide as the header; [`Table::record`] has it.
    Row,
    /// A row that is not, and why.
    Bad(&'static str),
    /// Nothing.
    End,
}

/// The rows of a file under its header.
pub(crate) struct Table<R> {
    records: Records<R>,
    header: Header,
    delimiter: Delimiter,
}

impl<R: Read> Table<R> {
    /// Reads the header and looks for the columns in it.
    pub(crate) fn open(
        reader: R,
        options: &FileOptions,
        columns: &'static [Column],
    ) -> Result<Self, FileError> {
        let mut records = Records::new(Decoder::new(reader, options.encoding));
        let mut given = options.delimiter;
        // `sep=;`, which Excel writes and obeys.
        if let Some(told) = told_delimiter(records.ahead()?) {
            records.advance()?;
            given = given.or(Some(told));
        }
        let delimiter = match given {
            Some(delimiter) => delimiter,
            None => detect(&mut records, columns)?,
        };
        records.set_delimiter(delimiter);
        let header = match records.advance()? {
            Next::Row => Header::read(records.record(), columns)?,
            Next::Broken(broken) => {
                return Err(FileError::BadHeader {
                    reason: broken.reason(),
                });
            }
            Next::End => {
                return Err(FileError::Empty {
                    expected: expected(columns),
                });
            }
        };
        Ok(Self {
            records,
            header,
            delimiter,
        })
    }

    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn delimiter(&self) -> Delimiter {
        self.delimiter
    }

    /// Bytes of the file read so far.
    pub(crate) fn bytes(&self) -> u64 {
        self.records.bytes()
    }

    /// Goes to the next row. A spreadsheet's empty rows, which are delimiters only, are none; cells that it leaves out at the
    /// end of a row, as Excel does, are empty.
    pub(crate) fn advance(&mut self) -> Result<Step, FileError> {
        loop {
            match self.records.advance()? {
                Next::End => return Ok(Step::End),
                Next::Broken(broken) => return Ok(Step::Bad(broken.reason())),
                Next::Row => {}
            }
            let record = self.records.record();
            if record.fields().all(|field| field.trim().is_empty()) {
                continue;
            }
            let width = self.header.width();
            let surplus = (width..record.len()).filter_map(|at| record.get(at));
            return Ok(
                if surplus.into_iter().any(|field| !field.trim().is_empty()) {
                    Step::Bad("more fields than the header: does one hold the delimiter?")
                } else {
                    Step::Row
                },
            );
        }
    }

    /// The row gone to; without fields if it cannot be taken apart.
    pub(crate) fn record(&self) -> Record<'_> {
        self.records.record()
    }
}

fn told_delimiter(text: &[u8]) -> Option<Delimiter> {
    let line = text.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
    let line = str::from_utf8(line).ok()?.trim_matches('"');
    let (name, delimiter) = line.split_at_checked(4)?;
    name.eq_ignore_ascii_case("sep=")
        .then(|| delimiter.parse().ok())?
}

/// The delimiter by which the header names most columns, or else has most.
fn detect<R: Read>(records: &mut Records<R>, columns: &[Column]) -> Result<Delimiter, FileError> {
    let mut best = (Delimiter::OF_ONE_COLUMN, (0, 1));
    for delimiter in Delimiter::USUAL {
        records.set_delimiter(delimiter);
        let fit = records.peek(|record| Header::fit(record, columns))?;
        if fit.1 > 1 && fit > best.1 {
            best = (delimiter, fit);
        }
    }
    Ok(best.0)
}
