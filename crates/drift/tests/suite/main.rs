//! `vsa-drift` on a real server: what it reads, compares and plans.
//!
//! One program, as each further one would be compiled and linked with all of sqlx again; but the test of SIGTERM, which
//! reaches a whole process, has one of its own.

mod catalog;
mod check;
mod hand_made;
mod migration;
mod mistakes;
mod plan;
mod support;
