//! The data layer every crate shares: what the database holds, how to reach it, how to change it.
//!
//! | module | what for |
//! |---|---|
//! | [`ids`] | a type for every id |
//! | [`enums`] | the native enum types |
//! | [`models`] | a plain struct for every table |
//! | [`config`] | which database: `DATABASE_URL`, `DB_*`, `.env`; passwords are never shown |
//! | [`pool`] | connections, bounded in number and time |
//! | [`actor`] | who acts, and what they may do |
//! | [`audit`] | the record of who did what |
//! | [`locks`] | advisory locks that more than one domain takes |
//! | [`page`] | pages of a list, by keyset |
//! | [`tx`] | [`run_tx!`]: a named transaction, run again after a conflict |
//! | [`error`] | what a database error means, and what of it may be shown |
//! | [`health`] | whether the database can do its work |
//! | [`migrate`] | the schema, from zero to the newest step and back |
//! | [`seed`] | rows to start with, to try, and to measure with |
//!
//! A query is a free async function on `&mut PgConnection`. It neither begins nor commits: the
//! caller decides what belongs together. The time and random numbers are arguments.
//!
//! What is deliberately absent: checked queries (`query!`). This crate must build when `.sqlx` is
//! stale, or nothing could repair it; the domain crates have nothing but checked queries.
//! No trait stands between a caller and the database, and nothing here knows a domain's rules.

pub mod actor;
pub mod audit;
pub mod config;
pub mod enums;
pub mod error;
pub mod health;
pub mod ids;
pub mod locks;
pub mod migrate;
pub mod models;
pub mod page;
pub mod pool;
pub mod screening;
pub mod seed;
pub mod time_zone;
pub mod tx;
