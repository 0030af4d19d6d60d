//! Where things stand in the text of a migration.

use squawk_syntax::ast::AstNode as _;
use squawk_syntax::{SourceFile, SyntaxKind};

use crate::mistake::At;

/// Line and column of a byte.
pub(super) fn at(sql: &str, offset: usize) -> At {
    let before = &sql[..sql.floor_char_boundary(offset)];
    let line = before.rsplit('\n').next().unwrap_or_default();
    At {
        line: before.matches('\n').count() + 1,
        column: line.chars().count() + 1,
    }
}

/// The statements of a file: where each ends.
pub(super) struct Statements(Vec<usize>);

impl Statements {
    pub(super) fn of(sql: &str) -> Self {
        let statements = SourceFile::parse(sql).tree().stmts();
        Self(
            statements
                .map(|statement| usize::from(statement.syntax().text_range().end()))
                .collect(),
        )
    }

    /// The number of the statement that this byte is in, or stands before; none after the last.
    pub(super) fn holding(&self, offset: usize) -> Option<usize> {
        self.0.iter().position(|end| *end > offset)
    }
}

/// The comments of a file, each with the byte it begins with.
pub(super) fn comments(sql: &str) -> Vec<(usize, String)> {
    SourceFile::parse(sql)
        .syntax_node()
        .descendants_with_tokens()
        .filter_map(squawk_syntax::SyntaxElement::into_token)
        .filter(|token| token.kind() == SyntaxKind::COMMENT)
        .map(|token| {
            (
                usize::from(token.text_range().start()),
                token.text().to_owned(),
            )
        })
        .collect()
}
