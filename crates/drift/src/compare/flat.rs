//! A catalog as a flat list: one entry an object, with its properties by name.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Kind, Object};
use crate::catalog::{Catalog, Table, TableKind};

/// What of a table is a list of objects in their own right.
const PARTS: [&str; 7] = [
    "columns",
    "constraints",
    "indexes",
    "triggers",
    "rules",
    "policies",
    "statistics",
];

type Flat = BTreeMap<Object, Map<String, Value>>;

/// `with_ledger`: what is the migrator's own, too.
pub(super) fn flatten(catalog: &Catalog, with_ledger: bool) -> Flat {
    let mut flat = Flat::new();
    add(&mut flat, Kind::Schema, None, &catalog.schemas);
    add(&mut flat, Kind::Extension, None, &catalog.extensions);
    add(&mut flat, Kind::Enum, None, &catalog.enums);
    add(&mut flat, Kind::Type, None, &catalog.types);
    add(&mut flat, Kind::Function, None, &catalog.functions);
    add(&mut flat, Kind::Sequence, None, &catalog.sequences);
    add(&mut flat, Kind::EventTrigger, None, &catalog.event_triggers);
    add(&mut flat, Kind::Publication, None, &catalog.publications);
    add(
        &mut flat,
        Kind::DefaultPrivileges,
        None,
        &catalog.default_privileges,
    );
    add(&mut flat, Kind::Other, None, &catalog.others);
    if with_ledger {
        add(&mut flat, Kind::Function, None, &catalog.ledger.functions);
        add_tables(&mut flat, &catalog.ledger.tables);
    }
    add_tables(&mut flat, &catalog.tables);
    flat
}

fn add_tables(flat: &mut Flat, tables: &BTreeMap<String, Table>) {
    for (name, table) in tables {
        let mut own = properties(table);
        own.retain(|property, _| !PARTS.contains(&property.as_str()));
        flat.insert(Object::top(Kind::Table, name), own);
        for column in &table.columns {
            let mut own = properties(column);
            own.remove("name");
            // A view's columns are what its query says; only what is said of them besides is theirs.
            if matches!(table.kind, TableKind::View | TableKind::Materialized) {
                own.retain(|property, _| ["comment", "default", "grants"].contains(&&**property));
            }
            flat.insert(Object::part(Kind::Column, name, &column.name), own);
        }
        let on = Some(name.as_str());
        add(flat, Kind::Constraint, on, &table.constraints);
        add(flat, Kind::Index, on, &table.indexes);
        add(flat, Kind::Trigger, on, &table.triggers);
        add(flat, Kind::Rule, on, &table.rules);
        add(flat, Kind::Policy, on, &table.policies);
        add(flat, Kind::Statistics, on, &table.statistics);
    }
}

fn add<T: Serialize>(
    flat: &mut Flat,
    kind: Kind,
    table: Option<&str>,
    objects: &BTreeMap<String, T>,
) {
    for (name, object) in objects {
        let key = match table {
            Some(table) => Object::part(kind, table, name),
            None => Object::top(kind, name),
        };
        flat.insert(key, properties(object));
    }
}

fn properties(object: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(object) {
        Ok(Value::Object(map)) => map,
        // A struct of strings, numbers and lists always becomes an object.
        Ok(_) | Err(_) => Map::new(),
    }
}
