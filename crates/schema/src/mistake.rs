//! What is wrong in `schema.yaml`: where, what, and what to write instead.

use std::cell::RefCell;
use std::fmt;
use std::ops::Deref;

/// More mistakes than this are only counted: the first ones usually explain the rest.
const SHOWN: usize = 20;
/// Fewer characters than this are no reason.
const SHORTEST_REASON: usize = 10;

/// A place in the file; both count from 1, columns in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct At {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

/// A word of the file and where it stands. Two are equal when they read alike, wherever they stand.
#[derive(Debug, Clone, Eq)]
pub struct Text {
    /// The word.
    pub text: String,
    /// Where it begins.
    pub at: At,
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub at: At,
    /// What is wrong.
    pub what: String,
    /// What to write instead.
    pub write: String,
}

/// Everything that is wrong in a file, in the order of the file; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistakes {
    /// The file, as whoever reads the message would name it.
    pub file: String,
    /// The mistakes.
    pub all: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, mistake) in self.all.iter().take(SHOWN).enumerate() {
            let separator = if n == 0 { "" } else { "\n" };
            let Mistake { at, what, write } = mistake;
            write!(f, "{separator}{}:{at}: {what}; {write}", self.file)?;
        }
        match self.all.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, "\nand {more} more mistakes"),
        }
    }
}

impl std::error::Error for Mistakes {}

/// Mistakes as they are found: reading goes on, so that one run tells all of them.
#[derive(Debug, Default)]
pub(crate) struct Log(RefCell<Vec<Mistake>>);

impl Log {
    pub(crate) fn add(&self, at: At, what: impl Into<String>, write: impl Into<String>) {
        self.0.borrow_mut().push(Mistake {
            at,
            what: what.into(),
            write: write.into(),
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// The mistakes, if there are any.
    pub(crate) fn finish(self, file: &str) -> Result<(), Mistakes> {
        let mut all = self.0.into_inner();
        if all.is_empty() {
            return Ok(());
        }
        all.sort_by_key(|mistake| mistake.at);
        all.dedup();
        Err(Mistakes {
            file: file.to_owned(),
            all,
        })
    }
}

/// Whether a waiver that gives these words says why.
pub(crate) fn is_reason(words: &str) -> bool {
    words.trim().chars().count() >= SHORTEST_REASON
}

/// "`a`, `b` or `c`".
pub(crate) fn one_of<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        None => "nothing".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
    }
}

/// What to write where `word` is none of `known`: the nearest one, if one is near, and then all of them.
pub(crate) fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<_> = known.into_iter().collect();
    let near = known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.chars().count());
    match near {
        Some((_, candidate)) => format!("write `{candidate}`"),
        None => format!("write {}", one_of(known)),
    }
}
