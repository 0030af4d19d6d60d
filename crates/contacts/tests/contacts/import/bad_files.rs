//! "Bad input" of files of contacts, line by line.

use std::fmt::Write as _;
use std::io::Read;

use vsa_contacts::{FileError, FileOptions};

use super::reading::{read, read_from, read_with, refused};

#[test]
fn an_empty_file() {
    for file in ["", "\u{feff}", "\n\r\n\n"] {
        let error = refused(file);
        assert!(
            error.contains("empty") && error.contains("phone_number"),
            "{error}"
        );
    }
}

#[test]
fn a_header_only() {
    let read = read("phone_number,email\r\n");
    assert!(read.contacts.is_empty() && read.rejects.is_empty());
}

#[test]
fn a_binary_file() {
    for file in [
        &b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..],
        b"\x7fELF\x02\x01\x01\0\0\0",
        b"\0\0\0\0",
    ] {
        assert!(refused(file).contains("no CSV"), "{}", refused(file));
    }
    assert!(refused(b"PK\x03\x04\x14\0\x06\0").contains("workbook"));
    assert!(refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").contains("workbook"));
    assert!(refused("%PDF-1.7\n").contains("PDF"));
}

#[test]
fn a_zero_byte() {
    let error = refused("phone_number\n3331234567\n333\u{0}123\n");
    assert!(
        error.contains("line 3") && error.contains("zero byte"),
        "{error}"
    );
}

#[test]
fn mixed_encodings() {
    let error =
        refused(b"phone_number;citt\xc3\xa0\n3331234567;Forl\xc3\xac\n0612345678;Forl\xec\n");
    assert!(
        error.contains("line 3") && error.contains("--encoding windows-1252"),
        "{error}"
    );
}

/// A row of a billion bytes takes no more memory than any other, and costs itself only.
#[test]
fn a_line_of_a_gigabyte() {
    let line = std::io::repeat(b'9').take(1 << 30);
    let file = b"phone_number,name\n3331234567,A\n"
        .chain(line)
        .chain(&b"\n0612345678,B\n"[..]);
    let read = read_from(file, &FileOptions::default()).unwrap();
    assert_eq!(read.numbers(), ["+393331234567", "+390612345678"]);
    assert_eq!(read.contacts[1].0, 4);
    let reasons = read.reasons();
    assert_eq!(reasons.len(), 1);
    assert_eq!(reasons[0].0, 3);
    assert!(reasons[0].1.contains("64 KiB"), "{reasons:?}");
    assert!(read.rejects_csv.len() < 1000);
}

#[test]
fn a_quotation_mark_that_is_never_closed_costs_its_own_line_only() {
    let mut file = "phone_number,name\n3331234567,\"A\n0612345678,B\n".to_owned();
    let short = read(&file);
    assert_eq!(short.numbers(), ["+390612345678"]);
    assert_eq!(
        short.reasons(),
        [(2, "a quotation mark is opened and never closed".to_owned())]
    );
    for n in 0..20_000 {
        writeln!(file, "333{n:07},C").unwrap();
    }
    let long = read(file);
    assert_eq!(long.contacts.len(), 20_001);
    assert_eq!(long.reasons().len(), 1);
    assert_eq!(long.reasons()[0].0, 2);
}

#[test]
fn a_row_that_ends_before_it_says_whether_to_call_is_no_yes() {
    let file = "name,phone_number,do_not_call\nA,3331234567,no\nB,3331234568\nC\n";
    let read = read(file);
    assert_eq!(read.numbers(), ["+393331234567"]);
    assert_eq!(
        read.reasons(),
        [
            (3, "do_not_call: the row ends before it".to_owned()),
            (4, "do_not_call: the row ends before it".to_owned())
        ]
    );
}

#[test]
fn ragged_rows() {
    let read =
        read("phone_number,name,city\n3331234567,A\n3331234568,B,Roma,Lazio\n3331234569,C,Roma\n");
    // Cells that are left out at the end are empty.
    assert_eq!(read.numbers(), ["+393331234567", "+393331234569"]);
    let reasons = read.reasons();
    assert!(
        reasons[0].0 == 3 && reasons[0].1.contains("more fields"),
        "{reasons:?}"
    );
}

