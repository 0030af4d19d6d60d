//! Contacts from a file.

mod batch;
mod columns;
mod load;
mod opt_out;
mod read;
mod rows;
mod values;

pub use columns::COLUMNS;
pub(crate) use columns::PHONE_COLUMN;
pub use load::{Duplicate, ImportOptions, Imported, Progress, import};
pub use read::{Candidate, ContactFile, Reject, Row};
