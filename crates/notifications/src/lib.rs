//! Notifications: templates and the mails that follow an outcome.
//!
//! Plain functions on a borrowed connection; the caller owns the transaction.

mod error;
mod template;

pub use error::Error;
pub use template::{TemplateKey, list_templates};
