//! What random columns are made of.

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use super::schemas::Schema;

pub(crate) const TYPES: &[&str] = &[
    "text",
    "integer",
    "bigint",
    "smallint",
    "boolean",
    "timestamptz",
    "date",
    "uuid",
    "jsonb",
    "numeric(6,2)",
    "numeric(10,4)",
];

pub(crate) fn chance(rng: &mut StdRng, of: u32) -> bool {
    rng.random_range(0..of) == 0
}

pub(crate) fn default_of(sql_type: &str, schema: &Schema, rng: &mut StdRng) -> String {
    let pick = |rng: &mut StdRng, all: &[&str]| (*all.choose(rng).unwrap()).to_owned();
    match sql_type {
        "text" => pick(
            rng,
            &["''", "'it''s'", "now()::text", "md5(random()::text)"],
        ),
        "integer" | "bigint" | "smallint" => rng.random_range(0..100).to_string(),
        "boolean" => pick(rng, &["true", "false"]),
        "timestamptz" => pick(
            rng,
            &["now()", "clock_timestamp()", "'2026-01-01 00:00+00'"],
        ),
        "date" => pick(rng, &["'2026-01-01'", "CURRENT_DATE"]),
        "uuid" => "gen_random_uuid()".to_owned(),
        "jsonb" => "'{}'".to_owned(),
        "numeric(6,2)" | "numeric(10,4)" => pick(rng, &["0", "1.5", "random()"]),
        name => format!("'{}'", schema.enums[name].choose(rng).unwrap().name),
    }
}

/// `text` with one word, a whole one, replaced.
pub(crate) fn replace_word(text: &str, old: &str, new: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\0']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            out += if word == old { new } else { &word };
            word.clear();
            if c != '\0' {
                out.push(c);
            }
        }
    }
    out
}
