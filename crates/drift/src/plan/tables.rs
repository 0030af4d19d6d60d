//! Whole tables.

use crate::catalog::{Catalog, Table};

use super::columns::definition;
use super::sql::ident;
use super::{Hazard, Step, indexes};

/// New tables, with all that is theirs but triggers and comments. They are empty, so nothing has to be light.
pub(super) fn create(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for name in in_order(to) {
        let table = &to.tables[name];
        if now.tables.contains_key(name) {
            continue;
        }
        let columns = table.columns.iter().map(definition);
        let constraints = table
            .constraints
            .iter()
            .map(|(name, one)| format!("CONSTRAINT {} {}", ident(name), one.definition));
        let lines: Vec<_> = columns
            .chain(constraints)
            .map(|line| format!("    {line}"))
            .collect();
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS {name} (\n{}\n)",
            lines.join(",\n")
        );
        steps.push(Step::new(name, sql));
        for (index, one) in &table.indexes {
            steps.push(Step::new(
                index,
                indexes::statement(name, index, one, false),
            ));
        }
    }
    steps
}

pub(super) fn drop(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut names = in_order(now);
    names.reverse();
    names
        .into_iter()
        .filter(|name| !to.tables.contains_key(*name))
        .map(|name| {
            Step::new(name, format!("DROP TABLE IF EXISTS {name}"))
                .hazards(&[Hazard::DeletesData, Hazard::CannotBeUndone])
        })
        .collect()
}

/// The tables, each after those it refers to.
fn in_order(catalog: &Catalog) -> Vec<&str> {
    let mut ordered: Vec<&str> = Vec::new();
    let mut left: Vec<(&String, &Table)> = catalog.tables.iter().collect();
    while !left.is_empty() {
        let before = left.len();
        left.retain(|(name, table)| {
            let ready = targets(table).all(|target| {
                target == name.as_str()
                    || ordered.contains(&target)
                    || !catalog.tables.contains_key(target)
            });
            if ready {
                ordered.push(name);
            }
            !ready
        });
        if left.len() == before {
            // A cycle, which no schema.yaml has; the server will say what it cannot do.
            ordered.extend(left.drain(..).map(|(name, _)| name.as_str()));
        }
    }
    ordered
}

/// The tables a table refers to, as its foreign keys print them.
fn targets(table: &Table) -> impl Iterator<Item = &str> {
    let keys = table
        .constraints
        .values()
        .filter(|one| one.kind == "foreign key");
    keys.filter_map(|key| {
        let (_, rest) = key.definition.split_once(" REFERENCES ")?;
        rest.split('(').next()
    })
}
