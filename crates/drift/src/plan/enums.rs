//! Enum types and their labels.

use vsa_schema::sql::literal;
use vsa_schema::{Mistake, Spec};

use crate::catalog::{Catalog, Column, Enum};

use super::rename::Renames;
use super::routines::has_word;
use super::sql::{ident, passing};
use super::{Hazard, Step};

pub(super) fn create(now: &Catalog, to: &Catalog) -> Vec<Step> {
    to.enums
        .iter()
        .filter(|(name, _)| !now.enums.contains_key(*name))
        .map(|(name, one)| {
            let sql = format!(
                "DO $do$\nBEGIN\n    {};\nEXCEPTION\n    WHEN duplicate_object THEN NULL;\nEND\n$do$",
                create_type(name, one)
            );
            Step::new(name, sql)
        })
        .collect()
}

pub(super) fn drop(now: &Catalog, to: &Catalog) -> Vec<Step> {
    now.enums
        .keys()
        .filter(|name| !to.enums.contains_key(*name))
        .map(|name| Step::new(name, format!("DROP TYPE IF EXISTS {name}")))
        .collect()
}

fn create_type(name: &str, one: &Enum) -> String {
    let labels: Vec<_> = one.labels.iter().map(|label| literal(label)).collect();
    format!("CREATE TYPE {name} AS ENUM ({})", labels.join(", "))
}

/// New labels where the others stay as they are.
pub(super) fn add_labels(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, one) in &to.enums {
        let Some(there) = now.enums.get(name) else {
            continue;
        };
        if !keeps(&there.labels, &one.labels) {
            continue;
        }
        for (n, label) in one.labels.iter().enumerate() {
            if there.labels.contains(label) {
                continue;
            }
            // What comes before is there by now.
            let place = match n.checked_sub(1) {
                Some(before) => format!("AFTER {}", literal(&one.labels[before])),
                None => there
                    .labels
                    .first()
                    .map(|first| format!("BEFORE {}", literal(first)))
                    .unwrap_or_default(),
            };
            let sql = format!(
                "ALTER TYPE {name} ADD VALUE IF NOT EXISTS {} {place}",
                literal(label)
            );
            steps.push(Step::new(format!("{name}.{label}"), sql));
        }
    }
    steps
}

/// Whether all labels are still there, in the same order.
fn keeps(there: &[String], wanted: &[String]) -> bool {
    let kept: Vec<_> = wanted
        .iter()
        .filter(|label| there.contains(label))
        .collect();
    kept.len() == there.len() && kept.into_iter().eq(there)
}

/// The type is made anew and takes the place of the old one, because a label is to go, or to stand elsewhere.
pub(super) fn swap(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (name, one) in &to.enums {
        if now
            .enums
            .get(name)
            .is_some_and(|there| there.labels != one.labels)
        {
            swap_one(now, name, one, &mut steps);
        }
    }
    steps
}

