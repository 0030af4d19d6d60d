//! Contacts from a file.

mod columns;
mod read;
mod values;

pub use columns::COLUMNS;
pub use read::{Candidate, ContactFile, Reject, Row};
