//! Results to stdout, talk to stderr.

use std::io::{self, IsTerminal as _, Write as _};

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use vsa_db::models::AuditEntry;

use crate::failure::Failure;

const MINUTE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]Z");

/// Tells a person something.
pub(crate) fn say(text: &str) {
    // Whoever closed stderr does not want to know.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a result. A reader that has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    print_bytes(text.as_bytes())
}

pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// One object for a program.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Failure> {
    let text = serde_json::to_string(value).map_err(Failure::failed)?;
    print(&format!("{text}\n"))
}

/// An object a line.
pub(crate) fn print_json_lines<T: Serialize>(values: &[T]) -> Result<(), Failure> {
    let mut text = String::new();
    for value in values {
        text += &serde_json::to_string(value).map_err(Failure::failed)?;
        text.push('\n');
    }
    print(&text)
}

/// A table that fits the terminal; in a pipe as wide as it is.
pub(crate) fn print_table(head: &[&str], rows: Vec<Vec<String>>) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(head);
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| harmless(cell)));
    }
    print(&trimmed(&table))
}

/// Names and values below each other.
pub(crate) fn print_fields(fields: &[(&str, String)]) -> Result<(), Failure> {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    if io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for (name, value) in fields {
        table.add_row([(*name).to_owned(), harmless(value)]);
    }
    print(&trimmed(&table))
}

fn trimmed(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text += line.strip_prefix(' ').unwrap_or(&line).trim_end();
        text.push('\n');
    }
    text
}

/// What a terminal would obey (colours, movements of the cursor, text from right to left) is shown
/// instead of obeyed. Line breaks stay.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => '\n',
            '\0'..'\u{20}' => char::from_u32(u32::from(c) + 0x2400).unwrap_or('\u{fffd}'),
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// A time as people read it, UTC; nothing for none.
pub(crate) fn time(at: Option<OffsetDateTime>) -> String {
    at.and_then(|at| at.to_offset(time::UtcOffset::UTC).format(MINUTE).ok())
        .unwrap_or_default()
}

/// A share of one as people read it.
pub(crate) fn percent(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0))
}

/// Who did what, as a table or as lines of JSON.
pub(crate) fn print_audit(entries: &[AuditEntry], as_json: bool) -> Result<(), Failure> {
    if as_json {
        return print_json_lines(entries);
    }
    let rows = entries.iter().map(|entry| {
        let by = entry
            .user_id
            .map_or_else(|| "the system".to_owned(), |id| id.to_string());
        let after = entry.after.as_ref().map(ToString::to_string);
        vec![
            time(Some(entry.created_at)),
            entry.action.clone(),
            by,
            after.unwrap_or_default(),
        ]
    });
    print_table(&["WHEN", "WHAT", "WHO", "SINCE THEN"], rows.collect())
}

/// `1 contact`, `2 contacts`.
pub(crate) fn count(n: u64, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_nothing_that_is_shown() {
        assert_eq!(harmless("a\u{1b}[31mred\r\u{7f}"), "a␛[31mred␍␡");
        assert_eq!(
            harmless("\u{202e}txt.exe\u{9b}2J"),
            "\u{fffd}txt.exe\u{fffd}2J"
        );
        assert_eq!(harmless("Città è\n日本"), "Città è\n日本");
    }
}
