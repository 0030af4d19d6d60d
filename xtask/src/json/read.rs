//! JSON objects read field by field. A wrong value is named with the way to it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::{Context as _, Result, anyhow, bail};

use super::Json;

/// The fields of an object, taken one by one.
pub(crate) struct Fields(BTreeMap<String, Json>);

impl Fields {
    /// Of an object that may have fields we do not care for.
    pub(crate) fn of(json: Json) -> Result<Self> {
        match json {
            Json::Object(fields) => Ok(Self(fields)),
            other => Err(other.is_not("object")),
        }
    }

    /// Of an object that may have no other fields than these.
    pub(crate) fn only(json: Json, names: &[&str]) -> Result<Self> {
        let fields = Self::of(json)?;
        let unknown = fields.0.keys().find(|name| !names.contains(&name.as_str()));
        if let Some(unknown) = unknown {
            bail!(
                "unknown field `{unknown}`, expected one of: {}",
                names.join(", ")
            );
        }
        Ok(fields)
    }

    /// A field that must be there.
    pub(crate) fn take<T: FromJson>(&mut self, name: &str) -> Result<T> {
        let value = self.0.remove(name);
        let value = value.with_context(|| format!("missing field `{name}`"))?;
        T::from_json(value).with_context(|| format!("`{name}`"))
    }

    /// A field that may be left out.
    pub(crate) fn take_or<T: FromJson>(&mut self, name: &str, default: T) -> Result<T> {
        if self.0.contains_key(name) {
            self.take(name)
        } else {
            Ok(default)
        }
    }
}

/// What can be read from a JSON value.
pub(crate) trait FromJson: Sized {
    fn from_json(json: Json) -> Result<Self>;
}

impl FromJson for Json {
    fn from_json(json: Json) -> Result<Self> {
        Ok(json)
    }
}

impl FromJson for String {
    fn from_json(json: Json) -> Result<Self> {
        match json {
            Json::Text(text) => Ok(text),
            other => Err(other.is_not("text")),
        }
    }
}

impl FromJson for PathBuf {
    fn from_json(json: Json) -> Result<Self> {
        String::from_json(json).map(Self::from)
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: Json) -> Result<Self> {
        match json {
            Json::Null => Ok(None),
            other => T::from_json(other).map(Some),
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: Json) -> Result<Self> {
        let Json::List(items) = json else {
            return Err(json.is_not("list"));
        };
        let read = |(nth, item)| T::from_json(item).with_context(|| format!("item {}", nth + 1));
        items.into_iter().enumerate().map(read).collect()
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(json: Json) -> Result<Self> {
        let mut read = Self::new();
        for (name, value) in Fields::of(json)?.0 {
            let value = T::from_json(value).with_context(|| format!("`{name}`"))?;
            read.insert(name, value);
        }
        Ok(read)
    }
}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl FromJson for $number {
            fn from_json(json: Json) -> Result<Self> {
                let read = match &json {
                    Json::Number(digits) => digits.parse().ok(),
                    _ => None,
                };
                read.ok_or_else(|| json.is_not(stringify!($number)))
            }
        }
    )*};
}
numbers!(u16, u64, i32, f64);

impl Json {
    fn is_not(&self, wanted: &str) -> anyhow::Error {
        match self {
            Self::List(_) => anyhow!("a list is no {wanted}"),
            Self::Object(_) => anyhow!("an object is no {wanted}"),
            scalar => anyhow!("{scalar} is no {wanted}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    fn error<T>(result: Result<T>) -> String {
        format!("{:#}", result.err().expect("it should be refused"))
    }

    #[test]
    fn a_wrong_value_is_named_with_the_way_to_it() {
        let mut fields =
            Fields::of(parse(r#"{"a": {"b": ["x", 5]}, "n": 70000, "t": {}}"#)).unwrap();
        assert_eq!(
            error(fields.take::<BTreeMap<String, Vec<String>>>("a")),
            "`a`: `b`: item 2: 5 is no text"
        );
        assert_eq!(error(fields.take::<u16>("n")), "`n`: 70000 is no u16");
        assert_eq!(
            error(fields.take::<Vec<Json>>("t")),
            "`t`: an object is no list"
        );
        assert_eq!(error(fields.take::<u16>("z")), "missing field `z`");
    }

    #[test]
    fn a_field_that_may_be_left_out_must_be_right_when_it_is_there() {
        let mut fields = Fields::of(parse(r#"{"a": null, "b": null}"#)).unwrap();
        assert_eq!(fields.take_or("c", 7_u16).unwrap(), 7);
        assert_eq!(fields.take_or("a", Some(7_u16)).unwrap(), None);
        assert_eq!(error(fields.take_or("b", 7_u16)), "`b`: null is no u16");
    }
}
