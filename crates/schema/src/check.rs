//! Whether the parts of a schema fit together: names that are taken, references to nowhere, cycles, life cycles.

use std::collections::HashMap;

use crate::mistake::{Log, Text, one_of, suggest};
use crate::names;
use crate::spec::{Column, Enum, Spec, Table};
use crate::sql::literal;
use crate::types::Type;

pub(crate) fn all(log: &Log, spec: &Spec) {
    taken_names(log, spec);
    old_names(log, spec);
    for one in &spec.enums {
        enumeration(log, one);
    }
    for table in &spec.tables {
        self::table(log, spec, table);
    }
    cycles(log, spec);
}

/// Names live in rooms: relations (tables and indexes), types, the constraints of a table, Rust types.
fn taken_names(log: &Log, spec: &Spec) {
    let tables = || spec.tables.iter();
    let mut relations = Room::new(log, "relation");
    let mut types = Room::new(log, "type");
    let mut rust = Room::new(log, "Rust type");
    for one in &spec.enums {
        types.take(&one.name);
        let name = Text {
            text: names::upper_camel(&one.name),
            at: one.name.at,
        };
        names::rust_type(log, &name);
        rust.take(&name);
    }
    for table in tables() {
        types.take(&table.name);
        relations.take(&table.name);
        names::rust_type(log, &table.model);
        rust.take(&table.model);
        rust.take(&Text {
            text: format!("{}Id", table.model),
            at: table.model.at,
        });
    }
    for table in tables() {
        relations.take(&table.primary_key.name);
        let mut constraints = Room::new(log, "constraint");
        constraints.take(&table.primary_key.name);
        for unique in &table.uniques {
            relations.take(&unique.name);
            constraints.take(&unique.name);
        }
        for name in table
            .checks
            .iter()
            .map(|check| &check.name)
            .chain(table.foreign_keys.iter().map(|key| &key.name))
        {
            constraints.take(name);
        }
        for index in &table.indexes {
            relations.take(&index.name);
        }
    }
}

/// Whoever was renamed has left the old name: nobody else may have it, or have come from it.
fn old_names(log: &Log, spec: &Spec) {
    fn of<'a, T>(
        all: &'a [T],
        names: impl Fn(&'a T) -> (&'a Text, &'a Option<Text>),
    ) -> Vec<(&'a Text, Option<&'a Text>)> {
        let pairs = all.iter().map(names);
        pairs.map(|(name, old)| (name, old.as_ref())).collect()
    }
    left(log, &of(&spec.enums, |one| (&one.name, &one.renamed_from)));
    left(log, &of(&spec.tables, |one| (&one.name, &one.renamed_from)));
    for one in &spec.enums {
        left(log, &of(&one.labels, |one| (&one.name, &one.renamed_from)));
    }
    for table in &spec.tables {
        left(
            log,
            &of(&table.columns, |one| (&one.name, &one.renamed_from)),
        );
        left(
            log,
            &of(&table.indexes, |one| (&one.name, &one.renamed_from)),
        );
    }
}

fn left(log: &Log, all: &[(&Text, Option<&Text>)]) {
    for (n, (name, old)) in all.iter().enumerate() {
        let Some(old) = old else { continue };
        if all.iter().any(|(other, _)| other.text == old.text) {
            log.add(
                old.at,
                format!("`{name}` is renamed from `{old}`, and there is a `{old}`"),
                "take `renamed_from` out if that migration is written; what moves on to a name that was left needs a second one",
            );
        } else if all[..n]
            .iter()
            .any(|(_, other)| other.is_some_and(|other| other.text == old.text))
        {
            log.add(
                old.at,
                format!("`{old}` is renamed to something else already"),
                "write `renamed_from` at one of them",
            );
        }
    }
}

struct Room<'a> {
    log: &'a Log,
    kind: &'static str,
    names: HashMap<String, usize>,
}

impl<'a> Room<'a> {
    fn new(log: &'a Log, kind: &'static str) -> Self {
        Self {
            log,
            kind,
            names: HashMap::new(),
        }
    }

