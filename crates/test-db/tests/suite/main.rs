//! What `test_db` promises, on a real server.

mod isolation;
mod recovery;
mod scratch;
