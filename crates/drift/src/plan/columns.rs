//! Columns: added, changed, dropped.

use vsa_schema::sql::literal;
use vsa_schema::{Mistake, Spec};

use crate::catalog::{Catalog, Column, Table};

use super::fill;
use super::rename::Renames;
use super::sql::{has_constraint, ident, passing, when};
use super::{Hazard, Step, Style};

/// As `CREATE TABLE` and `ADD COLUMN` take it.
pub(super) fn definition(column: &Column) -> String {
    let mut parts = vec![ident(&column.name), column.sql_type.clone()];
    if let Some(collation) = &column.collation {
        parts.push(format!("COLLATE {collation}"));
    }
    if column.not_null {
        parts.push("NOT NULL".to_owned());
    }
    if let Some(default) = &column.default {
        parts.push(format!("DEFAULT {default}"));
    }
    if let Some(expression) = &column.generated {
        parts.push(format!("GENERATED ALWAYS AS {expression}"));
    }
    if let Some(identity) = &column.identity {
        parts.push(generated(identity));
    }
    parts.join(" ")
}

fn generated(identity: &str) -> String {
    format!("GENERATED {} AS IDENTITY", identity.to_ascii_uppercase())
}

pub(super) fn add_column(table: &str, column: &Column) -> String {
    format!(
        "ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {}",
        definition(column)
    )
}

/// The columns that tables of both sides are to get.
pub(super) fn new<'a>(
    now: &'a Catalog,
    to: &'a Catalog,
) -> impl Iterator<Item = (&'a str, &'a Column)> {
    both(now, to).flat_map(|(name, there, wanted)| {
        let columns = wanted.columns.iter();
        columns
            .filter(|column| find(there, &column.name).is_none())
            .map(move |column| (name, column))
    })
}

/// The tables of both sides.
pub(super) fn both<'a>(
    now: &'a Catalog,
    to: &'a Catalog,
) -> impl Iterator<Item = (&'a str, &'a Table, &'a Table)> {
    to.tables
        .iter()
        .filter_map(|(name, wanted)| Some((name.as_str(), now.tables.get(name)?, wanted)))
}

fn find<'a>(table: &'a Table, name: &str) -> Option<&'a Column> {
    table.columns.iter().find(|column| column.name == name)
}

/// Those of `by_row` have a default that differs from row to row: the server would write every row anew, unless they are
/// to be filled later.
pub(super) fn add(
    now: &Catalog,
    to: &Catalog,
    by_row: &fill::Columns,
    filled_later: &fill::Columns,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, column) in new(now, to) {
        let key = (table.to_owned(), column.name.clone());
        if filled_later.contains(&key) {
            steps.extend(fill::add(table, column));
            continue;
        }
        let mut step = Step::new(
            format!("{table}.{}", column.name),
            add_column(table, column),
        );
        let computed = column.generated.is_some() || column.identity.is_some();
        if computed || by_row.contains(&key) {
            step = step.hazards(&[Hazard::RewritesTable, Hazard::BlocksWrites]);
        }
        // What was dropped had values, and on a way back nobody knows them any more.
        let is_empty = column.default.is_none() && column.identity.is_none();
        if column.not_null && is_empty {
            step = step.hazards(&[Hazard::FailsOnRows]);
        }
        steps.push(step);
    }
    steps
}

pub(super) fn set_default(table: &str, column: &Column, default: Option<&String>) -> String {
    let alter = format!("ALTER TABLE {table} ALTER COLUMN {}", ident(&column.name));
    default.map_or_else(
        || format!("{alter} DROP DEFAULT"),
        |default| format!("{alter} SET DEFAULT {default}"),
    )
}

/// A check that holds for new rows at once and is validated later, so that `SET NOT NULL` need not look.
pub(super) fn promise_not_null(table: &str, column: &Column) -> Step {
    let name = ident(&helper(table, column));
    let sql = format!(
        "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name} CHECK ({} IS NOT NULL) NOT VALID",
        ident(&column.name)
    );
    Step::new(format!("{table}.{}", column.name), sql)
}

fn helper(table: &str, column: &Column) -> String {
    passing(&format!("{table}_{}", column.name), "_not_null")
}

/// The name of a check that [`promise_not_null`] made, if it is one.
pub(super) fn is_helper(table: &str, there: &Table, name: &str) -> bool {
    there
        .columns
        .iter()
        .any(|column| helper(table, column) == name)
}

/// Every row is read before anything takes a lock that stops others.
pub(super) fn set_not_null(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let (mut steps, mut locking) = (Vec::new(), Vec::new());
    for (table, there, wanted) in both(now, to) {
        for column in wanted.columns.iter().filter(|column| column.not_null) {
            if find(there, &column.name).is_none_or(|there| there.not_null) {
                continue;
            }
            let object = format!("{table}.{}", column.name);
            let helper = helper(table, column);
            let validate = format!("ALTER TABLE {table} VALIDATE CONSTRAINT {}", ident(&helper));
            let validate = when(&has_constraint(table, &helper), &[validate]);
            steps.push(Step::new(&object, validate).hazards(&[Hazard::Scans, Hazard::FailsOnRows]));
            let alter = format!(
                "ALTER TABLE {table} ALTER COLUMN {} SET NOT NULL",
                ident(&column.name)
            );
            locking.push(Step::new(&object, alter));
            let drop = format!(
                "ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {}",
                ident(&helper)
            );
            locking.push(Step::new(&object, drop));
        }
    }
    steps.extend(locking);
    steps
}

