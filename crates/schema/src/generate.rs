//! Everything that is derived from the schema and kept in the repository: enums, ids and models of `vsa-db`, what its
//! tests go by, the types of the checked macros, and the column lists of queries.
//!
//! | module | writes |
//! |---|---|
//! | `enums` | the enum types |
//! | `ids` | the types of ids |
//! | `models` | a struct a table |
//! | `lists` | what the tests of `vsa-db` go through: every enum, every model, a sample of each |
//! | `sqlx_toml` | which Rust types the checked macros give to which columns |
//! | `columns` | the lists of columns between two marks in the SQL of a query |
//!
//! The pages about the schema come from [`crate::pages`].
//!
//! The texts are as rustfmt leaves them: no other program has a hand in them, so writing and checking are the same.

mod columns;
mod enums;
mod ids;
mod lists;
mod models;
mod rust;
mod sqlx_toml;
mod tree;

use crate::spec::Spec;

pub use tree::{Change, Error, apply, changes, page_changes};

/// What a person types to write the files anew.
pub const COMMAND: &str = "cargo xtask schema generate";

/// What the first line of every generated file says, after the comment sign.
pub(crate) const FIRST_LINE: &str =
    "Generated from schema.yaml by cargo xtask schema generate; edit that file instead.";

/// A file that follows from the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Where it belongs, relative to the root of the repository.
    pub path: String,
    /// All that it holds.
    pub text: String,
}

/// Every file that is generated as a whole.
pub fn outputs(spec: &Spec) -> Vec<Output> {
    let mut all = vec![
        rust("crates/vsa-db/src/enums/generated.rs", &enums::text(spec)),
        rust("crates/vsa-db/src/ids/generated.rs", &ids::text(spec)),
        rust(
            "crates/vsa-db/src/models/generated.rs",
            &models::modules(spec),
        ),
        rust(
            "crates/vsa-db/src/models/tests/samples.rs",
            &lists::samples(spec),
        ),
        rust(
            "crates/vsa-db/tests/suite/enums/generated.rs",
            &lists::enums(spec),
        ),
        rust(
            "crates/vsa-db/tests/suite/models/generated.rs",
            &lists::models(spec),
        ),
        Output {
            path: "sqlx.toml".to_owned(),
            text: format!("# {FIRST_LINE}\n{}", sqlx_toml::text(spec)),
        },
    ];
    for table in &spec.tables {
        let path = format!(
            "crates/vsa-db/src/models/generated/{}.rs",
            rust::snake(&table.model)
        );
        all.push(rust(&path, &models::text(spec, table)));
    }
    all
}

fn rust(path: &str, text: &str) -> Output {
    Output {
        path: path.to_owned(),
        text: format!("// {FIRST_LINE}\n\n{text}"),
    }
}
