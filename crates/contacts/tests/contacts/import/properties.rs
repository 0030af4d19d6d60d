//! What holds for any file.

use std::fmt::Write as _;

use proptest::prelude::*;
use vsa_contacts::{Delimiter, FileOptions};

use super::reading::{read, read_with};

/// A field as a program that writes CSV puts it.
fn quoted(field: &str, delimiter: char) -> String {
    if field.contains(['"', '\n', '\r', delimiter]) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

proptest! {
    /// Whatever it holds, a file is refused or read, and every row that is not empty becomes one thing.
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300), with_header: bool) {
        let mut file = if with_header { b"phone,email\n".to_vec() } else { Vec::new() };
        file.extend_from_slice(&bytes);
        if let Ok(read) = read_with(&file, &FileOptions::default()) {
            prop_assert!(read.contacts.len() + read.rejects.len() <= file.len());
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "[\"',;\n\r 0-9a@.\u{e0}]{0,200}") {
        let read = read_with(format!("phone;id\n{text}"), &FileOptions::default());
        prop_assert!(read.is_ok());
    }

    /// What was written as a CSV is read back, in whatever order the columns stand and whatever the
    /// lines end with.
    #[test]
    fn what_was_written_is_read_back(
        rows in prop::collection::vec(("[a-zA-Z \",;|\tèì'=\\\\-]{0,12}", "[\\PC\n\r]{0,12}", 0..10_000_000_u32), 1..20),
        delimiter in prop::sample::select(vec![',', ';', '\t', '|']),
        end in prop::sample::select(vec!["\n", "\r\n"]),
        phone_first: bool,
    ) {
        let line = |phone: &str, id: &str, notes: &str| {
            let fields = if phone_first { [phone, id, notes] } else { [notes, id, phone] };
            let fields = fields.map(|field| quoted(field, delimiter));
            fields.join(&delimiter.to_string()) + end
        };
        let mut file = line("Phone number", "ID", "notes");
        for (id, notes, number) in &rows {
            file += &line(&format!("333{number:07}"), id, notes);
        }
        let read = read(&file);
        // A tab is a control character, which an id may not have, unless it stands at an end.
        let expected: Vec<_> = rows.iter().filter(|(id, ..)| !id.trim().contains('\t')).collect();
        prop_assert_eq!(read.rejects.len(), rows.len() - expected.len());
        prop_assert_eq!(read.contacts.len(), expected.len());
        for ((id, _, number), (_, contact)) in expected.into_iter().zip(&read.contacts) {
            prop_assert_eq!(contact.phone_number.as_str(), format!("+39333{number:07}"));
            prop_assert_eq!(contact.external_contact_id.as_deref().unwrap_or_default(), id.trim());
        }
    }

    /// The line of a row is where an editor finds it.
    #[test]
    fn a_row_stands_on_its_line(notes in prop::collection::vec("[a\n\"]{0,6}", 1..20)) {
        let mut file = "phone,notes\n".to_owned();
        let mut lines = Vec::new();
        for note in &notes {
            lines.push(file.matches('\n').count() as u64 + 1);
            writeln!(file, "3331234567,{}", quoted(note, ',')).unwrap();
        }
        let read: Vec<u64> = read(&file).contacts.iter().map(|(line, _)| *line).collect();
        prop_assert_eq!(read, lines);
    }

    /// Rejects that nobody corrected are rejected again, for the same reason and with the same values.
    #[test]
    fn rejects_are_read_as_they_were_written(
        rows in prop::collection::vec("[a-z \",;\n\réì]{1,12}", 1..20),
        delimiter in prop::sample::select(vec![",", ";", "|"]),
    ) {
        let options = FileOptions { delimiter: Some(delimiter.parse::<Delimiter>().unwrap()), ..FileOptions::default() };
        let sign = delimiter.chars().next().unwrap();
        let mut file = format!("phone{delimiter}notes\n");
        for row in &rows {
            writeln!(file, "12{delimiter}{}", quoted(row, sign)).unwrap();
        }
        let first = read_with(&file, &options).unwrap();
        prop_assert_eq!(first.rejects.len(), rows.len());
        let second = read_with(&first.rejects_csv, &options).unwrap();
        prop_assert_eq!(second.rejects.len(), rows.len());
        let values = |csv: &str| csv.match_indices("12").count();
        prop_assert!(values(&second.rejects_csv) >= rows.len());
        for (a, b) in first.rejects.iter().zip(&second.rejects) {
            prop_assert_eq!(&a.reason, &b.reason);
        }
    }
}
