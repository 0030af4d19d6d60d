use std::io;

/// Why a file cannot be read at all. A faulty row is no such reason: it is rejected alone.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system failed.
    #[error("cannot read the file: {0}")]
    Io(#[from] io::Error),
    /// Nothing is in it.
    #[error("the file is empty: its first line must name the columns, such as {expected}")]
    Empty {
        /// A header that would do.
        expected: String,
    },
    /// A file of another kind, by its first bytes.
    #[error("the file is {found} and no CSV: open it in its program and save it as CSV (UTF-8)")]
    OtherKind {
        /// What it is.
        found: &'static str,
    },
    /// Text holds no zero bytes.
    #[error(
        "the file is no CSV: line {line} holds a zero byte, so it is a program's own format, or \
         UTF-16 without its mark (then give --encoding utf-16le)"
    )]
    Binary {
        /// Where, from 1.
        line: u64,
    },
    /// Bytes that mean nothing in the encoding.
    #[error("line {line} is not {encoding}: {}", advice(encoding))]
    Encoding {
        /// Where, from 1.
        line: u64,
        /// The encoding, by its name.
        encoding: &'static str,
    },
    /// The first line holds values.
    #[error("the file has no header: its first line must name the columns, such as {expected}")]
    NoHeader {
        /// A header that would do.
        expected: String,
    },
    /// The first line cannot be read as a row.
    #[error("the header cannot be read: {reason}")]
    BadHeader {
        /// Why.
        reason: &'static str,
    },
    /// A column without which no row means anything.
    #[error("no column {column}: the header names {found}; name it {column} (or {synonyms})")]
    MissingColumn {
        /// Its name.
        column: &'static str,
        /// What the header names instead.
        found: String,
        /// Some other names it may have.
        synonyms: String,
    },
    /// Two columns that could be the same.
    #[error(
        "columns {first} and {second} are both {column}: rename the one to be used to {column}, \
         and the other to something else"
    )]
    ColumnTwice {
        /// What both are.
        column: &'static str,
        /// The first, with its place and name.
        first: String,
        /// The second.
        second: String,
    },
}

fn advice(encoding: &str) -> &'static str {
    if encoding == "UTF-8" {
        "if the file comes from Excel, give --encoding windows-1252, or save it as CSV UTF-8"
    } else {
        "give the encoding in which it was saved"
    }
}
