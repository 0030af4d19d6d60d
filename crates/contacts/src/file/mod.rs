//! Tables in files as other programs write them: bytes to text, text to rows, and which column is
//! which. Memory does not grow with the file, whatever is in it.

mod decode;
mod delimiter;
mod error;
mod header;
mod records;
mod rejects;
mod table;

pub use decode::{Encoding, EncodingError};
pub use delimiter::{Delimiter, DelimiterError};
pub use error::FileError;
pub use header::Column;
pub use rejects::Rejects;

pub(crate) use header::Header;
pub(crate) use records::Record;
pub(crate) use table::{Step, Table};

/// How a file was written. The default finds out.
#[derive(Debug, Clone, Copy, Default)]
pub struct FileOptions {
    /// Between the fields; none is whichever of comma, semicolon, tab and pipe fits the header best.
    pub delimiter: Option<Delimiter>,
    /// Of the characters.
    pub encoding: Encoding,
}
