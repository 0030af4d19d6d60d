//! What stands in the fields of a contact.

use std::collections::HashMap;

use vsa_db::enums::ContactLanguage;

use crate::text::{clean, shown};

/// The longest external id, in characters: an index holds it.
const LONGEST_ID: usize = 200;

/// A yes/no field; empty is no.
pub(super) fn yes_or_no(text: &str) -> Result<bool, String> {
    const YES: [&str; 10] = ["true", "1", "yes", "y", "t", "sì", "si", "s", "vero", "x"];
    const NO: [&str; 7] = ["", "false", "0", "no", "n", "f", "falso"];
    let text = clean(text);
    // The accent may be a character of its own, or an apostrophe on keyboards without it.
    let lower = text
        .to_lowercase()
        .replace("i\u{300}", "ì")
        .replace("si'", "sì");
    if NO.contains(&lower.as_str()) {
        Ok(false)
    } else if YES.contains(&lower.as_str()) {
        Ok(true)
    } else {
        Err(format!(
            "'{}' is neither yes nor no: write true or false, 1 or 0, yes or no, sì or no",
            shown(&text)
        ))
    }
}

/// The language to speak; empty follows the campaign.
pub(super) fn language(text: &str) -> Result<ContactLanguage, String> {
    let text = clean(text);
    let lower = text.to_lowercase();
    // `it-IT` and `en_GB` are the languages of a country.
    match lower.split(['-', '_']).next().unwrap_or_default() {
        "" | "auto" => Ok(ContactLanguage::Auto),
        "en" | "eng" | "english" | "inglese" => Ok(ContactLanguage::En),
        "it" | "ita" | "italian" | "italiano" | "italiana" => Ok(ContactLanguage::It),
        _ => Err(format!(
            "'{}' is no language that is spoken: write en, it or auto",
            shown(&text)
        )),
    }
}

/// The id that somebody else gave the contact; empty is none.
pub(super) fn external_id(text: &str) -> Result<Option<String>, String> {
    let text = clean(text);
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().any(char::is_control) {
        return Err("has a line break or another control character".to_owned());
    }
    if text.chars().count() > LONGEST_ID {
        return Err(format!("longer than {LONGEST_ID} characters"));
    }
    Ok(Some(text.into_owned()))
}

/// The time zones that the server knows.
#[derive(Debug, Default)]
pub(super) struct TimeZones(HashMap<String, String>);

impl FromIterator<String> for TimeZones {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        Self(
            names
                .into_iter()
                .map(|name| (name.to_lowercase(), name))
                .collect(),
        )
    }
}

impl TimeZones {
    /// The zone of this name, in any letter case; empty is none.
    pub(super) fn find(&self, text: &str) -> Result<Option<String>, String> {
        let text = clean(text);
        if text.is_empty() {
            return Ok(None);
        }
        match self.0.get(&text.to_lowercase().replace(' ', "_")) {
            Some(name) => Ok(Some(name.clone())),
            None => Err(format!(
                "'{}' is no time zone: write an IANA name such as Europe/Rome",
                shown(&text)
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_as_people_and_programs_write_them() {
        for yes in [
            "true",
            "TRUE",
            "1",
            "yes",
            "Y",
            "sì",
            "SÌ",
            "si",
            "Si",
            "s",
            "si'",
            "si\u{300}",
            "vero",
            "VERO",
            "x",
            "X",
            " yes ",
            "\u{feff}1",
            "t",
        ] {
            assert_eq!(yes_or_no(yes), Ok(true), "{yes:?}");
        }
        for no in [
            "", " ", "false", "FALSE", "0", "no", "No", "n", "falso", "Falso", "f",
        ] {
            assert_eq!(yes_or_no(no), Ok(false), "{no:?}");
        }
        for neither in ["2", "maybe", "yesno", "-1", "01", "null", "\u{1b}[2J"] {
            let reason = yes_or_no(neither).unwrap_err();
            assert!(reason.contains("neither yes nor no") && !reason.contains('\u{1b}'));
        }
    }

    #[test]
    fn languages_by_code_and_by_name() {
        use ContactLanguage::{Auto, En, It};
        for (text, expected) in [
            ("", Auto),
            ("AUTO", Auto),
            ("en", En),
            ("EN", En),
            ("English", En),
            ("inglese", En),
            ("en_GB", En),
            ("en-US", En),
            ("it", It),
            ("Italiano", It),
            ("italian", It),
            ("it-IT", It),
            ("ITA", It),
        ] {
            assert_eq!(language(text), Ok(expected), "{text}");
        }
        assert!(language("de").unwrap_err().contains("'de'"));
    }

    #[test]
    fn an_external_id_is_any_short_text_on_one_line() {
        assert_eq!(external_id("  "), Ok(None));
        for id in [
            "A-17",
            "00042",
            "'; DROP TABLE contacts; --",
            "=1+1",
            "città 5",
            "😀",
        ] {
            assert_eq!(external_id(id), Ok(Some(id.to_owned())));
        }
        assert_eq!(external_id(&"é".repeat(200)), Ok(Some("é".repeat(200))));
        for bad in ["a\nb", "a\tb", "\u{1b}[31mred", &"é".repeat(201)] {
            assert!(external_id(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_time_zone_is_one_that_the_server_knows() {
        let zones: TimeZones = ["Europe/Rome", "America/New_York"]
            .map(str::to_owned)
            .into_iter()
            .collect();
        assert_eq!(zones.find(""), Ok(None));
        for name in ["Europe/Rome", "europe/rome", " EUROPE/ROME "] {
            assert_eq!(zones.find(name), Ok(Some("Europe/Rome".to_owned())));
        }
        assert_eq!(
            zones.find("America/New York"),
            Ok(Some("America/New_York".to_owned()))
        );
        for bad in ["Rome", "CET+1", "Europe/Atlantis"] {
            assert!(zones.find(bad).unwrap_err().contains(bad));
        }
    }
}
