use std::io::{self, Write};

use super::header::OF_REJECTS;
use super::{Delimiter, Header, Record};

/// Writes rejected rows as a CSV that can be corrected and read again: the columns of the file they
/// come from, and before them the line and the reason. UTF-8 with a byte order mark, so that Excel
/// shows it right and no encoding given for the first file misleads.
///
/// A row is written as it was, even one with too many fields; one that cannot be taken apart leaves
/// its line and reason only.
pub struct Rejects<W> {
    out: W,
    delimiter: Delimiter,
    row: Vec<u8>,
}

impl<W: Write> Rejects<W> {
    pub(crate) fn new(mut out: W, header: &Header, delimiter: Delimiter) -> io::Result<Self> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut rejects = Self {
            out,
            delimiter,
            row: Vec::new(),
        };
        let names = (0..header.width())
            .filter(|at| !header.is_of_rejects(*at))
            .map(|at| header.name(at));
        rejects.write(OF_REJECTS.into_iter().chain(names))?;
        Ok(rejects)
    }

    pub(crate) fn add(
        &mut self,
        record: Record<'_>,
        header: &Header,
        reason: &str,
    ) -> io::Result<()> {
        let line = record.line.to_string();
        let fields = record
            .fields()
            .enumerate()
            .filter(|(at, _)| !header.is_of_rejects(*at))
            .map(|(_, field)| field);
        self.write([line.as_str(), reason].into_iter().chain(fields))
    }

    /// What it was written to, with all of it there.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn write<'a>(&mut self, fields: impl Iterator<Item = &'a str>) -> io::Result<()> {
        self.row.clear();
        for (at, field) in fields.enumerate() {
            if at > 0 {
                self.row.push(self.delimiter.byte());
            }
            self.field(field);
        }
        self.row.extend_from_slice(b"\r\n");
        self.out.write_all(&self.row)
    }

    fn field(&mut self, field: &str) {
        let plain = !field
            .bytes()
            .any(|byte| byte == self.delimiter.byte() || matches!(byte, b'"' | b'\r' | b'\n'));
        if plain {
            self.row.extend_from_slice(field.as_bytes());
            return;
        }
        self.row.push(b'"');
        for byte in field.bytes() {
            if byte == b'"' {
                self.row.push(b'"');
            }
            self.row.push(byte);
        }
        self.row.push(b'"');
    }
}