/// Those that are `filled_later` are left as they were added.
pub(super) fn alter(
    now: &Catalog,
    to: &Catalog,
    style: Style,
    filled_later: &fill::Columns,
) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there, wanted) in both(now, to) {
        for column in &wanted.columns {
            if filled_later.contains(&(table.to_owned(), column.name.clone())) {
                continue;
            }
            if let Some(there) = find(there, &column.name) {
                alter_one(table, there, column, style, &mut steps);
            }
        }
    }
    steps
}

fn alter_one(table: &str, there: &Column, wanted: &Column, style: Style, steps: &mut Vec<Step>) {
    let object = format!("{table}.{}", wanted.name);
    let name = ident(&wanted.name);
    let alter = format!("ALTER TABLE {table} ALTER COLUMN {name}");
    let retyped = there.sql_type != wanted.sql_type || there.collation != wanted.collation;
    let mut default = there.default.as_ref();
    if there.identity.is_some() && wanted.identity.is_none() {
        steps.push(Step::new(
            &object,
            format!("{alter} DROP IDENTITY IF EXISTS"),
        ));
    }
    if there.not_null && !wanted.not_null {
        steps.push(Step::new(&object, format!("{alter} DROP NOT NULL")));
    }
    if retyped {
        if default.take().is_some() {
            steps.push(Step::new(&object, set_default(table, wanted, None)));
        }
        // Without a word the type's own collation takes the place of another one.
        let collation = wanted.collation.as_ref();
        let collation = collation.map_or_else(String::new, |name| format!(" COLLATE {name}"));
        let change = format!("{alter} TYPE {}{collation}", wanted.sql_type);
        steps.push(if is_wider(&there.sql_type, &wanted.sql_type) {
            Step::new(&object, change)
        } else {
            Step::new(
                &object,
                format!("{change} USING {name}::text::{}", wanted.sql_type),
            )
            .hazards(hazards_of_cast(&there.sql_type, &wanted.sql_type))
        });
    }
    let becomes_identity = there.identity.is_none() && wanted.identity.is_some();
    if default != wanted.default.as_ref() && !becomes_identity {
        steps.push(Step::new(
            &object,
            set_default(table, wanted, wanted.default.as_ref()),
        ));
    }
    if !there.not_null && wanted.not_null {
        steps.push(match style {
            Style::Light => promise_not_null(table, wanted),
            Style::Plain => Step::new(&object, format!("{alter} SET NOT NULL")).hazards(&[
                Hazard::Scans,
                Hazard::BlocksWrites,
                Hazard::FailsOnRows,
            ]),
        });
    }
    match (&there.identity, &wanted.identity) {
        // In the light style not before [`set_not_null`]: a column that may be null cannot number rows.
        (None, Some(identity)) if style == Style::Plain => {
            steps.push(number_one(table, wanted, identity));
        }
        (Some(before), Some(identity)) if before != identity => {
            let sql = format!("{alter} SET GENERATED {}", identity.to_ascii_uppercase());
            steps.push(Step::new(&object, sql));
        }
        _ => {}
    }
}

/// The columns that are to number the rows, and do not.
pub(super) fn number(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there, wanted) in both(now, to) {
        for column in &wanted.columns {
            let numbers = find(there, &column.name).is_some_and(|there| there.identity.is_some());
            if let Some(identity) = column.identity.as_ref().filter(|_| !numbers) {
                steps.push(number_one(table, column, identity));
            }
        }
    }
    steps
}

/// From now on the server numbers the rows, beginning after the highest number there is.
fn number_one(table: &str, column: &Column, identity: &str) -> Step {
    let (name, alter) = (
        ident(&column.name),
        format!("ALTER TABLE {table} ALTER COLUMN {}", ident(&column.name)),
    );
    let (table_text, column_text) = (literal(table), literal(&column.name));
    let condition = format!(
        "EXISTS (SELECT FROM pg_attribute WHERE attrelid = {table_text}::regclass AND attname = {column_text} \
         AND attidentity = '')"
    );
    let next = format!("(SELECT greatest(max({name}), 0) + 1 FROM {table})");
    let body = [
        format!("{alter} DROP DEFAULT"),
        format!("{alter} ADD {}", generated(identity)),
        format!(
            "PERFORM setval(pg_get_serial_sequence({table_text}, {column_text}), {next}, false)"
        ),
    ];
    Step::new(format!("{table}.{}", column.name), when(&condition, &body))
        .hazards(&[Hazard::Scans, Hazard::BlocksWrites])
}

