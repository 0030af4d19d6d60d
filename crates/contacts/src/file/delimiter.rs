use std::fmt;
use std::str::FromStr;

use crate::text::shown;

/// What stands between two fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delimiter(u8);

/// A text that cannot stand between fields.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("'{0}' is no delimiter: write one character such as ; or tab")]
pub struct DelimiterError(String);

impl Delimiter {
    /// Comma, semicolon, tab and pipe: what is looked for where none is given.
    pub(super) const USUAL: [Self; 4] = [Self(b','), Self(b';'), Self(b'\t'), Self(b'|')];
    /// Taken where a header has one column only: what stands in it may have a comma.
    pub(super) const OF_ONE_COLUMN: Self = Self(b';');

    pub(super) const fn byte(self) -> u8 {
        self.0
    }
}

impl FromStr for Delimiter {
    type Err = DelimiterError;

    /// One ASCII character that is no letter, digit, quotation mark, plus or line break; or `tab`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let byte = match text.as_bytes() {
            b"tab" | b"TAB" | b"\\t" => b'\t',
            [byte @ (b'\t' | b' '..=b'~')] => *byte,
            _ => return Err(DelimiterError(shown(text))),
        };
        if byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'\'' | b'+') {
            return Err(DelimiterError(shown(text)));
        }
        Ok(Self(byte))
    }
}

impl fmt::Display for Delimiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            b'\t' => f.write_str("tab"),
            byte => write!(f, "{}", char::from(byte)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_or_its_name() {
        for text in [",", ";", "|", "tab", "^", "~", ":"] {
            assert_eq!(text.parse::<Delimiter>().unwrap().to_string(), text);
        }
        assert_eq!("\\t".parse::<Delimiter>(), "\t".parse());
        for text in ["", ";;", "a", "5", "\"", "\n", "à", "+"] {
            assert!(text.parse::<Delimiter>().is_err(), "{text}");
        }
    }
}
