//! Random schemas, and random edits of them such as people make.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;

use vsa_schema::sql::literal;

use super::schemas::{Column, Index, Label, Schema, Table};
use super::words::{TYPES, chance, default_of, replace_word};

impl Schema {
    pub(crate) fn random(rng: &mut StdRng) -> Self {
        let mut schema = Self::default();
        for _ in 0..rng.random_range(1..3) {
            schema.add_enum(rng);
        }
        for _ in 0..rng.random_range(1..4) {
            schema.add_table(rng);
        }
        for _ in 0..rng.random_range(0..6) {
            schema.edit(rng);
        }
        schema.settle();
        schema
    }

    /// Forgets what things were called before.
    pub(crate) fn settle(&mut self) {
        for label in self.enums.values_mut().flatten() {
            label.before = None;
        }
        for table in &mut self.tables {
            table.before = None;
            for column in &mut table.columns {
                column.before = None;
            }
        }
    }

    fn fresh(&mut self, stem: &str) -> String {
        self.next += 1;
        format!("{stem}{}", self.next)
    }

    fn add_enum(&mut self, rng: &mut StdRng) {
        let name = self.fresh("mood");
        let labels = (0..rng.random_range(1..4))
            .map(|_| Label {
                name: self.fresh("it's "),
                before: None,
            })
            .collect();
        self.enums.insert(name, labels);
    }

    fn add_table(&mut self, rng: &mut StdRng) {
        let mut table = Table {
            name: self.fresh("table"),
            before: None,
            comment: 0,
            columns: Vec::new(),
            uniques: Vec::new(),
            checks: BTreeMap::new(),
            indexes: Vec::new(),
            trigger: chance(rng, 2).then(|| chance(rng, 2)),
        };
        for _ in 0..rng.random_range(1..5) {
            let column = self.column(rng, &table);
            table.columns.push(column);
        }
        self.tables.push(table);
    }

    fn column(&mut self, rng: &mut StdRng, table: &Table) -> Column {
        let enums: Vec<String> = self.enums.keys().cloned().collect();
        let earlier: Vec<String> = self
            .tables
            .iter()
            .map(|other| other.name.clone())
            .take_while(|name| *name != table.name)
            .collect();
        let mut column = Column {
            name: self.fresh("col"),
            before: None,
            sql_type: if chance(rng, 4) {
                enums
                    .choose(rng)
                    .cloned()
                    .unwrap_or_else(|| "text".to_owned())
            } else {
                (*TYPES.choose(rng).unwrap()).to_owned()
            },
            nullable: chance(rng, 2),
            default: None,
            generated: None,
            identity: None,
            collation: None,
            references: None,
            comment: 0,
        };
        if chance(rng, 4) && !earlier.is_empty() {
            column.sql_type = String::from("uuid");
            column.nullable = true;
            column.references = Some((earlier.choose(rng).unwrap().clone(), "cascade"));
        } else if column.sql_type == "text" && chance(rng, 4) {
            column.collation = Some("C");
        } else if column.sql_type == "bigint"
            && chance(rng, 3)
            && table.columns.iter().all(|one| one.identity.is_none())
        {
            column.nullable = false;
            column.identity = Some("always");
        } else if column.sql_type == "integer" && chance(rng, 4) {
            column.nullable = chance(rng, 2);
            let texts = table.columns.iter().filter(|one| one.sql_type == "text");
            let texts: Vec<_> = texts.map(|one| &*one.name).collect();
            let of = texts.choose(rng).unwrap_or(&"'abc'");
            column.generated = Some(format!("length({of})"));
        }
        let computed =
            column.identity.is_some() || column.generated.is_some() || column.references.is_some();
        if !computed && (!column.nullable || chance(rng, 3)) {
            column.default = Some(default_of(&column.sql_type, self, rng));
        }
        column
    }

    /// One change such as people make. Nothing happens when it does not fit.
    pub(crate) fn edit(&mut self, rng: &mut StdRng) {
        match rng.random_range(0..10) {
            0 => self.edit_enums(rng),
            1 => self.edit_tables(rng),
            _ => {
                let mut tables = std::mem::take(&mut self.tables);
                let at = rng.random_range(0..tables.len().max(1));
                if at < tables.len() {
                    let mut table = tables.remove(at);
                    self.tables = tables;
                    self.edit_table(rng, &mut table, at);
                    self.tables.insert(at, table);
                } else {
                    self.tables = tables;
                }
            }
        }
    }

