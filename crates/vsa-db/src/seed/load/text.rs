//! Rows in the text format of COPY.

use std::io::Write as _;

use time::OffsetDateTime;
use uuid::Uuid;

/// Rows of one table, ready to be sent. Fields are added in the order of the columns.
#[derive(Debug, Default)]
pub(super) struct Rows {
    bytes: Vec<u8>,
    in_row: bool,
}

impl Rows {
    /// The finished rows.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets the rows, which were sent, and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
    }

    /// A text, with what means something to COPY escaped.
    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.separate();
        for byte in text.bytes() {
            match byte {
                b'\\' => self.bytes.extend_from_slice(b"\\\\"),
                b'\t' => self.bytes.extend_from_slice(b"\\t"),
                b'\n' => self.bytes.extend_from_slice(b"\\n"),
                b'\r' => self.bytes.extend_from_slice(b"\\r"),
                other => self.bytes.push(other),
            }
        }
        self
    }

    /// A number, or whatever else shows itself without a character that COPY would read.
    pub(super) fn plain(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.separate();
        // Writing to memory cannot fail.
        let _ = write!(self.bytes, "{value}");
        self
    }

    /// An id.
    pub(super) fn id(&mut self, id: Uuid) -> &mut Self {
        self.separate();
        let mut buffer = [0; uuid::fmt::Hyphenated::LENGTH];
        self.bytes
            .extend_from_slice(id.hyphenated().encode_lower(&mut buffer).as_bytes());
        self
    }

    /// A time, to the microsecond.
    pub(super) fn time(&mut self, time: OffsetDateTime) -> &mut Self {
        let time = time.to_offset(time::UtcOffset::UTC);
        let (year, month, day) = (time.year(), u8::from(time.month()), time.day());
        let (hour, minute, second, micro) = time.to_hms_micro();
        self.plain(format_args!(
            "{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{micro:06}+00"
        ))
    }

    /// A field that may be null.
    pub(super) fn maybe<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        match value {
            Some(value) => write(self, value),
            None => self.plain("\\N"),
        }
    }

    /// Ends the row.
    pub(super) fn end(&mut self) {
        self.bytes.push(b'\n');
        self.in_row = false;
    }

    fn separate(&mut self) {
        if self.in_row {
            self.bytes.push(b'\t');
        }
        self.in_row = true;
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn fields_are_separated_escaped_and_null() {
        let mut rows = Rows::default();
        rows.text("a\tb\\c\nd\re")
            .plain(7)
            .maybe(None::<&str>, Rows::text)
            .maybe(Some("x"), Rows::text)
            .end();
        rows.id(Uuid::nil())
            .time(datetime!(2026-01-02 03:04:05.000_006 +1))
            .end();
        assert_eq!(
            std::str::from_utf8(rows.bytes()).unwrap(),
            "a\\tb\\\\c\\nd\\re\t7\t\\N\tx\n\
             00000000-0000-0000-0000-000000000000\t2026-01-02 02:04:05.000006+00\n"
        );
    }
}
