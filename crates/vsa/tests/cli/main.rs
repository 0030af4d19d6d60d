//! The program `vsa`, as people and scripts use it: what it prints, where, and its exit code.

mod campaigns;
mod contacts;
mod import;
mod readme;
mod support;
mod usage;
