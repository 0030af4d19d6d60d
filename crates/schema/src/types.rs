//! The types a column may have: those the checked macros and the models know how to read.

use std::fmt;

/// The type of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// `uuid`
    Uuid,
    /// `text`
    Text,
    /// `text[]`
    TextArray,
    /// `boolean`
    Boolean,
    /// `smallint`
    SmallInt,
    /// `integer`
    Integer,
    /// `bigint`
    BigInt,
    /// `double precision`
    DoublePrecision,
    /// `numeric(precision,scale)`
    Numeric {
        /// Digits in all, at most 28, which is what the models can hold.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// `timestamptz`
    TimestampTz,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `interval`
    Interval,
    /// `jsonb`
    Jsonb,
    /// `bytea`
    Bytea,
    /// An enum of the schema, by name.
    Enum(String),
}

const MAX_PRECISION: u8 = 28;
const PLAIN: &[(&str, Type)] = &[
    ("uuid", Type::Uuid),
    ("text", Type::Text),
    ("text[]", Type::TextArray),
    ("boolean", Type::Boolean),
    ("smallint", Type::SmallInt),
    ("integer", Type::Integer),
    ("bigint", Type::BigInt),
    ("double precision", Type::DoublePrecision),
    ("timestamptz", Type::TimestampTz),
    ("date", Type::Date),
    ("time", Type::Time),
    ("interval", Type::Interval),
    ("jsonb", Type::Jsonb),
    ("bytea", Type::Bytea),
];
/// What people write out of habit, and what they mean.
const HABITS: &[(&str, &str)] = &[
    ("bool", "boolean"),
    ("char", "text"),
    ("character varying", "text"),
    ("decimal", "numeric(10,2)"),
    ("float", "double precision"),
    ("float8", "double precision"),
    ("int", "integer"),
    ("int2", "smallint"),
    ("int4", "integer"),
    ("int8", "bigint"),
    ("json", "jsonb"),
    ("numeric", "numeric(10,2)"),
    ("real", "double precision"),
    ("serial", "integer` with `identity: always"),
    ("bigserial", "bigint` with `identity: always"),
    ("string", "text"),
    ("timestamp", "timestamptz"),
    ("timestamp with time zone", "timestamptz"),
    ("timestamp without time zone", "timestamptz"),
    ("timetz", "time"),
    ("varchar", "text"),
];

impl Type {
    /// Reads a type; the error says what to write.
    pub(crate) fn read(text: &str, enums: &[&str]) -> Result<Self, String> {
        if let Some((_, plain)) = PLAIN.iter().find(|(name, _)| *name == text) {
            return Ok(plain.clone());
        }
        if enums.contains(&text) {
            return Ok(Self::Enum(text.to_owned()));
        }
        if let Some(digits) = text
            .strip_prefix("numeric(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            return numeric(digits).ok_or_else(|| {
                format!("write `numeric(p,s)` with 1 to {MAX_PRECISION} digits, s of them after the point")
            });
        }
        let bare = text.split('(').next().unwrap_or_default().trim();
        if let Some((_, meant)) = HABITS
            .iter()
            .find(|(habit, _)| bare.eq_ignore_ascii_case(habit))
        {
            return Err(format!("write `{meant}`"));
        }
        let known = PLAIN
            .iter()
            .map(|(name, _)| *name)
            .chain(["numeric(p,s)"])
            .chain(enums.iter().copied());
        Err(crate::mistake::suggest(text, known))
    }

    /// Whether this is the name of a type that PostgreSQL brings along.
    pub(crate) fn is_built_in(name: &str) -> bool {
        PLAIN.iter().any(|(plain, _)| *plain == name)
            || HABITS.iter().any(|(habit, _)| *habit == name)
    }
}

fn numeric(digits: &str) -> Option<Type> {
    let (precision, scale) = digits.split_once(',')?;
    let (precision, scale) = (precision.parse().ok()?, scale.trim().parse().ok()?);
    (1..=MAX_PRECISION)
        .contains(&precision)
        .then_some(Type::Numeric { precision, scale })
        .filter(|_| scale <= precision)
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numeric { precision, scale } => write!(f, "numeric({precision},{scale})"),
            Self::Enum(name) => f.pad(name),
            plain => {
                let name = PLAIN.iter().find(|(_, other)| other == plain);
                f.pad(name.map_or("", |(name, _)| name))
            }
        }
    }
}
