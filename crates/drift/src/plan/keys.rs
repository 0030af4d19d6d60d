//! Primary keys and unique constraints: an index that is built beforehand, and then named a key.

use vsa_schema::sql::literal;

use crate::catalog::{Catalog, Constraint, Table};

use super::sql::{add_constraint, has_constraint, ident, passing, when};
use super::{Hazard, Step};

fn is_key(constraint: &Constraint) -> bool {
    matches!(&*constraint.kind, "primary key" | "unique")
}

/// The keys that tables of both sides are to get: table, name, key, and the table as it is.
pub(super) fn new<'a>(
    now: &'a Catalog,
    to: &'a Catalog,
) -> impl Iterator<Item = (&'a str, &'a str, &'a Constraint, &'a Table)> {
    to.tables.iter().flat_map(|(table, wanted)| {
        let there = now.tables.get(table);
        let keys = wanted.constraints.iter().filter(|(_, one)| is_key(one));
        keys.filter_map(move |(name, one)| {
            let there = there?;
            let before = there.constraints.get(name);
            let same = before.is_some_and(|before| before.definition == one.definition);
            (!same).then_some((table.as_str(), name.as_str(), one, there))
        })
    })
}

/// What the index of a new key is called until it becomes one, while another key or index has its name.
pub(super) fn passing_name(name: &str) -> String {
    passing(name, "_new")
}

/// The columns of a key, as an index takes them: what stands after `UNIQUE` or `PRIMARY KEY`.
pub(super) fn columns(key: &Constraint) -> &str {
    key.definition
        .find('(')
        .map_or("", |at| &key.definition[at..])
}

pub(super) fn from_indexes(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = drop_gone(now, to);
    for (table, name, one, there) in new(now, to) {
        let built = passing_name(name);
        let index = if there.indexes.contains_key(&built) {
            &built
        } else {
            name
        };
        let kind = one.kind.to_ascii_uppercase();
        let add = format!(
            "ALTER TABLE {table} ADD CONSTRAINT {} {kind} USING INDEX {}",
            ident(name),
            ident(index)
        );
        let sql = if index == name {
            when(&format!("NOT {}", has_constraint(table, name)), &[add])
        } else {
            let drop = drop_constraint(table, name);
            let built = format!("to_regclass({}) IS NOT NULL", literal(index));
            when(&built, &[drop, add])
        };
        steps.push(Step::new(name, sql));
    }
    steps
}

/// Those that are not wanted at all.
fn drop_gone(now: &Catalog, to: &Catalog) -> Vec<Step> {
    drop_where(now, |table, name, _| {
        to.tables
            .get(table)
            .is_some_and(|wanted| !wanted.constraints.contains_key(name))
    })
}

/// Those that are not wanted, or wanted otherwise.
pub(super) fn drop(now: &Catalog, to: &Catalog) -> Vec<Step> {
    drop_where(now, |table, name, one| {
        to.tables.get(table).is_some_and(|wanted| {
            let other = wanted.constraints.get(name);
            other.is_none_or(|other| other.definition != one.definition)
        })
    })
}

fn drop_where(now: &Catalog, gone: impl Fn(&str, &str, &Constraint) -> bool) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there) in &now.tables {
        for (name, one) in there.constraints.iter().filter(|(_, one)| is_key(one)) {
            if gone(table, name, one) {
                steps.push(Step::new(name, drop_constraint(table, name)));
            }
        }
    }
    steps
}

pub(super) fn drop_constraint(table: &str, name: &str) -> String {
    format!(
        "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {}",
        ident(name)
    )
}

/// In one transaction, under a lock.
pub(super) fn create(now: &Catalog, to: &Catalog) -> Vec<Step> {
    new(now, to)
        .map(|(table, name, one, _)| {
            Step::new(name, add_constraint(table, name, &one.definition)).hazards(&[
                Hazard::BuildsIndex,
                Hazard::BlocksWrites,
                Hazard::FailsOnRows,
            ])
        })
        .collect()
}
