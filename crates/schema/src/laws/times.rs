//! Points in time: their types, and when rows were made and changed.

use crate::spec::{Column, Spec, Table, Trigger};
use crate::types::Type;

use super::Found;

const CREATED_AT: &str = "created_at";
const UPDATED_AT: &str = "updated_at";
/// The trigger that keeps `updated_at`, and the function it calls.
const KEEPER: &str = "set_updated_at";

/// What the end of a name promises: `*_at` is a `timestamptz`, `*_on` a `date`; and a `time`, which has no zone, says
/// `*_local`.
pub(super) fn types(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        for column in &table.columns {
            let object = format!("{}.{}", table.name, column.name);
            let promised = [("_at", Type::TimestampTz), ("_on", Type::Date)]
                .into_iter()
                .find(|(end, _)| column.name.ends_with(end));
            if let Some((end, promised)) = promised {
                if column.sql_type != promised {
                    found.add(
                        object.as_str(),
                        column.type_text.at,
                        format!(
                            "`{object}` is {}, but `*{end}` is {promised}",
                            column.sql_type
                        ),
                        format!("write `type: {promised}`, or another name"),
                    );
                }
            } else if column.sql_type == Type::Time && !column.name.ends_with("_local") {
                found.add(
                    object.as_str(),
                    column.name.at,
                    format!("`{object}` is a time of day without a zone, and does not say whose"),
                    format!(
                        "call it `{}_local` if it is that of the place, or make it a timestamptz",
                        column.name
                    ),
                );
            }
        }
    }
}

/// Each table tells when a row was made; `updated_at`, and nothing else, is kept by the shared trigger.
pub(super) fn of_rows(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        made(table, found);
        kept(table, found);
        for column in &table.columns {
            if [CREATED_AT, UPDATED_AT].contains(&&*column.name) && !is_now(column) {
                found.add(
                    format!("{}.{}", table.name, column.name),
                    column.name.at,
                    format!(
                        "`{}.{}` may be null, or is not now() by itself",
                        table.name, column.name
                    ),
                    "write `default: now()`, and leave `nullable` out",
                );
            }
        }
    }
}

fn made(table: &Table, found: &mut Found<'_>) {
    let created = table.column(CREATED_AT).is_some();
    let told = |column: &Column| {
        column.sql_type == Type::TimestampTz && &*column.name != UPDATED_AT && is_now(column)
    };
    if !created && !table.columns.iter().any(told) {
        found.add(
            &*table.name,
            table.name.at,
            format!("`{}` does not tell when a row was made", table.name),
            format!("add `{CREATED_AT}: {{type: timestamptz, default: now(), comment: …}}`"),
        );
    } else if !created && let Some(updated) = table.column(UPDATED_AT) {
        found.add(
            &*table.name,
            updated.name.at,
            format!("`{}` has `{UPDATED_AT}` without `{CREATED_AT}`", table.name),
            format!("add `{CREATED_AT}: {{type: timestamptz, default: now(), comment: …}}`"),
        );
    }
}

fn kept(table: &Table, found: &mut Found<'_>) {
    let name = format!("{}_{KEEPER}", table.name);
    let keeps = |trigger: &Trigger| {
        *trigger.name == *name
            && &*trigger.calls == KEEPER
            && trigger.for_each == "ROW"
            && trigger.fires.eq_ignore_ascii_case("before update")
    };
    let keeper = table.triggers.iter().find(|trigger| keeps(trigger));
    match (table.column(UPDATED_AT), keeper) {
        (Some(column), None) => found.add(
            format!("{}.{UPDATED_AT}", table.name),
            column.name.at,
            format!("no trigger keeps `{}.{UPDATED_AT}`", table.name),
            format!(
                "add the trigger `{KEEPER}: {{fires: before update, for_each: row, calls: {KEEPER}, …}}`"
            ),
        ),
        (None, Some(trigger)) => found.add(
            &*trigger.name,
            trigger.name.at,
            format!(
                "`{}` keeps `{UPDATED_AT}`, which `{}` does not have",
                trigger.name, table.name
            ),
            format!("add the column `{UPDATED_AT}`, or leave the trigger out"),
        ),
        _ => {}
    }
}

fn is_now(column: &Column) -> bool {
    !column.nullable
        && column
            .default
            .as_deref()
            .is_some_and(|sql| sql.eq_ignore_ascii_case("now()"))
}
