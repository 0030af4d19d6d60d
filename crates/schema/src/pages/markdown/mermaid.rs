//! Diagrams as mermaid text.

use std::fmt::Write as _;

use super::super::model::{Enum, ForeignKey, LifeCycle, Model, Table};

/// The tables of an area with their keys.
pub(super) fn area(model: &Model<'_>, tables: &[&Table<'_>]) -> String {
    let keys: Vec<&ForeignKey<'_>> = tables
        .iter()
        .flat_map(|table| &table.foreign_keys)
        .collect();
    diagram(model, tables, &keys)
}

/// A table with its neighbours.
pub(super) fn neighbourhood(model: &Model<'_>, table: &Table<'_>) -> String {
    let others = table.referenced_by.iter();
    let others = others.filter(|key| key.table != table.name);
    let keys: Vec<&ForeignKey<'_>> = table.foreign_keys.iter().chain(others).collect();
    diagram(model, &[table], &keys)
}

/// The keys of these tables, and these lines.
fn diagram(model: &Model<'_>, tables: &[&Table<'_>], keys: &[&ForeignKey<'_>]) -> String {
    let mut out = "```mermaid\nerDiagram\n".to_owned();
    for table in model
        .tables
        .iter()
        .filter(|one| tables.iter().any(|own| own.name == one.name))
    {
        let _ = writeln!(out, "    {} {{", table.name);
        for column in &table.columns {
            let mark = match column {
                one if one.in_primary_key => "PK",
                one if one.references.is_some() => "FK",
                one if one.unique => "UK",
                _ => continue,
            };
            let _ = writeln!(
                out,
                "        {} {} {mark}",
                word(&column.sql_type),
                column.name
            );
        }
        out += "    }\n";
    }
    for key in keys {
        let one = if key.optional { "|o" } else { "||" };
        let other = if key.unique { "o|" } else { "o{" };
        let label = key.columns.join(", ");
        let _ = writeln!(
            out,
            "    {} {one}--{other} {} : \"{label}\"",
            key.to_table, key.table
        );
    }
    out + "```\n"
}

/// A type as mermaid reads it: one word.
fn word(sql_type: &str) -> String {
    let bare = sql_type.split('(').next().unwrap_or_default();
    bare.replace(' ', "_")
}

/// The states and moves of an enum. Labels may hold any sign, so states are numbered.
pub(super) fn life_cycle(one: &Enum<'_>, cycle: &LifeCycle<'_>) -> String {
    let mut out = "```mermaid\nstateDiagram-v2\n    direction LR\n".to_owned();
    for (nth, label) in one.labels.iter().enumerate() {
        let name = label.name.replace(['"', '\n'], "'");
        let _ = writeln!(out, "    state \"{name}\" as s{nth}");
    }
    let state = |name: &str| {
        let nth = one.labels.iter().position(|label| label.name == name);
        format!("s{}", nth.unwrap_or_default())
    };
    if let Some(start) = cycle.start {
        let _ = writeln!(out, "    [*] --> {}", state(start));
    }
    for (from, to) in &cycle.moves {
        let _ = writeln!(out, "    {} --> {}", state(from), state(to));
    }
    for last in &cycle.finals {
        let _ = writeln!(out, "    {} --> [*]", state(last));
    }
    out + "```\n"
}
