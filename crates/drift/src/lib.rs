//! Whether two databases hold the same, rows aside.
//!
//! | module | what for |
//! |---|---|
//! | [`check`] | schema file, migrations and a live database: three comparisons |
//! | [`build`] | a schema file as a database; what the server refuses is a mistake of the file |
//! | [`catalog`] | everything that a database holds, rows aside, read in one round trip |
//! | [`compare`] | two such catalogs side by side: typed differences |
//! | [`migration`] | a plan as files, proved before they are written |
//! | [`plan`](mod@plan) | from one catalog to the other: the statements of a migration, there and back |
//! | [`scratch`] | databases that live as long as a piece of work, on a server where that is allowed |
//!
//! Catalogs are compared, never text: the server itself prints every definition, on both sides.

pub mod build;
pub mod catalog;
pub mod check;
pub mod compare;
mod connect;
pub mod migration;
pub mod plan;
pub mod scratch;
