//! Checks and foreign keys.

use crate::catalog::{Catalog, Constraint};

use super::columns::is_helper;
use super::sql::{add_constraint, ident, is_validated, when};
use super::{Hazard, Step, Style};

fn is_rule(constraint: &Constraint) -> bool {
    matches!(&*constraint.kind, "check" | "foreign key")
}

/// Those that are not wanted, or wanted otherwise.
pub(super) fn drop(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there) in &now.tables {
        let wanted = to.tables.get(table);
        for (name, one) in there.constraints.iter().filter(|(_, one)| is_rule(one)) {
            // With a table that goes everything on it goes.
            let Some(wanted) = wanted else { continue };
            let other = wanted.constraints.get(name);
            let alike = other.filter(|other| other.definition == one.definition);
            if alike.is_some_and(|other| other.validated || !one.validated) {
                continue;
            }
            let sql = format!(
                "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {}",
                ident(name)
            );
            // One that comes back NOT VALID is left alone by a second run.
            let sql = match alike {
                Some(_) => when(&is_validated(table, name), &[sql]),
                None => sql,
            };
            steps.push(Step::new(name, sql));
        }
    }
    steps
}

/// Those that are missing; in the light style they hold for new rows at once, and for old ones when they are validated.
pub(super) fn add(now: &Catalog, to: &Catalog, style: Style) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, wanted) in &to.tables {
        let Some(there) = now.tables.get(table) else {
            continue;
        };
        for (name, one) in wanted.constraints.iter().filter(|(_, one)| is_rule(one)) {
            if there.constraints.contains_key(name) {
                continue;
            }
            let later = style == Style::Light || !one.validated;
            let not_valid = if later { " NOT VALID" } else { "" };
            let sql = add_constraint(table, name, &format!("{}{not_valid}", one.definition));
            steps.push(if later {
                Step::new(name, sql)
            } else {
                Step::new(name, sql).hazards(&[
                    Hazard::Scans,
                    Hazard::BlocksWrites,
                    Hazard::FailsOnRows,
                ])
            });
        }
    }
    steps
}

pub(super) fn validate(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there) in &now.tables {
        let Some(wanted) = to.tables.get(table) else {
            continue;
        };
        for (name, _) in there.constraints.iter().filter(|(_, one)| !one.validated) {
            let valid = wanted
                .constraints
                .get(name)
                .is_some_and(|one| one.validated);
            if valid && !is_helper(table, there, name) {
                let sql = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {}", ident(name));
                steps.push(Step::new(name, sql).hazards(&[Hazard::Scans, Hazard::FailsOnRows]));
            }
        }
    }
    steps
}
