//! Tables and what belongs to them; short forms of a column become keys, checks and indexes of its table.

use crate::mistake::{Log, Text, suggest};
use crate::names;
use crate::spec::{
    Check, Column, ForeignKey, Identity, Index, Key, OnDelete, Personal, PrimaryKey, Table,
    Trigger, Unique,
};
use crate::types::Type;
use crate::yaml::Node;

use super::fields::{Fields, one_expression, scalar, texts};

const SHORTER: &str = "shorten the names it is made of";
const SHORTER_INDEX: &str = "give the index a shorter one with `name: …`";

pub(super) fn table(log: &Log, name: Text, node: Node, types: &[&str]) -> Option<Table> {
    names::object(log, &name);
    let mut fields = Fields::of(log, node, name.at, format!("the table `{name}`"))?;
    let area = fields.required("area");
    let model = fields.required("model");
    let comment = fields.required("comment");
    let doc = fields.text("doc");
    let retention = fields.text("retention");
    let renamed_from = fields.text("renamed_from");
    let columns = fields.map("columns");
    let primary_key = fields.texts("primary_key");
    let uniques = fields.list("unique");
    let checks = fields.map("checks");
    let foreign_keys = fields.list("foreign_keys");
    let indexes = fields.list("indexes");
    let triggers = fields.map("triggers");
    fields.finish();

    let primary_key = if primary_key.is_empty() {
        vec![derived(&name, "id".to_owned())]
    } else {
        primary_key
    };
    let model = model?;
    if !names::is_upper_camel(&model) {
        log.add(
            model.at,
            format!("`{model}` is no name of a Rust struct"),
            "write it in UpperCamelCase, in the singular",
        );
    }
    let mut table = Table {
        primary_key: PrimaryKey {
            name: named(log, &name, format!("{name}_pkey"), SHORTER),
            columns: primary_key,
        },
        area: area?,
        model,
        comment: comment?,
        doc,
        retention,
        renamed_from,
        columns: Vec::new(),
        uniques: Vec::new(),
        checks: Vec::new(),
        foreign_keys: Vec::new(),
        indexes: Vec::new(),
        triggers: Vec::new(),
        name,
    };
    if columns.is_empty() {
        log.add(
            table.name.at,
            format!("the table `{}` has no columns", table.name),
            "write `columns:` and at least one below it",
        );
    }
    for (column, node) in columns {
        self::column(log, &mut table, column, node, types);
    }
    for node in uniques {
        let columns = texts(log, node, &format!("a `unique` of `{}`", table.name));
        unique(log, &mut table, columns);
    }
    for (check, node) in checks {
        names::chosen(log, &check);
        let name = format!("{}_{check}_check", table.name);
        let name = named(log, &check, name, SHORTER);
        table.checks.extend(self::check(log, name, node));
    }
    for node in foreign_keys {
        let at = node.at();
        let what = format!("a foreign key of `{}`", table.name);
        let Some(mut fields) = Fields::of(log, node, at, what) else {
            continue;
        };
        let columns = fields.texts("columns");
        foreign_key(log, &mut table, columns, &mut fields);
        fields.finish();
    }
    for node in indexes {
        table.indexes.extend(index(log, &table, node));
    }
    for (trigger, node) in triggers {
        table
            .triggers
            .extend(self::trigger(log, &table, &trigger, node));
    }
    Some(table)
}

