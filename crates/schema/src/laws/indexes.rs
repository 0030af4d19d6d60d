//! Indexes: those that are missing, those that do nothing, and those that do not say what for.

use crate::mistake::{At, one_of};
use crate::spec::{ForeignKey, Index, Key, Spec, Table};

use super::Found;

/// Each foreign key has an index that begins with its columns: without one, deleting a row of the other table reads all
/// of this one.
pub(super) fn of_foreign_keys(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        for key in &table.foreign_keys {
            if entries(table).any(|entry| entry.serves(key)) {
                continue;
            }
            let write = match &key.columns[..] {
                [_] => "write `index: true` at the column".to_owned(),
                columns => {
                    let columns: Vec<&str> = columns.iter().map(|column| &**column).collect();
                    format!("add `- keys: [{}]` to `indexes`", columns.join(", "))
                }
            };
            found.add(
                &*key.name,
                key.name.at,
                format!(
                    "no index of `{}` begins with the foreign key {}",
                    table.name,
                    one_of(key.columns.iter().map(|column| &**column)).replace(" or ", " and ")
                ),
                write,
            );
        }
    }
}

/// No index is the beginning of another one, or the same: every write would pay for it, and no query needs it.
pub(super) fn redundant(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        let all: Vec<Entry<'_>> = entries(table).collect();
        for (n, entry) in all.iter().enumerate() {
            let others = all.iter().enumerate().filter(|(m, _)| *m != n);
            let spare = |(m, other): &(usize, &Entry<'_>)| entry.is_spare(other, *m < n);
            if let Some((_, other)) = others.into_iter().find(spare) {
                let what = if entry.keys.len() == other.keys.len() {
                    "the same as"
                } else {
                    "the beginning of"
                };
                found.add(
                    entry.name,
                    entry.at,
                    format!("`{}` is {what} `{}`", entry.name, other.name),
                    "leave it out",
                );
            }
        }
    }
}

/// Each index says in its comment what it serves, or is there for a foreign key.
pub(super) fn purpose(spec: &Spec, found: &mut Found<'_>) {
    for table in &spec.tables {
        for index in table.indexes.iter().filter(|one| one.comment.is_none()) {
            if served(table, index).is_none() {
                found.add(
                    &*index.name,
                    index.name.at,
                    format!("`{}` does not say what it serves", index.name),
                    "write a `comment` (at a column: `index: Serves …`), or leave the index out",
                );
            }
        }
    }
}

/// The foreign key that an index begins with.
pub(crate) fn served<'t>(table: &'t Table, index: &Index) -> Option<&'t ForeignKey> {
    let entry = Entry::of(index);
    table.foreign_keys.iter().find(|key| entry.serves(key))
}

/// An index, or the one behind a key.
struct Entry<'a> {
    name: &'a str,
    at: At,
    keys: Vec<Ordered<'a>>,
    unique: bool,
    predicate: Option<String>,
    include: Vec<&'a str>,
    method: &'a str,
}

/// A key and its direction.
#[derive(Clone, PartialEq, Eq)]
struct Ordered<'a> {
    value: &'a str,
    descending: bool,
    nulls_first: bool,
}

/// The key constraints first: of two that do the same, they stay.
fn entries(table: &Table) -> impl Iterator<Item = Entry<'_>> {
    let primary = (&table.primary_key.name, &table.primary_key.columns);
    let uniques = table.uniques.iter().map(|one| (&one.name, &one.columns));
    let keys = [primary].into_iter().chain(uniques);
    let keys = keys.map(|(name, columns)| Entry {
        name,
        at: name.at,
        keys: columns.iter().map(|column| ordered(column, "")).collect(),
        unique: true,
        predicate: None,
        include: Vec::new(),
        method: "btree",
    });
    keys.chain(table.indexes.iter().map(Entry::of))
}

impl<'a> Entry<'a> {
    fn of(index: &'a Index) -> Self {
        let key = |key: &'a Key| ordered(&key.value, &key.order);
        Self {
            name: &index.name,
            at: index.name.at,
            keys: index.keys.iter().map(key).collect(),
            unique: index.unique,
            predicate: index.predicate.as_deref().map(plain),
            include: index.include.iter().map(|column| &**column).collect(),
            method: index.method.as_deref().unwrap_or("btree"),
        }
    }

    /// Whether the rows that refer to one row are found through it.
    fn serves(&self, key: &ForeignKey) -> bool {
        let whole = self.predicate.as_deref().is_none_or(|predicate| {
            // A row that refers to something is in this one, too.
            matches!(&key.columns[..], [only] if predicate == plain(&format!("{only} IS NOT NULL")))
        });
        let beginning = self.keys.get(..key.columns.len()).unwrap_or_default();
        whole
            && matches!(self.method, "btree" | "hash")
            && !beginning.is_empty()
            && key
                .columns
                .iter()
                .all(|column| beginning.iter().any(|one| one.value == &**column))
    }

    /// Whether `other`, which may stand before it, does all that this one does.
    fn is_spare(&self, other: &Entry<'_>, stands_before: bool) -> bool {
        let Some(beginning) = other.keys.get(..self.keys.len()) else {
            return false;
        };
        let same = self.keys.len() == other.keys.len();
        // Of two that are alike the first stays; of two equal ones, the unique one.
        let stays = match (self.unique, other.unique) {
            (false, false) => !same || self.include != other.include || stands_before,
            (false, true) => true,
            (true, true) => same && stands_before,
            (true, false) => false,
        };
        // It can be read backwards, too.
        let backwards: Vec<_> = self.keys.iter().map(Ordered::reversed).collect();
        let has = |column: &&str| {
            other.include.contains(column) || other.keys.iter().any(|key| key.value == *column)
        };
        stays
            && (beginning == self.keys || beginning == backwards)
            && self.predicate == other.predicate
            && self.method == other.method
            && self.include.iter().all(has)
    }
}

impl Ordered<'_> {
    fn reversed(&self) -> Self {
        Self {
            value: self.value,
            descending: !self.descending,
            nulls_first: !self.nulls_first,
        }
    }
}

fn ordered<'a>(value: &'a str, order: &str) -> Ordered<'a> {
    let descending = order.contains("DESC");
    Ordered {
        value,
        descending,
        nulls_first: order.contains("FIRST") || (descending && !order.contains("LAST")),
    }
}

/// SQL whose letter case and spaces say nothing.
fn plain(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
