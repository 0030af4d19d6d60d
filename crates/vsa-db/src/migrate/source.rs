//! The migration files: where they come from and what must hold of them before any is run.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256, Sha384};

/// The files compiled into this program, as `build.rs` found them.
static EMBEDDED: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// What sqlx looks for at the start of a file that is to run outside of a transaction.
const NO_TRANSACTION: &str = "-- no-transaction";

/// A complete, well-formed set of migrations: numbered 1, 2, 3 … without a gap, each with its up and its down file.
#[derive(Debug, Clone)]
pub struct Source {
    migrations: Vec<Migration>,
}

/// One step: a file to take it, a file to take it back.
#[derive(Debug, Clone)]
pub struct Migration {
    /// Its number, from 1.
    pub version: i64,
    /// The words of its file name, as sqlx writes them to the ledger.
    pub description: String,
    /// The file that applies it.
    pub up: File,
    /// The file that reverts it.
    pub down: File,
}

/// One file of SQL.
#[derive(Debug, Clone)]
pub struct File {
    /// Its path as messages name it.
    pub path: String,
    /// Its text, byte for byte.
    pub sql: Cow<'static, str>,
}

/// The files cannot be used; every fault found is listed.
#[derive(Debug, thiserror::Error)]
#[error("the migration files in {folder} cannot be used:{}", List(faults))]
pub struct SourceError {
    /// Where the files are.
    pub folder: String,
    /// What is wrong, a line each, the file named.
    pub faults: Vec<String>,
}

struct List<'a>(&'a [String]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}

impl Source {
    /// The migrations compiled into this program.
    pub fn embedded() -> Result<Self, SourceError> {
        Self::build(
            "migrations",
            EMBEDDED
                .iter()
                .map(|(name, bytes)| ((*name).to_owned(), Cow::Borrowed(*bytes))),
        )
    }

    /// The migrations in `folder`. Files that do not end in `.sql` are none of its business.
    pub fn from_dir(folder: &Path) -> Result<Self, SourceError> {
        let shown = folder.display().to_string();
        match read_dir(folder) {
            Ok(files) => Self::build(&shown, files),
            Err((path, error)) => Err(SourceError {
                folder: shown,
                faults: vec![format!("{}: {error}", path.display())],
            }),
        }
    }

    /// These and more: pairs of a file's name and its text, as yet in no folder.
    pub fn with(
        &self,
        files: impl IntoIterator<Item = (String, Cow<'static, str>)>,
    ) -> Result<Self, SourceError> {
        let bytes = |sql: Cow<'static, str>| match sql {
            Cow::Borrowed(sql) => Cow::Borrowed(sql.as_bytes()),
            Cow::Owned(sql) => Cow::Owned(sql.into_bytes()),
        };
        let ours = self.migrations.iter().flat_map(|one| [&one.up, &one.down]);
        let ours = ours.map(|file| {
            let name = Path::new(&file.path).file_name().unwrap_or_default();
            (name.to_string_lossy().into_owned(), bytes(file.sql.clone()))
        });
        let more = files.into_iter().map(|(name, sql)| (name, bytes(sql)));
        Self::build("migrations", ours.chain(more))
    }

    /// All migrations, in order.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The migration with this number.
    pub fn get(&self, version: i64) -> Option<&Migration> {
        let index = usize::try_from(version).ok()?.checked_sub(1)?;
        self.migrations.get(index)
    }

    /// The number of the last migration, 0 when there is none.
    pub fn latest(&self) -> i64 {
        self.migrations
            .last()
            .map_or(0, |migration| migration.version)
    }

    fn build(
        folder: &str,
        files: impl IntoIterator<Item = (String, Cow<'static, [u8]>)>,
    ) -> Result<Self, SourceError> {
        let mut faults = Vec::new();
        let mut versions: BTreeMap<i64, Vec<(Name, File)>> = BTreeMap::new();
        for (file_name, bytes) in files {
            let path = format!("{folder}/{file_name}");
            match (Name::parse(&file_name), text(bytes)) {
                (Some(name), Ok(sql)) => versions
                    .entry(name.version)
                    .or_default()
                    .push((name, File { path, sql })),
                (name, sql) => {
                    if name.is_none() {
                        faults.push(format!(
                            "{path}: not a name like 0001_short_description.up.sql"
                        ));
                    }
                    faults.extend(sql.err().map(|fault| format!("{path}: {fault}")));
                }
            }
        }
        // A file with a fault of its own would show up as a missing half and as a gap as well: one message a mistake.
        let mut migrations = Vec::with_capacity(versions.len());
        if faults.is_empty() {
            for (version, files) in versions {
                match pair(version, files) {
                    Ok(migration) => migrations.push(migration),
                    Err(fault) => faults.push(fault),
                }
            }
        }
        if faults.is_empty() {
            faults.extend(gap(folder, &migrations));
        }
        if faults.is_empty() {
            Ok(Self { migrations })
        } else {
            Err(SourceError {
                folder: folder.to_owned(),
                faults,
            })
        }
    }
}

impl File {
    /// The checksum sqlx keeps in the ledger: SHA-384 of the bytes.
    pub fn sha384(&self) -> [u8; 48] {
        Sha384::digest(self.sql.as_bytes()).into()
    }

