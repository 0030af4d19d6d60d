//! The tables as rows: plain structs, one file each, fields named as the columns. They follow from
//! `schema.yaml`. Times are UTC.
//!
//! `Debug` never shows personal data (phone numbers, addresses, names, answers, what was
//! said): such fields print as [`Redacted`], so that a struct in a log line or a failed
//! assertion gives nothing away. `Serialize` shows every field, for it feeds exports and
//! APIs that decide for themselves who may see what; [`json`] says how.

use std::fmt;

mod generated;
pub mod json;

pub use generated::*;

/// What `Debug` prints in place of personal data.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Redacted;

impl fmt::Debug for Redacted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Implements `Debug` with every field named on one side or the other: the struct is taken
/// apart without `..`, so a new column does not compile until somebody has decided.
macro_rules! debug_without_personal_data {
    ($name:ident { shown: $($shown:ident),*; redacted: $($redacted:ident),*; }) => {
        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                let Self { $($shown,)* $($redacted: _,)* } = self;
                f.debug_struct(stringify!($name))
                    $(.field(stringify!($shown), $shown))*
                    $(.field(stringify!($redacted), &$crate::models::Redacted))*
                    .finish()
            }
        }
    };
}
use debug_without_personal_data;

#[cfg(test)]
mod tests;
