//! Two catalogs side by side.
//!
//! Nothing here knows a property by name but for how grave its difference is: whatever a catalog holds is compared.

mod difference;
mod flat;

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::catalog::{Catalog, Column};
pub use difference::{Change, Difference, Kind, Object, Severity, Sides};
use flat::flatten;

/// What `found` lacks, has beyond, or has otherwise than `expected`; in a fixed order. Empty when they are equal.
///
/// The migrator's ledger counts only where both have one: a schema file does not speak of it.
pub fn compare(expected: &Catalog, found: &Catalog) -> Vec<Difference> {
    let with_ledger = !expected.ledger.tables.is_empty() && !found.ledger.tables.is_empty();
    let (mut wanted, mut there) = (flatten(expected, with_ledger), flatten(found, with_ledger));
    let objects: BTreeSet<Object> = wanted.keys().chain(there.keys()).cloned().collect();
    // A table that only one side has is told once, without all that hangs on it.
    let has = |catalog: &Catalog, table: &str| {
        catalog.tables.contains_key(table) || catalog.ledger.tables.contains_key(table)
    };
    let one_sided = |table: &str| has(expected, table) != has(found, table);
    let mut differences = Vec::new();
    for object in objects {
        if object.table.as_deref().is_some_and(one_sided) {
            continue;
        }
        let changes = match (wanted.remove(&object), there.remove(&object)) {
            (Some(expected), Some(found)) => changes(expected, &found),
            (Some(expected), None) => vec![Change::Missing {
                expected: expected.into(),
            }],
            (None, Some(found)) => vec![Change::Unexpected {
                found: found.into(),
            }],
            (None, None) => Vec::new(),
        };
        differences.extend(
            changes
                .into_iter()
                .map(|change| Difference::new(object.clone(), change)),
        );
    }
    for (name, table) in &expected.tables {
        if let Some(other) = found.tables.get(name)
            && let Some(change) = order(&table.columns, &other.columns)
        {
            differences.push(Difference::new(Object::top(Kind::Table, name), change));
        }
    }
    differences.sort_by(|one, other| one.object.cmp(&other.object));
    differences
}

/// Whether the order of columns counts: on the way back a column that was dropped returns as the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnOrder {
    /// A table with its columns in another order is another table.
    Counts,
    /// It is the same.
    Free,
}

/// What [`compare`] finds, a line each; empty when they are equal.
pub fn tell(expected: &Catalog, found: &Catalog, sides: Sides, order: ColumnOrder) -> String {
    let mut differences = compare(expected, found);
    differences.retain(|one| order == ColumnOrder::Counts || !one.is_column_order());
    let lines: Vec<_> = differences.iter().map(|one| one.render(sides)).collect();
    lines.join("\n")
}

fn changes(expected: Map<String, Value>, found: &Map<String, Value>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (property, expected) in expected {
        let found = found.get(&property).cloned().unwrap_or_default();
        if expected != found {
            changes.push(Change::Changed {
                property,
                expected,
                found,
            });
        }
    }
    changes
}

/// The order of the columns that both sides have.
fn order(expected: &[Column], found: &[Column]) -> Option<Change> {
    let common = |these: &[Column], those: &[Column]| -> Vec<String> {
        let names = these.iter().map(|column| &column.name);
        names
            .filter(|name| those.iter().any(|column| column.name == **name))
            .cloned()
            .collect()
    };
    let (expected, found) = (common(expected, found), common(found, expected));
    (expected != found).then_some(Change::Reordered { expected, found })
}

#[cfg(test)]
#[path = "compare/tests.rs"]
mod tests;