    fn take(&mut self, name: &Text) {
        if let Some(line) = self.names.insert(name.text.clone(), name.at.line) {
            self.log.add(
                name.at,
                format!(
                    "a second {} is called `{name}`, the first in line {line}",
                    self.kind
                ),
                "give one of them another name, or leave one out",
            );
        }
    }
}

fn enumeration(log: &Log, one: &Enum) {
    let labels: Vec<&str> = one.labels.iter().map(|label| &*label.name).collect();
    let mut variants = Room::new(log, "variant");
    for label in &one.labels {
        variants.take(&Text {
            text: label.variant.clone(),
            at: label.name.at,
        });
    }
    let named = one.starts.iter().chain(
        one.moves
            .iter()
            .flat_map(|(from, to)| to.iter().chain([from])),
    );
    for label in named {
        if !labels.contains(&&**label) {
            log.add(
                label.at,
                format!("`{label}` is no label of `{}`", one.name),
                suggest(label, labels.iter().copied()),
            );
        }
    }
    if let (None, Some((from, _))) = (&one.starts, one.moves.first()) {
        log.add(
            from.at,
            format!("the life cycle of `{}` has no beginning", one.name),
            "write `starts: <label>`",
        );
    }
}

fn table(log: &Log, spec: &Spec, table: &Table) {
    if !spec.areas.iter().any(|area| area.name == table.area) {
        log.add(
            table.area.at,
            format!("no area is called `{}`", table.area),
            suggest(&table.area, spec.areas.iter().map(|area| &*area.name)),
        );
    }
    for column in &table.columns {
        self::column(log, spec, column);
    }
    for name in &table.primary_key.columns {
        if let Some(column) = known(log, table, name)
            && column.nullable
        {
            log.add(
                column.name.at,
                format!("`{name}` is of the primary key and may not be null"),
                "leave `nullable` out",
            );
        }
    }
    let columns = table.uniques.iter().flat_map(|unique| &unique.columns);
    let includes = table.indexes.iter().flat_map(|index| &index.include);
    let keys = table.indexes.iter().flat_map(|index| &index.keys);
    let keys = keys.filter(|key| key.is_column).map(|key| &key.value);
    for name in columns.chain(includes).chain(keys) {
        known(log, table, name);
    }
    for key in &table.foreign_keys {
        let Some(target) = spec.table(&key.table) else {
            log.add(
                key.table.at,
                format!("no table is called `{}`", key.table),
                suggest(&key.table, spec.tables.iter().map(|table| &*table.name)),
            );
            continue;
        };
        let wanted = &target.primary_key.columns;
        if wanted.len() != key.columns.len() {
            log.add(
                key.table.at,
                format!(
                    "the primary key of `{}` has {} columns, not {}",
                    target.name,
                    wanted.len(),
                    key.columns.len()
                ),
                format!(
                    "refer with as many columns as {}",
                    one_of(wanted.iter().map(|name| &**name))
                ),
            );
        }
        for (name, wanted) in key.columns.iter().zip(wanted) {
            if let (Some(column), Some(wanted)) = (known(log, table, name), target.column(wanted))
                && column.sql_type != wanted.sql_type
            {
                log.add(
                    column.type_text.at,
                    format!(
                        "`{name}` is {}, but `{}.{}`, to which it refers, is {}",
                        column.sql_type, target.name, wanted.name, wanted.sql_type
                    ),
                    format!("write `type: {}`", wanted.sql_type),
                );
            }
        }
    }
    for trigger in &table.triggers {
        let function = spec
            .functions
            .iter()
            .find(|function| function.name == trigger.calls);
        match function {
            None => log.add(
                trigger.calls.at,
                format!("no function is called `{}`", trigger.calls),
                suggest(&trigger.calls, spec.functions.iter().map(|one| &*one.name)),
            ),
            Some(function) if &*function.returns != "trigger" => log.add(
                trigger.calls.at,
                format!(
                    "`{}` returns {}, not a trigger",
                    function.name, function.returns
                ),
                "call a function that `returns: trigger`",
            ),
            Some(_) => {}
        }
    }
}

