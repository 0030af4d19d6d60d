//! A table, with what other tables say about it.

use serde::Serialize;

use crate::spec::{self, Identity, OnDelete, Personal, Spec};
use crate::sql;
use crate::types::Type;

use super::super::coverage::purpose;
use super::super::history::{History, tokens};

/// A table.
#[derive(Debug, Serialize)]
pub struct Table<'a> {
    /// Its name.
    pub name: &'a str,
    /// Name of its area.
    pub area: &'a str,
    /// Rust struct of a row.
    pub model: &'a str,
    /// Comment in the database.
    pub comment: &'a str,
    /// How long rows are kept.
    pub retention: Option<&'a str>,
    /// The migration that made it.
    pub added_in: Option<&'a str>,
    /// Columns, in order.
    pub columns: Vec<Column<'a>>,
    /// The primary key.
    pub primary_key: Unique<'a>,
    /// Unique constraints.
    pub uniques: Vec<Unique<'a>>,
    /// Check constraints.
    pub checks: Vec<Check<'a>>,
    /// Foreign keys of this table.
    pub foreign_keys: Vec<ForeignKey<'a>>,
    /// Foreign keys that refer to this table.
    pub referenced_by: Vec<ForeignKey<'a>>,
    /// Indexes that are no constraints.
    pub indexes: Vec<Index<'a>>,
    /// Triggers.
    pub triggers: Vec<Trigger<'a>>,
}

/// A column.
#[derive(Debug, Serialize)]
#[expect(clippy::struct_excessive_bools, reason = "they are fields of the JSON")]
pub struct Column<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its type.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// Whether the type is an enum of the schema.
    pub is_enum: bool,
    /// Whether it may be null.
    pub nullable: bool,
    /// SQL of the default.
    pub default: Option<&'a str>,
    /// SQL of the expression it is computed from.
    pub generated_as: Option<&'a str>,
    /// `always` or `by default`, where the server numbers the rows.
    pub identity: Option<&'static str>,
    /// Collation, where it is not the database's.
    pub collation: Option<&'a str>,
    /// `identity`, `contact` or `content`, where it holds personal data.
    pub personal: Option<&'static str>,
    /// Comment in the database.
    pub comment: &'a str,
    /// Whether it belongs to the primary key.
    pub in_primary_key: bool,
    /// Whether its value alone is unique.
    pub unique: bool,
    /// Conditions that name it.
    pub checks: Vec<&'a str>,
    /// What it refers to.
    pub references: Option<Reference<'a>>,
    /// The migration that added it.
    pub added_in: Option<&'a str>,
}

/// What a column refers to.
#[derive(Debug, Serialize)]
pub struct Reference<'a> {
    /// The table.
    pub table: &'a str,
    /// Name of the foreign key.
    pub constraint: &'a str,
}

/// A primary key or a unique constraint.
#[derive(Debug, Serialize)]
pub struct Unique<'a> {
    /// Name of the constraint.
    pub name: &'a str,
    /// Its columns.
    pub columns: Vec<&'a str>,
}

/// A check constraint.
#[derive(Debug, Serialize)]
pub struct Check<'a> {
    /// Name of the constraint.
    pub name: &'a str,
    /// The condition.
    pub sql: &'a str,
    /// Why it is there, where that is not plain.
    pub why: Option<&'a str>,
}

/// A foreign key.
#[derive(Debug, Clone, Serialize)]
pub struct ForeignKey<'a> {
    /// Name of the constraint.
    pub name: &'a str,
    /// The table it belongs to.
    pub table: &'a str,
    /// Its columns.
    pub columns: Vec<&'a str>,
    /// The table it refers to.
    pub to_table: &'a str,
    /// The columns there.
    pub to_columns: Vec<&'a str>,
    /// `cascade`, `restrict` or `set null`.
    pub on_delete: &'static str,
    /// Whether a row may refer to nothing.
    pub optional: bool,
    /// Whether at most one row refers to the same.
    pub unique: bool,
}

