//! What is said of things: comments, and labels of personal data.

use crate::mistake::Text;
use crate::spec::{Column, Personal, Spec, Table};
use crate::types::Type;

use super::Found;

/// How the comment of a column says what its label says.
const SAYS_PERSONAL: &str = "Personal data.";
/// Words that add nothing to a name.
const EMPTY_WORDS: &[&str] = &[
    "a", "an", "the", "of", "this", "is", "column", "field", "table", "value",
];
/// Words in the name of a column that holds personal data.
const PERSONAL_WORDS: &[(&str, Personal)] = &[
    ("address", Personal::Contact),
    ("answer", Personal::Content),
    ("answers", Personal::Content),
    ("birth", Personal::Identity),
    ("birthday", Personal::Identity),
    ("birthdate", Personal::Identity),
    ("email", Personal::Contact),
    ("gender", Personal::Identity),
    ("ip", Personal::Contact),
    ("metadata", Personal::Content),
    ("note", Personal::Content),
    ("notes", Personal::Content),
    ("payload", Personal::Content),
    ("phone", Personal::Contact),
    ("reason", Personal::Content),
    ("recording", Personal::Content),
    ("sub", Personal::Identity),
    ("surname", Personal::Identity),
    ("transcript", Personal::Content),
];
/// Whole names of such columns.
const PERSONAL_NAMES: &[(&str, Personal)] = &[
    ("error_message", Personal::Content),
    ("family_name", Personal::Identity),
    ("first_name", Personal::Identity),
    ("full_name", Personal::Identity),
    ("given_name", Personal::Identity),
    ("last_name", Personal::Identity),
    ("user_agent", Personal::Identity),
];

/// A comment ends with a full stop, and that of a table or column says more than its name.
pub(super) fn comments(spec: &Spec, found: &mut Found<'_>) {
    for area in &spec.areas {
        sentence(found, &area.name, &area.comment);
    }
    for one in &spec.enums {
        comment(found, &one.name, &one.name, &one.comment);
        for label in &one.labels {
            sentence(
                found,
                &format!("{}.{}", one.name, label.name),
                &label.comment,
            );
        }
    }
    for function in &spec.functions {
        comment(found, &function.name, &function.name, &function.comment);
    }
    for table in &spec.tables {
        comment(found, &table.name, &table.name, &table.comment);
        for column in &table.columns {
            let object = format!("{}.{}", table.name, column.name);
            comment(found, &object, &column.name, &column.comment);
        }
        let whys = table.checks.iter().map(|one| (&one.name, one.why.as_ref()));
        let indexes = table
            .indexes
            .iter()
            .map(|one| (&one.name, one.comment.as_ref()));
        let triggers = table
            .triggers
            .iter()
            .map(|one| (&one.name, Some(&one.comment)));
        for (name, words) in whys.chain(indexes).chain(triggers) {
            if let Some(words) = words {
                sentence(found, name, words);
            }
        }
    }
}

fn comment(found: &mut Found<'_>, object: &str, name: &str, comment: &Text) {
    let names: Vec<String> = words(name).collect();
    let says_more = words(comment).any(|word| !names.contains(&word));
    if says_more {
        sentence(found, object, comment);
    } else {
        found.add(
            object,
            comment.at,
            format!("the comment of `{object}` says no more than its name"),
            "say what it means, in which unit, or what null means",
        );
    }
}

fn sentence(found: &mut Found<'_>, object: &str, comment: &Text) {
    if !comment.trim_end().ends_with('.') {
        found.add(
            object,
            comment.at,
            format!("the comment of `{object}` does not end with a full stop"),
            "write whole sentences",
        );
    }
}

/// The words that mean something, in small letters and the singular.
fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| !word.is_empty() && !EMPTY_WORDS.contains(&word.as_str()))
        .map(|word| word.strip_suffix('s').map(str::to_owned).unwrap_or(word))
}

/// A column whose name says that it holds personal data is labelled, and the comment says so if the label does.
pub(super) fn personal_data(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        for column in &table.columns {
            let object = format!("{}.{}", table.name, column.name);
            let said = column.comment.contains(SAYS_PERSONAL);
            match (column.personal, said) {
                (Some(_), false) => found.add(
                    object.as_str(),
                    column.comment.at,
                    format!("`{object}` holds personal data, and its comment does not say so"),
                    format!("end the comment with `{SAYS_PERSONAL}`"),
                ),
                (None, true) => found.add(
                    object.as_str(),
                    column.name.at,
                    format!("the comment of `{object}` says that it holds personal data, and no label does"),
                    format!("write `personal: {}`", word_for(guess(table, column))),
                ),
                (None, false) => {
                    if let Some(kind) = guess(table, column) {
                        found.add(
                            object.as_str(),
                            column.name.at,
                            format!("`{object}` sounds like personal data, and has no label"),
                            format!(
                                "write `personal: {}`, and end the comment with `{SAYS_PERSONAL}`",
                                word_for(Some(kind))
                            ),
                        );
                    }
                }
                (Some(_), true) => {}
            }
        }
    }
}

/// What kind of personal data the name of a column promises.
fn guess(table: &Table, column: &Column) -> Option<Personal> {
    let can_hold = matches!(
        column.sql_type,
        Type::Text | Type::TextArray | Type::Jsonb | Type::Bytea | Type::Date
    );
    if !can_hold {
        return None;
    }
    let name = &*column.name;
    if name == "name" && is_about_people(table) {
        return Some(Personal::Identity);
    }
    let whole = PERSONAL_NAMES.iter().find(|(known, _)| *known == name);
    let word = || {
        PERSONAL_WORDS
            .iter()
            .find(|(known, _)| name.split('_').any(|word| word == *known))
    };
    whole.or_else(word).map(|(_, kind)| *kind)
}

/// Whether something in the table says who a person is, or how to reach one.
fn is_about_people(table: &Table) -> bool {
    table.columns.iter().any(|column| {
        matches!(
            column.personal,
            Some(Personal::Identity | Personal::Contact)
        )
    })
}

fn word_for(kind: Option<Personal>) -> &'static str {
    let kind = kind.unwrap_or(Personal::Content);
    Personal::ALL
        .iter()
        .find(|(_, known)| *known == kind)
        .map_or("content", |(word, _)| word)
}
