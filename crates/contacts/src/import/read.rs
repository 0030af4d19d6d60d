//! The rows of a file as contacts.

use std::fmt;
use std::io::{self, Read, Write};

use super::columns::{
    COLUMNS, CONSENT, DO_NOT_CALL, EMAIL, EXTERNAL_ID, LANGUAGE, PHONE, TIME_ZONE,
};
use super::values::{TimeZones, external_id, language, yes_or_no};
use crate::file::{FileError, FileOptions, Record, Rejects, Step, Table};
use crate::text::shown;
use crate::{NewContact, PhoneNumber, Region, read_email};

/// A file of contacts: a CSV as spreadsheets and other programs write it. See [`COLUMNS`] for its
/// columns. Rows are read one at a time; memory does not grow with the file, nor with a row.
pub struct ContactFile<R> {
    table: Table<R>,
    region: Option<Region>,
    zones: TimeZones,
}

/// A row of a file.
#[derive(Debug)]
pub enum Row {
    /// Somebody who may be added.
    Contact(Candidate),
    /// A row that is no contact.
    Rejected(Reject),
}

/// A contact of a file.
#[derive(Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// Who.
    pub contact: NewContact,
}

/// A row of a file that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Reject {
    /// The line on which the row begins, from 1.
    pub line: u64,
    /// The column that is at fault, by its name in the file; none if the row as a whole is.
    pub column: Option<String>,
    /// What is wrong, and what to write.
    pub reason: String,
}

impl<R: Read> ContactFile<R> {
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
            zones: TimeZones::default(),
        })
    }

    /// Whether the file has a column of time zones, and [`set_time_zones`](Self::set_time_zones) is
    /// worth the while.
    pub fn has_time_zones(&self) -> bool {
        self.table.header().place(TIME_ZONE).is_some()
    }

    /// The time zones a contact may have; none, if never called.
    pub fn set_time_zones(&mut self, names: impl IntoIterator<Item = String>) {
        self.zones = names.into_iter().collect();
    }

    /// The columns that are ignored, by their names in the file, as they can be shown.
    pub fn ignored_columns(&self) -> Vec<String> {
        self.table.header().unknown().collect()
    }

    /// Bytes of the file read so far.
    pub fn bytes(&self) -> u64 {
        self.table.bytes()
    }

    /// Begins a CSV of rejected rows with the columns of this file.
    pub fn rejects<W: Write>(&self, out: W) -> io::Result<Rejects<W>> {
        Rejects::new(out, self.table.header(), self.table.delimiter())
    }

    /// The next row; none after the last.
    ///
    /// # Errors
    /// If the file cannot be read on; no row after that is known.
    pub fn next_row(&mut self) -> Result<Option<Row>, FileError> {
        let record = match self.table.advance()? {
            Step::End => return Ok(None),
            Step::Bad(reason) => {
                return Ok(Some(Row::Rejected(Reject {
                    line: self.table.record().line,
                    column: None,
                    reason: reason.to_owned(),
                })));
            }
            Step::Row => self.table.record(),
        };
        Ok(Some(match self.contact(record) {
            Ok(contact) => Row::Contact(Candidate {
                line: record.line,
                contact,
            }),
            Err((column, reason)) => Row::Rejected(Reject {
                line: record.line,
                column: Some(self.shown_name(column)),
                reason,
            }),
        }))
    }

    /// Writes the row that was read last, which was rejected, as it stands in the file.
    pub fn write_reject<W: Write>(
        &self,
        reject: &Reject,
        rejects: &mut Rejects<W>,
    ) -> io::Result<()> {
        rejects.add(
            self.table.record(),
            self.table.header(),
            &reject.to_string(),
        )
    }

    fn contact(&self, record: Record<'_>) -> Result<NewContact, (usize, String)> {
        let place = |column: usize| self.table.header().place(column);
        let field = |column: usize| {
            let at = place(column);
            at.and_then(|at| record.get(at)).unwrap_or_default()
        };
        // A row that breaks off before it says so is not to be taken for a yes to being called.
        if place(DO_NOT_CALL).is_some_and(|at| at >= record.len()) {
            return Err((DO_NOT_CALL, "the row ends before it".to_owned()));
        }
        let phone_number = PhoneNumber::read(field(PHONE), self.region)
            .map_err(|fault| (PHONE, fault.to_string()))?;
        let email = match field(EMAIL) {
            text if text.trim().is_empty() => None,
            text => Some(read_email(text).map_err(|fault| (EMAIL, fault.to_string()))?),
        };
        let at = |column| move |reason| (column, reason);
        Ok(NewContact {
            external_contact_id: external_id(field(EXTERNAL_ID)).map_err(at(EXTERNAL_ID))?,
            phone_number,
            email,
            preferred_language: language(field(LANGUAGE)).map_err(at(LANGUAGE))?,
            has_prior_consent: yes_or_no(field(CONSENT)).map_err(at(CONSENT))?,
            do_not_call: yes_or_no(field(DO_NOT_CALL)).map_err(at(DO_NOT_CALL))?,
            time_zone: self.zones.find(field(TIME_ZONE)).map_err(at(TIME_ZONE))?,
        })
    }

    fn shown_name(&self, column: usize) -> String {
        let header = self.table.header();
        shown(header.place(column).map_or("", |place| header.name(place)))
    }
}

impl fmt::Display for Reject {
    /// The column, if it is one, and the reason.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Candidate(line {})", self.line)
    }
}
