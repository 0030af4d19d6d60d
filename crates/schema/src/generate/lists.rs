//! What the tests of `vsa-db` go through, so that they need no edit when the schema grows.

use crate::spec::{Spec, Table, upper_camel};

use super::models::part;
use super::rust::{id_type, in_order, list, snake};

/// Every enum, given to the macro of `tests/suite/enums.rs`.
pub(super) fn enums(spec: &Spec) -> String {
    format!("each_enum! {{\n{}\n}}\n", list(&enum_names(spec), "    "))
}

/// Every model with its table and its source, for `tests/suite/models.rs`.
pub(super) fn models(spec: &Spec) -> String {
    let models: String = spec.tables.iter().map(model).collect();
    format!(
        "use super::Model;

/// Every model.
pub(crate) const MODELS: &[Model] = &[
{models}];
"
    )
}

fn model(table: &Table) -> String {
    format!(
        "    Model {{
        table: \"{}\",
        name: \"{}\",
        source: include_str!(\"../../../src/models/generated/{}.rs\"),
    }},
",
        table.name,
        table.model,
        snake(&table.model)
    )
}

/// A sample of each model, given to the macros of `models/tests.rs`.
pub(super) fn samples(spec: &Spec) -> String {
    let ids: Vec<_> = spec.tables.iter().filter_map(id_type).collect();
    format!(
        "ids! {{\n{}\n}}\n\nenums! {{\n{}\n}}\n\nsamples! {{\n{}}}\n",
        list(&ids, "    "),
        list(&enum_names(spec), "    "),
        spec.tables.iter().map(sample).collect::<String>()
    )
}

fn sample(table: &Table) -> String {
    let (personal, plain): (Vec<_>, Vec<_>) = table
        .columns
        .iter()
        .partition(|column| column.personal.is_some());
    format!(
        "    {} {{\n{}{}    }}\n",
        table.model,
        part("        ", "plain", &plain),
        part("        ", "secret", &personal)
    )
}

fn enum_names(spec: &Spec) -> Vec<String> {
    let mut names: Vec<_> = spec
        .enums
        .iter()
        .map(|one| upper_camel(&one.name))
        .collect();
    names.sort_by(|a, b| in_order(a, b));
    names
}