#[test]
fn more_fields_than_anybody_needs() {
    let read = read(format!(
        "phone_number,name\n333{}\n3331234567,A\n",
        ",".repeat(5000)
    ));
    assert_eq!(read.numbers(), ["+393331234567"]);
    assert!(read.reasons()[0].1.contains("1000 fields"));
}

#[test]
fn every_row_bad() {
    let mut rows = String::new();
    for n in 0..10_000 {
        writeln!(rows, "{n},x").unwrap();
    }
    let read = read(format!("phone_number,email\n{rows}"));
    assert!(read.contacts.is_empty());
    assert_eq!(read.rejects.len(), 10_000);
    assert_eq!(read.rejects_csv.lines().count(), 10_001);
}

#[test]
fn each_fault_is_told_by_line_column_and_reason() {
    let read = read(
        "Telefono;E-mail;Lingua;Consenso;Non chiamare;Fuso orario;Codice\n\
         3,93331E+11;;;;;;\n\
         06 1234567 int. 5;;;;;;\n\
         899 123456;;;;;;\n\
         112;;;;;;\n\
         3331234567;anna@;;;;;\n\
         3331234567;;tedesco;;;;\n\
         3331234567;;;forse;;;\n\
         3331234567;;;;boh;;\n\
         3331234567;;;;;Roma;\n\
         3331234567;;;;;;\"a\nb\"\n",
    );
    assert!(read.contacts.is_empty());
    let expected = [
        (2, "Telefono", "3,93331E+11"),
        (3, "Telefono", "extension"),
        (4, "Telefono", "premium-rate"),
        (5, "Telefono", "emergency"),
        (6, "E-mail", "e-mail address"),
        (7, "Lingua", "'tedesco'"),
        (8, "Consenso", "'forse'"),
        (9, "Non chiamare", "'boh'"),
        (10, "Fuso orario", "'Roma'"),
        (11, "Codice", "line break"),
    ];
    assert_eq!(read.rejects.len(), expected.len());
    for (reject, (line, column, reason)) in read.rejects.iter().zip(expected) {
        assert_eq!(
            (reject.line, reject.column.as_deref()),
            (line, Some(column))
        );
        assert!(reject.reason.contains(reason), "{reject}");
    }
}

#[test]
fn sql_and_terminal_sequences_are_values_like_any_other() {
    let nasty = "'; DROP TABLE contacts; -- \\N \\. $1";
    let fine = read(format!(
        "phone_number,id,name\n3331234567,{nasty},\u{1b}[2J\n"
    ));
    assert_eq!(
        fine.contacts[0].1.external_contact_id.as_deref(),
        Some(nasty)
    );
    let read = read(
        "phone_number,email,language,consent,tz,id\n\
        3331234567\u{1b}[2J,,,,,\n3331234567,\u{1b}[2J@example.com,,,,\n3331234567,,\u{1b}[2J,,,\n\
        3331234567,,,\u{1b}[2J,,\n3331234567,,,,\u{1b}[2J,\n3331234567,,,,,\u{1b}[2J\n",
    );
    assert_eq!(read.rejects.len(), 6);
    assert!(
        read.rejects
            .iter()
            .all(|reject| !reject.to_string().contains('\u{1b}'))
    );
}

#[test]
fn a_disk_that_fails_is_told() {
    struct Fails;
    impl Read for Fails {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("the disk is gone"))
        }
    }
    let file = b"phone_number\n3331234567\n".chain(Fails);
    let error = read_from(file, &FileOptions::default()).unwrap_err();
    assert_eq!(error.to_string(), "cannot read the file: the disk is gone");
}

#[test]
fn an_encoding_that_does_not_fit_is_told() {
    let options = FileOptions {
        encoding: "shift_jis".parse().unwrap(),
        ..FileOptions::default()
    };
    let error = read_with(b"phone_number,x\n3331234567,\xff\n", &options).unwrap_err();
    assert!(
        matches!(error, FileError::Encoding { line: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("Shift_JIS"));
}
