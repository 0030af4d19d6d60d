//! Rust as rustfmt writes it: documentation, imports, lists, names.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::mistake::Text;
use crate::spec::{Column, Spec, Table};
use crate::types::Type;

/// No line is longer.
pub(super) const WIDTH: usize = 100;

/// Words that are names only with `r#` before them.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn",
    "else", "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let",
    "loop", "macro", "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return",
    "static", "struct", "trait", "true", "try", "type", "typeof", "unsafe", "unsized", "use",
    "virtual", "where", "while", "yield",
];

/// The name as Rust takes it.
pub(super) fn ident(name: &str) -> String {
    let raw = if KEYWORDS.contains(&name) { "r#" } else { "" };
    format!("{raw}{name}")
}

/// `ExclusionEntry` → `exclusion_entry`
pub(super) fn snake(camel: &str) -> String {
    let mut snake = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
    }
    snake
}

/// Module and name of each model, in the order of the modules.
pub(super) fn models_in_order(spec: &Spec) -> Vec<(String, &str)> {
    let models = spec.tables.iter().map(|table| &*table.model);
    let mut models: Vec<_> = models.map(|model| (snake(model), model)).collect();
    models.sort_by(|(a, _), (b, _)| in_order(a, b));
    models
        .into_iter()
        .map(|(module, model)| (ident(&module), model))
        .collect()
}

/// The type of a column's values without `Option`, and the module to import it from.
pub(super) fn value_type(
    spec: &Spec,
    table: &Table,
    column: &Column,
) -> (String, Option<&'static str>) {
    let (name, module) = match &column.sql_type {
        Type::Uuid => match id_held(spec, table, column) {
            Some(id) => return (id, Some("crate::ids")),
            None => ("Uuid", Some("uuid")),
        },
        Type::Enum(name) => return (crate::spec::upper_camel(name), Some("crate::enums")),
        Type::Text => ("String", None),
        Type::TextArray => ("Vec<String>", None),
        Type::Boolean => ("bool", None),
        Type::SmallInt => ("i16", None),
        Type::Integer => ("i32", None),
        Type::BigInt => ("i64", None),
        Type::DoublePrecision => ("f64", None),
        Type::Bytea => ("Vec<u8>", None),
        Type::Numeric { .. } => ("Decimal", Some("rust_decimal")),
        Type::TimestampTz => ("OffsetDateTime", Some("time")),
        Type::Date => ("Date", Some("time")),
        Type::Time => ("Time", Some("time")),
        Type::Interval => ("PgInterval", Some("sqlx::postgres::types")),
        Type::Jsonb => ("Value", Some("serde_json")),
    };
    (name.to_owned(), module)
}

/// The type of the ids of a table; `None` where the primary key is not the one uuid column `id`.
pub(super) fn id_type(table: &Table) -> Option<String> {
    let [only] = &table.primary_key.columns[..] else {
        return None;
    };
    let column = table.column(only)?;
    (&**only == "id" && column.sql_type == Type::Uuid).then(|| format!("{}Id", table.model))
}

/// The type of the ids that a column holds: its own table's, or another's to which it refers.
pub(super) fn id_held(spec: &Spec, table: &Table, column: &Column) -> Option<String> {
    if &*column.name == "id"
        && let Some(own) = id_type(table)
    {
        return Some(own);
    }
    let key = table.reference(&column.name)?;
    id_type(spec.table(&key.table)?)
}

/// What the documentation says of a thing: its own words, or else the comment.
pub(super) fn words(doc: Option<&Text>, comment: &str) -> String {
    doc.map_or_else(|| markdown(comment), |doc| doc.text.clone())
}

/// A comment of the database in the words of Rust: null is `None` there, and what looks like code stands as code.
pub(super) fn column_words(column: &Column) -> String {
    let text = words(column.doc.as_ref(), &column.comment);
    if column.doc.is_some() {
        return text;
    }
    let null = |word: &str| if word == "null" { "`None`" } else { word }.to_owned();
    each_word(&text, null)
}

fn markdown(text: &str) -> String {
    let code = |word: &str| {
        let letters: Vec<char> = word.chars().collect();
        let camel = letters
            .windows(2)
            .any(|pair| pair[0].is_lowercase() && pair[1].is_uppercase());
        let looks_like_code = camel || word.contains(['_', '<', '[', '*']);
        if looks_like_code && !word.contains('`') {
            format!("`{word}`")
        } else {
            word.to_owned()
        }
    };
    each_word(text, code)
}

