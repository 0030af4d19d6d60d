//! Names: of the running test, and of the databases it may leave behind.

/// The longest name the server keeps whole, in bytes.
const MAX_NAME: usize = 63;

/// The path of the running test, as libtest names its thread. With `--test-threads=1` libtest uses
/// the main thread; then it is what nextest and people pass after `--exact`.
pub(crate) fn of_current_test() -> String {
    match std::thread::current().name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => std::env::args()
            .skip_while(|argument| argument != "--exact")
            .skip(1)
            .find(|argument| !argument.starts_with('-'))
            .unwrap_or_else(|| "main".to_owned()),
    }
}

/// `<prefix><last part of the test's path, cut>_<suffix>`, as a database name that needs no quotes.
pub(crate) fn of_kept_database(prefix: &str, test: &str, suffix: &str) -> String {
    let room = MAX_NAME.saturating_sub(prefix.len() + 1 + suffix.len());
    let last = test.rsplit("::").next().unwrap_or(test);
    let name: String = last
        .chars()
        .map(|c| c.to_ascii_lowercase())
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .take(room)
        .collect();
    format!("{prefix}{name}_{suffix}")
}

/// What a database of a checkout is, by the part of its name after the checkout's prefix.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Leftover {
    /// `<fingerprint>_template`.
    Template,
    /// `<fingerprint>_<number>`: a clone.
    Slot(u32),
    /// `failed_<test>_<milliseconds since 1970>_<number>`.
    Failed(u64),
}

impl Leftover {
    /// `None` for anything else, such as the empty databases, which are replaced, never swept.
    pub(crate) fn parse(rest: &str) -> Option<Self> {
        if let Some(rest) = rest.strip_prefix("failed_") {
            let (rest, _number) = rest.rsplit_once('_')?;
            let (_test, time) = rest.rsplit_once('_')?;
            return time.parse().ok().map(Self::Failed);
        }
        let (fingerprint, rest) = rest.split_once('_')?;
        if fingerprint.len() != 8 || !fingerprint.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        match rest {
            "template" => Some(Self::Template),
            number => number.parse().ok().map(Self::Slot),
        }
    }
}

/// A name as SQL: in double quotes.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_running_test_is_named() {
        assert_eq!(of_current_test(), "names::tests::the_running_test_is_named");
    }

    #[test]
    fn a_kept_database_has_a_name_that_fits_and_needs_no_quotes() {
        let long = "a::b::Überlange_namen_für_tests_die_niemand_mehr_lesen_kann_und_will";
        let name = of_kept_database("vsa_test_0123abcd_failed_", long, "1700000000_3");
        assert_eq!(name.len(), MAX_NAME);
        assert_eq!(
            name,
            "vsa_test_0123abcd_failed__berlange_namen_f_r_tests_1700000000_3"
        );
    }

    #[test]
    fn a_leftover_is_known_by_its_name() {
        let parse = Leftover::parse;
        assert_eq!(parse("0123abcd_template"), Some(Leftover::Template));
        assert_eq!(parse("0123abcd_12"), Some(Leftover::Slot(12)));
        assert_eq!(
            parse("failed_a_b_1700000000_3"),
            Some(Leftover::Failed(1_700_000_000))
        );
        let foreign = [
            "empty_0",
            "0123abcd_x",
            "123_4",
            "failed_x",
            "mine",
            "0123abcd_-1",
        ];
        assert!(foreign.iter().all(|name| parse(name).is_none()));
    }

    #[test]
    fn quotes_are_doubled() {
        assert_eq!(quoted("a\"b"), "\"a\"\"b\"");
    }
}
