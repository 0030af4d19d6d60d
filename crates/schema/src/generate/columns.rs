//! The lists of columns in queries. The checked macros take nothing but literals, so a list stands in the SQL, between two
//! marks that are comments there, and is written anew when the table changes:
//!
//! ```sql
//! SELECT
//!     -- columns of contacts
//!     id, campaign_id, phone_number
//!     -- end of columns
//! FROM contacts
//! ```
//!
//! `-- columns of contacts AS c` writes `c.id, c.campaign_id, …`.

use crate::mistake::{At, Log, Mistakes, suggest};
use crate::spec::Spec;

use super::rust::list;

const BEGIN: &str = "-- columns of ";
const END: &str = "-- end of columns";

/// The source with every list as the schema has it. `file` is what messages call it.
pub(super) fn rewrite(spec: &Spec, file: &str, source: &str) -> Result<String, Mistakes> {
    let log = Log::default();
    let mut out = String::with_capacity(source.len());
    let mut open: Option<At> = None;
    for (n, line) in source.split_inclusive('\n').enumerate() {
        let text = line.trim();
        let indent = &line[..line.len() - line.trim_start().len()];
        let at = At {
            line: n + 1,
            column: indent.chars().count() + 1,
        };
        let begins = text.strip_prefix(BEGIN);
        if let Some(begun) = open
            // A list holds neither a mark nor the end of the text it stands in.
            && (begins.is_some() || text.contains('"'))
        {
            log.add(
                begun,
                "a list of columns without an end",
                format!("write `{END}` below the list"),
            );
            open = None;
        }
        if let Some(what) = begins {
            open = Some(at);
            out += line;
            out += &columns(&log, spec, what, at, indent).unwrap_or_default();
            continue;
        }
        if text == END && open.take().is_none() {
            log.add(
                at,
                "the end of a list of columns that does not begin",
                format!("write `{BEGIN}<table>` above the list, or leave this line out"),
            );
        }
        if open.is_none() {
            out += line;
        }
    }
    if let Some(begun) = open {
        log.add(
            begun,
            "a list of columns without an end",
            format!("write `{END}` below the list"),
        );
    }
    log.finish(file)?;
    Ok(out)
}

/// The lines between the marks.
fn columns(log: &Log, spec: &Spec, what: &str, at: At, indent: &str) -> Option<String> {
    let words: Vec<&str> = what.split(' ').collect();
    let (table, prefix) = match words[..] {
        [table] => (table, String::new()),
        [table, "AS", alias] => (table, format!("{alias}.")),
        _ => {
            log.add(
                at,
                format!("`{what}` names no table"),
                format!("write `{BEGIN}<table>` or `{BEGIN}<table> AS <alias>`"),
            );
            return None;
        }
    };
    let Some(table) = spec.table(table) else {
        let known = spec.tables.iter().map(|table| &*table.name);
        log.add(
            at,
            format!("no table is called `{table}`"),
            suggest(table, known),
        );
        return None;
    };
    let names: Vec<_> = table
        .columns
        .iter()
        .map(|column| format!("{prefix}{}", column.name))
        .collect();
    Some(list(&names, indent) + "\n")
}
