//! The HTML pages. Every text goes through maud, which escapes it.

mod overview;
mod shell;
mod table;
mod types;

pub(super) use overview::overview;
pub(super) use table::table;
pub(super) use types::types;
