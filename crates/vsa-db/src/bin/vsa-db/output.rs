//! Results to stdout, talk to stderr.

use std::io::{self, Write as _};

use serde::Serialize;

/// Tells a person something.
pub(crate) fn say(text: &str) {
    // Whoever closed stderr does not want to know.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a result. A reader that has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Prints a result for a program.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    Ok(print(&format!(
        "{}\n",
        serde_json::to_string_pretty(value)?
    ))?)
}

/// Columns as wide as their widest cell, two blanks apart, none at the end of a line.
pub(crate) fn table(head: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let head = head.iter().map(|&cell| cell.to_owned()).collect();
    let lines: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
    let columns = lines.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| {
        lines
            .iter()
            .filter_map(|line| line.get(column))
            .map(|cell| cell.chars().count())
            .max()
    };
    let widths: Vec<usize> = (0..columns)
        .map(|column| width(column).unwrap_or(0))
        .collect();
    let mut text = String::new();
    for line in &lines {
        let cells: Vec<String> = line
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// An error and its causes as one text; a cause that is told already is not told again.
pub(crate) fn chain(error: &anyhow::Error) -> String {
    error
        .chain()
        .skip(1)
        .fold(error.to_string(), |told, cause| {
            let cause = cause.to_string();
            if told.contains(&cause) {
                told
            } else {
                format!("{told}: {cause}")
            }
        })
}

#[cfg(test)]
mod tests {
    use super::{chain, table};
    use anyhow::anyhow;

    #[test]
    fn columns_are_aligned_and_lines_have_no_blanks_at_their_ends() {
        let rows = [
            vec!["é".to_owned(), "1".to_owned()],
            vec!["long".to_owned(), String::new()],
        ];
        assert_eq!(table(&["a", "b"], rows), "a     b\né     1\nlong\n");
    }

    #[test]
    fn a_chain_tells_each_cause_once() {
        let error = anyhow!("refused")
            .context("cannot connect (refused)")
            .context("ping");
        assert_eq!(chain(&error), "ping: cannot connect (refused)");
    }
}
