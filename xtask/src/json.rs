//! JSON: values and their text.
//!
//! By hand, on a parser that builds in a moment: serde and its derive macro took as long to build as all of xtask.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::{self, Formatter, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use hifijson::SliceLexer;
use hifijson::token::Lex as _;
use hifijson::value::{Value, parse_bounded};

mod read;

pub(crate) use read::{Fields, FromJson};

/// No file of ours goes deeper; without a limit a senseless one could overflow the stack.
const DEPTH: usize = 64;

/// A JSON value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    /// As it is written.
    Number(String),
    Text(String),
    List(Vec<Json>),
    Object(BTreeMap<String, Json>),
}

/// An object of these fields.
pub(crate) fn object<const N: usize>(fields: [(&str, Json); N]) -> Json {
    let fields = fields.map(|(name, value)| (name.to_owned(), value));
    Json::Object(BTreeMap::from(fields))
}

/// A list of these items.
pub(crate) fn list(items: impl IntoIterator<Item: Into<Json>>) -> Json {
    Json::List(items.into_iter().map(Into::into).collect())
}

/// A path as text; an error when it is not Unicode, which JSON is.
pub(crate) fn path(path: &Path) -> Result<Json> {
    let text = path.to_str();
    text.map(Json::from)
        .with_context(|| format!("{} is not UTF-8", path.display()))
}

impl Json {
    /// Reads a whole text; the error names the line.
    pub(crate) fn parse(text: &[u8]) -> Result<Self> {
        let mut lexer = SliceLexer::new(text);
        let value = lexer.exactly_one(SliceLexer::ws_peek, |next, lexer| {
            parse_bounded(DEPTH, next, lexer)
        });
        match value {
            Ok(value) => Self::own(value),
            Err(error) => {
                let read = &text[..text.len() - lexer.as_slice().len()];
                let line = read.split(|byte| *byte == b'\n').count();
                bail!("{error} at line {line}")
            }
        }
    }

    fn own(value: Value<&str, Cow<'_, str>>) -> Result<Self> {
        Ok(match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Number((digits, _)) => Self::Number(digits.to_owned()),
            Value::String(text) => Self::Text(text.into_owned()),
            Value::Array(items) => {
                Self::List(items.into_iter().map(Self::own).collect::<Result<_>>()?)
            }
            Value::Object(pairs) => {
                let mut fields = BTreeMap::new();
                for (name, value) in pairs {
                    let twice = fields.insert(name.clone().into_owned(), Self::own(value)?);
                    ensure!(twice.is_none(), "duplicate field `{name}`");
                }
                Self::Object(fields)
            }
        })
    }

    /// A field of an object; null when there is none.
    pub(crate) fn get(&self, name: &str) -> &Self {
        match self {
            Self::Object(fields) => fields.get(name).unwrap_or(&Self::Null),
            _ => &Self::Null,
        }
    }

    fn write(&self, f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(digits) => f.write_str(digits),
            Self::Text(text) => quoted(f, text),
            Self::List(items) => {
                f.write_char('[')?;
                for (nth, item) in items.iter().enumerate() {
                    before(f, nth, depth)?;
                    item.write(f, depth + 1)?;
                }
                after(f, items.is_empty(), depth)?;
                f.write_char(']')
            }
            Self::Object(fields) => {
                f.write_char('{')?;
                for (nth, (name, value)) in fields.iter().enumerate() {
                    before(f, nth, depth)?;
                    quoted(f, name)?;
                    f.write_str(if f.alternate() { ": " } else { ":" })?;
                    value.write(f, depth + 1)?;
                }
                after(f, fields.is_empty(), depth)?;
                f.write_char('}')
            }
        }
    }
}

/// On one line; `{:#}` gives each item a line of its own.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.write(f, 0)
    }
}

fn before(f: &mut Formatter<'_>, nth: usize, depth: usize) -> fmt::Result {
    if nth > 0 {
        f.write_char(',')?;
    }
    after(f, false, depth + 1)
}

fn after(f: &mut Formatter<'_>, empty: bool, depth: usize) -> fmt::Result {
    if f.alternate() && !empty {
        write!(f, "\n{:1$}", "", 2 * depth)?;
    }
    Ok(())
}

/// Not by hifijson, whose own writer leaves twelve of the control characters as they are.
fn quoted(f: &mut Formatter<'_>, text: &str) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match c {
            '"' | '\\' => write!(f, "\\{c}")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            '\0'..' ' => write!(f, "\\u{:04x}", u32::from(c))?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl<T: Into<Json>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl From<$number> for Json {
            fn from(number: $number) -> Self {
                // `Debug` keeps the `.0` of a float.
                Self::Number(format!("{number:?}"))
            }
        }
    )*};
}
numbers!(u16, u32, f64);

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    fn error<T>(result: Result<T>) -> String {
        format!("{:#}", result.err().expect("it should be refused"))
    }

    /// Every kind of value, and every kind of character that needs care.
    fn everything() -> Json {
        let text: String = ('\0'..=' ').chain("\"\\/\u{7f}ä日🐘".chars()).collect();
        object([
            ("empty", object([])),
            ("list", list([Json::Null, true.into(), list([""; 0])])),
            ("numbers", list([7_u16.into(), list([1.0, 0.1])])),
            (&text, text.as_str().into()),
        ])
    }

    #[test]
    fn another_reader_reads_what_is_written_and_writes_what_is_read() {
        let ours = everything();
        let theirs: serde_json::Value = serde_json::from_str(&ours.to_string()).unwrap();
        for text in [
            theirs.to_string(),
            format!("{theirs:#}"),
            format!("{ours:#}"),
        ] {
            assert_eq!(parse(&text), ours);
        }
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&format!("{ours:#}")).unwrap(),
            theirs
        );
    }

    #[test]
    fn the_layout_is_the_one_everybody_knows() {
        let value = parse(r#"{"b": [1, {"c": null}], "a": [], "d": {}}"#);
        let theirs: serde_json::Value = serde_json::from_str(&value.to_string()).unwrap();
        assert_eq!(value.to_string(), theirs.to_string());
        assert_eq!(format!("{value:#}"), format!("{theirs:#}"));
    }

    #[test]
    fn what_is_no_json_is_refused_with_its_line() {
        for text in [
            "",
            "{",
            "[1,]",
            "{\"a\" 1}",
            "\"a",
            "01",
            "1 2",
            "nul",
            "\"\u{1}\"",
        ] {
            assert!(
                error(Json::parse(text.as_bytes())).ends_with("at line 1"),
                "{text:?}"
            );
        }
        assert!(error(Json::parse(b"\n[\n1,,")).ends_with("at line 3"));
        assert!(error(Json::parse(b"\"\xff\"")).contains("utf-8"));
        assert!(error(Json::parse("[".repeat(100_000).as_bytes())).contains("depth"));
        assert_eq!(
            error(Json::parse(br#"{"a": 1, "a": 2}"#)),
            "duplicate field `a`"
        );
    }
}
