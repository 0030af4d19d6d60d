//! Files as real programs write them.

use std::fmt::Write as _;

use vsa_contacts::FileOptions;
use vsa_db::enums::ContactLanguage;

use super::reading::{read, read_with};

const NUMBERS: [&str; 2] = ["+393331234567", "+390612345678"];

fn options(delimiter: Option<&str>, encoding: &str) -> FileOptions {
    FileOptions {
        delimiter: delimiter.map(|text| text.parse().unwrap()),
        encoding: encoding.parse().unwrap(),
    }
}

#[test]
fn every_column_becomes_a_field_of_the_contact() {
    let read = read(
        "external_contact_id,phone_number,email,language,has_prior_consent,do_not_call,time_zone\n\
         A-1,333 1234567,anna@example.com,it,yes,0,Europe/Rome\n\
         ,+44 20 7946 0000,,,,,\n",
    );
    assert!(read.rejects.is_empty(), "{:?}", read.rejects);
    let (line, anna) = &read.contacts[0];
    assert_eq!(*line, 2);
    assert_eq!(anna.external_contact_id.as_deref(), Some("A-1"));
    assert_eq!(anna.phone_number.as_str(), "+393331234567");
    assert_eq!(anna.email.as_deref(), Some("anna@example.com"));
    assert_eq!(anna.preferred_language, ContactLanguage::It);
    assert!(anna.has_prior_consent && !anna.do_not_call);
    assert_eq!(anna.time_zone.as_deref(), Some("Europe/Rome"));
    let (_, other) = &read.contacts[1];
    assert_eq!((&other.external_contact_id, &other.email), (&None, &None));
    assert_eq!(other.preferred_language, ContactLanguage::Auto);
    assert!(!other.has_prior_consent && !other.do_not_call);
    assert_eq!(other.time_zone, None);
}

#[test]
fn excel_in_italy_writes_semicolons_in_windows_1252() {
    let file = b"Codice cliente;Telefono;E-mail;Lingua;Consenso;Non chiamare;Citt\xe0\r\n\
        A1;333 1234567;anna@example.com;italiano;s\xec;no;Forl\xec\r\n\
        A2;06 12345678;;;S\xcc;;\"Cefal\xf9; Sicilia\"\r\n";
    let read = read_with(file, &options(None, "windows-1252")).unwrap();
    assert_eq!(read.numbers(), NUMBERS);
    assert!(
        read.contacts
            .iter()
            .all(|(_, contact)| contact.has_prior_consent)
    );
    assert_eq!(read.ignored, ["Città"]);
}

#[test]
fn excel_writes_a_mark_before_utf_8_and_a_line_that_names_the_delimiter() {
    let read =
        read("\u{feff}sep=;\r\nTelefono;Città\r\n333 1234567;Forlì\r\n06 12345678;Forlì\r\n");
    assert_eq!(read.numbers(), NUMBERS);
    assert_eq!(read.contacts[0].0, 3);
}

#[test]
fn excel_saves_unicode_text_as_utf_16_with_tabs() {
    let mut file = vec![0xff, 0xfe];
    for unit in "Telefono\tCittà\r\n333 1234567\tForlì\r\n06 12345678\tForlì\r\n".encode_utf16()
    {
        file.extend_from_slice(&unit.to_le_bytes());
    }
    assert_eq!(read(file).numbers(), NUMBERS);
}

#[test]
fn libre_office_quotes_texts_and_a_note_may_have_lines_of_its_own() {
    let read = read(
        "\"phone_number\",\"notes\"\n\"333 1234567\",\"call after 5,\nnot on \"\"Mondays\"\"\r\n\"\n06 12345678,\n12,\n",
    );
    assert_eq!(read.numbers(), NUMBERS);
    // Lines are those of the file, as an editor shows them.
    assert_eq!(read.contacts[1].0, 5);
    assert_eq!(read.reasons()[0].0, 6);
}

#[test]
fn google_sheets_ends_without_a_line_break() {
    assert_eq!(
        read("phone_number,name\r\n3331234567,A\r\n0612345678,B").numbers(),
        NUMBERS
    );
}

#[test]
fn any_usual_delimiter_is_found_and_any_other_can_be_given() {
    for delimiter in [",", ";", "\t", "|"] {
        let file = format!(
            "name{delimiter}phone{delimiter}notes\nA{delimiter}3331234567{delimiter}x\nB{delimiter}0612345678{delimiter}y\n"
        );
        assert_eq!(read(file).numbers(), NUMBERS, "{delimiter:?}");
    }
    let file = "name^phone\nA^3331234567\nB^0612345678\n";
    assert_eq!(
        read_with(file, &options(Some("^"), "auto"))
            .unwrap()
            .numbers(),
        NUMBERS
    );
    // Commas in the names of columns do not mislead.
    let file = "\"name, first\";\"city, street\";phone\nA;B;3331234567\nC;D;0612345678\n";
    assert_eq!(read(file).numbers(), NUMBERS);
}

#[test]
fn one_column_needs_no_delimiter() {
    assert_eq!(
        read("phone_number\n3331234567\n0612345678\n").numbers(),
        NUMBERS
    );
    assert_eq!(
        read("Telefono\r\n3331234567\r\n0612345678\r\n").numbers(),
        NUMBERS
    );
}

#[test]
fn lines_end_as_on_any_system() {
    for end in ["\n", "\r\n", "\r"] {
        let file = format!("phone_number,name{end}3331234567,A{end}12,B{end}0612345678,C{end}");
        let read = read(file);
        assert_eq!(read.numbers(), NUMBERS, "{end:?}");
        assert_eq!(read.reasons()[0].0, 3, "{end:?}");
    }
}

#[test]
fn empty_lines_are_no_rows() {
    let read = read("\n\r\nphone_number,name\n\n3331234567,A\n,\n\n0612345678,B\n,\n , \n\n\n\r\n");
    assert_eq!(read.numbers(), NUMBERS);
    assert!(read.rejects.is_empty(), "{:?}", read.rejects);
    assert_eq!(read.contacts[0].0, 5);
}

#[test]
fn a_spreadsheet_may_add_empty_fields() {
    let read = read("phone_number,name\n3331234567,A,,,\n0612345678,B, \n");
    assert_eq!(read.numbers(), NUMBERS);
}

/// Whatever pieces the system hands out, and however often a row crosses the end of one.
#[test]
fn a_long_file_is_read_whole() {
    let mut file = "phone_number,notes\n".to_owned();
    for n in 0..20_000 {
        writeln!(file, "333{n:07},\"{}\"", "x".repeat(n % 97)).unwrap();
    }
    let read = read(file);
    assert!(read.rejects.is_empty(), "{:?}", read.rejects.first());
    assert_eq!(read.contacts.len(), 20_000);
    for (at, (line, contact)) in read.contacts.iter().enumerate() {
        assert_eq!(*line, at as u64 + 2);
        assert_eq!(contact.phone_number.as_str(), format!("+39333{at:07}"));
    }
}
