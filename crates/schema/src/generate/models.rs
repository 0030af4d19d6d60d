//! The models: a struct a table, a field a column.

use crate::spec::{Column, Spec, Table};
use crate::types::Type;

use super::rust::{self, Imports, column_words, ident, list, rustdoc, value_type, words};

/// The module that holds the others.
pub(super) fn modules(spec: &Spec) -> String {
    let models = rust::models_in_order(spec);
    let modules = models.iter().map(|(module, _)| format!("mod {module};\n"));
    let names = models
        .iter()
        .map(|(module, model)| format!("pub use {module}::{model};\n"));
    modules.chain(["\n".to_owned()]).chain(names).collect()
}

/// The file of one model.
pub(super) fn text(spec: &Spec, table: &Table) -> String {
    let (personal, plain): (Vec<_>, Vec<_>) = table
        .columns
        .iter()
        .partition(|column| column.personal.is_some());
    let mut imports = Imports::default();
    imports.add("serde", "Serialize");
    let fields: String = table
        .columns
        .iter()
        .map(|column| field(spec, table, column, &mut imports))
        .collect();
    let model = &table.model;
    let says = format!(
        "{}\n\nA row of `{}`.",
        words(table.doc.as_ref(), &table.comment),
        table.name
    );
    // A model with personal data must not show it, the others may show all they have.
    let (derived, by_hand) = if personal.is_empty() {
        ("Debug, ", String::new())
    } else {
        let by_hand = format!(
            "\ncrate::models::debug_without_personal_data!({model} {{\n{}{}}});\n",
            part("    ", "shown", &plain),
            part("    ", "redacted", &personal)
        );
        ("", by_hand)
    };
    format!(
        "{imports}
{docs}#[derive({derived}Clone, PartialEq, Serialize, sqlx::FromRow)]
pub struct {model} {{
{fields}}}
{by_hand}",
        imports = imports.text(),
        docs = rustdoc("", &says),
    )
}

fn field(spec: &Spec, table: &Table, column: &Column, imports: &mut Imports) -> String {
    let (mut rust_type, module) = value_type(spec, table, column);
    if let Some(module) = module {
        imports.add(module, &rust_type);
    }
    if column.nullable {
        rust_type = format!("Option<{rust_type}>");
    }
    let docs = rustdoc("    ", &column_words(column));
    let with = json(&column.sql_type).map(|with| {
        let option = if column.nullable { "::option" } else { "" };
        format!("    #[serde(with = \"{with}{option}\")]\n")
    });
    let with = with.unwrap_or_default();
    let name = ident(&column.name);
    let line = format!("    pub {name}: {rust_type},");
    if line.len() <= rust::WIDTH {
        format!("{docs}{with}{line}\n")
    } else {
        format!("{docs}{with}    pub {name}:\n        {rust_type},\n")
    }
}

/// The module that says how values look in JSON, for types that do not say it themselves.
fn json(sql_type: &Type) -> Option<&'static str> {
    Some(match sql_type {
        Type::TimestampTz => "time::serde::rfc3339",
        Type::Date => "crate::models::json::date",
        Type::Time => "crate::models::json::time_of_day",
        Type::Interval => "crate::models::json::interval",
        Type::Numeric { .. } => "crate::models::json::decimal",
        Type::Bytea => "crate::models::json::bytes",
        _ => return None,
    })
}

/// `name: a, b;`, with the columns below the name where one line does not hold them.
pub(super) fn part(indent: &str, name: &str, columns: &[&Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| ident(&column.name)).collect();
    let line = format!("{indent}{name}: {};\n", names.join(", "));
    if line.len() <= rust::WIDTH + 1 {
        return line;
    }
    let columns = list(&names, &format!("{indent}    "));
    format!("{indent}{name}:\n{columns};\n")
}