    fn edit_enums(&mut self, rng: &mut StdRng) {
        let names: Vec<String> = self.enums.keys().cloned().collect();
        let Some(name) = names.choose(rng) else {
            return self.add_enum(rng);
        };
        let used = self
            .tables
            .iter()
            .any(|table| table.columns.iter().any(|column| column.sql_type == *name));
        match rng.random_range(0..5) {
            0 => self.add_enum(rng),
            1 if !used => drop(self.enums.remove(name)),
            2 => {
                let new = self.fresh("said");
                let labels = self.enums.get_mut(name).unwrap();
                let at = rng.random_range(0..labels.len());
                let old = std::mem::replace(&mut labels[at].name, new.clone());
                labels[at].before.get_or_insert_with(|| old.clone());
                self.replace_default(name, &old, &new);
            }
            3 if !used && self.enums[name].len() > 1 => {
                self.enums.get_mut(name).unwrap().swap_remove(0);
            }
            _ => {
                let label = Label {
                    name: self.fresh("new"),
                    before: None,
                };
                let labels = self.enums.get_mut(name).unwrap();
                labels.insert(rng.random_range(0..=labels.len()), label);
            }
        }
    }

    fn replace_default(&mut self, of: &str, old: &str, new: &str) {
        let quoted = |label: &str| format!("'{label}'");
        for column in self.tables.iter_mut().flat_map(|table| &mut table.columns) {
            if column.sql_type == of && column.default.as_deref() == Some(&quoted(old)) {
                column.default = Some(quoted(new));
            }
        }
        for table in &mut self.tables {
            for index in &mut table.indexes {
                if let Some(predicate) = &mut index.predicate {
                    *predicate = predicate.replace(&literal(old), &literal(new));
                }
            }
        }
    }

    fn edit_tables(&mut self, rng: &mut StdRng) {
        match rng.random_range(0..4) {
            0 if self.tables.len() > 1 => {
                let at = rng.random_range(0..self.tables.len());
                let gone = self.tables.remove(at).name;
                for table in &mut self.tables {
                    for column in &mut table.columns {
                        if column
                            .references
                            .as_ref()
                            .is_some_and(|(name, _)| *name == gone)
                        {
                            column.references = None;
                        }
                    }
                }
            }
            1 if !self.tables.is_empty() => {
                let at = rng.random_range(0..self.tables.len());
                let new = self.fresh("table");
                let old = std::mem::replace(&mut self.tables[at].name, new.clone());
                self.tables[at].before.get_or_insert_with(|| old.clone());
                for column in self.tables.iter_mut().flat_map(|table| &mut table.columns) {
                    if let Some((name, _)) = &mut column.references
                        && *name == old
                    {
                        name.clone_from(&new);
                    }
                }
            }
            2 => self.body = self.body.wrapping_add(1),
            _ => self.add_table(rng),
        }
    }

    fn edit_table(&mut self, rng: &mut StdRng, table: &mut Table, at: usize) {
        if table.columns.is_empty() {
            let column = self.column(rng, table);
            return table.columns.push(column);
        }
        let one = rng.random_range(0..table.columns.len());
        match rng.random_range(0..16) {
            0..=2 => self.add_column(rng, table, at),
            3 if table.columns.len() > 1 && !is_computed_from(table, one) => {
                drop_column(table, one);
            }
            4 => self.rename_column(table, one),
            5 | 6 => self.edit_column(rng, &mut table.columns[one]),
            7 => self.retype(rng, table, one),
            8 => {
                let columns = vec![table.columns[one].name.clone()];
                match table.uniques.iter().position(|other| *other == columns) {
                    Some(there) => drop(table.uniques.remove(there)),
                    None => table.uniques.push(columns),
                }
            }
            9 => {
                let name = format!("known{}", rng.random_range(0..3));
                if table.checks.remove(&name).is_none() || chance(rng, 2) {
                    let sql = format!("{0} IS NULL OR {0} IS NOT NULL", table.columns[one].name);
                    table.checks.insert(name, sql);
                }
            }
            10 | 11 => self.add_index(rng, table, one),
            12 if !table.indexes.is_empty() => {
                let gone = rng.random_range(0..table.indexes.len());
                table.indexes.remove(gone);
            }
            13 if !is_computed_from(table, one) => edit_special(rng, &mut table.columns[one]),
            14 => {
                table.trigger = match table.trigger {
                    None => Some(chance(rng, 2)),
                    Some(when) => chance(rng, 2).then_some(!when),
                }
            }
            _ => {
                table.comment += 1;
                table.columns[one].comment += 1;
            }
        }
    }

    fn add_column(&mut self, rng: &mut StdRng, table: &mut Table, at: usize) {
        // Columns that refer may refer only to tables above.
        let tail = self.tables.split_off(at.min(self.tables.len()));
        let column = self.column(rng, table);
        self.tables.extend(tail);
        table.columns.push(column);
    }