/// What a change of type may do. Values go by their text, which every type can read that can hold them.
fn hazards_of_cast(from: &str, to: &str) -> &'static [Hazard] {
    if from == to || keeps_everything(from, to) {
        &[Hazard::RewritesTable, Hazard::BlocksWrites]
    } else {
        &[
            Hazard::DeletesData,
            Hazard::CannotBeUndone,
            Hazard::RewritesTable,
            Hazard::BlocksWrites,
            Hazard::FailsOnRows,
        ]
    }
}

/// Digits in all and after the point: `numeric(6,2)`.
fn digits(sql_type: &str) -> Option<(i16, i16)> {
    let (all, after) = sql_type
        .strip_prefix("numeric(")?
        .strip_suffix(')')?
        .split_once(',')?;
    Some((all.parse().ok()?, after.parse().ok()?))
}

/// Whether the rows stay as they are written: more digits before the point are only allowed.
fn is_wider(from: &str, to: &str) -> bool {
    digits(from)
        .zip(digits(to))
        .is_some_and(|((all, after), (more, same))| after == same && more > all)
}

/// Whether every value of one type is one of the other, too.
fn keeps_everything(from: &str, to: &str) -> bool {
    // Digits before the point, and after it.
    let room = |name: &str| match name {
        "smallint" => Some((5, 0)),
        "integer" => Some((10, 0)),
        "bigint" => Some((19, 0)),
        _ => digits(name).map(|(all, after)| (all - after, after)),
    };
    if to == "text" {
        return true;
    }
    match (room(from), room(to)) {
        (Some((before, after)), Some((more, finer))) => {
            let narrow = from.starts_with("numeric") && !to.starts_with("numeric");
            !narrow && more >= before && finer >= after
        }
        _ => false,
    }
}

pub(super) fn drop(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, there, wanted) in both(now, to) {
        let mut gone: Vec<_> = there
            .columns
            .iter()
            .filter(|column| find(wanted, &column.name).is_none())
            .collect();
        // What is computed hangs on what it is computed from.
        gone.sort_by_key(|column| column.generated.is_none());
        for column in gone {
            let object = format!("{table}.{}", column.name);
            let sql = format!(
                "ALTER TABLE {table} DROP COLUMN IF EXISTS {}",
                ident(&column.name)
            );
            // What the server computes it can compute again.
            let hazards: &[Hazard] = if column.generated.is_some() {
                &[Hazard::BreaksPrograms]
            } else {
                &[Hazard::DeletesData, Hazard::CannotBeUndone]
            };
            steps.push(Step::new(object, sql).hazards(hazards));
        }
    }
    steps
}

/// What `ALTER TABLE` cannot do, or only by losing rows.
pub(super) fn refuse(
    spec: &Spec,
    now: &Catalog,
    to: &Catalog,
    renames: &Renames,
    mistakes: &mut Vec<Mistake>,
) {
    for table in &spec.tables {
        let (Some(there), Some(wanted)) = (
            now.tables.get(renames.old_table(&table.name)),
            to.tables.get(&*table.name),
        ) else {
            continue;
        };
        let mut last_new: Option<&str> = None;
        for (column, wanted) in table.columns.iter().zip(&wanted.columns) {
            let old = renames.old_column(&table.name, &column.name);
            let object = format!("{}.{}", table.name, column.name);
            let mut refuse = |what: String, write: String| {
                mistakes.push(Mistake {
                    at: column.name.at,
                    what,
                    write,
                });
            };
            if find(there, old).is_none() {
                last_new = Some(&column.name);
                if column.renamed_from.is_none()
                    && wanted.not_null
                    && wanted.default.is_none()
                    && wanted.identity.is_none()
                    && wanted.generated.is_none()
                {
                    refuse(
                        format!(
                            "`{object}` is new, may not be null and has no default: rows that are there would have no value"
                        ),
                        "write a `default`, or `nullable: true`".to_owned(),
                    );
                }
                continue;
            }
            if let Some(new) = last_new {
                refuse(
                    format!(
                        "`{object}` stands after the new column `{new}`, and PostgreSQL adds columns only at the end"
                    ),
                    format!("move `{new}` behind the last column of `{}`", table.name),
                );
            }
        }
    }
}

/// Columns that are computed otherwise than before. Asked when everything has its new name: the server has put the names
/// into the expressions.
pub(super) fn refuse_recomputed(spec: &Spec, now: &Catalog, to: &Catalog) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    for table in &spec.tables {
        let (Some(there), Some(wanted)) =
            (now.tables.get(&*table.name), to.tables.get(&*table.name))
        else {
            continue;
        };
        for (column, wanted) in table.columns.iter().zip(&wanted.columns) {
            if find(there, &column.name).is_some_and(|there| there.generated != wanted.generated) {
                mistakes.push(Mistake {
                    at: column.name.at,
                    what: format!(
                        "`{}.{}` is computed otherwise than before, and only a new column can be",
                        table.name, column.name
                    ),
                    write: "add a column with another name, and drop this one in a later migration"
                        .to_owned(),
                });
            }
        }
    }
    mistakes
}
