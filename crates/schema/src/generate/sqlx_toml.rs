//! `sqlx.toml`: the types of the checked macros.

use crate::spec::{Enum, Spec, Table, upper_camel};

use super::rust::id_held;

const HEAD: &str = r#"#
# Types of the checked macros, the same for every domain crate: each crate's `sqlx.toml` is a link to this file.
# A parameter is given its typed id with a cast that the compiler checks: `query!("… WHERE id = $1", id as CampaignId)`.

[migrate]
# sqlx's own tools can read the ledger of our migrator.
table-name = "schema_migrations"
migrations-dir = "migrations"

[macros.preferred-crates]
date-time = "time"
numeric = "rust_decimal"

[macros.type-overrides]
"#;

pub(super) fn text(spec: &Spec) -> String {
    let enums: String = spec.enums.iter().map(one).collect();
    let tables: String = spec
        .tables
        .iter()
        .filter_map(|table| ids(spec, table))
        .collect();
    format!("{HEAD}{enums}{tables}")
}

fn one(one: &Enum) -> String {
    format!(
        "'{}' = \"vsa_db::enums::{}\"\n",
        one.name,
        upper_camel(&one.name)
    )
}

fn ids(spec: &Spec, table: &Table) -> Option<String> {
    let held = table.columns.iter().filter_map(|column| {
        let id = id_held(spec, table, column)?;
        Some(format!("'{}' = \"vsa_db::ids::{id}\"\n", column.name))
    });
    let held: String = held.collect();
    (!held.is_empty()).then(|| format!("\n[macros.table-overrides.'{}']\n{held}", table.name))
}
