//! The naming rule, which CONTRIBUTING.md states, and the words that nothing may be called.

use crate::mistake::{Log, Text};
use crate::spec::{Key, Table};

/// PostgreSQL cuts a longer name without a word.
pub(crate) const MAX_NAME: usize = 63;

/// The key words that PostgreSQL does not take as names without quotation marks.
const RESERVED: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "binary",
    "both",
    "case",
    "cast",
    "check",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "false",
    "fetch",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "group",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "intersect",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "natural",
    "not",
    "notnull",
    "null",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "outer",
    "overlaps",
    "placing",
    "primary",
    "references",
    "returning",
    "right",
    "select",
    "session_user",
    "similar",
    "some",
    "symmetric",
    "system_user",
    "table",
    "tablesample",
    "then",
    "to",
    "trailing",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
];
/// Columns that every table has already.
const SYSTEM_COLUMNS: &[&str] = &["cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"];
/// Types that the files of the models use, or that they cannot be called after.
const TAKEN_TYPES: &[&str] = &[
    "Clone",
    "Crate",
    "Date",
    "Debug",
    "Decimal",
    "None",
    "OffsetDateTime",
    "Option",
    "PartialEq",
    "PgInterval",
    "Redacted",
    "Serialize",
    "Some",
    "String",
    "Super",
    "Time",
    "Uuid",
    "Value",
    "Vec",
];
/// Words that no field of a Rust struct can be called.
const NO_FIELDS: &[&str] = &["crate", "self", "super"];

/// Whether PostgreSQL takes this word as a name only in quotation marks.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.contains(&word)
}

/// Words that name a type or begin an expression: PostgreSQL takes them for a table, a type or a function, but prints them
/// in quotation marks.
const OF_EXPRESSIONS: &[&str] = &[
    "between",
    "bigint",
    "bit",
    "boolean",
    "char",
    "character",
    "coalesce",
    "dec",
    "decimal",
    "exists",
    "extract",
    "float",
    "greatest",
    "grouping",
    "inout",
    "int",
    "integer",
    "interval",
    "json",
    "json_array",
    "json_arrayagg",
    "json_exists",
    "json_object",
    "json_objectagg",
    "json_query",
    "json_scalar",
    "json_serialize",
    "json_table",
    "json_value",
    "least",
    "merge_action",
    "national",
    "nchar",
    "none",
    "normalize",
    "nullif",
    "numeric",
    "out",
    "overlay",
    "position",
    "precision",
    "real",
    "row",
    "setof",
    "smallint",
    "substring",
    "time",
    "timestamp",
    "treat",
    "trim",
    "values",
    "varchar",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// Holds the name of a table, a type or a function to the rule.
pub(crate) fn object(log: &Log, name: &Text) {
    chosen(log, name);
    if OF_EXPRESSIONS.contains(&name.as_ref()) {
        log.add(
            name.at,
            format!("`{name}` is a word of PostgreSQL's expressions"),
            format!("choose another name, such as `{name}s` or `{name}_name`"),
        );
    }
}

/// Holds a name that somebody chose to the rule.
pub(crate) fn chosen(log: &Log, name: &Text) {
    let mut letters = name.chars();
    let begins_well = letters.next().is_some_and(|c| c.is_ascii_lowercase());
    if !begins_well || !letters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        log.add(
            name.at,
            format!("`{name}` is no name"),
            "write small letters, digits and `_`, a letter first, so that it never needs quotation marks",
        );
    } else if is_reserved(name) {
        log.add(
            name.at,
            format!("`{name}` is a reserved word of PostgreSQL"),
            format!("choose another name, such as `{name}s` or `{name}_name`"),
        );
    }
    fits(log, name, "");
}

/// Holds the name of a column to the rule.
pub(crate) fn column(log: &Log, name: &Text) {
    chosen(log, name);
    if SYSTEM_COLUMNS.contains(&name.as_ref()) {
        log.add(
            name.at,
            format!("every table has a system column `{name}`"),
            "choose another name",
        );
    }
    if NO_FIELDS.contains(&name.as_ref()) {
        log.add(
            name.at,
            format!("no field of a Rust struct can be called `{name}`"),
            "choose another name",
        );
    }
}

/// Whether PostgreSQL keeps the whole name; `remedy` says how a derived one is shortened.
pub(crate) fn fits(log: &Log, name: &Text, remedy: &str) {
    if name.len() > MAX_NAME {
        let write = if remedy.is_empty() {
            format!("choose one of at most {MAX_NAME}")
        } else {
            remedy.to_owned()
        };
        log.add(
            name.at,
            format!(
                "the name `{name}` has {} bytes, and PostgreSQL would cut it to `{}`",
                name.len(),
                &name[..name.floor_char_boundary(MAX_NAME)]
            ),
            write,
        );
    }
}

/// What an index is called, if nobody calls it otherwise.
pub(crate) fn index(table: &Table, keys: &[Key], unique: bool) -> String {
    let columns: Vec<String> = keys.iter().map(|key| words(table, key)).collect();
    let kind = index_kind(unique);
    format!("{}_{}_{kind}", table.name, columns.join("_"))
}

/// How the name of an index ends.
pub(crate) fn index_kind(unique: bool) -> &'static str {
    if unique { "key" } else { "idx" }
}

/// The columns in a key, as its index's name lists them.
fn words(table: &Table, key: &Key) -> String {
    if key.is_column {
        return key.value.text.clone();
    }
    let columns: Vec<_> = key
        .value
        .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .filter(|word| table.column(word).is_some())
        .collect();
    if columns.is_empty() {
        "expr".to_owned()
    } else {
        columns.join("_")
    }
}

/// `campaign_status` → `CampaignStatus`; `survey.completed` → `SurveyCompleted`.
pub fn upper_camel(name: &str) -> String {
    name.split(|c: char| !c.is_ascii_alphanumeric())
        .flat_map(|word| {
            let mut letters = word.chars();
            letters
                .next()
                .map(|first| first.to_ascii_uppercase())
                .into_iter()
                .chain(letters)
        })
        .collect()
}

/// Holds the name of a Rust type to be written next to others.
pub(crate) fn rust_type(log: &Log, name: &Text) {
    if TAKEN_TYPES.contains(&name.as_ref()) {
        log.add(
            name.at,
            format!("`{name}` means something else where Rust describes the tables"),
            "choose another name",
        );
    }
}

/// Whether a Rust type or variant may be called this.
pub(crate) fn is_upper_camel(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_ascii_alphanumeric())
        && name != "Self"
}
