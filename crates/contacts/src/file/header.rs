//! Which column is which.

use super::FileError;
use super::records::Record;
use crate::text::{clean, shown};

/// A column that is looked for, with every name it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name, which is preferred to any other.
    pub name: &'static str,
    /// Whether a file without it is of no use.
    pub needed: bool,
    /// Other names, English and Italian, as the header is compared: small letters without anything between.
    pub synonyms: &'static [&'static str],
}

/// Columns that [`Rejects`](super::Rejects) writes: passed over when a corrected file comes back.
pub(super) const OF_REJECTS: [&str; 2] = ["rejected_line", "rejected_because"];

/// The header of a file.
#[derive(Debug, Clone)]
pub(crate) struct Header {
    /// The names in the file.
    names: Vec<String>,
    /// The place of each column that is looked for.
    places: Vec<Option<usize>>,
    /// The places of the columns of rejects.
    of_rejects: Vec<usize>,
}

impl Header {
    /// Finds the columns in the first row.
    pub(super) fn read(first: Record<'_>, columns: &'static [Column]) -> Result<Self, FileError> {
        let folded: Vec<String> = first.fields().map(folded).collect();
        let names: Vec<String> = first
            .fields()
            .map(|name| clean(name).into_owned())
            .collect();
        let found = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
            (0..folded.len())
                .filter(|at| wanted(&folded[*at]))
                .collect()
        };
        let mut places = Vec::with_capacity(columns.len());
        for column in columns {
            let own = self::folded(column.name);
            let mut candidates = found(&|name| name == own);
            if candidates.is_empty() {
                candidates = found(&|name| column.synonyms.contains(&name));
            }
            if let [first, second, ..] = candidates[..] {
                let place = |at: usize| format!("{} ({})", at + 1, shown(&names[at]));
                return Err(FileError::ColumnTwice {
                    column: column.name,
                    first: place(first),
                    second: place(second),
                });
            }
            places.push(candidates.first().copied());
        }
        let of_rejects = found(&|name| OF_REJECTS.iter().any(|own| self::folded(own) == name));
        let header = Self {
            names,
            places,
            of_rejects,
        };
        header.check(columns)?;
        Ok(header)
    }

    fn check(&self, columns: &'static [Column]) -> Result<(), FileError> {
        let missing = columns
            .iter()
            .zip(&self.places)
            .find(|(column, place)| column.needed && place.is_none());
        let Some((column, _)) = missing else {
            return Ok(());
        };
        let values = |name: &String| name.contains('@') || digits(name) >= 6;
        if self.places.iter().all(Option::is_none) && self.names.iter().any(values) {
            return Err(FileError::NoHeader {
                expected: expected(columns),
            });
        }
        Err(FileError::MissingColumn {
            column: column.name,
            found: shown_list(&self.names),
            synonyms: column.synonyms[..column.synonyms.len().min(4)].join(", "),
        })
    }

    /// How many of the columns a row names, and how many it has: how well a delimiter fits.
    pub(super) fn fit(first: Record<'_>, columns: &[Column]) -> (usize, usize) {
        let known = |name: &str| {
            let name = folded(name);
            columns
                .iter()
                .any(|c| folded(c.name) == name || c.synonyms.contains(&name.as_str()))
        };
        (
            first.fields().filter(|name| known(name)).count(),
            first.len(),
        )
    }

    /// How many columns the file has.
    pub(crate) fn width(&self) -> usize {
        self.names.len()
    }

    /// Where a column of the table that is looked for stands, if it does.
    pub(crate) fn place(&self, column: usize) -> Option<usize> {
        *self.places.get(column)?
    }

    /// The name of a column in the file. Whoever wrote the file chose it: see [`shown`].
    pub(crate) fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("", String::as_str)
    }

    /// The columns nobody looks for, by the names in the file, as they can be shown.
    pub(crate) fn unknown(&self) -> impl Iterator<Item = String> {
        self.names
            .iter()
            .enumerate()
            .filter(|(at, name)| {
                !name.is_empty() && !self.places.contains(&Some(*at)) && !self.is_of_rejects(*at)
            })
            .map(|(_, name)| shown(name))
    }

    /// Whether a column was written by [`Rejects`](super::Rejects).
    pub(super) fn is_of_rejects(&self, place: usize) -> bool {
        self.of_rejects.contains(&place)
    }
}

/// A header that would do.
pub(super) fn expected(columns: &[Column]) -> String {
    let names: Vec<&str> = columns.iter().map(|column| column.name).collect();
    names.join(",")
}

/// The first names of a header that may have a thousand.
fn shown_list(names: &[String]) -> String {
    const MOST: usize = 12;
    let mut shown: Vec<String> = names.iter().take(MOST).map(|name| shown(name)).collect();
    if names.len() > MOST {
        shown.push(format!("{} more", names.len() - MOST));
    }
    shown.join(", ")
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// A name by which it is compared: letters and digits only, lower case, without accents.
fn folded(name: &str) -> String {
    name.chars()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            'à' | 'á' => Some('a'),
            'è' | 'é' => Some('e'),
            'ì' | 'í' => Some('i'),
            'ò' | 'ó' => Some('o'),
            'ù' | 'ú' => Some('u'),
            c if c.is_alphanumeric() => Some(c),
            _ => None,
        })
        .collect()
}