/// Changes each word, but not the punctuation around it.
fn each_word(text: &str, change: impl Fn(&str) -> String) -> String {
    let punctuation = |c: char| ".,;:!?()'\"".contains(c);
    let words = text.split(' ').map(|word| {
        let core = word.trim_matches(punctuation);
        let Some(begin) = word.find(core).filter(|_| !core.is_empty()) else {
            return word.to_owned();
        };
        let (before, after) = (&word[..begin], &word[begin + core.len()..]);
        format!("{before}{}{after}", change(core))
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Documentation in Markdown: paragraphs between empty lines, list items that begin with `- `.
pub(super) fn rustdoc(indent: &str, markdown: &str) -> String {
    let mut paragraphs: Vec<String> = Vec::new();
    let mut goes_on = false;
    for line in markdown.trim().lines().map(str::trim) {
        match paragraphs.last_mut() {
            Some(last) if goes_on && !line.is_empty() && !line.starts_with("- ") => {
                last.push(' ');
                last.push_str(line);
            }
            _ => paragraphs.push(line.to_owned()),
        }
        goes_on = !line.is_empty();
    }
    let width = WIDTH - indent.len() - "/// ".len();
    paragraphs
        .iter()
        .flat_map(|text| filled(text, ' ', width))
        .map(|line| format!("{indent}/// {line}").trim_end().to_owned() + "\n")
        .collect()
}

/// Breaks a text after `separator` into lines of at most `width`, where that is possible; at least one line.
pub(super) fn filled(text: &str, separator: char, width: usize) -> Vec<String> {
    if text.is_empty() {
        return vec![String::new()];
    }
    let mut lines: Vec<String> = Vec::new();
    for piece in text.split_inclusive(separator).map(str::trim) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + piece.chars().count() <= width => {
                line.push(' ');
                line.push_str(piece);
            }
            _ => lines.push(piece.to_owned()),
        }
    }
    lines
}

/// Names with commas between, in lines that begin with `indent`; the last has no comma.
pub(super) fn list(names: &[String], indent: &str) -> String {
    let lines = filled(&names.join(","), ',', WIDTH - indent.len());
    let lines: Vec<_> = lines.iter().map(|line| format!("{indent}{line}")).collect();
    lines.join("\n")
}

/// What a file imports: module and names.
#[derive(Default)]
pub(super) struct Imports(BTreeMap<String, BTreeSet<String>>);

impl Imports {
    pub(super) fn add(&mut self, module: &str, name: &str) {
        self.0
            .entry(module.to_owned())
            .or_default()
            .insert(name.to_owned());
    }

    /// Other crates first, then our own modules.
    pub(super) fn text(&self) -> String {
        let (ours, theirs): (Vec<_>, Vec<_>) = self
            .0
            .iter()
            .partition(|(module, _)| module.starts_with("crate::"));
        let groups = [theirs, ours].map(|group| {
            group
                .into_iter()
                .map(|(module, names)| import(module, names))
                .collect::<String>()
        });
        let groups: Vec<_> = groups
            .into_iter()
            .filter(|group| !group.is_empty())
            .collect();
        groups.join("\n")
    }
}

fn import(module: &str, names: &BTreeSet<String>) -> String {
    let mut names: Vec<String> = names.iter().cloned().collect();
    names.sort_by(|a, b| in_order(a, b));
    let joined = names.join(", ");
    if names.len() == 1 {
        return format!("use {module}::{joined};\n");
    }
    let line = format!("use {module}::{{{joined}}};\n");
    if line.trim_end().len() <= WIDTH {
        return line;
    }
    format!("use {module}::{{\n{},\n}};\n", list(&names, "    "))
}

/// The order in which rustfmt puts names: numbers in them by their value.
pub(super) fn in_order(a: &str, b: &str) -> Ordering {
    let (a, b) = (pieces(a), pieces(b));
    a.cmp(&b)
}

/// Letters as they are, digits next to each other as one number; `_` before all others.
fn pieces(name: &str) -> Vec<(u32, u64)> {
    let mut pieces: Vec<(u32, u64)> = Vec::new();
    let mut in_number = false;
    for c in name.chars() {
        if let Some(digit) = c.to_digit(10) {
            match pieces.last_mut().filter(|_| in_number) {
                Some((_, number)) => {
                    *number = number.saturating_mul(10).saturating_add(u64::from(digit));
                }
                None => pieces.push(('0'.into(), u64::from(digit))),
            }
            in_number = true;
        } else {
            pieces.push((if c == '_' { 0 } else { c.into() }, 0));
            in_number = false;
        }
    }
    pieces
}
