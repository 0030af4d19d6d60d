//! Which migration added a table or a column: a plain scan of the up files for the statements that do.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, io};

/// An up file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number and name: `0004_campaigns`.
    pub name: String,
    /// Its SQL.
    pub sql: String,
}

impl Migration {
    /// The up files of a folder, in their order; none if there is no such folder.
    pub fn read_all(folder: &Path) -> io::Result<Vec<Self>> {
        let entries = match fs::read_dir(folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            other => other?,
        };
        let mut all = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let file = path.file_name().and_then(|name| name.to_str());
            if let Some(name) = file.and_then(|file| file.strip_suffix(".up.sql")) {
                all.push(Self {
                    name: name.to_owned(),
                    sql: fs::read_to_string(&path)?,
                });
            }
        }
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }
}

/// For every table the migration that made it, and for every column the one that added it.
#[derive(Debug, Default)]
pub struct History<'a> {
    tables: BTreeMap<String, Origin<'a>>,
}

#[derive(Debug)]
struct Origin<'a> {
    made: &'a str,
    columns: BTreeMap<String, &'a str>,
}

impl<'a> History<'a> {
    /// What these migrations did, in their order.
    pub fn of(migrations: &'a [Migration]) -> Self {
        let mut history = Self::default();
        for migration in migrations {
            let tokens = tokens(&migration.sql);
            let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
            for statement in tokens.split(|token| *token == ";") {
                history.statement(statement, &migration.name);
            }
        }
        history
    }

    /// The migration that made a table.
    pub fn table(&self, table: &str) -> Option<&'a str> {
        self.tables.get(table).map(|origin| origin.made)
    }

    /// The migration that added a column.
    pub fn column(&self, table: &str, column: &str) -> Option<&'a str> {
        self.tables.get(table)?.columns.get(column).copied()
    }

    /// A statement may stand in a `DO` block, so it need not begin with its first word.
    fn statement(&mut self, tokens: &[&str], migration: &'a str) {
        for at in 0..tokens.len() {
            match &tokens[at..] {
                ["create", "table", rest @ ..] => {
                    self.create(without(rest, &["if", "not", "exists"]), migration);
                }
                ["alter", "table", rest @ ..] => {
                    let rest = without(without(rest, &["if", "exists"]), &["only"]);
                    if let [table, actions @ ..] = rest {
                        self.alter(table, actions, migration);
                    }
                }
                ["drop", "table", rest @ ..] => {
                    if let [table, ..] = without(rest, &["if", "exists"]) {
                        self.tables.remove(*table);
                    }
                }
                _ => {}
            }
        }
    }

    fn create(&mut self, tokens: &[&str], migration: &'a str) {
        let [table, "(", body @ ..] = tokens else {
            return;
        };
        let mut columns = BTreeMap::new();
        for item in items(body) {
            let constraints = [
                "constraint",
                "primary",
                "unique",
                "check",
                "foreign",
                "exclude",
                "like",
            ];
            if let [column, _, ..] = item
                && !constraints.contains(column)
            {
                columns.insert((*column).to_owned(), migration);
            }
        }
        let origin = Origin {
            made: migration,
            columns,
        };
        // IF NOT EXISTS: of two, the first made it.
        self.tables.entry((*table).to_owned()).or_insert(origin);
    }

    fn alter(&mut self, table: &str, actions: &[&str], migration: &'a str) {
        if let ["rename", "to", new, ..] = actions {
            if let Some(origin) = self.tables.remove(table) {
                self.tables.insert((*new).to_owned(), origin);
            }
            return;
        }
        let Some(origin) = self.tables.get_mut(table) else {
            return;
        };
        for action in items(actions) {
            match action {
                ["add", "column", rest @ ..] => {
                    if let [column, ..] = without(rest, &["if", "not", "exists"]) {
                        origin
                            .columns
                            .entry((*column).to_owned())
                            .or_insert(migration);
                    }
                }
                ["drop", "column", rest @ ..] => {
                    if let [column, ..] = without(rest, &["if", "exists"]) {
                        origin.columns.remove(*column);
                    }
                }
                ["rename", "column", old, "to", new, ..] => {
                    if let Some(added) = origin.columns.remove(*old) {
                        origin.columns.insert((*new).to_owned(), added);
                    }
                }
                _ => {}
            }
        }
    }
}

/// What follows these words, if they stand here.
fn without<'t, 's>(tokens: &'t [&'s str], words: &[&str]) -> &'t [&'s str] {
    if tokens.starts_with(words) {
        &tokens[words.len()..]
    } else {
        tokens
    }
}

/// What stands between the commas of a list, up to the parenthesis that closes it.
fn items<'t, 's>(tokens: &'t [&'s str]) -> Vec<&'t [&'s str]> {
    let (mut all, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, token) in tokens.iter().enumerate() {
        match *token {
            "(" => depth += 1,
            ")" if depth == 0 => {
                all.push(&tokens[begin..at]);
                return all;
            }
            ")" => depth -= 1,
            "," if depth == 0 => {
                all.push(&tokens[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    all.push(&tokens[begin..]);
    all
}

/// The words of some SQL in small letters, and each sign on its own; neither comments nor texts in quotation marks.
pub(super) fn tokens(sql: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '\'' {
            rest[1..].find('\'').map_or(rest.len(), |end| end + 2)
        } else if first.is_alphanumeric() || first == '_' {
            let word = |c: char| !(c.is_alphanumeric() || c == '_');
            let end = rest.find(word).unwrap_or(rest.len());
            out.push(rest[..end].to_ascii_lowercase());
            end
        } else {
            if !first.is_whitespace() {
                out.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = &rest[length..];
    }
    out
}
