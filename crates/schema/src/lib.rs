//! `schema.yaml`, the one place where the database is said: read, checked, and rendered.
//!
//! | where | what for |
//! |---|---|
//! | [`read()`] | the text of the file becomes a [`Spec`], or a list of mistakes with line and column |
//! | [`spec`] | the schema as plain data, short forms written out, every word with its place in the file |
//! | [`types`] | the types a column may have |
//! | [`sql`] | the statements that build the schema, each with the place it came from |
//! | [`laws`] | what a good schema keeps, and what breaks it |
//! | [`migrations`] | squawk's rules over new migrations, and waivers with a reason |
//! | [`generate`] | the Rust that follows from the schema, written or compared with what is there |
//! | [`pages`] | the pages about the schema: HTML, Markdown, JSON |
//! | [`mistake`] | what is wrong in the file, where, and what to write instead |
//!
//! Nothing here needs a server: what only PostgreSQL can tell (whether an expression parses, whether a default fits) it
//! says of a [`sql::Statement`], which knows its line.

mod check;
pub mod generate;
pub mod laws;
pub mod migrations;
pub mod mistake;
mod names;
pub mod pages;
mod read;
pub mod spec;
pub mod sql;
pub mod types;
mod yaml;

pub use mistake::{At, Mistake, Mistakes, Text};
pub use names::is_reserved;
pub use read::read;
pub use spec::Spec;