/// An index.
#[derive(Debug, Serialize)]
pub struct Index<'a> {
    /// Its name.
    pub name: &'a str,
    /// The statement that makes it.
    pub sql: String,
    /// Whether no two entries may be alike.
    pub unique: bool,
    /// What it is ordered by.
    pub keys: Vec<String>,
    /// Columns that are only stored.
    pub include: Vec<&'a str>,
    /// Which rows it holds.
    #[serde(rename = "where")]
    pub predicate: Option<&'a str>,
    /// Access method.
    pub method: &'a str,
    /// Which query it serves.
    pub serves: Option<String>,
}

/// A trigger.
#[derive(Debug, Serialize)]
pub struct Trigger<'a> {
    /// Its name.
    pub name: &'a str,
    /// When: `before update`.
    pub fires: &'a str,
    /// `ROW` or `STATEMENT`.
    pub for_each: &'static str,
    /// For which rows only.
    pub when: Option<&'a str>,
    /// The function it calls.
    pub calls: &'a str,
    /// Comment in the database.
    pub comment: &'a str,
}

/// A constraint of any kind, for a list of all.
#[derive(Debug)]
pub struct Constraint<'t> {
    /// Its name.
    pub name: &'t str,
    /// What it demands, as SQL.
    pub sql: String,
    /// Why it is there, where that is not plain.
    pub why: Option<&'t str>,
    /// The table it refers to.
    pub to_table: Option<&'t str>,
}

impl<'a> Table<'a> {
    pub(super) fn of(spec: &'a Spec, table: &'a spec::Table, history: &History<'a>) -> Self {
        let own = table.foreign_keys.iter();
        let others = spec.tables.iter().flat_map(|other| {
            let keys = other.foreign_keys.iter();
            keys.filter(|key| key.table == table.name)
                .map(move |key| ForeignKey::of(spec, other, key))
        });
        Self {
            name: &table.name,
            area: &table.area,
            model: &table.model,
            comment: &table.comment,
            retention: table.retention.as_deref(),
            added_in: history.table(&table.name),
            columns: table
                .columns
                .iter()
                .map(|column| Column::of(table, column, history))
                .collect(),
            primary_key: Unique {
                name: &table.primary_key.name,
                columns: names(&table.primary_key.columns),
            },
            uniques: table
                .uniques
                .iter()
                .map(|one| Unique {
                    name: &one.name,
                    columns: names(&one.columns),
                })
                .collect(),
            checks: table
                .checks
                .iter()
                .map(|check| Check {
                    name: &check.name,
                    sql: &check.sql,
                    why: check.why.as_deref(),
                })
                .collect(),
            foreign_keys: own.map(|key| ForeignKey::of(spec, table, key)).collect(),
            referenced_by: others.collect(),
            indexes: table
                .indexes
                .iter()
                .map(|index| Index::of(table, index))
                .collect(),
            triggers: table
                .triggers
                .iter()
                .map(|trigger| Trigger {
                    name: &trigger.name,
                    fires: &trigger.fires,
                    for_each: trigger.for_each,
                    when: trigger.condition.as_deref(),
                    calls: &trigger.calls,
                    comment: &trigger.comment,
                })
                .collect(),
        }
    }

    /// Every constraint, the keys first.
    pub fn constraints(&self) -> Vec<Constraint<'_>> {
        let key = |one: &Unique<'a>, kind: &str| Constraint {
            name: one.name,
            sql: format!("{kind} ({})", one.columns.join(", ")),
            why: None,
            to_table: None,
        };
        let mut all = vec![key(&self.primary_key, "PRIMARY KEY")];
        all.extend(self.uniques.iter().map(|one| key(one, "UNIQUE")));
        all.extend(self.foreign_keys.iter().map(|one| Constraint {
            name: one.name,
            sql: format!(
                "FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {}",
                one.columns.join(", "),
                one.to_table,
                one.to_columns.join(", "),
                one.on_delete.to_ascii_uppercase()
            ),
            why: None,
            to_table: Some(one.to_table),
        }));
        all.extend(self.checks.iter().map(|one| Constraint {
            name: one.name,
            sql: format!("CHECK ({})", one.sql),
            why: one.why,
            to_table: None,
        }));
        all
    }
}

