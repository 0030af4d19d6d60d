//! The schema as SQL: one statement a thing, so that a server that refuses one says which line of the file it does not
//! like.
//!
//! No name needs quotation marks (the file would have been refused), so names are written as they are.

use std::fmt::Write as _;

use crate::mistake::{At, Text};
use crate::spec::{
    Check, Column, Enum, ForeignKey, Function, Identity, Index, OnDelete, PrimaryKey, Spec, Table,
    Trigger, Unique,
};

/// A statement, and where in the file it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The statement, without a semicolon.
    pub sql: String,
    /// Where to look if it is refused.
    pub at: At,
    /// What it is about, such as `campaigns.name`.
    pub object: String,
}

/// Everything, in an order in which an empty database takes it.
pub fn build(spec: &Spec) -> Vec<Statement> {
    let mut out = Vec::new();
    let mut say = |at: At, object: &str, sql: String| {
        out.push(Statement {
            sql,
            at,
            object: object.to_owned(),
        });
    };
    for one in &spec.enums {
        say(one.name.at, &one.name, create_enum(one));
        say(
            one.comment.at,
            &one.name,
            comment("TYPE", &one.name, Some(&one.comment)),
        );
    }
    for function in &spec.functions {
        let signature = format!("{}()", function.name);
        say(function.body.at, &signature, create_function(function));
        say(
            function.comment.at,
            &signature,
            comment("FUNCTION", &signature, Some(&function.comment)),
        );
    }
    for table in &spec.tables {
        let plain = plain_columns(table);
        let bare = create_bare_table(table, &table.columns[..plain]);
        say(table.name.at, &table.name, bare);
        for (position, column) in table.columns.iter().enumerate() {
            let object = format!("{}.{}", table.name, column.name);
            if position >= plain {
                let special = column.generated.as_ref().or(column.collation.as_ref());
                let at = special.unwrap_or(&column.name).at;
                say(at, &object, add_column(table, column));
            }
            if let Some(default) = &column.default {
                say(default.at, &object, set_default(table, column, default));
            }
            say(
                column.comment.at,
                &object,
                comment("COLUMN", &object, Some(&column.comment)),
            );
        }
        say(
            table.comment.at,
            &table.name,
            comment("TABLE", &table.name, Some(&table.comment)),
        );
        let add = |rest: String| format!("ALTER TABLE {} ADD {rest}", table.name);
        let key = &table.primary_key;
        say(key.name.at, &key.name, add(primary_key(key)));
        for one in &table.uniques {
            say(one.name.at, &one.name, add(unique(one)));
        }
        for one in &table.checks {
            say(one.sql.at, &one.name, add(check(one)));
        }
        for one in &table.indexes {
            say(
                one.keys.first().map_or(one.name.at, |key| key.value.at),
                &one.name,
                create_index(table, one),
            );
            if let Some(words) = &one.comment {
                say(
                    words.at,
                    &one.name,
                    comment("INDEX", &one.name, Some(words)),
                );
            }
        }
        for one in &table.triggers {
            say(one.fires.at, &one.name, create_trigger(table, one));
            let object = format!("{} ON {}", one.name, table.name);
            say(
                one.comment.at,
                &one.name,
                comment("TRIGGER", &object, Some(&one.comment)),
            );
        }
    }
    for table in &spec.tables {
        for one in &table.foreign_keys {
            let sql = format!("ALTER TABLE {} ADD {}", table.name, foreign_key(spec, one));
            say(one.table.at, &one.name, sql);
        }
    }
    out
}

/// `CREATE TYPE … AS ENUM (…)`
fn create_enum(one: &Enum) -> String {
    let labels: Vec<_> = one
        .labels
        .iter()
        .map(|label| literal(&label.name))
        .collect();
    format!("CREATE TYPE {} AS ENUM ({})", one.name, labels.join(", "))
}

/// `CREATE OR REPLACE FUNCTION …`
fn create_function(function: &Function) -> String {
    let mut tag = "$$".to_owned();
    for n in 0.. {
        if !function.body.contains(&tag) {
            break;
        }
        tag = format!("$body{n}$");
    }
    format!(
        "CREATE OR REPLACE FUNCTION {}() RETURNS {}\nLANGUAGE {}\nAS {tag}\n{}\n{tag}",
        function.name,
        function.returns,
        function.language,
        function.body.trim_end()
    )
}

/// How many columns come before the first one that a server may refuse for more than its type: that one and those after
/// it are added one by one.
fn plain_columns(table: &Table) -> usize {
    let is_plain = |column: &&Column| column.generated.is_none() && column.collation.is_none();
    table.columns.iter().take_while(is_plain).count()
}

/// `ALTER TABLE … ADD COLUMN …`, without a default.
fn add_column(table: &Table, column: &Column) -> String {
    let definition = column_definition(column);
    format!("ALTER TABLE {} ADD COLUMN {definition}", table.name)
}

/// The table with these columns, but without defaults and constraints.
fn create_bare_table(table: &Table, columns: &[Column]) -> String {
    let columns: Vec<_> = columns
        .iter()
        .map(|column| format!("    {}", column_definition(column)))
        .collect();
    format!("CREATE TABLE {} (\n{}\n)", table.name, columns.join(",\n"))
}

