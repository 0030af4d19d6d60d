//! Campaigns through their public interface, on a real server.

mod activity;
mod create;
mod edit;
mod export;
mod find;
mod lifecycle;
mod permissions;
mod stats;
mod support;
