//! Indexes that belong to no constraint, and those that are about to.

use vsa_schema::sql::comment;

use crate::catalog::{Catalog, Index};
use crate::compare::{Kind, compare};

use super::sql::{ident, passing};
use super::{Hazard, Step, keys};

/// `CREATE INDEX`, where there is none of this name.
pub(super) fn statement(table: &str, name: &str, index: &Index, concurrently: bool) -> String {
    let definition = index
        .definition
        .strip_prefix("USING btree ")
        .unwrap_or(&index.definition);
    create_index(table, name, index.unique, definition, concurrently)
}

fn create_index(
    table: &str,
    name: &str,
    unique: bool,
    definition: &str,
    concurrently: bool,
) -> String {
    format!(
        "CREATE {}INDEX {}IF NOT EXISTS {} ON {table} {definition}",
        if unique { "UNIQUE " } else { "" },
        if concurrently { "CONCURRENTLY " } else { "" },
        ident(name)
    )
}

/// The indexes of one side that the other lacks, or has otherwise, on tables of both.
fn missing<'a>(
    from: &'a Catalog,
    in_: &'a Catalog,
) -> impl Iterator<Item = (&'a str, &'a str, &'a Index, bool)> {
    from.tables.iter().flat_map(move |(table, theirs)| {
        let ours = in_.tables.get(table);
        theirs.indexes.iter().filter_map(move |(name, index)| {
            let ours = ours?;
            let other = ours.indexes.get(name);
            let same = other.is_some_and(|other| {
                other.definition == index.definition && other.unique == index.unique
            });
            // The index of a key has the key's name.
            let taken = other.is_some() || ours.constraints.contains_key(name);
            (!same).then_some((table.as_str(), name.as_str(), index, taken))
        })
    })
}

/// New indexes are built before old ones go, and while others write.
pub(super) fn concurrently(now: &Catalog, to: &Catalog) -> Vec<Step> {
    let built = [Hazard::BuildsIndex, Hazard::Scans];
    let mut steps = Vec::new();
    for (table, name, index, replaces) in missing(to, now) {
        let built_as = if replaces {
            passing(name, "_new")
        } else {
            name.to_owned()
        };
        let mut hazards = built.to_vec();
        if index.unique {
            hazards.push(Hazard::FailsOnRows);
        }
        let sql = statement(table, &built_as, index, true);
        steps.push(Step::new(name, sql).hazards(&hazards));
        if replaces {
            let is_key = now.tables[table].constraints.contains_key(name);
            steps.push(Step::new(
                name,
                if is_key {
                    keys::drop_constraint(table, name)
                } else {
                    drop_index(name, true)
                },
            ));
            let rename = format!(
                "ALTER INDEX IF EXISTS {} RENAME TO {}",
                ident(&built_as),
                ident(name)
            );
            steps.push(Step::new(name, rename));
        }
        if let Some(words) = &index.comment {
            steps.push(Step::new(name, comment("INDEX", &ident(name), Some(words))));
        }
    }
    for (table, name, one, there) in keys::new(now, to) {
        let taken = there.constraints.contains_key(name) || there.indexes.contains_key(name);
        let index = if taken {
            keys::passing_name(name)
        } else {
            name.to_owned()
        };
        let sql = create_index(table, &index, true, keys::columns(one), true);
        steps.push(
            Step::new(name, sql)
                .hazards(&built)
                .hazards(&[Hazard::FailsOnRows]),
        );
    }
    for (table, name, ..) in missing(now, to) {
        if !to.tables[table].indexes.contains_key(name) {
            steps.push(Step::new(name, drop_index(name, true)));
        }
    }
    steps
}

fn drop_index(name: &str, concurrently: bool) -> String {
    let concurrently = if concurrently { "CONCURRENTLY " } else { "" };
    format!("DROP INDEX {concurrently}IF EXISTS {}", ident(name))
}

/// Whether nothing but indexes differs, so that they can be changed while others write.
pub(super) fn only(now: &Catalog, to: &Catalog) -> bool {
    compare(to, now)
        .iter()
        .all(|difference| difference.object.kind == Kind::Index)
        && missing(now, to).chain(missing(to, now)).next().is_some()
}

pub(super) fn drop(now: &Catalog, to: &Catalog) -> Vec<Step> {
    missing(now, to)
        .map(|(_, name, ..)| Step::new(name, drop_index(name, false)))
        .collect()
}

pub(super) fn create(now: &Catalog, to: &Catalog) -> Vec<Step> {
    missing(to, now)
        .map(|(table, name, index, _)| {
            Step::new(name, statement(table, name, index, false))
                .hazards(&[Hazard::BuildsIndex, Hazard::BlocksWrites])
        })
        .collect()
}
