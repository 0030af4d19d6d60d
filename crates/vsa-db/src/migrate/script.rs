//! A file made ready to run: its statements, and the refusal of what only psql or another runner understands.

use super::error::MigrateError;
use super::lex::Unterminated;
use super::source::File;
use super::split::{self, SplitError};

/// The statements of one file.
#[derive(Debug)]
pub(super) struct Script<'a> {
    pub(super) file: &'a File,
    pub(super) statements: Vec<Statement<'a>>,
}

/// One statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement<'a> {
    /// What is sent to the server, without the comments before it.
    pub(super) sql: &'a str,
    /// The line of the file it begins in, from 1.
    pub(super) line: usize,
    /// What it does to an index without blocking writers, if that is what it does.
    pub(super) concurrent: Option<Concurrent>,
}

/// A statement that waits for all others instead of blocking them, so that a lock time-out must not end it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Concurrent {
    /// CREATE INDEX CONCURRENTLY: an earlier try may have left an invalid index of this name (as written).
    Create { index: String, table: String },
    /// DROP INDEX, REINDEX, DETACH PARTITION.
    Other,
}

impl<'a> Script<'a> {
    /// Splits a file and checks that the runner can run it.
    pub(super) fn parse(file: &'a File) -> Result<Self, MigrateError> {
        let refuse = |at: usize, reason: String| MigrateError::Refused {
            file: file.path.clone(),
            line: line_at(&file.sql, at),
            reason,
        };
        let pieces = split::split(&file.sql).map_err(|error| match error {
            SplitError::MetaCommand(at) => refuse(
                at,
                "a psql meta-command: only psql knows those; write plain SQL".to_owned(),
            ),
            SplitError::Unterminated(Unterminated { what, start }) => {
                refuse(start, format!("this {what} is never closed"))
            }
        })?;
        let mut statements = Vec::with_capacity(pieces.len());
        for piece in pieces {
            let Some(begin) = piece.statement else {
                continue;
            };
            let at = piece.offset + begin;
            let sql = piece.text[begin..].trim_end();
            let words = split::top_level_words(sql);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            if let Some(reason) = refusal(&words) {
                return Err(refuse(at, reason));
            }
            let concurrent = concurrent(sql, &words).map_err(|reason| refuse(at, reason))?;
            statements.push(Statement {
                sql,
                line: line_at(&file.sql, at),
                concurrent,
            });
        }
        if statements.is_empty() {
            let reason = "no statement in it; a step that is deliberately nothing holds `select;`";
            return Err(refuse(0, reason.to_owned()));
        }
        Ok(Self { file, statements })
    }
}

impl Statement<'_> {
    /// Its first line, for messages.
    pub(super) fn first_line(&self) -> String {
        const LONGEST: usize = 100;
        let line = self.sql.lines().next().unwrap_or_default().trim_end();
        match line.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line.to_owned(),
        }
    }

    /// The line of the file in which the server's character `position` of this statement is, from 1.
    pub(super) fn line_of(&self, position: usize) -> usize {
        let before = self.sql.chars().take(position.saturating_sub(1));
        self.line + before.filter(|&character| character == '\n').count()
    }
}

fn line_at(sql: &str, at: usize) -> usize {
    sql[..at].matches('\n').count() + 1
}

/// Why a statement cannot be in a migration, if so.
fn refusal(words: &[&str]) -> Option<String> {
    match words {
        ["begin" | "commit" | "end" | "rollback" | "abort", ..]
        | ["start" | "prepare", "transaction", ..] => Some(format!(
            "{} at top level: the runner itself opens and ends the one transaction of a file, and a file that begins \
             with `-- no-transaction` has none; remove it",
            words[0].to_uppercase()
        )),
        ["copy", rest @ ..] if rest.windows(2).any(|pair| pair == ["from", "stdin"]) => {
            Some("COPY … FROM STDIN has no input here; write INSERT".to_owned())
        }
        ["discard", "all", ..] => Some(
            "DISCARD ALL would release the migrator's lock; the session is reset after each file"
                .to_owned(),
        ),
        _ => None,
    }
}

fn concurrent(sql: &str, words: &[&str]) -> Result<Option<Concurrent>, String> {
    if !words.contains(&"concurrently") && !sql.to_lowercase().contains("concurrently") {
        return Ok(None);
    }
    let rest = match words {
        ["create", "index", "concurrently", rest @ ..]
        | ["create", "unique", "index", "concurrently", rest @ ..] => rest,
        // REINDEX (CONCURRENTLY) has the word in parentheses.
        ["drop", "index", "concurrently", ..]
        | ["reindex", ..]
        | ["alter", "table", .., "concurrently"] => return Ok(Some(Concurrent::Other)),
        _ => return Ok(None),
    };
    let rest = if let ["if", "not", "exists", rest @ ..] = rest {
        rest
    } else {
        rest
    };
    match rest {
        [index, "on", "only", table @ ..] | [index, "on", table @ ..] if *index != "on" => {
            Ok(Some(Concurrent::Create {
                index: (*index).to_owned(),
                table: qualified_name(table),
            }))
        }
        _ => Err(
            "a concurrent index needs a name, or an interrupted build could not be found again"
                .to_owned(),
        ),
    }
}

/// `schema . table` at the start of these words, as SQL.
fn qualified_name(words: &[&str]) -> String {
    match words {
        [schema, ".", table, ..] => format!("{schema}.{table}"),
        [table, ..] => (*table).to_owned(),
        [] => String::new(),
    }
}

#[cfg(test)]
#[path = "script_tests.rs"]
mod tests;
