//! How grave a difference is.

use serde::Serialize;
use serde_json::Value;

use super::{Change, Kind};

/// How grave a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A program that counts on what is expected may fail, do wrong, or see what it must not.
    Breaking,
    /// Something more, that no program notices.
    Additive,
    /// Told, placed or stored differently; it means the same.
    Cosmetic,
}

impl Severity {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Additive => "additive",
            Self::Cosmetic => "cosmetic",
        }
    }

    pub(super) fn of(kind: Kind, change: &Change) -> Self {
        match change {
            Change::Missing { .. } => Self::Breaking,
            Change::Unexpected { found } if acts(kind, found) => Self::Breaking,
            Change::Unexpected { .. } => Self::Additive,
            Change::Reordered { .. } => Self::Cosmetic,
            Change::Changed {
                property,
                expected,
                found,
            } => match property.as_str() {
                "comment" | "index_comment" | "storage" | "compression" | "statistics_target"
                | "target" | "tablespace" | "clustered" => Self::Cosmetic,
                "labels" if is_within(expected, found) => Self::Additive,
                _ => Self::Breaking,
            },
        }
    }
}

/// Whether an object that nobody asked for changes what becomes of rows, or who may see them.
fn acts(kind: Kind, object: &Value) -> bool {
    let yes = |property: &str| object.get(property) == Some(&Value::Bool(true));
    let lacks = |property: &str| object.get(property).is_some_and(Value::is_null);
    match kind {
        Kind::Constraint
        | Kind::Trigger
        | Kind::Rule
        | Kind::Policy
        | Kind::EventTrigger
        | Kind::DefaultPrivileges => true,
        Kind::Index => yes("unique"),
        Kind::Column => {
            yes("not_null") && lacks("default") && lacks("generated") && lacks("identity")
        }
        _ => false,
    }
}

/// Whether all values of one list are in the other, in the same order.
fn is_within(few: &Value, many: &Value) -> bool {
    let (Some(few), Some(many)) = (few.as_array(), many.as_array()) else {
        return false;
    };
    let mut rest = many.iter();
    few.iter().all(|value| rest.any(|other| other == value))
}