fn swap_one(now: &Catalog, name: &str, one: &Enum, steps: &mut Vec<Step>) {
    let old = passing(name, "_old");
    // Constants of the old type stand in these; whoever needs them makes them again.
    let mention = format!("::{name}");
    for (table, there) in &now.tables {
        for (index, _) in there
            .indexes
            .iter()
            .filter(|(_, index)| mentions(&index.definition, &mention))
        {
            steps.push(Step::new(
                index,
                format!("DROP INDEX IF EXISTS {}", ident(index)),
            ));
        }
        for (check, _) in there
            .constraints
            .iter()
            .filter(|(_, one)| mentions(&one.definition, &mention))
        {
            let sql = format!(
                "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {}",
                ident(check)
            );
            steps.push(Step::new(check, sql));
        }
        let of_type = |column: &&Column| column.sql_type == name;
        let users: Vec<_> = there.columns.iter().filter(of_type).collect();
        for column in &there.columns {
            let computed_from = |expression: &String| {
                mentions(expression, &mention)
                    || users.iter().any(|user| has_word(expression, &user.name))
            };
            if column.generated.as_ref().is_some_and(computed_from) {
                let sql = format!(
                    "ALTER TABLE {table} DROP COLUMN IF EXISTS {}",
                    ident(&column.name)
                );
                steps.push(Step::new(format!("{table}.{}", column.name), sql));
            }
        }
        for (trigger, _) in there
            .triggers
            .iter()
            .filter(|(_, one)| mentions(&one.definition, &mention))
        {
            let sql = format!("DROP TRIGGER IF EXISTS {} ON {table}", ident(trigger));
            steps.push(Step::new(trigger, sql));
        }
    }
    steps.push(Step::new(
        name,
        format!("ALTER TYPE {name} RENAME TO {old}"),
    ));
    steps.push(Step::new(name, create_type(name, one)));
    for (table, there) in &now.tables {
        for column in there
            .columns
            .iter()
            .filter(|column| column.sql_type == name)
        {
            let object = format!("{table}.{}", column.name);
            let alter = format!("ALTER TABLE {table} ALTER COLUMN {}", ident(&column.name));
            if column.default.is_some() {
                steps.push(Step::new(&object, format!("{alter} DROP DEFAULT")));
            }
            let sql = format!(
                "{alter} TYPE {name} USING {}::text::{name}",
                ident(&column.name)
            );
            steps.push(Step::new(&object, sql).hazards(&[
                Hazard::RewritesTable,
                Hazard::BlocksWrites,
                Hazard::FailsOnRows,
            ]));
            if let Some(default) = &column.default {
                steps.push(Step::new(&object, format!("{alter} SET DEFAULT {default}")));
            }
        }
    }
    steps.push(Step::new(name, format!("DROP TYPE {old}")));
}

/// Whether a definition holds a constant of a type, and not of one whose name only begins alike.
fn mentions(definition: &str, mention: &str) -> bool {
    definition.match_indices(mention).any(|(at, _)| {
        let next = definition[at + mention.len()..].chars().next();
        !next.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

/// PostgreSQL can neither take a label away nor move it; swapping the type rewrites every table that uses it.
pub(super) fn refuse(
    spec: &Spec,
    now: &Catalog,
    to: &Catalog,
    renames: &Renames,
    mistakes: &mut Vec<Mistake>,
) {
    for one in &spec.enums {
        let Some(there) = now.enums.get(renames.old_type(&one.name)) else {
            continue;
        };
        let user = to.tables.iter().find_map(|(table, wanted)| {
            let column = wanted
                .columns
                .iter()
                .find(|column| column.sql_type == *one.name)?;
            Some(format!("{table}.{}", column.name))
        });
        let Some(user) = user else { continue };
        let wanted: Vec<&str> = one
            .labels
            .iter()
            .map(|label| renames.old_label(&one.name, &label.name))
            .collect();
        for gone in there
            .labels
            .iter()
            .filter(|label| !wanted.contains(&label.as_str()))
        {
            mistakes.push(Mistake {
                at: one.name.at,
                what: format!("the label `{gone}` of `{}` is missing, and `{user}` uses the type", one.name),
                write: format!(
                    "keep it (a label cannot be taken from a type in use), or write `renamed_from: {gone}` at its new name"
                ),
            });
        }
        let kept: Vec<&str> = wanted
            .into_iter()
            .filter(|label| there.labels.iter().any(|old| old == label))
            .collect();
        let order: Vec<&str> = there
            .labels
            .iter()
            .map(String::as_str)
            .filter(|label| kept.contains(label))
            .collect();
        if let Some(n) = (0..kept.len()).find(|&n| kept[n] != order[n]) {
            let label = one
                .labels
                .iter()
                .find(|label| renames.old_label(&one.name, &label.name) == kept[n]);
            mistakes.push(Mistake {
                at: label.map_or(one.name.at, |label| label.name.at),
                what: format!(
                    "the labels of `{}` stand in another order, and `{user}` uses the type",
                    one.name
                ),
                write: format!("keep the order: {}", order.join(", ")),
            });
        }
    }
}
