//! Calls: attempts and what became of them.
