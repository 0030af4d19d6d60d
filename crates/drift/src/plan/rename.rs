//! New names: those that `renamed_from` tells, and those that follow by the naming rule.

use std::collections::BTreeMap;

use vsa_schema::sql::literal;
use vsa_schema::{Spec, Text};

use crate::catalog::{Catalog, Table};

use super::sql::{has_column, has_constraint, has_label, has_trigger, ident, when};
use super::{Hazard, Step};

/// What is called otherwise from now on: pairs of the old name and the new one. Tables and types are renamed first, so
/// columns and labels stand under the new name of theirs.
#[derive(Debug, Clone, Default)]
pub(super) struct Renames {
    types: Vec<(String, String)>,
    tables: Vec<(String, String)>,
    labels: Vec<(String, String, String)>,
    columns: Vec<(String, String, String)>,
    indexes: Vec<(String, String)>,
}

impl Renames {
    /// The renames that `spec` tells and that are still to be done: the old name is there, the new one is not.
    pub(super) fn of(spec: &Spec, now: &Catalog) -> Self {
        let mut found = Self::default();
        for one in &spec.enums {
            let before = pending(one.renamed_from.as_ref(), &one.name, |name| {
                now.enums.contains_key(name)
            });
            if let Some(old) = before {
                found.types.push((old.to_owned(), one.name.text.clone()));
            }
            let Some(there) = now.enums.get(before.unwrap_or(&one.name)) else {
                continue;
            };
            for label in &one.labels {
                let has = |name: &str| there.labels.iter().any(|label| label == name);
                if let Some(old) = pending(label.renamed_from.as_ref(), &label.name, has) {
                    let (of, new) = (one.name.text.clone(), label.name.text.clone());
                    found.labels.push((of, old.to_owned(), new));
                }
            }
        }
        for table in &spec.tables {
            let before = pending(table.renamed_from.as_ref(), &table.name, |name| {
                now.tables.contains_key(name)
            });
            if let Some(old) = before {
                found.tables.push((old.to_owned(), table.name.text.clone()));
            }
            let Some(there) = now.tables.get(before.unwrap_or(&table.name)) else {
                continue;
            };
            for column in &table.columns {
                let has = |name: &str| there.columns.iter().any(|column| column.name == name);
                if let Some(old) = pending(column.renamed_from.as_ref(), &column.name, has) {
                    let (of, new) = (table.name.text.clone(), column.name.text.clone());
                    found.columns.push((of, old.to_owned(), new));
                }
            }
            for index in &table.indexes {
                let has = |name: &str| there.indexes.contains_key(name);
                if let Some(old) = pending(index.renamed_from.as_ref(), &index.name, has) {
                    found
                        .indexes
                        .push((old.to_owned(), index.name.text.clone()));
                }
            }
        }
        found
    }

    /// The same back. What belongs to a table stands under the name it will have again.
    pub(super) fn inverse(&self) -> Self {
        let old = |pairs: &[(String, String)], name: &String| {
            let pair = pairs.iter().find(|(_, new)| new == name);
            pair.map_or_else(|| name.clone(), |(old, _)| old.clone())
        };
        let swapped = |pairs: &[(String, String)]| -> Vec<(String, String)> {
            pairs.iter().map(|(a, b)| (b.clone(), a.clone())).collect()
        };
        let within = |parts: &[(String, String, String)], pairs: &[(String, String)]| {
            parts
                .iter()
                .map(|(of, a, b)| (old(pairs, of), b.clone(), a.clone()))
                .collect()
        };
        Self {
            types: swapped(&self.types),
            tables: swapped(&self.tables),
            labels: within(&self.labels, &self.types),
            columns: within(&self.columns, &self.tables),
            indexes: swapped(&self.indexes),
        }
    }

    /// What a table of the schema is called in the database so far.
    pub(super) fn old_table<'a>(&'a self, name: &'a str) -> &'a str {
        let pair = self.tables.iter().find(|(_, new)| new == name);
        pair.map_or(name, |(old, _)| old)
    }

    /// What a type of the schema is called in the database so far.
    pub(super) fn old_type<'a>(&'a self, name: &'a str) -> &'a str {
        let pair = self.types.iter().find(|(_, new)| new == name);
        pair.map_or(name, |(old, _)| old)
    }

    /// What a column of the schema is called in the database so far.
    pub(super) fn old_column<'a>(&'a self, table: &str, name: &'a str) -> &'a str {
        old_part(&self.columns, table, name)
    }

    /// What a label of the schema is called in the database so far.
    pub(super) fn old_label<'a>(&'a self, type_name: &str, name: &'a str) -> &'a str {
        old_part(&self.labels, type_name, name)
    }

