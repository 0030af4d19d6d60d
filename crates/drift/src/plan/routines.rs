//! Functions and triggers.

use crate::catalog::{Catalog, Function, Table};

use super::Step;
use super::sql::ident;

pub(super) fn create_functions(now: &Catalog, to: &Catalog) -> Vec<Step> {
    to.functions
        .iter()
        .filter(|(name, one)| {
            now.functions
                .get(*name)
                .is_none_or(|there| there.definition != one.definition)
        })
        .map(|(name, one)| create_function(name, one))
        .collect()
}

/// Those that are there already. The server looks into a body in PL/pgSQL when it is run, so it may name what is not
/// there yet; into others, when they are made.
pub(super) fn replace_functions(now: &Catalog, to: &Catalog) -> Vec<Step> {
    to.functions
        .iter()
        .filter(|(name, one)| {
            let there = now.functions.get(*name);
            one.definition.contains("LANGUAGE plpgsql")
                && there.is_some_and(|there| there.definition != one.definition)
        })
        .map(|(name, one)| create_function(name, one))
        .collect()
}

fn create_function(name: &str, one: &Function) -> Step {
    // The server names the schema it was asked in; a migration runs in whichever it is given.
    let sql = one.definition.trim_end().replacen(" public.", " ", 1);
    Step::new(name, sql)
}

pub(super) fn drop_functions(now: &Catalog, to: &Catalog) -> Vec<Step> {
    now.functions
        .keys()
        .filter(|name| !to.functions.contains_key(*name))
        .map(|name| Step::new(name, format!("DROP FUNCTION IF EXISTS {name}")))
        .collect()
}

pub(super) fn create_triggers(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, wanted) in &to.tables {
        let there = now.tables.get(table);
        for (name, one) in &wanted.triggers {
            let before = there.and_then(|there| there.triggers.get(name));
            if before.is_none_or(|before| before.definition != one.definition) {
                let sql = one
                    .definition
                    .replacen("CREATE TRIGGER", "CREATE OR REPLACE TRIGGER", 1);
                steps.push(Step::new(name, sql));
            }
        }
    }
    steps
}

/// Those that go, change, or name a column that gets another type: the server lets no such column change under them.
pub(super) fn drop_triggers(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there) in &now.tables {
        let Some(wanted) = to.tables.get(table) else {
            continue;
        };
        let retyped = retyped(there, wanted);
        let in_the_way = there.triggers.iter().filter(|(name, one)| {
            let same = wanted
                .triggers
                .get(*name)
                .is_some_and(|other| other.definition == one.definition);
            !same
                || retyped
                    .iter()
                    .any(|column| has_word(&one.definition, column))
        });
        for (name, _) in in_the_way {
            let sql = format!("DROP TRIGGER IF EXISTS {} ON {table}", ident(name));
            steps.push(Step::new(name, sql));
        }
    }
    steps
}

/// The columns that get another type.
fn retyped<'a>(there: &'a Table, wanted: &Table) -> Vec<&'a str> {
    let changed = there.columns.iter().filter(|column| {
        let other = wanted
            .columns
            .iter()
            .find(|other| other.name == column.name);
        other.is_some_and(|other| other.sql_type != column.sql_type)
    });
    changed.map(|column| &*column.name).collect()
}

/// Whether a name stands in a definition, and not only within another one.
pub(super) fn has_word(definition: &str, name: &str) -> bool {
    let of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    definition.match_indices(name).any(|(at, _)| {
        let before = definition[..at].chars().next_back();
        let after = definition[at + name.len()..].chars().next();
        !before.is_some_and(of_a_name) && !after.is_some_and(of_a_name)
    })
}
