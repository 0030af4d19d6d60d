//! The data layer on a real server, through its public interface and its program.
//!
//! One program: each further one would be compiled and linked with all of sqlx again, ten seconds a piece.

mod actor;
mod audit;
mod config;
mod enums;
mod error;
mod health;
mod load;
mod migrate;
mod models;
mod pool;
mod recorder;
mod schema;
mod seeds;
mod tx;
