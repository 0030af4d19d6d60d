//! Contacts from files: how files are read, and how they come into the database.

mod bad_files;
mod formats;
mod headers;
mod properties;
mod rejects;
mod support;
