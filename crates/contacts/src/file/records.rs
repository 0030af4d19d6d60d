//! Text to rows of fields, within a window of fixed size.

use std::io::Read;

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::decode::{Decoder, Fault};
use super::{Delimiter, FileError};

/// The longest row, in bytes of UTF-8.
pub(super) const LONGEST: usize = 64 * 1024;
/// Most fields in a row.
const MOST_FIELDS: usize = 1000;

/// A row that cannot be taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// Longer than [`LONGEST`] or wider than [`MOST_FIELDS`].
    TooLong,
    /// A quotation mark that is never closed.
    OpenQuote,
}

impl Broken {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::TooLong => {
                "longer than 64 KiB or more than 1000 fields: is a quotation mark left open?"
            }
            Self::OpenQuote => "a quotation mark is opened and never closed",
        }
    }
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// A row; [`Records::record`] has it.
    Row,
    /// A row that cannot be taken apart. What follows is read from the next line on.
    Broken(Broken),
    /// Nothing.
    End,
}

/// The fields of a row.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a> {
    /// The line of the file on which it begins, from 1.
    pub(crate) line: u64,
    text: &'a str,
    ends: &'a [usize],
}

impl<'a> Record<'a> {
    pub(crate) fn len(self) -> usize {
        self.ends.len()
    }

    pub(crate) fn get(self, at: usize) -> Option<&'a str> {
        let start = if at == 0 { 0 } else { *self.ends.get(at - 1)? };
        self.text.get(start..*self.ends.get(at)?)
    }

    pub(crate) fn fields(self) -> impl Iterator<Item = &'a str> {
        (0..self.len()).filter_map(move |at| self.get(at))
    }
}

/// The rows of a file.
///
/// A row is read when all of it, or more than the longest one, stands in the window. So a broken row
/// costs itself only: reading goes on at the line after the one on which it began, and a quotation
/// mark left open does not swallow the rest of the file.
pub(super) struct Records<R> {
    source: Decoder<R>,
    csv: csv_core::Reader,
    /// Text from `at` on is still to be read.
    window: Vec<u8>,
    at: usize,
    /// The source has no more.
    ended: bool,
    /// The line that `at` is on.
    line: u64,
    /// The byte before `at` was a carriage return, which counted as a line.
    after_return: bool,
    record_line: u64,
    text: Vec<u8>,
    text_len: usize,
    ends: Vec<usize>,
    ends_len: usize,
}

impl<R: Read> Records<R> {
    pub(super) fn new(source: Decoder<R>) -> Self {
        Self {
            source,
            csv: csv_core::Reader::new(),
            window: Vec::new(),
            at: 0,
            ended: false,
            line: 1,
            after_return: false,
            record_line: 1,
            text: vec![0; LONGEST + 1],
            text_len: 0,
            ends: vec![0; MOST_FIELDS],
            ends_len: 0,
        }
    }

    /// Splits by it from the next row on.
    pub(super) fn set_delimiter(&mut self, delimiter: Delimiter) {
        self.csv = ReaderBuilder::new().delimiter(delimiter.byte()).build();
    }

    /// Bytes of the file read so far.
    pub(super) fn bytes(&self) -> u64 {
        self.source.bytes()
    }

    /// The window's text from the next row on: all there is, or more than the longest row.
    pub(super) fn ahead(&mut self) -> Result<&[u8], FileError> {
        while self.window.len() - self.at <= LONGEST && !self.ended {
            self.window.drain(..self.at);
            self.at = 0;
            match self.source.read(&mut self.window) {
                Ok(more) => self.ended = !more,
                Err(fault) => return Err(self.located(fault)),
            }
        }
        Ok(&self.window[self.at..])
    }

    /// Goes to the next row that is no empty line.
    pub(super) fn advance(&mut self) -> Result<Next, FileError> {
        self.skip_breaks()?;
        self.record_line = self.line;
        let row = self.take_apart();
        if let Next::Broken(_) = row {
            self.skip_line()?;
        }
        Ok(row)
    }