/// A column as `CREATE TABLE` and `ADD COLUMN` take it, without a default.
fn column_definition(column: &Column) -> String {
    let mut sql = format!("{} {}", column.name, column.sql_type);
    if let Some(collation) = &column.collation {
        let _ = write!(sql, " COLLATE {}", quoted(collation));
    }
    if !column.nullable {
        sql += " NOT NULL";
    }
    if let Some(expression) = &column.generated {
        let _ = write!(sql, " GENERATED ALWAYS AS ({expression}) STORED");
    }
    match column.identity {
        Some(Identity::Always) => sql += " GENERATED ALWAYS AS IDENTITY",
        Some(Identity::ByDefault) => sql += " GENERATED BY DEFAULT AS IDENTITY",
        None => {}
    }
    sql
}

/// `ALTER TABLE … SET DEFAULT …`
fn set_default(table: &Table, column: &Column, default: &str) -> String {
    format!(
        "ALTER TABLE {} ALTER COLUMN {} SET DEFAULT {default}",
        table.name, column.name
    )
}

/// `CONSTRAINT … PRIMARY KEY (…)`
fn primary_key(key: &PrimaryKey) -> String {
    format!(
        "CONSTRAINT {} PRIMARY KEY ({})",
        key.name,
        list(&key.columns)
    )
}

/// `CONSTRAINT … UNIQUE (…)`
fn unique(key: &Unique) -> String {
    format!("CONSTRAINT {} UNIQUE ({})", key.name, list(&key.columns))
}

/// `CONSTRAINT … CHECK (…)`
fn check(check: &Check) -> String {
    format!("CONSTRAINT {} CHECK ({})", check.name, check.sql)
}

/// `CONSTRAINT … FOREIGN KEY (…) REFERENCES …`
fn foreign_key(spec: &Spec, key: &ForeignKey) -> String {
    let target = spec
        .table(&key.table)
        .map(|table| &table.primary_key.columns[..]);
    let action = match key.on_delete {
        OnDelete::Cascade => "CASCADE",
        OnDelete::Restrict => "RESTRICT",
        OnDelete::SetNull => "SET NULL",
    };
    format!(
        "CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {action}",
        key.name,
        list(&key.columns),
        key.table,
        list(target.unwrap_or_default())
    )
}

/// `CREATE [UNIQUE] INDEX …`
pub(crate) fn create_index(table: &Table, index: &Index) -> String {
    let keys: Vec<_> = index
        .keys
        .iter()
        .map(|key| {
            let value = if key.is_column {
                key.value.text.clone()
            } else {
                format!("({})", key.value)
            };
            format!("{value} {}", key.order).trim_end().to_owned()
        })
        .collect();
    let method = index
        .method
        .as_ref()
        .map(|method| format!(" USING {method}"));
    let mut sql = format!(
        "CREATE {}INDEX {} ON {}{} ({})",
        if index.unique { "UNIQUE " } else { "" },
        index.name,
        table.name,
        method.unwrap_or_default(),
        keys.join(", ")
    );
    if !index.include.is_empty() {
        let _ = write!(sql, " INCLUDE ({})", list(&index.include));
    }
    if let Some(predicate) = &index.predicate {
        let _ = write!(sql, " WHERE {predicate}");
    }
    sql
}

/// `CREATE OR REPLACE TRIGGER …`
fn create_trigger(table: &Table, trigger: &Trigger) -> String {
    let fires: Vec<_> = trigger
        .fires
        .split(' ')
        .map(|word| match word {
            "before" | "after" | "insert" | "update" | "delete" | "truncate" | "or" | "of" => {
                word.to_ascii_uppercase()
            }
            column => column.to_owned(),
        })
        .collect();
    let rows = [("OLD", &trigger.old_rows), ("NEW", &trigger.new_rows)];
    let rows: String = rows
        .into_iter()
        .filter_map(|(which, name)| Some(format!(" {which} TABLE AS {}", name.as_ref()?)))
        .collect();
    let referencing = if rows.is_empty() {
        rows
    } else {
        format!("\n    REFERENCING{rows}")
    };
    let condition = trigger
        .condition
        .as_ref()
        .map(|sql| format!("\n    WHEN ({sql})"));
    format!(
        "CREATE OR REPLACE TRIGGER {}\n    {} ON {}{referencing}\n    FOR EACH {}{}\n    EXECUTE FUNCTION {}()",
        trigger.name,
        fires.join(" "),
        table.name,
        trigger.for_each,
        condition.unwrap_or_default(),
        trigger.calls
    )
}

/// `COMMENT ON … IS …`; `None` takes a comment away.
pub fn comment(kind: &str, object: &str, words: Option<&str>) -> String {
    let words = words.map_or_else(|| "NULL".to_owned(), literal);
    format!("COMMENT ON {kind} {object} IS {words}")
}

/// A text as SQL writes it.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') {
        format!("E'{}'", doubled.replace('\\', "\\\\"))
    } else {
        format!("'{doubled}'")
    }
}

/// A name in quotation marks, for names that are not ours.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Names, with commas between.
fn list(names: &[Text]) -> String {
    let names: Vec<&str> = names.iter().map(|name| &**name).collect();
    names.join(", ")
}
