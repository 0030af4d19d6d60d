//! What a server's refusal says about the schema file.

use sqlx::postgres::{PgDatabaseError, PgErrorPosition};
use vsa_schema::sql::Statement;
use vsa_schema::{Mistake, Spec};

/// SQLSTATEs that say that something else is missing: an object, or the key that a reference needs.
const MISSING: [&str; 5] = ["42P01", "42703", "42704", "42883", "42830"];

/// Whether a refusal only follows from an earlier one: what is missing was refused itself.
pub(super) fn follows(
    error: &PgDatabaseError,
    statement: &Statement,
    refused: &[&Statement],
) -> bool {
    MISSING.contains(&error.code())
        && refused.iter().any(|earlier| {
            let name = earlier.object.trim_end_matches("()");
            let column = name.rsplit_once('.').map_or(name, |(_, column)| column);
            error.code() == "42830"
                || earlier.object == statement.object
                || error.message().contains(&format!("\"{name}\""))
                || error.message().contains(&format!("\"{column}\""))
                || error.message().contains(&format!(" {name}()"))
        })
}

/// The refusal as a mistake of the file.
pub(super) fn mistake(spec: &Spec, statement: &Statement, error: &PgDatabaseError) -> Mistake {
    let (object, said) = (&statement.object, error.message());
    let place = line(statement, error).map(|line| format!(", in `{line}`"));
    Mistake {
        at: statement.at,
        what: format!(
            "`{object}`: PostgreSQL says: {said}{}",
            place.unwrap_or_default()
        ),
        write: write(spec, statement, error),
    }
}

/// The line of a statement of several lines in which the fault is.
fn line<'a>(statement: &'a Statement, error: &PgDatabaseError) -> Option<&'a str> {
    let Some(PgErrorPosition::Original(position)) = error.position() else {
        return None;
    };
    let mut rest = position.saturating_sub(1);
    let mut lines = statement.sql.split('\n');
    let found = lines.find(|line| {
        let length = line.chars().count();
        let here = rest <= length;
        rest = rest.saturating_sub(length + 1);
        here
    })?;
    // The end of a function's body says nothing.
    (statement.sql.contains('\n') && !found.starts_with('$')).then(|| found.trim())
}

/// What to write instead: what the code means here, else what the server proposes.
fn write(spec: &Spec, statement: &Statement, error: &PgDatabaseError) -> String {
    let said = error.message();
    let column = statement
        .object
        .split_once('.')
        .and_then(|(table, column)| {
            let column = spec.table(table)?.column(column)?;
            Some(&column.sql_type)
        });
    match (error.code(), column, error.hint()) {
        ("42601", ..) => "write SQL that PostgreSQL can read".to_owned(),
        ("42704", ..) if said.starts_with("collation") => {
            "write one of those that `SELECT collname FROM pg_collation` names, such as C"
                .to_owned()
        }
        ("42883", ..) => "write one that there is for such values, or cast them".to_owned(),
        ("42P17", ..) => {
            "use only what is immutable: gives the same for the same values, for ever".to_owned()
        }
        ("42804", None, _) => "write a condition, which is true or false".to_owned(),
        ("42804" | "22P02" | "0A000", Some(column), _) => {
            format!("write a value of type {column}")
        }
        (_, _, Some(hint)) => lower(hint),
        _ => "write what PostgreSQL takes there".to_owned(),
    }
}

/// A sentence of the server as our messages have them.
fn lower(text: &str) -> String {
    let text = text.trim_end_matches('.');
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_lowercase().chain(letters).collect()
    })
}
