//! Functions and triggers.

use crate::catalog::Catalog;

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
        .map(|(name, one)| {
            // The server names the schema it was asked in; a migration runs in whichever it is given.
            let sql = one.definition.trim_end().replacen(" public.", " ", 1);
            Step::new(name, sql)
        })
        .collect()
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

pub(super) fn drop_triggers(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there) in &now.tables {
        let Some(wanted) = to.tables.get(table) else {
            continue;
        };
        for name in there
            .triggers
            .keys()
            .filter(|name| !wanted.triggers.contains_key(*name))
        {
            let sql = format!("DROP TRIGGER IF EXISTS {} ON {table}", ident(name));
            steps.push(Step::new(name, sql));
        }
    }
    steps
}
