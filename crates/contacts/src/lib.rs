//! Contacts: who may be called, and who never.
//!
//! Plain functions on a borrowed connection; the caller owns the transaction.

mod contact;
mod error;
mod phone;

pub use contact::{NewContact, add, list};
pub use error::Error;
pub use phone::{PhoneNumber, PhoneNumberError};
