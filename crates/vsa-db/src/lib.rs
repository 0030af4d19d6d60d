//! The data layer every crate shares.
pub mod config;
pub mod enums;
pub mod error;
pub mod health;
pub mod ids;
pub mod migrate;
pub mod models;
pub mod page;
pub mod pool;
pub mod seed;
pub mod tx;
