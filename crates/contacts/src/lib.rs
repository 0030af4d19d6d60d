//! Contacts: who may be called, and who never.
//!
//! Plain functions on a borrowed connection; the caller owns the transaction. Whatever changes
//! something is told who does it, asks whether they may, and writes the audit log. An import takes a
//! pool: it is one transaction from its first row to its last.

mod contact;
mod email;
pub mod erase;
mod error;
pub mod exclusion;
mod file;
pub mod find;
pub mod import;
mod phone;
mod text;

pub use contact::{NewContact, add};
pub use email::{EmailError, read_email};
pub use error::Error;
pub use file::{
    Column, Delimiter, DelimiterError, Encoding, EncodingError, FileError, FileOptions, Rejects,
};
pub use find::{get, list};
pub use import::{COLUMNS, Candidate, ContactFile, Reject, Row};
pub use phone::{PhoneFault, PhoneNumber, PhoneNumberError, Region, RegionError};
