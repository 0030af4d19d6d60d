//! Reading a text as a file.

use vsa_contacts::{ContactFile, FileError, FileOptions, NewContact, Reject, Row};

/// What became of the rows of a file.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) contacts: Vec<(u64, NewContact)>,
    pub(crate) rejects: Vec<Reject>,
    /// The CSV of the rejected rows.
    pub(crate) rejects_csv: String,
    pub(crate) ignored: Vec<String>,
}

impl Read {
    /// The numbers, in their order.
    pub(crate) fn numbers(&self) -> Vec<&str> {
        self.contacts
            .iter()
            .map(|(_, contact)| contact.phone_number.as_str())
            .collect()
    }

    /// Line and reason of each reject.
    pub(crate) fn reasons(&self) -> Vec<(u64, String)> {
        self.rejects
            .iter()
            .map(|reject| (reject.line, reject.to_string()))
            .collect()
    }
}

pub(crate) fn read(bytes: impl AsRef<[u8]>) -> Read {
    read_with(bytes, &FileOptions::default()).expect("a CSV")
}

pub(crate) fn read_with(bytes: impl AsRef<[u8]>, options: &FileOptions) -> Result<Read, FileError> {
    read_from(bytes.as_ref(), options)
}

pub(crate) fn read_from(
    reader: impl std::io::Read,
    options: &FileOptions,
) -> Result<Read, FileError> {
    let italy = "IT".parse().expect("a country");
    let mut file = ContactFile::open(reader, options, Some(italy))?;
    file.set_time_zones(["Europe/Rome", "America/New_York"].map(str::to_owned));
    let mut read = Read {
        ignored: file.ignored_columns(),
        ..Read::default()
    };
    let mut rejects = file.rejects(Vec::new())?;
    while let Some(row) = file.next_row()? {
        match row {
            Row::Contact(candidate) => read.contacts.push((candidate.line, candidate.contact)),
            Row::Rejected(reject) => {
                file.write_reject(&reject, &mut rejects)?;
                read.rejects.push(reject);
            }
        }
    }
    read.rejects_csv = String::from_utf8(rejects.finish()?).expect("UTF-8");
    Ok(read)
}

/// Why a file is refused.
pub(crate) fn refused(bytes: impl AsRef<[u8]>) -> String {
    match read_with(bytes, &FileOptions::default()) {
        Ok(_) => panic!("the file was read"),
        Err(error) => error.to_string(),
    }
}
