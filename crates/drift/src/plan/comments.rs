//! Comments: words only, so they come last.

use vsa_schema::sql::comment;

use crate::catalog::Catalog;

use super::Step;
use super::sql::ident;

pub(super) fn all(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut say = |kind: &str, object: &str, there: Option<&String>, wanted: Option<&String>| {
        if there != wanted {
            steps.push(Step::new(
                object,
                comment(kind, object, wanted.map(String::as_str)),
            ));
        }
    };
    for (name, wanted) in &to.enums {
        let there = now.enums.get(name).and_then(|one| one.comment.as_ref());
        say("TYPE", name, there, wanted.comment.as_ref());
    }
    for (name, wanted) in &to.functions {
        let there = now.functions.get(name).and_then(|one| one.comment.as_ref());
        say("FUNCTION", name, there, wanted.comment.as_ref());
    }
    for (table, wanted) in &to.tables {
        let Some(there) = now.tables.get(table) else {
            continue;
        };
        say(
            "TABLE",
            table,
            there.comment.as_ref(),
            wanted.comment.as_ref(),
        );
        for column in &wanted.columns {
            let before = there.columns.iter().find(|one| one.name == column.name);
            let Some(before) = before else { continue };
            let object = format!("{table}.{}", ident(&column.name));
            say(
                "COLUMN",
                &object,
                before.comment.as_ref(),
                column.comment.as_ref(),
            );
        }
        for (name, one) in &wanted.constraints {
            let Some(before) = there.constraints.get(name) else {
                continue;
            };
            let object = format!("{} ON {table}", ident(name));
            say(
                "CONSTRAINT",
                &object,
                before.comment.as_ref(),
                one.comment.as_ref(),
            );
            let index = ident(name);
            say(
                "INDEX",
                &index,
                before.index_comment.as_ref(),
                one.index_comment.as_ref(),
            );
        }
        for (name, one) in &wanted.indexes {
            let Some(before) = there.indexes.get(name) else {
                continue;
            };
            say(
                "INDEX",
                &ident(name),
                before.comment.as_ref(),
                one.comment.as_ref(),
            );
        }
        for (name, one) in &wanted.triggers {
            let Some(before) = there.triggers.get(name) else {
                continue;
            };
            let object = format!("{} ON {table}", ident(name));
            say(
                "TRIGGER",
                &object,
                before.comment.as_ref(),
                one.comment.as_ref(),
            );
        }
    }
    steps
}
