use std::fmt;
use std::str::FromStr;

mod read;

pub use read::{PhoneFault, Region, RegionError};

/// A phone number in E.164: a plus sign, a country code that does not begin
/// with zero, 7 to 15 digits in all, nothing else. Personal data: its `Debug`
/// shows the country's first digits only.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PhoneNumber(String);

/// A text that is no phone number in E.164. The text is not repeated: it may
/// be somebody's number all the same.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a phone number in E.164: write + and 7 to 15 digits, such as +390612345678")]
pub struct PhoneNumberError;

impl PhoneNumber {
    /// The number as it is stored and dialled.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for PhoneNumber {
    type Err = PhoneNumberError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix('+').ok_or(PhoneNumberError)?;
        let well_formed = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        if !well_formed {
            return Err(PhoneNumberError);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneNumber({}…)", &self.0[..3])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_e164_is_a_phone_number() {
        for good in [
            "+390612345678",
            "+442079460000",
            "+1234567",
            "+123456789012345",
        ] {
            assert_eq!(good.parse::<PhoneNumber>().unwrap().as_str(), good);
        }
        for bad in [
            "",
            "+",
            "390612345678",
            "+0612345678",
            "+123456",
            "+1234567890123456",
            "+39 06 12345678",
            "+39061234567a",
            "+٣٩٠٦١٢٣٤٥٦٧٨",
            "++390612345678",
        ] {
            assert_eq!(bad.parse::<PhoneNumber>(), Err(PhoneNumberError), "{bad}");
        }
    }

    #[test]
    fn a_log_does_not_show_it() {
        let number: PhoneNumber = "+390612345678".parse().unwrap();
        assert_eq!(format!("{number:?}"), "PhoneNumber(+39…)");
    }
}
