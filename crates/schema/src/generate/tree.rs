//! The files as they are and as they should be: what differs, and putting it right.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::mistake::Mistakes;
use crate::pages::{self, Migration};
use crate::spec::Spec;

use super::{FIRST_LINE, Output, columns, outputs};

/// Where our sources are.
const SOURCES: &str = "crates";
/// Where the migrations are.
const MIGRATIONS: &str = "migrations";
/// A crate that has this beside its `Cargo.toml` uses the checked macros.
const CHECKED: &str = "sqlx.toml";

/// A file that is not as the schema wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is missing, or holds something else.
    Write(Output),
    /// It was generated once, and nothing asks for it any more.
    Remove(String),
}

impl Change {
    /// The file, relative to the root of the repository.
    pub fn path(&self) -> &str {
        match self {
            Self::Write(output) => &output.path,
            Self::Remove(path) => path,
        }
    }
}

/// Why files could not be generated.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A mark in a source is wrong.
    #[error(transparent)]
    Mark(#[from] Mistakes),
    /// A file could not be read, written or removed.
    #[error("cannot {doing} {}", path.display())]
    File {
        /// `read`, `write` or `remove`.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

/// What differs below `root` from what the schema asks for, in the order of the paths. Nothing is changed.
pub fn changes(spec: &Spec, root: &Path) -> Result<Vec<Change>, Error> {
    let mut changes = source_changes(spec, root)?;
    changes.extend(page_changes(spec, root)?);
    changes.sort_by(|a, b| a.path().cmp(b.path()));
    Ok(changes)
}

/// The same for the pages about the schema alone.
pub fn page_changes(spec: &Spec, root: &Path) -> Result<Vec<Change>, Error> {
    let folder = root.join(MIGRATIONS);
    let migrations = Migration::read_all(&folder).map_err(failed("read", &folder))?;
    let wanted = by_path(pages::outputs(spec, &migrations));
    let mut stale = BTreeSet::new();
    for path in files(root, vec![root.join(pages::FOLDER)])? {
        let first = format!("<!-- {FIRST_LINE} -->\n");
        if !wanted.contains_key(&path) && starts_with(&root.join(&path), &first)? {
            stale.insert(path);
        }
    }
    compared(root, wanted, stale)
}

fn source_changes(spec: &Spec, root: &Path) -> Result<Vec<Change>, Error> {
    let mut wanted = by_path(outputs(spec));
    let mut stale = BTreeSet::new();
    for (path, checked) in sources(root)? {
        if wanted.contains_key(&path) {
            continue;
        }
        let text = read(&root.join(&path))?.unwrap_or_default();
        if text.starts_with(&format!("// {FIRST_LINE}\n")) {
            stale.insert(path);
        } else if checked {
            let new = columns::rewrite(spec, &path, &text)?;
            wanted.insert(path, new);
        }
    }
    compared(root, wanted, stale)
}

fn by_path(outputs: Vec<Output>) -> BTreeMap<String, String> {
    let pairs = outputs.into_iter().map(|output| (output.path, output.text));
    pairs.collect()
}

/// Whether a file begins with this text.
fn starts_with(path: &Path, text: &str) -> Result<bool, Error> {
    Ok(read(path)?.is_some_and(|found| found.starts_with(text)))
}

/// What is to be written and removed, when this is wanted and that is stale.
fn compared(
    root: &Path,
    wanted: BTreeMap<String, String>,
    stale: BTreeSet<String>,
) -> Result<Vec<Change>, Error> {
    let mut changes: Vec<Change> = stale.into_iter().map(Change::Remove).collect();
    for (path, text) in wanted {
        if read(&root.join(&path))?.as_ref() != Some(&text) {
            changes.push(Change::Write(Output { path, text }));
        }
    }
    Ok(changes)
}

/// Makes the changes: first all new files are written beside the old ones, then each takes the place of the old one.
pub fn apply(root: &Path, changes: &[Change]) -> Result<(), Error> {
    let writes: Vec<(PathBuf, PathBuf, &str)> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Write(Output { path, text }) => {
                let path = root.join(path);
                let mut new = path.clone().into_os_string();
                new.push(".new");
                Some((path, new.into(), text.as_str()))
            }
            Change::Remove(_) => None,
        })
        .collect();
    let written = writes.iter().try_for_each(|(_, new, text)| {
        let folder = new.parent().unwrap_or(root);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(new, text))
            .map_err(failed("write", new))
    });
    if written.is_err() {
        for (_, new, _) in &writes {
            // What was not written cannot be removed; the first failure is the one to tell.
            let _ = fs::remove_file(new);
        }
        return written;
    }
    for (path, new, _) in &writes {
        fs::rename(new, path).map_err(failed("write", path))?;
    }
    for change in changes {
        if let Change::Remove(path) = change {
            let path = root.join(path);
            fs::remove_file(&path).map_err(failed("remove", &path))?;
        }
    }
    Ok(())
}

/// The Rust sources of all crates, and of each whether its crate uses the checked macros.
fn sources(root: &Path) -> Result<Vec<(String, bool)>, Error> {
    let mut found = Vec::new();
    for krate in entries(&root.join(SOURCES))? {
        let checked = krate.join(CHECKED).exists();
        let all = files(root, vec![krate.join("src"), krate.join("tests")])?;
        let sources = all
            .into_iter()
            .filter(|path| Path::new(path).extension().is_some_and(|end| end == "rs"));
        found.extend(sources.map(|path| (path, checked)));
    }
    found.sort();
    Ok(found)
}

/// Every file in these folders and in those below them, relative to `root`.
fn files(root: &Path, mut folders: Vec<PathBuf>) -> Result<Vec<String>, Error> {
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            if path.is_dir() {
                folders.push(path);
            } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                found.push(name.to_owned());
            }
        }
    }
    Ok(found)
}

/// What lies in a folder; nothing if there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let entries = match fs::read_dir(folder) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(Vec::new());
        }
        other => other.map_err(failed("read", folder))?,
    };
    let paths = entries.map(|entry| Ok(entry?.path()));
    paths
        .collect::<io::Result<_>>()
        .map_err(failed("read", folder))
}

/// The text of a file; none if there is no such file.
fn read(path: &Path) -> Result<Option<String>, Error> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(failed("read", path)(error)),
    }
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::File {
        doing,
        path,
        source,
    }
}
