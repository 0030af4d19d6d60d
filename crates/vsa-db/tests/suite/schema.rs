//! The schema that the migrations build: what it refuses, what it does by itself, and the files it is built from.

mod behaviour;
mod constraints;
mod counts;
mod files;
mod laws;
