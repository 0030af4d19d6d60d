//! Contacts from files: how files are read, and how they come into the database.

mod bad_files;
mod database;
mod formats;
mod headers;
mod meanwhile;
mod properties;
mod reading;
mod rejects;
