//! Files of people on their way in, and the rows of them that are rejected.

use std::fs::File;
use std::io::{BufWriter, Read};
use std::path::Path;

use tempfile::NamedTempFile;
use vsa_contacts::{FileError, FileOptions, Reject};

use crate::args::Reading;
use crate::failure::Failure;
use crate::output::{harmless, print_table, say};

impl Reading {
    pub(crate) fn options(&self) -> FileOptions {
        FileOptions {
            delimiter: self.delimiter,
            encoding: self.encoding,
        }
    }
}

/// A file, or stdin, and how large it is.
pub(crate) fn open(path: &Path) -> Result<(Box<dyn Read + Send>, Option<u64>), Failure> {
    if path == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), None));
    }
    let cannot = |error| Failure::usage(format!("cannot read {}: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let data = file.metadata().map_err(cannot)?;
    if data.is_dir() {
        return Err(Failure::usage(format!(
            "{} is a folder; give a file",
            path.display()
        )));
    }
    Ok((Box::new(file), data.is_file().then_some(data.len())))
}

/// A file whose header cannot be read.
pub(crate) fn unreadable(path: &Path, error: &FileError) -> Failure {
    let what = format!("{}: {error}", path.display());
    match error {
        FileError::Io(_) => Failure::failed(what),
        _ => Failure::usage(what),
    }
}

/// Where the rejected rows go: a file that appears when the import has gone well.
pub(crate) struct Rejecting<'a>(Option<(NamedTempFile, &'a Path)>);

impl<'a> Rejecting<'a> {
    pub(crate) fn into(path: Option<&'a Path>) -> Result<Self, Failure> {
        let Some(path) = path else {
            return Ok(Self(None));
        };
        let folder = path
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let file = NamedTempFile::new_in(folder.unwrap_or(Path::new("."))).map_err(|error| {
            Failure::failed(format!("cannot write {}: {error}", path.display()))
        })?;
        Ok(Self(Some((file, path))))
    }

    pub(crate) fn writer(&self) -> Result<Option<BufWriter<File>>, Failure> {
        let file = self.0.as_ref().map(|(file, _)| file.reopen()).transpose()?;
        Ok(file.map(BufWriter::new))
    }

    pub(crate) fn keep(self) -> Result<(), Failure> {
        if let Some((file, path)) = self.0 {
            file.persist(path).map_err(|error| {
                Failure::failed(format!("cannot write {}: {}", path.display(), error.error))
            })?;
        }
        Ok(())
    }
}

pub(crate) fn tell_ignored(columns: &[String]) {
    if !columns.is_empty() {
        say(&format!(
            "columns that mean nothing here: {}",
            harmless(&columns.join(", "))
        ));
    }
}

/// The rejects as a table, and what to do about them; `all` counts those, too, that are not among them.
pub(crate) fn tell_rejects(
    rejects: &[Reject],
    all: u64,
    written: Option<&Path>,
) -> Result<(), Failure> {
    if all == 0 {
        return Ok(());
    }
    let rows = rejects.iter().map(|reject| {
        vec![
            reject.line.to_string(),
            reject.column.clone().unwrap_or_default(),
            reject.reason.clone(),
        ]
    });
    print_table(&["LINE", "COLUMN", "REJECTED BECAUSE"], rows.collect())?;
    let untold = all - rejects.len() as u64;
    if untold > 0 {
        say(&format!("and {untold} more"));
    }
    match written {
        Some(path) => say(&format!("correct {} and import it again", path.display())),
        None => say("--rejects FILE writes them as a CSV to correct and import again"),
    }
    Ok(())
}