    fn rename_column(&mut self, table: &mut Table, one: usize) {
        let new = self.fresh("col");
        let column = &mut table.columns[one];
        let old = std::mem::replace(&mut column.name, new.clone());
        column.before.get_or_insert_with(|| old.clone());
        let renamed = |text: &mut String| *text = replace_word(text, &old, &new);
        table.uniques.iter_mut().flatten().for_each(renamed);
        table.checks.values_mut().for_each(renamed);
        let computed = table.columns.iter_mut().map(|one| &mut one.generated);
        computed.flatten().for_each(renamed);
        for index in &mut table.indexes {
            index.keys.iter_mut().for_each(renamed);
            index.predicate.iter_mut().for_each(renamed);
        }
    }

    fn edit_column(&self, rng: &mut StdRng, column: &mut Column) {
        if column.identity.is_some() || column.generated.is_some() || column.references.is_some() {
            return;
        }
        if chance(rng, 2) {
            column.nullable = !column.nullable;
            if !column.nullable && column.default.is_none() {
                column.default = Some(default_of(&column.sql_type, self, rng));
            }
        } else {
            column.default = (!column.nullable || chance(rng, 2))
                .then(|| default_of(&column.sql_type, self, rng));
        }
    }

    fn retype(&self, rng: &mut StdRng, table: &mut Table, one: usize) {
        let column = &mut table.columns[one];
        let wider = match &*column.sql_type {
            "smallint" => "integer",
            "integer" if column.generated.is_none() => "bigint",
            "numeric(6,2)" => "numeric(10,4)",
            "date" | "boolean" => "text",
            "timestamptz" => "date",
            _ => return,
        };
        let told = table.checks.values().chain(
            table
                .indexes
                .iter()
                .filter_map(|index| index.predicate.as_ref()),
        );
        if told.into_iter().any(|sql| sql.contains(&column.name)) {
            return;
        }
        column.sql_type = String::from(wider);
        if column.default.is_some() {
            column.default = Some(default_of(wider, self, rng));
        }
    }

    fn add_index(&self, rng: &mut StdRng, table: &mut Table, one: usize) {
        let column = &table.columns[one];
        let predicate = if self.enums.contains_key(&column.sql_type) && chance(rng, 2) {
            Some(format!(
                "{} = '{}'",
                column.name,
                self.enums[&column.sql_type]
                    .choose(rng)
                    .unwrap()
                    .name
                    .replace('\'', "''")
            ))
        } else {
            chance(rng, 2).then(|| format!("{} IS NOT NULL", column.name))
        };
        let key = if column.sql_type == "text" && chance(rng, 2) {
            format!("lower({})", column.name)
        } else if column.sql_type == "jsonb" {
            format!("({}::text)", column.name)
        } else if chance(rng, 3) {
            format!("{} DESC", column.name)
        } else {
            column.name.clone()
        };
        let index = Index {
            keys: vec![key, "id".to_owned()],
            unique: chance(rng, 4),
            predicate,
            comment: chance(rng, 2).then(|| rng.random_range(0..3)),
        };
        table.indexes.retain(|other| {
            other.keys[0].split(' ').next() != index.keys[0].split(' ').next()
                || other.unique != index.unique
        });
        table.indexes.retain(|other| {
            !(other.keys[0].contains(&column.name) && other.unique == index.unique)
        });
        table.indexes.push(index);
    }
}

/// Whether the server computes another column from this one.
fn is_computed_from(table: &Table, one: usize) -> bool {
    let name = &table.columns[one].name;
    let mut computed = table
        .columns
        .iter()
        .filter_map(|one| one.generated.as_ref());
    computed.any(|sql| sql.contains(name.as_str()))
}

fn drop_column(table: &mut Table, one: usize) {
    let gone = table.columns.remove(one).name;
    table.uniques.retain(|columns| !columns.contains(&gone));
    table.indexes.retain(|index| {
        !index.keys.iter().any(|key| key.contains(&gone))
            && !index
                .predicate
                .as_ref()
                .is_some_and(|sql| sql.contains(&gone))
    });
    table.checks.retain(|_, sql| !sql.contains(&gone));
}

fn edit_special(rng: &mut StdRng, column: &mut Column) {
    if let Some((_, action)) = &mut column.references {
        *action = ["cascade", "restrict", "set null"].choose(rng).unwrap();
    } else if let Some(identity) = &mut column.identity {
        *identity = if *identity == "always" {
            "by default"
        } else {
            "always"
        };
    } else if column.sql_type == "text" {
        column.collation = if column.collation.is_some() {
            None
        } else {
            Some("C")
        };
    } else if column.sql_type == "bigint" && !column.nullable {
        column.identity = Some("by default");
        column.default = None;
    }
}
