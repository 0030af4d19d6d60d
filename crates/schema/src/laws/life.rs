//! Enums: life cycles that can be lived, and types that something uses.

use crate::spec::{Enum, Spec};
use crate::types::Type;

use super::Found;

/// Where labels are the states of a life, each can be reached from the one it starts with.
pub(super) fn reachable(spec: &Spec, found: &mut Found<'_>) {
    for one in &spec.enums {
        let Some(starts) = &one.starts else { continue };
        let reached = reached(one, starts);
        for label in &one.labels {
            if !reached.contains(&&*label.name) {
                found.add(
                    format!("{}.{}", one.name, label.name),
                    label.name.at,
                    format!(
                        "no life of `{}` that starts with `{starts}` comes to `{}`",
                        one.name, label.name
                    ),
                    "write under `moves` from where it is reached",
                );
            }
        }
    }
}

fn reached<'a>(one: &'a Enum, starts: &'a str) -> Vec<&'a str> {
    let mut reached = vec![starts];
    let mut next = 0;
    while let Some(&state) = reached.get(next) {
        next += 1;
        let moves = one.moves.iter().filter(|(from, _)| &**from == state);
        for to in moves.flat_map(|(_, to)| to) {
            if !reached.contains(&&**to) {
                reached.push(to);
            }
        }
    }
    reached
}

/// Each enum is the type of a column.
pub(super) fn used(spec: &Spec, found: &mut Found<'_>) {
    for one in &spec.enums {
        let mut columns = spec.tables.iter().flat_map(|table| &table.columns);
        let is_its = |sql_type: &Type| matches!(sql_type, Type::Enum(name) if **name == *one.name);
        if !columns.any(|column| is_its(&column.sql_type)) {
            found.add(
                &*one.name,
                one.name.at,
                format!("no column is a `{}`", one.name),
                "leave the enum out until one is",
            );
        }
    }
}
