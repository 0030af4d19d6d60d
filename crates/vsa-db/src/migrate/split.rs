//! Splits a file into its statements, as psql would.

use super::lex::{self, Kind, Unterminated};

/// A run of text up to and including the semicolon that ends its statement. The pieces of a file, joined, are the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece<'a> {
    /// All of it: white space and comments before the statement, the statement, its semicolon.
    pub(super) text: &'a str,
    /// Byte offset in `text` where the statement begins; `None` when there is none, as after the last semicolon.
    pub(super) statement: Option<usize>,
    /// Byte offset in the file where `text` begins.
    pub(super) offset: usize,
}

/// Why a file cannot be split.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SplitError {
    /// A quote, comment or parenthesis that never ends.
    Unterminated(Unterminated),
    /// A psql meta-command: its backslash is at this byte.
    MetaCommand(usize),
}

/// The pieces of `sql` in order.
pub(super) fn split(sql: &str) -> Result<Vec<Piece<'_>>, SplitError> {
    let mut pieces = Vec::new();
    let mut statement = Statement::default();
    let mut piece_start = 0;
    let mut at = 0;
    while at < sql.len() {
        let (kind, end) = lex::token(sql, at).map_err(SplitError::Unterminated)?;
        if kind == Kind::Backslash {
            return Err(SplitError::MetaCommand(at));
        }
        let ends = statement.take(kind, &sql[at..end], at);
        at = end;
        if ends {
            pieces.push(statement.finish(sql, piece_start, end));
            statement = Statement::default();
            piece_start = end;
        }
    }
    if let Some(&open) = statement.open.last() {
        return Err(SplitError::Unterminated(Unterminated {
            what: "parenthesis",
            start: open,
        }));
    }
    if statement.blocks > 0 {
        let start = statement.start.unwrap_or(piece_start);
        return Err(SplitError::Unterminated(Unterminated {
            what: "BEGIN … END body",
            start,
        }));
    }
    if piece_start < sql.len() {
        pieces.push(statement.finish(sql, piece_start, sql.len()));
    }
    Ok(pieces)
}

/// The words of a statement that stand outside of quotes, comments and parentheses, in lower case; a quoted
/// identifier keeps its quotes, any other token stands for itself.
pub(super) fn top_level_words(statement: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut depth = 0_usize;
    let mut at = 0;
    while at < statement.len() {
        let Ok((kind, end)) = lex::token(statement, at) else {
            break;
        };
        let text = &statement[at..end];
        match kind {
            Kind::Open => depth += 1,
            Kind::Close => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            Kind::Word => words.push(text.to_lowercase()),
            Kind::QuotedWord | Kind::Other => words.push(text.to_owned()),
            Kind::Blank | Kind::Text | Kind::Semicolon | Kind::Backslash => {}
        }
        at = end;
    }
    words
}

/// What is known of the statement being read.
#[derive(Debug, Default)]
struct Statement {
    /// Offset of its first token.
    start: Option<usize>,
    /// Offsets of the parentheses that are open: a semicolon inside (CREATE RULE) ends nothing.
    open: Vec<usize>,
    /// Its first words, enough to know CREATE [OR REPLACE] FUNCTION | PROCEDURE.
    words: Vec<String>,
    /// Depth of BEGIN ATOMIC and CASE in the body of a function written in standard SQL.
    blocks: usize,
}

impl Statement {
    /// Reads one token; true when it is the semicolon that ends the statement.
    fn take(&mut self, kind: Kind, text: &str, at: usize) -> bool {
        match kind {
            Kind::Blank => return false,
            Kind::Semicolon => return self.open.is_empty() && self.blocks == 0,
            Kind::Open => self.open.push(at),
            Kind::Close => drop(self.open.pop()),
            Kind::Word => self.word(text),
            Kind::QuotedWord | Kind::Text | Kind::Backslash | Kind::Other => {}
        }
        self.start.get_or_insert(at);
        false
    }

    fn word(&mut self, text: &str) {
        let word = text.to_ascii_lowercase();
        if self.open.is_empty() && self.creates_routine() {
            match word.as_str() {
                "begin" => self.blocks += 1,
                "case" if self.blocks > 0 => self.blocks += 1,
                "end" => self.blocks = self.blocks.saturating_sub(1),
                _ => {}
            }
        }
        if self.words.len() < 4 {
            self.words.push(word);
        }
    }

    fn creates_routine(&self) -> bool {
        let words: Vec<&str> = self.words.iter().map(String::as_str).collect();
        matches!(
            words[..],
            ["create", "function" | "procedure", ..]
                | ["create", "or", "replace", "function" | "procedure"]
        )
    }

    fn finish<'a>(&self, sql: &'a str, start: usize, end: usize) -> Piece<'a> {
        Piece {
            text: &sql[start..end],
            statement: self.start.map(|at| at - start),
            offset: start,
        }
    }
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
