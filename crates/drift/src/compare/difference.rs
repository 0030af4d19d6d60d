//! A difference: of what, how grave, and how it is told.

mod severity;
mod show;

use std::cmp::Ordering;
use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer};
use serde_json::Value;

pub use severity::Severity;

/// What kind of object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Kind {
    Schema,
    Extension,
    Enum,
    Type,
    Function,
    Sequence,
    Table,
    Column,
    Constraint,
    Index,
    Trigger,
    Rule,
    Policy,
    Statistics,
    EventTrigger,
    Publication,
    DefaultPrivileges,
    Other,
}

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Extension => "extension",
            Self::Enum => "enum",
            Self::Type => "type",
            Self::Function => "function",
            Self::Sequence => "sequence",
            Self::Table => "table",
            Self::Column => "column",
            Self::Constraint => "constraint",
            Self::Index => "index",
            Self::Trigger => "trigger",
            Self::Rule => "rule",
            Self::Policy => "policy",
            Self::Statistics => "statistics",
            Self::EventTrigger => "event trigger",
            Self::Publication => "publication",
            Self::DefaultPrivileges => "default privileges on",
            Self::Other => "other",
        }
    }
}

/// An object by its name: `column contacts.email`, `index contacts_email_idx on contacts`.
///
/// The order is that of the kinds, but what hangs on a table follows it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Object {
    /// What it is. A view is a [`Kind::Table`].
    pub kind: Kind,
    /// The table it hangs on.
    pub table: Option<String>,
    /// Its name, without that of its table.
    pub name: String,
}

impl Object {
    /// One that stands alone.
    pub fn top(kind: Kind, name: &str) -> Self {
        Self {
            kind,
            table: None,
            name: name.to_owned(),
        }
    }

    /// One that hangs on a table.
    pub fn part(kind: Kind, table: &str, name: &str) -> Self {
        Self {
            kind,
            table: Some(table.to_owned()),
            name: name.to_owned(),
        }
    }

    fn rank(&self) -> (Kind, &str, Kind, &str) {
        match &self.table {
            Some(table) => (Kind::Table, table, self.kind, &self.name),
            None => (self.kind, &self.name, self.kind, ""),
        }
    }
}

impl Ord for Object {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Object {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, table, name } = self;
        match (kind, table) {
            // Its name begins with what it is.
            (Kind::Other, _) => f.write_str(name),
            (Kind::Column, Some(table)) => write!(f, "column {table}.{name}"),
            (_, Some(table)) => write!(f, "{} {name} on {table}", kind.as_str()),
            (_, None) => write!(f, "{} {name}", kind.as_str()),
        }
    }
}

/// How one object differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum Change {
    /// It is not there.
    Missing {
        /// What should be.
        expected: Value,
    },
    /// It is there, and nobody asked for it.
    Unexpected {
        /// What is.
        found: Value,
    },
    /// One of its properties has another value.
    Changed {
        /// Which, as the catalog's JSON names it.
        property: String,
        /// What it should be.
        expected: Value,
        /// What it is.
        found: Value,
    },
    /// A table has its columns in another order. PostgreSQL can put a column only last.
    Reordered {
        /// The columns of both sides as they should follow each other.
        expected: Vec<String>,
        /// As they do.
        found: Vec<String>,
    },
}

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Of what.
    pub object: Object,
    /// How.
    pub change: Change,
    /// How grave.
    pub severity: Severity,
}

/// What the two sides are called: `schema.yaml`, `the migrations`, `the live database`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Sides {
    /// The side that says what should be.
    pub expected: &'static str,
    /// The side that is held against it.
    pub found: &'static str,
}

impl Difference {
    pub(super) fn new(object: Object, change: Change) -> Self {
        let severity = Severity::of(object.kind, &change);
        Self {
            object,
            change,
            severity,
        }
    }

    /// Whether only the order of a table's columns differs.
    pub fn is_column_order(&self) -> bool {
        matches!(self.change, Change::Reordered { .. })
    }

    /// The difference in one line, and the values of both sides in two more.
    pub fn render(&self, sides: Sides) -> String {
        let Sides {
            expected: wanted,
            found: there,
        } = sides;
        let mut text = format!("{:9} {}: ", self.severity.as_str(), self.object);
        // Writing to a string cannot fail.
        let _ = match &self.change {
            Change::Missing { .. } => write!(text, "is in {wanted}, not in {there}"),
            Change::Unexpected { .. } => write!(text, "is in {there}, not in {wanted}"),
            Change::Changed {
                property,
                expected,
                found,
            } => {
                let (expected, found) = (show::of(property, expected), show::of(property, found));
                let (expected, found) = show::excerpt(&expected, &found);
                let property = property.replace('_', " ");
                write!(text, "{property} differs{}", both(sides, &expected, &found))
            }
            Change::Reordered { expected, found } => write!(
                text,
                "the columns follow each other differently (a new one can only come last){}",
                both(sides, &expected.join(", "), &found.join(", "))
            ),
        };
        text
    }
}

fn both(sides: Sides, expected: &str, found: &str) -> String {
    let width = sides
        .expected
        .chars()
        .count()
        .max(sides.found.chars().count());
    format!(
        "\n    {:width$}  {expected}\n    {:width$}  {found}",
        sides.expected, sides.found
    )
}

impl Serialize for Difference {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Shown<'a> {
            severity: Severity,
            object: String,
            kind: Kind,
            table: Option<&'a str>,
            name: &'a str,
            #[serde(flatten)]
            change: &'a Change,
        }
        Shown {
            severity: self.severity,
            object: self.object.to_string(),
            kind: self.object.kind,
            table: self.object.table.as_deref(),
            name: &self.object.name,
            change: &self.change,
        }
        .serialize(serializer)
    }
}
