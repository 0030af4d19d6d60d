//! What a person sees of a text.

use std::borrow::Cow;

/// The text without what nobody sees: marks of writing direction, joiners, soft hyphens and byte
/// order marks that come along when a value is copied from a page or a phone book; spaces of every
/// kind become plain ones, and none are left at the ends.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Cow::Borrowed(text.trim_ascii());
    }
    let seen: String = text
        .chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if is_space(c) { ' ' } else { c })
        .collect();
    Cow::Owned(seen.trim().to_owned())
}

/// Format characters that show nothing by themselves.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
    )
}

/// Spaces, but not line breaks: those are part of what somebody wrote.
fn is_space(c: char) -> bool {
    c.is_whitespace() && !c.is_control()
}

/// A text as it can be shown in a message: control characters escaped, no longer than 40
/// characters.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown = String::new();
    for (at, c) in text.chars().enumerate() {
        if at == MOST {
            shown.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_gone() {
        assert_eq!(clean(" plain "), "plain");
        assert_eq!(clean("\u{202a}+39\u{a0}333\u{202c}\u{feff}"), "+39 333");
        assert_eq!(clean("a\u{2007}b\u{ad}c"), "a bc");
        assert_eq!(clean("two\nlines"), "two\nlines");
        assert_eq!(clean("\u{200b}"), "");
    }

    #[test]
    fn a_message_never_moves_the_cursor() {
        assert_eq!(shown("\u{1b}[2Jred\u{7}"), "\\u{1b}[2Jred\\u{7}");
        assert_eq!(shown(&"x".repeat(50)), format!("{}…", "x".repeat(40)));
        assert_eq!(shown("perché"), "perché");
    }
}
