//! Texts of the schema inside Markdown, which must not become markup of their own.

/// A comment on one line; it may stand in a cell of a table. What stands between backticks stays code.
pub(super) fn prose(text: &str) -> String {
    let pieces = text.split('`').enumerate().map(|(nth, piece)| {
        if nth % 2 == 1 {
            code(piece)
        } else {
            escaped(piece)
        }
    });
    pieces.collect::<String>().replace('\n', " ")
}

/// SQL, or a word of it; the same holds.
pub(super) fn code(text: &str) -> String {
    let text = text.replace('\n', " ").replace('|', "\\|");
    let fence = if text.contains('`') { "``" } else { "`" };
    let space = if text.contains('`') { " " } else { "" };
    format!("{fence}{space}{text}{space}{fence}")
}

fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '&' => out += "&amp;",
            '|' | '*' | '_' | '[' | ']' | '\\' | '#' => {
                out.push('\\');
                out.push(c);
            }
            other => out.push(other),
        }
    }
    out
}
