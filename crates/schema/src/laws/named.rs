//! The naming rule where the reader of `schema.yaml` leaves a choice, and checks that say the same twice.

use crate::names;
use crate::spec::{Check, Spec, Table};

use super::Found;

/// An index of a given name has the one it would get, unless PostgreSQL would cut that; a check of one column is named
/// after it.
pub(super) fn names(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        index_names(table, found);
        check_names(table, found);
    }
}

fn index_names(table: &Table, found: &mut Found<'_>) {
    for index in &table.indexes {
        let kind = names::index_kind(index.unique);
        let rule = names::index(table, &index.keys, index.unique);
        let name = &index.name;
        if rule.len() <= names::MAX_NAME {
            if **name != *rule {
                found.add(
                    &**name,
                    name.at,
                    format!("by the naming rule `{name}` is called `{rule}`"),
                    "leave `name` out",
                );
            }
        } else if !name.starts_with(&format!("{}_", table.name))
            || !name.ends_with(&format!("_{kind}"))
        {
            found.add(
                &**name,
                name.at,
                format!("`{name}` does not begin with its table and end with `{kind}`"),
                format!("write `{}_…_{kind}`", table.name),
            );
        }
    }
}

fn check_names(table: &Table, found: &mut Found<'_>) {
    for check in &table.checks {
        let columns = columns(table, &check.sql);
        if let [only] = columns[..] {
            let rule = format!("{}_{only}_check", table.name);
            if *check.name != *rule {
                found.add(
                    &*check.name,
                    check.name.at,
                    format!("`{}` checks `{only}` alone, and is not named after it", check.name),
                    format!("write it as `check` of the column `{only}`, joined with AND to what stands there"),
                );
            }
        }
    }
}

/// No two checks of a table say the same.
pub(super) fn repeated_checks(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        for (n, check) in table.checks.iter().enumerate() {
            let first = table.checks[..n]
                .iter()
                .find(|first| plain(first) == plain(check));
            if let Some(first) = first {
                found.add(
                    &*check.name,
                    check.name.at,
                    format!("`{}` says the same as `{}`", check.name, first.name),
                    "leave it out",
                );
            }
        }
    }
}

fn plain(check: &Check) -> Vec<&str> {
    check.sql.split_whitespace().collect()
}

/// The columns that an expression mentions outside its strings, each once.
fn columns<'a>(table: &'a Table, sql: &str) -> Vec<&'a str> {
    let outside: Vec<&str> = sql.split('\'').step_by(2).collect();
    let outside = outside.join(" ");
    let words: Vec<&str> = outside
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .collect();
    let names = table.columns.iter().map(|column| &*column.name);
    names.filter(|name| words.contains(name)).collect()
}
