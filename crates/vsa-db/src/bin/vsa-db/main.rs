//! The `vsa-db` program.
fn main() {}
