//! Contacts: who may be called, and who never.
//!
//! Plain functions on a borrowed connection; the caller owns the transaction. Whatever changes
//! something is told who does it, asks whether they may, and writes the audit log.

mod contact;
pub mod erase;
mod error;
pub mod exclusion;
pub mod find;
mod phone;

pub use contact::{NewContact, add};
pub use error::Error;
pub use find::{get, list};
pub use phone::{PhoneNumber, PhoneNumberError};
