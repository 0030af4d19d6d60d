//! Calls: attempts and what became of them.
//!
//! Plain functions on a borrowed connection; the caller owns the transaction,
//! and commits it before anything is dialled.

mod attempt;
mod error;

pub use attempt::{get, open};
pub use error::Error;
