use email_address::{EmailAddress, Options};

use crate::text::clean;

/// The longest address a mail server takes (RFC 5321).
const LONGEST: usize = 254;

/// A text that is no e-mail address. It is not repeated: it may be somebody's all the same.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("no e-mail address: write one address such as name@example.com, or leave it empty")]
pub struct EmailError;

/// An e-mail address as people write them, without what nobody sees of it and without `mailto:`.
///
/// ```
/// assert_eq!(vsa_contacts::read_email(" mailto:anna@example.com "), Ok("anna@example.com".to_owned()));
/// assert!(vsa_contacts::read_email("anna@example").is_err());
/// ```
pub fn read_email(text: &str) -> Result<String, EmailError> {
    let text = clean(text);
    let address = text.strip_prefix("mailto:").unwrap_or(&text);
    let options = Options::default()
        .with_required_tld()
        .without_domain_literal()
        .without_display_text();
    // A quoted name is legal, and no mail program lets anybody have one: it is a slip, or worse.
    let plain = !address
        .chars()
        .any(|c| c.is_control() || c.is_whitespace() || matches!(c, '"' | '\\'));
    if plain
        && address.len() <= LONGEST
        && EmailAddress::parse_with_options(address, options).is_ok()
    {
        return Ok(address.to_owned());
    }
    Err(EmailError)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_people_have() {
        for good in [
            "anna@example.com",
            "anna.maria+survey@posta.example.co.uk",
            "o'neill@example.ie",
            "anna@città.example",
            "x_1-2@a-b.example",
        ] {
            assert_eq!(read_email(good), Ok(good.to_owned()));
        }
        assert_eq!(
            read_email("\u{feff}anna@example.com\u{a0}"),
            Ok("anna@example.com".to_owned())
        );
    }

    #[test]
    fn what_no_mail_server_takes() {
        let too_long = format!("anna@{}.com", "a.".repeat(130));
        for bad in [
            "",
            "anna",
            "anna@",
            "@example.com",
            "anna@example",
            "anna@@example.com",
            "anna@example..com",
            "anna @example.com",
            "anna@example.com, bruno@example.com",
            "anna@example.com;bruno@example.com",
            "Anna <anna@example.com>",
            "anna@[127.0.0.1]",
            "\"a b\"@example.com",
            "anna@example.com\r\nBcc: all@example.com",
            "anna\u{1b}[2J@example.com",
            &too_long,
        ] {
            assert_eq!(read_email(bad), Err(EmailError), "{bad}");
        }
    }
}
