//! Campaigns: what is asked, of whom, when and how often.
//!
//! Plain functions on a borrowed connection; the caller owns the transaction. Whatever changes a
//! campaign is told who does it, asks whether they may, and writes the audit log.
//!
//! | module | what it does |
//! |---|---|
//! | [`content`](Content) | what a manager decides, and how it is created and edited |
//! | [`find`] | from what people type to a campaign; lists |
//! | [`lifecycle`] | the moves from draft to completed or cancelled |
//! | [`validate`] | what is missing before it can run |
//! | [`stats`] | how far it is, exact at the moment it is read |
//! | [`export`] | the results as CSV |
//! | [`history`] | who did what to it |

mod content;
mod create;
mod edit;
mod error;
pub mod export;
pub mod find;
pub mod history;
pub mod lifecycle;
pub mod stats;
pub mod validate;

pub use content::{Content, Question};
pub use create::create;
pub use edit::edit;
pub use error::Error;
pub use find::get;
