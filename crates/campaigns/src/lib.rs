//! Campaigns: what is asked, of whom, when and how often.
//!
//! Plain functions on a borrowed connection; the caller owns the transaction.

mod campaign;
mod error;

pub use campaign::{NewCampaign, Question, create, get};
pub use error::Error;
