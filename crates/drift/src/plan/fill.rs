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

/// Those of `by_row` that can be filled afterwards; the others are written with the table, and that is said.
pub(super) fn possible(now: &Catalog, to: &Catalog, by_row: &Columns) -> Columns {
    let new = new(now, to).filter(|(table, column)| {
        // What may be null may have been set to null on purpose before it is filled.
        column.not_null && !is_in_the_way(&now.tables[*table], &to.tables[*table])
    });
    new.map(|(table, column)| (table.to_owned(), column.name.clone()))
        .filter(|column| by_row.contains(column))
        .collect()
}

fn is_in_the_way(there: &Table, wanted: &Table) -> bool {
    // Each row would have been changed today, or must not be changed at all.
    let fires = wanted
        .triggers
        .values()
        .any(|one| fires_on_update(&one.definition));
    // It would hold for rows that are changed before they are filled.
    let checks = wanted.constraints.iter().any(|(name, one)| {
        matches!(&*one.kind, "check" | "foreign key")
            && there
                .constraints
                .get(name)
                .is_none_or(|before| before.definition != one.definition || !before.validated)
    });
    // The table is written anew for it in any case, and it may want what is yet to be filled.
    let computed = wanted.columns.iter().any(|column| {
        let is_new = there
            .columns
            .iter()
            .all(|before| before.name != column.name);
        is_new && (column.generated.is_some() || column.identity.is_some())
    });
    fires || checks || computed
}

/// `CREATE TRIGGER name BEFORE INSERT OR UPDATE OF a, b ON table …`
fn fires_on_update(definition: &str) -> bool {
    let events = definition.split(" ON ").next();
    events.is_some_and(|events| events.contains(" UPDATE"))
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

/// The old rows get what new ones get. That it may not be null is said only now: a program that changed a row that was
/// still to be filled would have been refused.
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
            steps.push(promise_not_null(table, column));
        }
    }
    steps
}

/// A turn is a range of the table as it is stored, without the rows that somebody holds. Those, and rows that moved
/// meanwhile, are few, and get theirs at the end. A column may be called as a variable is: the loop's name tells them apart.
fn in_turns(table: &str, column: &str) -> String {
    let update = format!("UPDATE {table} SET {column} = DEFAULT WHERE {column} IS NULL");
    format!(
        "DO $do$\n\
         #variable_conflict use_column\n\
         DECLARE\n    \
             last CONSTANT bigint := pg_relation_size({}) / current_setting('block_size')::bigint;\n\
         BEGIN\n    \
             <<fill_in_turns>>\n    \
             FOR start IN 0..last BY {BLOCKS_A_TURN} LOOP\n        \
                 {update} AND ctid = ANY (ARRAY(\n            \
                     SELECT ctid\n            \
                     FROM {table}\n            \
                     WHERE {column} IS NULL\n                \
                         AND ctid >= format('(%s,0)', fill_in_turns.start)::tid\n                \
                         AND ctid < format('(%s,0)', fill_in_turns.start + {BLOCKS_A_TURN})::tid\n            \
                     FOR NO KEY UPDATE SKIP LOCKED\n        \
                 ));\n        \
                 COMMIT;\n    \
             END LOOP;\n    \
             {update};\n\
         END\n$do$",
        literal(table)
    )
}
