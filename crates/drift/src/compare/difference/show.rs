//! Values as people read them.

use serde_json::Value;

/// A longer line is cut.
const LONGEST: usize = 200;

/// The value of a property.
pub(super) fn of(property: &str, value: &Value) -> String {
    if property == "owner" && value.is_null() {
        return "the migrating role".to_owned();
    }
    self::value(value)
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(list) if list.is_empty() => "none".to_owned(),
        Value::Array(list) => list.iter().map(self::value).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    }
}

/// Of texts of several lines the first that differs, with its number; of long lines the piece where they part.
pub(super) fn excerpt(one: &str, other: &str) -> (String, String) {
    if !one.contains('\n') && !other.contains('\n') {
        return (cut(one, other), cut(other, one));
    }
    let (here, there): (Vec<&str>, Vec<&str>) = (one.lines().collect(), other.lines().collect());
    let same = here
        .iter()
        .zip(&there)
        .take_while(|(one, other)| one == other)
        .count();
    let line = |lines: &[&str], against: &[&str]| match (lines.get(same), against.get(same)) {
        (Some(line), against) => {
            format!(
                "line {}: {}",
                same + 1,
                cut(line.trim(), against.unwrap_or(&"").trim())
            )
        }
        (None, _) => format!("ends after line {same}"),
    };
    (line(&here, &there), line(&there, &here))
}

fn cut(text: &str, against: &str) -> String {
    let length = text.chars().count();
    if length <= LONGEST {
        return text.to_owned();
    }
    let same = text
        .chars()
        .zip(against.chars())
        .take_while(|(one, other)| one == other)
        .count();
    let skip = if same < LONGEST / 2 {
        0
    } else {
        same - LONGEST / 4
    };
    let shown: String = text.chars().skip(skip).take(LONGEST).collect();
    let before = if skip > 0 { "…" } else { "" };
    let after = if skip + LONGEST < length { "…" } else { "" };
    format!("{before}{shown}{after}")
}