    /// The checksum the history keeps: `sha256:` and 64 hexadecimal digits.
    pub fn sha256(&self) -> String {
        format!(
            "sha256:{}",
            hex::encode(Sha256::digest(self.sql.as_bytes()))
        )
    }

    /// Whether its statements run one by one, each on its own, because one of them cannot run in a transaction.
    pub fn no_transaction(&self) -> bool {
        self.sql.starts_with(NO_TRANSACTION)
    }
}

/// A short name, in hexadecimal, of exactly these files: any change to any of them gives another one.
pub fn fingerprint(source: &Source) -> String {
    let mut digest = Sha256::new();
    for migration in &source.migrations {
        for file in [&migration.up, &migration.down] {
            // The description and the length keep "a" + "bc" apart from "ab" + "c".
            digest.update(format!(
                "{}\0{}\0{}\0",
                migration.version,
                migration.description,
                file.sql.len()
            ));
            digest.update(file.sql.as_bytes());
        }
    }
    hex::encode(&digest.finalize()[..16])
}

#[derive(Debug)]
struct Name {
    version: i64,
    description: String,
    up: bool,
}

impl Name {
    /// `0001_short_description.up.sql`: at least four digits, then small letters, digits and underscores.
    fn parse(file_name: &str) -> Option<Self> {
        let (number, rest) = file_name.split_once('_')?;
        let (description, up) = match (rest.strip_suffix(".up.sql"), rest.strip_suffix(".down.sql"))
        {
            (Some(description), _) => (description, true),
            (None, Some(description)) => (description, false),
            (None, None) => return None,
        };
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let good = number.len() >= 4
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !description.is_empty()
            && description.bytes().all(plain);
        let version = number.parse().ok().filter(|&version| good && version > 0)?;
        Some(Self {
            version,
            description: description.replace('_', " "),
            up,
        })
    }
}

fn text(bytes: Cow<'static, [u8]>) -> Result<Cow<'static, str>, String> {
    let text = match bytes {
        Cow::Borrowed(bytes) => std::str::from_utf8(bytes).map(Cow::Borrowed),
        Cow::Owned(bytes) => String::from_utf8(bytes)
            .map(Cow::Owned)
            .map_err(|error| error.utf8_error()),
    };
    let text = text.map_err(|error| format!("not UTF-8 (at byte {})", error.valid_up_to()))?;
    let line = |at: usize| text[..at].matches('\n').count() + 1;
    if text.trim().is_empty() {
        Err("empty; a step that is deliberately nothing holds `select;` and a comment that says why".to_owned())
    } else if text.starts_with('\u{feff}') {
        Err("begins with a byte-order mark; save it as plain UTF-8".to_owned())
    } else if let Some(at) = text.find('\0') {
        Err(format!("has a NUL character in line {}", line(at)))
    } else if let Some(at) = text.find('\r') {
        Err(format!(
            "has a carriage return in line {}: its checksum would differ from everyone else's; \
             put `*.sql text eol=lf` into .gitattributes and run `git add --renormalize .`",
            line(at)
        ))
    } else {
        Ok(text)
    }
}

/// Exactly one up and one down file, of one description.
fn pair(version: i64, files: Vec<(Name, File)>) -> Result<Migration, String> {
    let names = files
        .iter()
        .map(|(_, file)| file.path.as_str())
        .collect::<Vec<_>>()
        .join(", ");
    let (ups, downs): (Vec<_>, Vec<_>) = files.into_iter().partition(|(name, _)| name.up);
    let one = |mut files: Vec<(Name, File)>| if files.len() == 1 { files.pop() } else { None };
    match (ups.len(), downs.len()) {
        (1, 0) => return Err(format!("{names}: has no down file")),
        (0, 1) => return Err(format!("{names}: has no up file")),
        _ => {}
    }
    match (one(ups), one(downs)) {
        (Some((name, up)), Some((other, down))) if name.description == other.description => {
            Ok(Migration {
                version,
                description: name.description,
                up,
                down,
            })
        }
        _ => Err(format!(
            "number {version} is taken more than once: {names}; give the newer one the next free number"
        )),
    }
}

fn gap(folder: &str, migrations: &[Migration]) -> Option<String> {
    let (expected, found) = (1..)
        .zip(migrations)
        .find(|(expected, found)| found.version != *expected)?;
    Some(format!(
        "{folder}/{expected:04}_….up.sql is missing: the numbers must go on without a gap, but next comes {}",
        found.up.path
    ))
}

type Files = Vec<(String, Cow<'static, [u8]>)>;

fn read_dir(folder: &Path) -> Result<Files, (PathBuf, std::io::Error)> {
    let at_folder = |error| (folder.to_path_buf(), error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(at_folder)? {
        let path = entry.map_err(at_folder)?.path();
        if path.extension().is_some_and(|extension| extension == "sql") {
            let bytes = std::fs::read(&path).map_err(|error| (path.clone(), error))?;
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            files.push((name, Cow::Owned(bytes)));
        }
    }
    // The order in which a folder is listed is not the same everywhere; messages should be.
    files.sort();
    Ok(files)
}

#[cfg(test)]
#[path = "source_tests.rs"]
mod tests;
