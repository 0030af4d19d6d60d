//! What a database error means, and what of it may be shown.
//!
//! Callers map the constraints they know with [`constraint`]; the rest is passed on through
//! [`describe`]. A server's DETAIL repeats the offending values, which here are phone numbers and
//! e-mail addresses, and so does the `Debug` form of [`sqlx::Error`]: neither belongs in a log.

use std::error::Error;
use std::fmt::{self, Write as _};

use sqlx::postgres::PgDatabaseError;

/// The name of the constraint an error violates. Unique indexes count, as in the server.
pub fn constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error()?.constraint()
}

/// Whether the same transaction may succeed when it is run again from its beginning: a
/// serialization failure (40001) or a deadlock (40P01).
///
/// A lost connection does not count: nobody knows whether its commit went through.
pub fn is_retryable(error: &sqlx::Error) -> bool {
    matches!(sqlstate(error).as_deref(), Some("40001" | "40P01"))
}

/// The five-character SQLSTATE, if the error came from the server.
pub fn sqlstate(error: &sqlx::Error) -> Option<String> {
    Some(error.as_database_error()?.code()?.into_owned())
}

/// An error with everything the server said that helps and holds no stored value: message, SQLSTATE,
/// HINT, table, column and constraint; of a DETAIL that repeats values, the names of the columns.
///
/// Errors that did not come from the server are shown as they are.
pub fn describe(error: &sqlx::Error) -> String {
    let Some(server) = error
        .as_database_error()
        .and_then(|error| error.try_downcast_ref::<PgDatabaseError>())
    else {
        return error.to_string();
    };
    let code = server.code();
    let mut text = format!("{} ({code}", message(code, server.message()));
    let facts = [
        (
            "detail",
            server.detail().map(|detail| shown_detail(code, detail)),
        ),
        ("hint", server.hint().map(str::to_owned)),
        ("table", server.table().map(str::to_owned)),
        ("column", server.column().map(str::to_owned)),
        ("constraint", server.constraint().map(str::to_owned)),
    ];
    for (name, fact) in facts {
        if let Some(fact) = fact {
            // Writing to a String cannot fail.
            let _ = write!(text, "; {name}: {}", fact.trim_end_matches('.'));
        }
    }
    text + ")"
}

/// Messages about unusable values (class 22) end with the value: `invalid input syntax for type uuid: "…"`.
fn message(code: &str, message: &str) -> String {
    match message.split_once('"') {
        Some((before, _)) if code.starts_with("22") => format!("{before}(value not shown)"),
        _ => message.to_owned(),
    }
}

/// The part of a DETAIL without stored values. What is not known to be harmless is not shown.
fn shown_detail(code: &str, detail: &str) -> String {
    // Deadlocks, resources, locks, shutdowns, the system: process numbers and file names.
    if ["40", "53", "55", "57", "58"]
        .iter()
        .any(|class| code.starts_with(class))
    {
        return detail.to_owned();
    }
    // `Key (columns)=(values) already exists.` The values may hold anything, so look from the end.
    let key = detail
        .strip_prefix("Key (")
        .and_then(|rest| rest.split_once(")=("));
    if let Some((columns, rest)) = key {
        for ending in [
            " already exists",
            " is not present in table ",
            " is still referenced from table ",
        ] {
            if let Some(at) = rest.rfind(ending) {
                return format!("Key ({columns}){}", &rest[at..]);
            }
        }
        return format!("Key ({columns}), values not shown");
    }
    "not shown, it may repeat stored values".to_owned()
}

/// The database failed, or refused for a reason that has no name in the domain.
///
/// `Display` and `Debug` both show [`describe`] and nothing else, and it has no source: an
/// [`sqlx::Error`] inside another error would be told twice, the second time with stored values.
pub struct DatabaseError(sqlx::Error);

impl DatabaseError {
    /// The driver's error, for code that asks what it means. Never print it.
    pub fn driver(&self) -> &sqlx::Error {
        &self.0
    }
}

impl From<sqlx::Error> for DatabaseError {
    fn from(error: sqlx::Error) -> Self {
        Self(error)
    }
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&describe(&self.0))
    }
}

impl fmt::Debug for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DatabaseError({self})")
    }
}

impl Error for DatabaseError {}