fn known<'a>(log: &Log, table: &'a Table, name: &Text) -> Option<&'a Column> {
    let column = table.column(name);
    if column.is_none() {
        log.add(
            name.at,
            format!("`{}` has no column `{name}`", table.name),
            suggest(name, table.columns.iter().map(|column| &*column.name)),
        );
    }
    column
}

fn column(log: &Log, spec: &Spec, column: &Column) {
    let sources = [
        ("default", column.default.as_ref().map(|sql| sql.at)),
        ("generated", column.generated.as_ref().map(|sql| sql.at)),
        ("identity", column.identity.map(|_| column.name.at)),
    ];
    let mut said = sources.iter().filter_map(|(key, at)| Some((key, (*at)?)));
    if let (Some((first, _)), Some((second, at))) = (said.next(), said.next()) {
        log.add(
            at,
            format!(
                "`{}` gets its value from `{first}` and from `{second}`",
                column.name
            ),
            "keep one of them",
        );
    }
    if column.identity.is_some() {
        let number = matches!(
            column.sql_type,
            Type::SmallInt | Type::Integer | Type::BigInt
        );
        if !number || column.nullable {
            log.add(
                column.type_text.at,
                format!("the server numbers `{}`", column.name),
                "make it `smallint`, `integer` or `bigint`, and not `nullable`",
            );
        }
    }
    if let Some(default) = &column.default {
        self::default(log, spec, column, default);
    }
}

/// What can be told without a server; the rest the server tells when the default is set.
fn default(log: &Log, spec: &Spec, column: &Column, default: &Text) {
    let wrong = |write: String| {
        log.add(
            default.at,
            format!("{default} is no {}", column.sql_type),
            write,
        );
    };
    match &column.sql_type {
        Type::Enum(name) => {
            let labels = spec
                .enumeration(name)
                .map(|one| &one.labels[..])
                .unwrap_or_default();
            let label = default
                .strip_prefix('\'')
                .and_then(|rest| rest.strip_suffix('\''))
                .map(|label| label.replace("''", "'"));
            if !labels
                .iter()
                .any(|one| label.as_deref() == Some(&*one.name))
            {
                let labels: Vec<_> = labels
                    .iter()
                    .map(|one| format!("\"{}\"", literal(&one.name)))
                    .collect();
                wrong(format!(
                    "write {}",
                    one_of(labels.iter().map(String::as_str))
                ));
            }
        }
        Type::Boolean if !matches!(&**default, "true" | "false") => {
            wrong("write `true` or `false`".to_owned());
        }
        Type::SmallInt | Type::Integer | Type::BigInt => {
            let limit = match column.sql_type {
                Type::SmallInt => i64::from(i16::MAX),
                Type::Integer => i64::from(i32::MAX),
                _ => i64::MAX,
            };
            let fits = default
                .parse::<i64>()
                .is_ok_and(|number| (-limit - 1..=limit).contains(&number));
            if !fits {
                wrong(format!("write a whole number of at most {limit}"));
            }
        }
        _ => {}
    }
}

/// Rows of tables that refer to each other in a circle could not be inserted one after the other.
fn cycles(log: &Log, spec: &Spec) {
    let mut done: Vec<&str> = Vec::new();
    for table in &spec.tables {
        walk(log, spec, table, &mut Vec::new(), &mut done);
    }
}

fn walk<'a>(
    log: &Log,
    spec: &'a Spec,
    table: &'a Table,
    path: &mut Vec<&'a str>,
    done: &mut Vec<&'a str>,
) {
    if done.contains(&&*table.name) {
        return;
    }
    path.push(&table.name);
    for key in &table.foreign_keys {
        if key.table == table.name {
            continue;
        }
        if let Some(begin) = path.iter().position(|name| *name == &*key.table) {
            log.add(
                key.table.at,
                format!(
                    "the tables {} → {} refer to each other in a cycle",
                    path[begin..].join(" → "),
                    key.table
                ),
                "leave out one of these references; a table of its own can hold the pairs",
            );
        } else if let Some(target) = spec.table(&key.table) {
            walk(log, spec, target, path, done);
        }
    }
    path.pop();
    done.push(&table.name);
}