fn column(log: &Log, table: &mut Table, name: Text, node: Node, types: &[&str]) -> Option<()> {
    names::column(log, &name);
    let what = format!("the column `{}.{name}`", table.name);
    let mut fields = Fields::of(log, node, name.at, what)?;
    let type_text = fields.required("type");
    let comment = fields.required("comment");
    let column = Column {
        sql_type: type_text
            .as_ref()
            .and_then(|text| sql_type(log, text, types))
            .unwrap_or(Type::Text),
        nullable: fields.flag("nullable"),
        default: fields.sql("default"),
        generated: fields.sql("generated"),
        identity: fields.one_of("identity", Identity::ALL),
        collation: fields.text("collation"),
        personal: fields.one_of("personal", Personal::ALL),
        doc: fields.text("doc"),
        renamed_from: fields.text("renamed_from"),
        type_text: type_text.unwrap_or_else(|| name.clone()),
        comment: comment.unwrap_or_else(|| name.clone()),
        name,
    };
    let name = column.name.clone();
    table.columns.push(column);

    if let Some(node) = fields.node("check") {
        let name = format!("{}_{name}_check", table.name);
        let name = named(
            log,
            &table.columns[table.columns.len() - 1].name,
            name,
            SHORTER,
        );
        table.checks.extend(check(log, name, node));
    }
    if fields.flag("unique") {
        unique(log, table, vec![name.clone()]);
    }
    if let Some(node) = fields.node("index") {
        let said = scalar(log, node, || format!("`index` of {}", fields.what));
        let comment = said.filter(|text| !matches!(&**text, "true" | "false"));
        let key = Key {
            value: name.clone(),
            is_column: true,
            order: String::new(),
        };
        table.indexes.push(Index {
            name: named(
                log,
                &name,
                format!("{}_{name}_idx", table.name),
                SHORTER_INDEX,
            ),
            keys: vec![key],
            unique: false,
            predicate: None,
            include: Vec::new(),
            method: None,
            comment,
            renamed_from: None,
        });
    }
    foreign_key(log, table, vec![name], &mut fields);
    fields.finish();
    Some(())
}

fn sql_type(log: &Log, text: &Text, types: &[&str]) -> Option<Type> {
    Type::read(text, types)
        .map_err(|write| log.add(text.at, format!("unknown type `{text}`"), write))
        .ok()
}

fn unique(log: &Log, table: &mut Table, columns: Vec<Text>) {
    let Some(first) = columns.first() else { return };
    let name = format!("{}_{}_key", table.name, joined(&columns));
    table.uniques.push(Unique {
        name: named(log, first, name, SHORTER),
        columns,
    });
}

fn check(log: &Log, name: Text, node: Node) -> Option<Check> {
    if let Node::Map(_, at) = &node {
        let at = *at;
        let mut fields = Fields::of(log, node, at, format!("the check `{name}`"))?;
        fields
            .required("sql")
            .inspect(|sql| one_expression(log, sql))
            .map(|sql| {
                let why = fields.text("why");
                fields.finish();
                Check { name, sql, why }
            })
    } else {
        let sql = scalar(log, node, || format!("the check `{name}`"))?;
        one_expression(log, &sql);
        Some(Check {
            name,
            sql,
            why: None,
        })
    }
}

/// `references` and `on_delete`, of a column or of a foreign key of several.
fn foreign_key(log: &Log, table: &mut Table, columns: Vec<Text>, fields: &mut Fields<'_>) {
    let target = fields.text("references");
    let on_delete = fields.text("on_delete");
    let (target, on_delete) = match (target, on_delete) {
        (None, None) => return,
        (Some(target), None) => {
            log.add(
                target.at,
                format!("{} does not say what becomes of its rows", fields.what),
                "write `on_delete: cascade`, `restrict` or `set null`",
            );
            return;
        }
        (None, Some(on_delete)) => {
            log.add(
                on_delete.at,
                format!("{} refers to nothing", fields.what),
                "write `references: <table>`, or leave `on_delete` out",
            );
            return;
        }
        (Some(target), Some(on_delete)) => (target, on_delete),
    };
    let Some(on_delete) = fields.choice("on_delete", &on_delete, OnDelete::ALL) else {
        return;
    };
    let Some(first) = columns.first() else {
        log.add(
            target.at,
            format!("{} has no columns", fields.what),
            "write `columns: [a, b]`",
        );
        return;
    };
    let name = format!("{}_{}_fkey", table.name, joined(&columns));
    table.foreign_keys.push(ForeignKey {
        name: named(log, first, name, SHORTER),
        columns,
        table: target,
        on_delete,
    });
}

