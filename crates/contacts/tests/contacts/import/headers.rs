//! Which column is which.

use vsa_contacts::COLUMNS;

use super::reading::{read, refused};

#[test]
fn columns_come_in_any_order_and_letter_case() {
    for header in [
        "phone_number,email",
        "PHONE_NUMBER,E-Mail",
        "Phone Number,e_mail",
        " phone-number ,E-MAIL",
        "PhoneNumber,\u{feff}email\u{a0}",
    ] {
        let read = read(format!("{header}\n3331234567,anna@example.com\n"));
        assert_eq!(read.numbers(), ["+393331234567"], "{header}");
        assert_eq!(
            read.contacts[0].1.email.as_deref(),
            Some("anna@example.com")
        );
        assert!(read.ignored.is_empty());
    }
    let read = read("email,phone_number\nanna@example.com,3331234567\n");
    assert_eq!(read.numbers(), ["+393331234567"]);
}

/// Each name of the table that the documentation shows.
#[test]
fn every_synonym_is_understood() {
    let sample = |column| match column {
        "external_contact_id" => "A-1",
        "phone_number" => "3331234567",
        "email" => "anna@example.com",
        "language" => "it",
        "has_prior_consent" | "do_not_call" => "yes",
        _ => "Europe/Rome",
    };
    for column in COLUMNS {
        for name in column.synonyms {
            let read = match column.name {
                "phone_number" => read(format!("{name}\n3331234567\n")),
                other => read(format!(
                    "phone_number,{name}\n3331234567,{}\n",
                    sample(other)
                )),
            };
            assert_eq!(read.numbers(), ["+393331234567"], "{name}");
            assert!(read.ignored.is_empty(), "{name} is ignored");
            let contact = &read.contacts[0].1;
            let taken = match column.name {
                "external_contact_id" => contact.external_contact_id.is_some(),
                "phone_number" => true,
                "email" => contact.email.is_some(),
                "language" => contact.preferred_language == vsa_db::enums::ContactLanguage::It,
                "has_prior_consent" => contact.has_prior_consent,
                "do_not_call" => contact.do_not_call,
                _ => contact.time_zone.is_some(),
            };
            assert!(taken, "{name} is not {}", column.name);
        }
    }
}

#[test]
fn a_file_without_phone_numbers_is_told_what_it_lacks() {
    let error = refused("name,email\nAnna,anna@example.com\n");
    assert_eq!(
        error,
        "no column phone_number: the header names name, email; name it phone_number (or phone, \
         telefono, cellulare, mobile)"
    );
}

#[test]
fn a_column_twice_is_told() {
    for (file, names) in [
        (
            "phone_number,phone_number\n1,2\n",
            ["1 (phone_number)", "2 (phone_number)"],
        ),
        (
            "Telefono;Nome;Cellulare\n1;2;3\n",
            ["1 (Telefono)", "3 (Cellulare)"],
        ),
        (
            "phone_number,email,E-mail\n1,2,3\n",
            ["2 (email)", "3 (E-mail)"],
        ),
    ] {
        let error = refused(file);
        assert!(names.iter().all(|name| error.contains(name)), "{error}");
        assert!(error.contains("rename"), "{error}");
    }
}

#[test]
fn a_column_s_own_name_wins_over_synonyms() {
    let read = read("telefono,phone_number,cellulare\nx,3331234567,y\n");
    assert_eq!(read.numbers(), ["+393331234567"]);
    assert_eq!(read.ignored, ["telefono", "cellulare"]);
}

#[test]
fn a_file_that_begins_with_values_has_no_header() {
    for file in [
        "3331234567,anna@example.com\n3331234568,b@example.com\n",
        "+393331234567\n",
        "Anna;333 1234567\n",
    ] {
        let error = refused(file);
        assert!(
            error.contains("no header") && error.contains("phone_number,email"),
            "{error}"
        );
    }
}

#[test]
fn unknown_columns_are_ignored_and_named() {
    let read = read("nome,phone_number,,\u{1b}[31mred\nAnna,3331234567,x,y\n");
    assert_eq!(read.numbers(), ["+393331234567"]);
    assert_eq!(read.ignored, ["nome", "\\u{1b}[31mred"]);
}

#[test]
fn a_header_of_a_thousand_columns_is_not_repeated() {
    let header: Vec<String> = (0..900).map(|n| format!("column {n}")).collect();
    let error = refused(header.join(","));
    assert!(error.contains("column 11, 888 more"), "{error}");
}
