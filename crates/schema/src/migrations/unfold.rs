//! The statements in `DO` blocks, at the places where they stand.

use std::ops::Range;

use squawk_syntax::SourceFile;
use squawk_syntax::ast::{AstNode as _, PlpgsqlExecSqlStmt, Stmt};
use squawk_syntax::plpgsql::Plpgsql;

use super::place::{at, comments};
use super::{Finding, fragment};

/// The rule that a migration is SQL.
const SYNTAX: &str = "syntax";

/// The same text with the statements of each `DO` block instead of it, and without squawk's marks in comments: every byte
/// stays where it is, so that what is found in the one is found in the other.
pub(super) fn plain(sql: &str) -> String {
    let mut plain = sql.as_bytes().to_vec();
    for (offset, comment) in comments(sql) {
        // What a mark does is decided by us.
        for (mark, _) in comment.match_indices("squawk-") {
            plain[offset + mark + "squawk".len()] = b' ';
        }
    }
    for (block, body) in blocks(sql) {
        let kept = statements(&body);
        for at in block {
            if plain[at] != b'\n' && !kept.iter().any(|range| range.contains(&at)) {
                plain[at] = b' ';
            }
        }
    }
    // Only whole characters were replaced, by as many bytes.
    String::from_utf8_lossy(&plain).into_owned()
}

/// What does not parse, in the file and in its `DO` blocks; the first complaint about each place.
pub(super) fn errors(file: &str, sql: &str) -> Vec<Finding> {
    let whole = SourceFile::parse(sql).errors();
    let inner = blocks(sql).into_iter().flat_map(|(_, body)| body.errors());
    let errors = whole.into_iter().chain(inner);
    let mut findings: Vec<Finding> = errors
        .map(|error| Finding {
            file: file.to_owned(),
            at: at(sql, error.range().start().into()),
            rule: SYNTAX.to_owned(),
            what: fragment(error.message()),
            write: "write SQL that PostgreSQL takes".to_owned(),
        })
        .collect();
    findings.dedup_by_key(|finding| finding.at);
    findings
}

/// The `DO` blocks of a file: which bytes they take, and their bodies.
fn blocks(sql: &str) -> Vec<(Range<usize>, Plpgsql)> {
    let statements = SourceFile::parse(sql).tree().stmts();
    statements
        .filter_map(|statement| match statement {
            Stmt::Do(block) => {
                let range = block.syntax().text_range();
                let body = block.plpgsql()?;
                Some((range.start().into()..range.end().into(), body))
            }
            _ => None,
        })
        .collect()
}

/// Where in the file the SQL statements of a body stand, with their semicolons.
fn statements(body: &Plpgsql) -> Vec<Range<usize>> {
    let nodes = body.tree().syntax().descendants();
    nodes
        .filter_map(PlpgsqlExecSqlStmt::cast)
        .map(|statement| {
            let range = body.source_range(statement.syntax().text_range());
            range.start().into()..range.end().into()
        })
        .collect()
}