fn index(log: &Log, table: &Table, node: Node) -> Option<Index> {
    let at = node.at();
    let mut fields = Fields::of(log, node, at, format!("an index of `{}`", table.name))?;
    let keys: Vec<Key> = fields
        .texts("keys")
        .into_iter()
        .map(|text| key(log, &text))
        .collect();
    let unique = fields.flag("unique");
    let predicate = fields.sql("where");
    let include = fields.texts("include");
    let method = fields.text("method");
    let name = fields.text("name");
    let comment = fields.text("comment");
    let renamed_from = fields.text("renamed_from");
    fields.finish();
    let Some(first) = keys.first() else {
        log.add(at, "an index of nothing", "write `keys: [a, b]`");
        return None;
    };
    let name = if let Some(name) = name {
        names::chosen(log, &name);
        name
    } else {
        let name = names::index(table, &keys, unique);
        named(log, &first.value, name, SHORTER_INDEX)
    };
    Some(Index {
        name,
        keys,
        unique,
        predicate,
        include,
        method,
        comment,
        renamed_from,
    })
}

/// `started_at DESC` is a column and an order, `lower(email)` an expression.
fn key(log: &Log, text: &Text) -> Key {
    one_expression(log, text);
    let mut order = Vec::new();
    let mut value = text.text.as_str();
    while let Some((rest, last)) = value.rsplit_once(' ') {
        let word = last.to_ascii_uppercase();
        if !["ASC", "DESC", "NULLS", "FIRST", "LAST"].contains(&word.as_str()) {
            break;
        }
        order.insert(0, word);
        value = rest.trim_end();
    }
    let value = Text {
        text: value.to_owned(),
        at: text.at,
    };
    Key {
        is_column: value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'),
        value,
        order: order.join(" "),
    }
}

fn trigger(log: &Log, table: &Table, name: &Text, node: Node) -> Option<Trigger> {
    names::chosen(log, name);
    let mut fields = Fields::of(
        log,
        node,
        name.at,
        format!("the trigger `{name}` of `{}`", table.name),
    )?;
    let fires = fields.required("fires");
    let for_each = fields.required("for_each");
    let old_rows = fields.text("old_rows");
    let new_rows = fields.text("new_rows");
    let condition = fields.sql("when");
    let calls = fields.required("calls");
    let comment = fields.required("comment");
    fields.finish();
    let fires = fires?;
    let first = fires.split(' ').next().unwrap_or_default();
    if !["before", "after"].contains(&first) {
        log.add(
            fires.at,
            format!("`{first}` is no time for a trigger to fire"),
            suggest(
                first,
                [
                    "before insert",
                    "before update",
                    "after insert",
                    "after update",
                ],
            ),
        );
    }
    let for_each = for_each?;
    let choices = [("row", "ROW"), ("statement", "STATEMENT")];
    let found = choices.iter().find(|(word, _)| *word == &*for_each);
    if found.is_none() {
        log.add(
            for_each.at,
            format!("a trigger fires for each row or each statement, not each `{for_each}`"),
            "write `row` or `statement`",
        );
    }
    for rows in [&old_rows, &new_rows].into_iter().flatten() {
        names::chosen(log, rows);
    }
    Some(Trigger {
        name: named(log, name, format!("{}_{name}", table.name), SHORTER),
        fires,
        for_each: found?.1,
        old_rows,
        new_rows,
        condition,
        calls: calls?,
        comment: comment?,
    })
}

fn joined(columns: &[Text]) -> String {
    let columns: Vec<&str> = columns.iter().map(|column| &**column).collect();
    columns.join("_")
}

fn derived(from: &Text, text: String) -> Text {
    Text { text, at: from.at }
}

/// A name that the rule makes out of others.
fn named(log: &Log, from: &Text, name: String, remedy: &str) -> Text {
    let name = derived(from, name);
    names::fits(log, &name, remedy);
    name
}
