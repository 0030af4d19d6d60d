//! Schemas as the test knows them, and the `schema.yaml` they make.

use std::collections::BTreeMap;
use std::fmt::Write as _;

#[derive(Debug, Clone, Default)]
pub(crate) struct Schema {
    pub(crate) enums: BTreeMap<String, Vec<Label>>,
    pub(crate) tables: Vec<Table>,
    pub(crate) body: u8,
    pub(crate) next: u32,
}

#[derive(Debug, Clone)]
pub(crate) struct Label {
    pub(crate) name: String,
    pub(crate) before: Option<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) before: Option<String>,
    pub(crate) comment: u32,
    pub(crate) columns: Vec<Column>,
    pub(crate) uniques: Vec<Vec<String>>,
    pub(crate) checks: BTreeMap<String, String>,
    pub(crate) indexes: Vec<Index>,
    /// `Some(when)`: fires on update, for rows that changed or for all.
    pub(crate) trigger: Option<bool>,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) before: Option<String>,
    pub(crate) sql_type: String,
    pub(crate) nullable: bool,
    pub(crate) default: Option<String>,
    pub(crate) generated: Option<String>,
    pub(crate) identity: Option<&'static str>,
    pub(crate) collation: Option<&'static str>,
    pub(crate) references: Option<(String, &'static str)>,
    pub(crate) comment: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) keys: Vec<String>,
    pub(crate) unique: bool,
    pub(crate) predicate: Option<String>,
    pub(crate) comment: Option<u32>,
}

impl Schema {
    /// A table with one column of numbers, which may be null unless the server numbers the rows.
    pub(crate) fn of_numbers(identity: Option<&'static str>) -> Self {
        let column = Column {
            name: "number".to_owned(),
            before: None,
            sql_type: "bigint".to_owned(),
            nullable: identity.is_none(),
            default: None,
            generated: None,
            identity,
            collation: None,
            references: None,
            comment: 1,
        };
        let table = Table {
            name: "things".to_owned(),
            before: None,
            comment: 1,
            columns: vec![column],
            uniques: Vec::new(),
            checks: BTreeMap::new(),
            indexes: Vec::new(),
            trigger: None,
        };
        Self {
            tables: vec![table],
            ..Self::default()
        }
    }

    pub(crate) fn yaml(&self) -> String {
        let mut out = String::from("areas:\n  whole: {title: All, comment: All.}\n");
        if !self.enums.is_empty() {
            out += "enums:\n";
        }
        for (name, labels) in &self.enums {
            let _ = writeln!(out, "  {name}:\n    comment: A mood.\n    labels:");
            for label in labels {
                let variant = label.name.replace(['\'', ' '], "").replacen(
                    |c: char| c.is_ascii_lowercase(),
                    "V",
                    1,
                );
                let _ = write!(
                    out,
                    "      {}: {{comment: A label., rust: {variant}",
                    text(&label.name)
                );
                if let Some(before) = &label.before {
                    let _ = write!(out, ", renamed_from: {}", text(before));
                }
                out += "}\n";
            }
        }
        let _ = writeln!(
            out,
            "functions:\n  touch:\n    returns: trigger\n    language: plpgsql\n    comment: Touches {0}.\n    body: \"BEGIN PERFORM {0}; RETURN NEW; END\"\ntables:",
            self.body
        );
        for (n, table) in self.tables.iter().enumerate() {
            table_yaml(&mut out, n, table);
        }
        out
    }
}

fn table_yaml(out: &mut String, n: usize, table: &Table) {
    let _ = writeln!(
        out,
        "  {}:\n    area: whole\n    model: Model{n}\n    comment: Comment {}.",
        table.name, table.comment
    );
    if let Some(before) = &table.before {
        let _ = writeln!(out, "    renamed_from: {before}");
    }
    *out +=
        "    columns:\n      id: {type: uuid, default: gen_random_uuid(), comment: Primary key.}\n";
    for column in &table.columns {
        let _ = writeln!(
            out,
            "      {}:\n        type: {}\n        comment: Comment {}.",
            column.name,
            text(&column.sql_type),
            column.comment
        );
        if column.nullable {
            *out += "        nullable: true\n";
        }
        for (key, value) in [
            ("default", &column.default),
            ("generated", &column.generated),
            ("renamed_from", &column.before),
        ] {
            if let Some(value) = value {
                let value = if key == "default" {
                    escaped_default(value)
                } else {
                    value.clone()
                };
                let _ = writeln!(out, "        {key}: {}", text(&value));
            }
        }
        if let Some(identity) = column.identity {
            let _ = writeln!(out, "        identity: {identity}");
        }
        if let Some(collation) = column.collation {
            let _ = writeln!(out, "        collation: {collation}");
        }
        if let Some((table, action)) = &column.references {
            let _ = writeln!(
                out,
                "        references: {table}\n        on_delete: {action}"
            );
        }
    }
    if !table.uniques.is_empty() {
        let lists: Vec<_> = table
            .uniques
            .iter()
            .map(|columns| format!("[{}]", columns.join(", ")))
            .collect();
        let _ = writeln!(out, "    unique: [{}]", lists.join(", "));
    }
    if !table.checks.is_empty() {
        *out += "    checks:\n";
        for (name, sql) in &table.checks {
            let _ = writeln!(out, "      {name}: {}", text(sql));
        }
    }
    if !table.indexes.is_empty() {
        *out += "    indexes:\n";
        for index in &table.indexes {
            let keys: Vec<_> = index.keys.iter().map(|key| text(key)).collect();
            let _ = write!(
                out,
                "      - {{keys: [{}], unique: {}",
                keys.join(", "),
                index.unique
            );
            if let Some(predicate) = &index.predicate {
                let _ = write!(out, ", where: {}", text(predicate));
            }
            if let Some(comment) = index.comment {
                let _ = write!(out, ", comment: Serves {comment}.");
            }
            *out += "}\n";
        }
    }
    if let Some(all) = table.trigger {
        let all = all
            || table
                .columns
                .iter()
                .any(|column| column.generated.is_some());
        let when = if all {
            ""
        } else {
            ", when: OLD.* IS DISTINCT FROM NEW.*"
        };
        let _ = writeln!(
            out,
            "    triggers:\n      touch: {{fires: before update, for_each: row{when}, calls: touch, comment: Touches.}}"
        );
    }
}

/// Labels with a quote, as SQL doubles it.
fn escaped_default(default: &str) -> String {
    match default.strip_prefix("'it's ") {
        Some(rest) => format!("'it''s {rest}"),
        None => default.to_owned(),
    }
}

fn text(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