    /// The row that [`Next::Row`] told of; empty after anything else.
    pub(super) fn record(&self) -> Record<'_> {
        // Of text that was UTF-8, cut at ASCII.
        let text = str::from_utf8(&self.text[..self.text_len]).unwrap_or_default();
        Record {
            line: self.record_line,
            text,
            ends: &self.ends[..self.ends_len],
        }
    }

    /// What `look` makes of the next row, which stays the next. Of a broken one it sees no field.
    pub(super) fn peek<T>(&mut self, look: impl FnOnce(Record<'_>) -> T) -> Result<T, FileError> {
        self.skip_breaks()?;
        let (at, line, after_return) = (self.at, self.line, self.after_return);
        self.take_apart();
        let seen = look(self.record());
        (self.at, self.line, self.after_return) = (at, line, after_return);
        Ok(seen)
    }

    fn take_apart(&mut self) -> Next {
        (self.text_len, self.ends_len) = (0, 0);
        let input = &self.window[self.at..];
        if input.is_empty() {
            return Next::End;
        }
        let within = &input[..input.len().min(LONGEST)];
        self.csv.reset();
        let (mut result, read, text, ends) =
            self.csv.read_record(within, &mut self.text, &mut self.ends);
        (self.text_len, self.ends_len) = (text, ends);
        if result == ReadRecordResult::InputEmpty && within.len() == input.len() {
            // The last line may end without a break, but not inside of quotation marks.
            let (at_break, _, text, ends) = self.csv.read_record(
                b"\n",
                &mut self.text[self.text_len..],
                &mut self.ends[self.ends_len..],
            );
            result = at_break;
            self.text_len += text;
            self.ends_len += ends;
            if result == ReadRecordResult::InputEmpty {
                (self.text_len, self.ends_len) = (0, 0);
                return Next::Broken(Broken::OpenQuote);
            }
        }
        if result != ReadRecordResult::Record {
            (self.text_len, self.ends_len) = (0, 0);
            return Next::Broken(Broken::TooLong);
        }
        self.pass(read);
        Next::Row
    }

    /// Empty lines, and what is left of the break after the row before.
    fn skip_breaks(&mut self) -> Result<(), FileError> {
        loop {
            let ahead = self.ahead()?;
            let breaks = ahead
                .iter()
                .take_while(|byte| matches!(byte, b'\r' | b'\n'))
                .count();
            let all = breaks == ahead.len();
            self.pass(breaks);
            if !all || self.ended {
                return Ok(());
            }
        }
    }

    /// Everything up to the end of the line, however long it is.
    fn skip_line(&mut self) -> Result<(), FileError> {
        loop {
            let ahead = self.ahead()?;
            let end = memchr::memchr2(b'\r', b'\n', ahead);
            let len = end.unwrap_or(ahead.len());
            self.at += len;
            self.after_return &= len == 0;
            if end.is_some() || self.ended {
                return Ok(());
            }
        }
    }

    /// Counts the lines of what is passed over. A line ends with `\n`, `\r\n` or, long ago, `\r`.
    fn pass(&mut self, len: usize) {
        for byte in &self.window[self.at..self.at + len] {
            match byte {
                b'\n' if !self.after_return => self.line += 1,
                b'\r' => self.line += 1,
                _ => {}
            }
            self.after_return = *byte == b'\r';
        }
        self.at += len;
    }

    fn located(&mut self, fault: Fault) -> FileError {
        // The fault comes after all the text in the window.
        self.pass(self.window.len() - self.at);
        match fault {
            Fault::Io(error) => FileError::Io(error),
            Fault::OtherKind(found) => FileError::OtherKind { found },
            Fault::Binary => FileError::Binary { line: self.line },
            Fault::Malformed(encoding) => FileError::Encoding {
                line: self.line,
                encoding,
            },
        }
    }
}
