//! What the pages say, put together once. Serialized, it is `schema.json`: a field is renamed or removed there only with
//! a word in the changelog.

mod table;

use serde::Serialize;

use crate::generate::FIRST_LINE;
use crate::spec::{self, Spec};

use super::coverage;
use super::history::{History, Migration};

pub use table::{Check, Column, Constraint, ForeignKey, Index, Reference, Table, Trigger, Unique};

/// The whole schema.
#[derive(Debug, Serialize)]
pub struct Model<'a> {
    /// That the file is generated, and from what.
    pub generated: &'static str,
    /// `sha256` of `schema.yaml`, in hexadecimal.
    pub schema_sha256: &'a str,
    /// The last migration, such as `0013_triggers`.
    pub migration: Option<&'a str>,
    /// How much is commented.
    pub coverage: Coverage,
    /// Subject areas.
    pub areas: Vec<Area<'a>>,
    /// Tables.
    pub tables: Vec<Table<'a>>,
    /// Enum types.
    pub enums: Vec<Enum<'a>>,
    /// Functions.
    pub functions: Vec<Function<'a>>,
}

/// How much of the schema is commented.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// Areas, tables, columns, indexes, triggers, enums, labels and functions.
    pub objects: usize,
    /// How many of them have a comment.
    pub commented: usize,
    /// The same in percent, rounded down.
    pub percent: usize,
}

/// A subject area.
#[derive(Debug, Serialize)]
pub struct Area<'a> {
    /// Short name.
    pub name: &'a str,
    /// Title.
    pub title: &'a str,
    /// What it is about.
    pub comment: &'a str,
    /// Names of its tables.
    pub tables: Vec<&'a str>,
}

/// An enum type.
#[derive(Debug, Serialize)]
pub struct Enum<'a> {
    /// Name of the type.
    pub name: &'a str,
    /// Comment in the database.
    pub comment: &'a str,
    /// Labels, in order.
    pub labels: Vec<Label<'a>>,
    /// The life cycle, if the labels are states of one.
    pub life_cycle: Option<LifeCycle<'a>>,
    /// The columns of this type, as `table.column`.
    pub used_by: Vec<String>,
}

/// A label of an enum.
#[derive(Debug, Serialize)]
pub struct Label<'a> {
    /// The label.
    pub name: &'a str,
    /// What it means.
    pub comment: &'a str,
}

/// A life cycle.
#[derive(Debug, Serialize)]
pub struct LifeCycle<'a> {
    /// The state it begins in.
    pub start: Option<&'a str>,
    /// The states it ends in: no move leads out of them.
    pub finals: Vec<&'a str>,
    /// From which state to which.
    pub moves: Vec<(&'a str, &'a str)>,
}

/// A function.
#[derive(Debug, Serialize)]
pub struct Function<'a> {
    /// Its name; it takes no arguments.
    pub name: &'a str,
    /// Type it returns.
    pub returns: &'a str,
    /// Language of the body.
    pub language: &'a str,
    /// Comment in the database.
    pub comment: &'a str,
    /// The body.
    pub body: &'a str,
    /// The triggers that call it.
    pub called_by: Vec<&'a str>,
}

impl<'a> Model<'a> {
    /// What there is to say about a schema that these migrations build.
    pub fn of(spec: &'a Spec, migrations: &'a [Migration]) -> Self {
        let history = History::of(migrations);
        Self {
            generated: FIRST_LINE,
            schema_sha256: &spec.sha256,
            migration: migrations.last().map(|last| &*last.name),
            coverage: coverage::of(spec),
            areas: spec.areas.iter().map(|area| Area::of(spec, area)).collect(),
            tables: spec
                .tables
                .iter()
                .map(|table| Table::of(spec, table, &history))
                .collect(),
            enums: spec.enums.iter().map(|one| Enum::of(spec, one)).collect(),
            functions: spec
                .functions
                .iter()
                .map(|function| Function::of(spec, function))
                .collect(),
        }
    }

    /// The text of `schema.json`.
    pub fn json(&self) -> String {
        // Texts, numbers and lists: nothing that JSON could refuse.
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        text + "\n"
    }

    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<&Table<'a>> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// The enum of this name.
    pub fn enumeration(&self, name: &str) -> Option<&Enum<'a>> {
        self.enums.iter().find(|one| one.name == name)
    }

    /// The tables of an area.
    pub(super) fn tables_of<'s>(&'s self, area: &'s str) -> impl Iterator<Item = &'s Table<'a>> {
        self.tables.iter().filter(move |table| table.area == area)
    }
}

impl<'a> Area<'a> {
    fn of(spec: &'a Spec, area: &'a spec::Area) -> Self {
        let tables = spec.tables.iter();
        Self {
            name: &area.name,
            title: &area.title,
            comment: &area.comment,
            tables: tables
                .filter(|table| table.area == area.name)
                .map(|table| &*table.name)
                .collect(),
        }
    }
}

impl<'a> Enum<'a> {
    fn of(spec: &'a Spec, one: &'a spec::Enum) -> Self {
        let labels = one.labels.iter();
        let used_by = spec.tables.iter().flat_map(|table| {
            let columns = table.columns.iter();
            columns
                .filter(|column| *column.type_text == *one.name)
                .map(move |column| format!("{}.{}", table.name, column.name))
        });
        Self {
            name: &one.name,
            comment: &one.comment,
            labels: labels
                .map(|label| Label {
                    name: &label.name,
                    comment: &label.comment,
                })
                .collect(),
            life_cycle: LifeCycle::of(one),
            used_by: used_by.collect(),
        }
    }
}

impl<'a> LifeCycle<'a> {
    fn of(one: &'a spec::Enum) -> Option<Self> {
        if one.moves.is_empty() {
            return None;
        }
        let leaves = |label: &str| {
            one.moves
                .iter()
                .any(|(from, to)| &**from == label && !to.is_empty())
        };
        let labels = one.labels.iter().map(|label| &*label.name);
        Some(Self {
            start: one.starts.as_deref(),
            finals: labels.filter(|label| !leaves(label)).collect(),
            moves: one
                .moves
                .iter()
                .flat_map(|(from, to)| to.iter().map(move |to| (&**from, &**to)))
                .collect(),
        })
    }
}

impl<'a> Function<'a> {
    fn of(spec: &'a Spec, function: &'a spec::Function) -> Self {
        let triggers = spec.tables.iter().flat_map(|table| &table.triggers);
        Self {
            name: &function.name,
            returns: &function.returns,
            language: &function.language,
            comment: &function.comment,
            body: function.body.trim_end(),
            called_by: triggers
                .filter(|trigger| trigger.calls == function.name)
                .map(|trigger| &*trigger.name)
                .collect(),
        }
    }
}
