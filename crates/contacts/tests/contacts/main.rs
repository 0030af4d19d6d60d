//! Contacts, their files, the do-not-call list and erasure through their public interface, on a real server.

mod add;
mod erase;
mod exclusion_files;
mod exclusions;
mod import;
mod list;
mod permissions;
mod support;