impl<'a> Column<'a> {
    fn of(table: &'a spec::Table, column: &'a spec::Column, history: &History<'a>) -> Self {
        let alone = |columns: &[crate::Text]| matches!(columns, [only] if *only == column.name);
        let checks = table.checks.iter().filter(|check| {
            let words = tokens(&check.sql);
            words.iter().any(|word| *word == *column.name)
        });
        Self {
            name: &column.name,
            sql_type: column.sql_type.to_string(),
            is_enum: matches!(column.sql_type, Type::Enum(_)),
            nullable: column.nullable,
            default: column.default.as_deref(),
            generated_as: column.generated.as_deref(),
            identity: column.identity.and_then(|one| word(Identity::ALL, one)),
            collation: column.collation.as_deref(),
            personal: column.personal.and_then(|one| word(Personal::ALL, one)),
            comment: &column.comment,
            in_primary_key: table.primary_key.columns.contains(&column.name),
            unique: alone(&table.primary_key.columns)
                || table.uniques.iter().any(|one| alone(&one.columns)),
            checks: checks.map(|check| &*check.sql).collect(),
            references: table.reference(&column.name).map(|key| Reference {
                table: &key.table,
                constraint: &key.name,
            }),
            added_in: history.column(&table.name, &column.name),
        }
    }
}

impl<'a> ForeignKey<'a> {
    fn of(spec: &'a Spec, table: &'a spec::Table, key: &'a spec::ForeignKey) -> Self {
        let target = spec.table(&key.table);
        let nullable = |name: &crate::Text| table.column(name).is_some_and(|one| one.nullable);
        // Any order of the same columns is unique, or none is.
        let same = |columns: &[crate::Text]| {
            columns.len() == key.columns.len()
                && columns.iter().all(|column| key.columns.contains(column))
        };
        let indexes = table.indexes.iter();
        let mut unique_indexes = indexes.filter(|index| index.unique && index.predicate.is_none());
        Self {
            name: &key.name,
            table: &table.name,
            columns: names(&key.columns),
            to_table: &key.table,
            to_columns: target.map_or_else(Vec::new, |table| names(&table.primary_key.columns)),
            on_delete: word(OnDelete::ALL, key.on_delete).unwrap_or_default(),
            optional: key.columns.iter().any(nullable),
            unique: same(&table.primary_key.columns)
                || table.uniques.iter().any(|one| same(&one.columns))
                || unique_indexes.any(|index| {
                    let columns: Vec<_> = index.keys.iter().map(|key| key.value.clone()).collect();
                    index.keys.iter().all(|key| key.is_column) && same(&columns)
                }),
        }
    }
}

impl<'a> Index<'a> {
    fn of(table: &'a spec::Table, index: &'a spec::Index) -> Self {
        let keys = index.keys.iter();
        Self {
            name: &index.name,
            sql: sql::create_index(table, index),
            unique: index.unique,
            keys: keys
                .map(|key| format!("{} {}", key.value, key.order).trim_end().to_owned())
                .collect(),
            include: names(&index.include),
            predicate: index.predicate.as_deref(),
            method: index.method.as_deref().unwrap_or("btree"),
            serves: purpose(table, index),
        }
    }
}

fn names(names: &[crate::Text]) -> Vec<&str> {
    names.iter().map(|name| &**name).collect()
}

/// How `schema.yaml` writes a choice.
fn word<T: Copy + PartialEq>(all: &[(&'static str, T)], one: T) -> Option<&'static str> {
    let found = all.iter().find(|(_, other)| *other == one);
    found.map(|(word, _)| *word)
}
