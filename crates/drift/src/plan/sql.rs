//! Statements that can be run twice.

use vsa_schema::sql::{literal, quoted};

/// PostgreSQL cuts a longer name.
const MAX_NAME: usize = 63;

/// A name as SQL wants it.
pub(super) fn ident(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !vsa_schema::is_reserved(name);
    if plain { name.to_owned() } else { quoted(name) }
}

/// A name for something that is there for a while only.
pub(super) fn passing(name: &str, suffix: &str) -> String {
    let room = name.floor_char_boundary(MAX_NAME - suffix.len());
    format!("{}{suffix}", &name[..room])
}

/// Does `body` where `condition` holds.
pub(super) fn when(condition: &str, body: &[String]) -> String {
    let body: String = body.iter().map(|sql| indented(sql)).collect();
    format!("DO $do$\nBEGIN\n    IF {condition} THEN\n{body}    END IF;\nEND\n$do$")
}

fn indented(sql: &str) -> String {
    format!("        {};\n", sql.replace('\n', "\n        "))
}

pub(super) fn has_constraint(table: &str, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {})",
        literal(table),
        literal(name)
    )
}

pub(super) fn is_validated(table: &str, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_constraint WHERE conrelid = {}::regclass AND conname = {} AND convalidated)",
        literal(table),
        literal(name)
    )
}

pub(super) fn has_column(table: &str, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_attribute WHERE attrelid = to_regclass({}) AND attname = {} AND NOT attisdropped)",
        literal(table),
        literal(name)
    )
}

pub(super) fn has_trigger(table: &str, name: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_trigger WHERE tgrelid = {}::regclass AND tgname = {})",
        literal(table),
        literal(name)
    )
}

pub(super) fn has_label(type_name: &str, label: &str) -> String {
    format!(
        "EXISTS (SELECT FROM pg_enum WHERE enumtypid = {}::regtype AND enumlabel = {})",
        literal(type_name),
        literal(label)
    )
}

/// `ADD CONSTRAINT`, where there is none of this name.
pub(super) fn add_constraint(table: &str, name: &str, definition: &str) -> String {
    let add = format!(
        "ALTER TABLE {table} ADD CONSTRAINT {} {definition}",
        ident(name)
    );
    when(&format!("NOT {}", has_constraint(table, name)), &[add])
}
