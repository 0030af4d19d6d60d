//! Phone numbers as people and spreadsheets write them.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberType};

use super::PhoneNumber;
use crate::text::{clean, shown};

/// The country whose numbers may be written without a country code: two letters, ISO 3166.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region(rlibphonenumber::Region);

/// A text that is no country with phone numbers.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is no country: write its two letters, such as IT")]
pub struct RegionError(String);

impl FromStr for Region {
    type Err = RegionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let region = rlibphonenumber::Region::from_code(text.trim())
            .map_err(|_| RegionError(shown(text)))?;
        if PHONE_NUMBER_UTIL
            .get_country_code_for_region(region)
            .is_none()
        {
            return Err(RegionError(shown(text)));
        }
        Ok(Self(region))
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why a text is no number that can be called. What stood there is repeated only where it is no
/// number any more.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum PhoneFault {
    /// Nothing stands there.
    #[error("no phone number")]
    Empty,
    /// The form in which a spreadsheet shows a long number; the digits that it lost are gone.
    #[error(
        "a spreadsheet shortened it to {0} and lost its last digits: format the column as text, \
         enter the number again and save the file again"
    )]
    Scientific(String),
    /// Letters, other than those of an extension.
    #[error("has letters: write digits only, such as +39 06 12345678")]
    Letters,
    /// A switchboard would have to be asked for somebody.
    #[error("has an extension, which cannot be dialled: write a direct number")]
    Extension,
    /// A national form, and nobody said of which country.
    #[error("has no country code: write it as +39 06 12345678, or give --default-region IT")]
    NoCountry,
    /// A country code that no country has.
    #[error("begins with a country code that does not exist")]
    UnknownCountry,
    /// Emergency and service numbers, and what is left of longer ones.
    #[error("too short: emergency and service numbers are never called")]
    Short,
    /// A service that charges its callers.
    #[error("a premium-rate number, which is never called")]
    Premium,
    /// Nobody answers there.
    #[error("the number of a pager or a voicemail box, where nobody answers")]
    Nobody,
    /// The numbering plan of its country has no such number.
    #[error("no number of its country: a digit is missing, too many or wrong")]
    Invalid,
}

impl PhoneNumber {
    /// The number that a person meant: in international form, or in the national form of `region`;
    /// with spaces, punctuation, invisible marks or a leading apostrophe.
    ///
    /// ```
    /// use vsa_contacts::PhoneNumber;
    /// let italy = "IT".parse()?;
    /// let number = PhoneNumber::read("(06) 1234-5678", Some(italy))?;
    /// assert_eq!(number.as_str(), "+390612345678");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read(text: &str, region: Option<Region>) -> Result<Self, PhoneFault> {
        let text = clean(text);
        let text = without_guards(&text);
        if text.is_empty() {
            return Err(PhoneFault::Empty);
        }
        if is_scientific(text) {
            return Err(PhoneFault::Scientific(shown(text)));
        }
        if text.chars().any(char::is_alphabetic) || text.contains('#') {
            return Err(if has_extension(text) {
                PhoneFault::Extension
            } else {
                PhoneFault::Letters
            });
        }
        let text = without_decimals(text);
        match (dialled(text, region), text.split_once("(0)")) {
            // `+39 (0)333 …`: a zero that is dialled at home only. In Italy it often belongs to the
            // number, so the text as it stands comes first.
            (Err(fault), Some((before, after))) => {
                dialled(&format!("{before}{after}"), region).map_err(|_| fault)
            }
            (read, _) => read,
        }
    }
}

impl PhoneNumber {
    /// A number that somebody does not want called, or wants forgotten: as [`read`](Self::read), and
    /// whatever else has the form of E.164, for a contact may have been stored with it.
    ///
    /// # Errors
    /// [`PhoneFault`].
    pub fn read_to_exclude(text: &str, region: Option<Region>) -> Result<Self, PhoneFault> {
        Self::read(text, region).or_else(|fault| clean(text).trim().parse().map_err(|_| fault))
    }
}

/// Without what keeps a spreadsheet from taking a number for a sum: `'0612…`, `="0612…"`.
fn without_guards(text: &str) -> &str {
    let text = text
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(text);
    let text = text.trim_start_matches(['\'', '’', '`']);
    text.strip_prefix("tel:").unwrap_or(text).trim()
}

/// Whether a spreadsheet wrote it: `3,93331E+11`.
fn is_scientific(text: &str) -> bool {
    let Some((number, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits(exponent.strip_prefix('+').unwrap_or(exponent))
        && digits(&number.replacen(['.', ','], "", 1))
}

/// Whether a number is followed by the number of somebody behind a switchboard.
fn has_extension(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "ext",
        "extension",
        "extn",
        "x",
        "int",
        "interno",
        "est",
        "estensione",
        "#",
    ];
    let text = text.to_lowercase();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_digit());
    let word = digits.trim_end_matches([' ', '.', ':', '=']);
    let Some(number) = WORDS
        .iter()
        .filter_map(|end| word.strip_suffix(end))
        .min_by_key(|rest| rest.len())
    else {
        return false;
    };
    digits.len() < text.len() && !number.chars().any(char::is_alphabetic)
}

/// Without the `.0` of a program that took a number for one to reckon with.
fn without_decimals(text: &str) -> &str {
    match text.split_once(['.', ',']) {
        Some((number, "0" | "00")) if number.bytes().all(|byte| byte.is_ascii_digit()) => number,
        _ => text,
    }
}

