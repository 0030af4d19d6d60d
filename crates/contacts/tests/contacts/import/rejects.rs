//! Rejected rows as a file that can be corrected and read again.

use vsa_contacts::FileOptions;

use super::reading::{read, read_with};

#[test]
fn rejects_keep_the_columns_and_say_line_and_reason_first() {
    let read = read(
        "Telefono;Città\r\n3331234567;Roma\r\n112;\"Forlì; \"\"centro\"\"\"\r\n333;A;B\r\n0612345678\r\n06\r\n",
    );
    assert_eq!(
        read.rejects_csv,
        "\u{feff}rejected_line;rejected_because;Telefono;Città\r\n\
         3;Telefono: too short: emergency and service numbers are never called;112;\"Forlì; \"\"centro\"\"\"\r\n\
         4;more fields than the header: does one hold the delimiter?;333;A;B\r\n\
         6;Telefono: too short: emergency and service numbers are never called;06\r\n"
    );
}

#[test]
fn corrected_rejects_are_read_with_the_options_of_the_first_file() {
    let options = FileOptions {
        encoding: "windows-1252".parse().unwrap(),
        ..FileOptions::default()
    };
    let first = read_with(
        b"Telefono;Citt\xe0\r\n33312345;Forl\xec\r\n12;Roma\r\n",
        &options,
    )
    .unwrap();
    assert_eq!(first.rejects.len(), 2);
    let corrected = first.rejects_csv.replace(";33312345;", ";3331234567;");
    let second = read_with(&corrected, &options).unwrap();
    assert_eq!(second.numbers(), ["+393331234567"]);
    assert_eq!(second.ignored, ["Città"]);
    // What is rejected once more comes in the same form, with nothing twice.
    assert_eq!(
        second.rejects_csv,
        "\u{feff}rejected_line;rejected_because;Telefono;Città\r\n\
         3;Telefono: too short: emergency and service numbers are never called;12;Roma\r\n"
    );
}
