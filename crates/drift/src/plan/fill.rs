//! Columns whose default differs from row to row. Added in one statement, every row of the table would be written anew
//! while nobody can read it; so the column is added empty, new rows get the default at once, and old ones in turns.

use std::collections::BTreeSet;

use vsa_schema::sql::literal;

use crate::catalog::{Catalog, Column, Table};

use super::columns::{add_column, both, new, promise_not_null, set_default};
use super::sql::ident;
use super::{Hazard, Step};

/// What is written in one transaction: the rows in it wait for its end with whoever wants to change them.
const BLOCKS_A_TURN: u32 = 100;

/// Columns, each with its table.
pub(super) type Columns = BTreeSet<(String, String)>;

/// Those of `by_row` that can be filled afterwards. Where an update has triggers they would fire for every row: each
/// would have been changed today, or must not be changed at all.
pub(super) fn possible(now: &Catalog, to: &Catalog, by_row: &Columns) -> Columns {
    let new = new(now, to).filter(|(table, _)| !fires_on_update(&to.tables[*table]));
    new.map(|(table, column)| (table.to_owned(), column.name.clone()))
        .filter(|column| by_row.contains(column))
        .collect()
}

fn fires_on_update(table: &Table) -> bool {
    // `CREATE TRIGGER name BEFORE INSERT OR UPDATE OF a, b ON table …`
    let events = |definition: &str| definition.split(" ON ").next().map(str::to_owned);
    let mut triggers = table.triggers.values();
    triggers.any(|one| events(&one.definition).is_some_and(|events| events.contains(" UPDATE")))
}

/// Empty, and with the default for new rows.
pub(super) fn add(table: &str, column: &Column) -> [Step; 2] {
    let object = format!("{table}.{}", column.name);
    let bare = Column {
        not_null: false,
        default: None,
        ..column.clone()
    };
    [
        Step::new(&object, add_column(table, &bare)),
        Step::new(&object, set_default(table, column, column.default.as_ref())),
    ]
}

/// The old rows get what new ones get. What then may not be null says so only now: a program that changed a row that
/// was still to be filled would have been refused.
pub(super) fn steps(now: &Catalog, to: &Catalog, columns: &Columns) -> Vec<Step> {
    let mut steps = Vec::new();
    for (table, _, wanted) in both(now, to) {
        for column in &wanted.columns {
            if !columns.contains(&(table.to_owned(), column.name.clone())) {
                continue;
            }
            let object = format!("{table}.{}", column.name);
            let fill = in_turns(table, &ident(&column.name));
            steps.push(Step::new(object, fill).hazards(&[Hazard::WritesRows]));
            if column.not_null {
                steps.push(promise_not_null(table, column));
            }
        }
    }
    steps
}

/// A turn is a range of the table as it is stored. Rows that somebody moves meanwhile are few, and get theirs at the end.
fn in_turns(table: &str, column: &str) -> String {
    let update = format!("UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL");
    format!(
        "DO $do$\nDECLARE\n    \
             turn CONSTANT bigint := {BLOCKS_A_TURN};\n    \
             last CONSTANT bigint := pg_relation_size({}) / current_setting('block_size')::bigint;\n\
         BEGIN\n    \
             FOR start IN 0..last BY turn LOOP\n        \
                 {update}\n            \
                     AND ctid >= format('(%s,0)', start)::tid AND ctid < format('(%s,0)', start + turn)::tid;\n        \
                 COMMIT;\n    \
             END LOOP;\n    \
             {update};\n\
         END\n$do$",
        literal(table)
    )
}