fn dialled(text: &str, region: Option<Region>) -> Result<PhoneNumber, PhoneFault> {
    use rlibphonenumber::ParseError;

    let international;
    let text = match (region, text.strip_prefix("00")) {
        // Without a country nobody knows its prefix for calls abroad; this one is nearly everywhere.
        (None, Some(rest)) => {
            international = format!("+{rest}");
            &international
        }
        _ => text,
    };
    let country = region.map(|region| region.0);
    let number = PHONE_NUMBER_UTIL
        .parse(text, country)
        .map_err(|error| match error {
            ParseError::InvalidCountryCode if !text.starts_with(['+', '＋']) => {
                PhoneFault::NoCountry
            }
            ParseError::InvalidCountryCode => PhoneFault::UnknownCountry,
            ParseError::TooShortAfterIdd | ParseError::TooShortNsn => PhoneFault::Short,
            _ => PhoneFault::Invalid,
        })?;
    if number.extension.is_some() {
        return Err(PhoneFault::Extension);
    }
    match number.get_type() {
        PhoneNumberType::PremiumRate => Err(PhoneFault::Premium),
        PhoneNumberType::Pager | PhoneNumberType::VoiceMail => Err(PhoneFault::Nobody),
        // What is no number of its country has no type.
        PhoneNumberType::Unknown if number.national_number < 1_000_000 => Err(PhoneFault::Short),
        PhoneNumberType::Unknown => Err(PhoneFault::Invalid),
        _ => {
            let zeros = if number.italian_leading_zero() {
                number.number_of_leading_zeros()
            } else {
                0
            };
            let zeros = "0".repeat(usize::try_from(zeros).unwrap_or(0));
            format!("+{}{zeros}{}", number.country_code, number.national_number)
                .parse()
                .map_err(|_| PhoneFault::Invalid)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<String, PhoneFault> {
        PhoneNumber::read(text, Some("IT".parse().unwrap()))
            .map(|number| number.as_str().to_owned())
    }

    #[test]
    fn one_number_in_all_the_ways_people_write_it() {
        for text in [
            "+393331234567",
            "3331234567",
            "333 123 4567",
            "333-123.45/67",
            "(333) 1234567",
            "0039 333 1234567",
            "+39 (333) 1234567",
            "+39 (0)333 1234567",
            "+39\u{a0}333\u{2009}1234567",
            "\u{202a}+39 333 1234567\u{202c}",
            "\u{feff}3331234567\u{200b}",
            "'+393331234567",
            "'3331234567",
            "=\"3331234567\"",
            "tel:+39-333-1234567",
            "393331234567",
            "393331234567.0",
            "3331234567,00",
            "\t3331234567 ",
            "＋３９３３３１２３４５６７",
        ] {
            assert_eq!(read(text).as_deref(), Ok("+393331234567"), "{text:?}");
        }
        assert_eq!(read("06 12345678").as_deref(), Ok("+390612345678"));
        assert_eq!(read("+39 (0)6 12345678").as_deref(), Ok("+390612345678"));
        assert_eq!(read("+44 (0)20 7946 0000").as_deref(), Ok("+442079460000"));
        assert_eq!(read("800 123456").as_deref(), Ok("+39800123456"));
    }

    #[test]
    fn what_cannot_be_called_is_told_why() {
        use PhoneFault::{
            Empty, Extension, Invalid, Letters, Premium, Scientific, Short, UnknownCountry,
        };
        let scientific = |text: &str| Scientific(text.to_owned());
        for (text, fault) in [
            ("", Empty),
            (" \u{200b}", Empty),
            ("'", Empty),
            ("3,93331E+11", scientific("3,93331E+11")),
            ("3.93331e+11", scientific("3.93331e+11")),
            ("4E11", scientific("4E11")),
            ("CALL ME", Letters),
            ("1800FLOWERS", Letters),
            ("n.d.", Letters),
            ("#REF!", Letters),
            ("06 1234567 ext 5", Extension),
            ("06 1234567 int. 12", Extension),
            ("06 1234567x5", Extension),
            ("06 1234567#5", Extension),
            ("+39061234567;ext=5", Extension),
            ("112", Short),
            ("118", Short),
            ("+39 112", Short),
            ("911", Short),
            ("42", Short),
            ("899 123456", Premium),
            ("+39 144 123456", Premium),
            ("+1 900 555 0123", Premium),
            ("+999 123456789", UnknownCountry),
            ("333 12345678901234567", Invalid),
            ("333 1234567 / 06 12345678", Invalid),
            ("+39 333", Short),
            ("\u{1b}[2J3331234567", Letters),
            ("3331234567'; DROP TABLE contacts; --", Letters),
        ] {
            assert_eq!(read(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn a_national_form_needs_a_country() {
        assert_eq!(
            PhoneNumber::read("3331234567", None),
            Err(PhoneFault::NoCountry)
        );
        for text in ["+393331234567", "00393331234567"] {
            assert!(PhoneNumber::read(text, None).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_region_is_a_country_with_telephones() {
        assert_eq!("it".parse::<Region>().unwrap().to_string(), "IT");
        for text in ["", "XX", "Italy", "39", "001"] {
            assert!(text.parse::<Region>().is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_in_e164_or_has_a_fault(text in "\\PC*|[-+0-9 ()./,xE'\u{202a}]{0,24}") {
            if let Ok(number) = PhoneNumber::read(&text, Some("IT".parse().unwrap())) {
                prop_assert_eq!(PhoneNumber::read(number.as_str(), None), Ok(number));
            }
        }
    }
}