    pub(super) fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        for (old, new) in &self.types {
            let rename = format!("ALTER TYPE {old} RENAME TO {new}");
            steps.push(known(new, &free("to_regtype", old, new), rename));
        }
        for (of, old, new) in &self.labels {
            let rename = format!(
                "ALTER TYPE {of} RENAME VALUE {} TO {}",
                literal(old),
                literal(new)
            );
            let condition = format!("{} AND NOT {}", has_label(of, old), has_label(of, new));
            steps.push(known(&format!("{of}.{new}"), &condition, rename));
        }
        for (old, new) in &self.tables {
            let rename = format!("ALTER TABLE {old} RENAME TO {new}");
            steps.push(known(new, &free("to_regclass", old, new), rename));
        }
        for (of, old, new) in &self.columns {
            let rename = format!(
                "ALTER TABLE {of} RENAME COLUMN {} TO {}",
                ident(old),
                ident(new)
            );
            let condition = format!("{} AND NOT {}", has_column(of, old), has_column(of, new));
            steps.push(known(&format!("{of}.{new}"), &condition, rename));
        }
        for (old, new) in &self.indexes {
            steps.push(index(old, new));
        }
        steps
    }
}

/// A new name for something that programs know by its name.
fn known(new: &str, condition: &str, rename: String) -> Step {
    Step::new(new, when(condition, &[rename])).hazards(&[Hazard::BreaksPrograms])
}

/// Whether the old name is there and the new one is not.
fn free(lookup: &str, old: &str, new: &str) -> String {
    let there = |name: &str| format!("{lookup}({})", literal(name));
    format!("{} IS NOT NULL AND {} IS NULL", there(old), there(new))
}

fn old_part<'a>(parts: &'a [(String, String, String)], of: &str, name: &'a str) -> &'a str {
    let part = parts
        .iter()
        .find(|(owner, _, new)| owner == of && new == name);
    part.map_or(name, |(_, old, _)| old)
}

fn pending<'a>(old: Option<&'a Text>, new: &str, has: impl Fn(&str) -> bool) -> Option<&'a str> {
    old.map(|old| &**old).filter(|old| has(old) && !has(new))
}

fn index(old: &str, new: &str) -> Step {
    let rename = format!("ALTER INDEX {} RENAME TO {}", ident(old), ident(new));
    Step::new(new, when(&free("to_regclass", old, new), &[rename]))
}

/// Constraints, indexes and triggers that are the same but for their name: it follows the table's and the columns'.
pub(super) fn parts(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, wanted) in &to.tables {
        let Some(there) = now.tables.get(table) else {
            continue;
        };
        for (old, new) in same(&there.constraints, &wanted.constraints, |one| {
            (one.kind.clone(), one.definition.clone())
        }) {
            let rename = format!(
                "ALTER TABLE {table} RENAME CONSTRAINT {} TO {}",
                ident(old),
                ident(new)
            );
            let condition = format!(
                "{} AND NOT {}",
                has_constraint(table, old),
                has_constraint(table, new)
            );
            steps.push(Step::new(new, when(&condition, &[rename])));
        }
        for (old, new) in same(&there.indexes, &wanted.indexes, |one| {
            (one.unique, one.definition.clone())
        }) {
            steps.push(index(old, new));
        }
        steps.extend(triggers(table, there, wanted));
    }
    steps
}

fn triggers(table: &str, there: &Table, wanted: &Table) -> Vec<Step> {
    let pairs = same(&there.triggers, &wanted.triggers, |one| {
        // `CREATE TRIGGER name …`
        one.definition.splitn(4, ' ').nth(3).map(str::to_owned)
    });
    pairs
        .into_iter()
        .map(|(old, new)| {
            let rename = format!(
                "ALTER TRIGGER {} ON {table} RENAME TO {}",
                ident(old),
                ident(new)
            );
            let condition = format!(
                "{} AND NOT {}",
                has_trigger(table, old),
                has_trigger(table, new)
            );
            Step::new(new, when(&condition, &[rename]))
        })
        .collect()
}

/// Pairs of what only one side has by name, but both have by what it is.
fn same<'a, T, K: PartialEq>(
    there: &'a BTreeMap<String, T>,
    wanted: &'a BTreeMap<String, T>,
    what: impl Fn(&T) -> K,
) -> Vec<(&'a str, &'a str)> {
    let mut gone: Vec<_> = there
        .iter()
        .filter(|(name, _)| !wanted.contains_key(*name))
        .collect();
    let mut pairs = Vec::new();
    for (new, one) in wanted.iter().filter(|(name, _)| !there.contains_key(*name)) {
        if let Some(found) = gone.iter().position(|(_, other)| what(other) == what(one)) {
            pairs.push((gone.remove(found).0.as_str(), new.as_str()));
        }
    }
    pairs
}
