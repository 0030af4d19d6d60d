//! The little of SQL's lexical grammar that tells where a statement ends.
//!
//! It follows psql's own scanner, so that a migration means the same to both: quotes with and without backslash
//! escapes, dollar quotes, nested comments. `standard_conforming_strings` is taken to be on, as the server has it
//! since version 9.1.

/// What a token is, as far as the splitter must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// White space or a comment: means nothing.
    Blank,
    /// An unquoted identifier or keyword.
    Word,
    /// A `"quoted"` identifier.
    QuotedWord,
    /// A string in any of its forms.
    Text,
    /// `;`
    Semicolon,
    /// `(`
    Open,
    /// `)`
    Close,
    /// `\` outside of quotes: a psql meta-command.
    Backslash,
    /// A number, an operator, anything else: one character.
    Other,
}

/// A quote or comment that is still open where the text ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unterminated {
    pub(super) what: &'static str,
    /// Byte offset of its opening.
    pub(super) start: usize,
}

/// The token that begins at byte `start` of `sql` and the offset of its end. `start` must be below `sql.len()` and
/// on a character boundary; the end then is on one, too, because every byte compared here is ASCII.
pub(super) fn token(sql: &str, start: usize) -> Result<(Kind, usize), Unterminated> {
    let bytes = sql.as_bytes();
    let next = bytes.get(start + 1).copied();
    let found = match bytes[start] {
        byte if is_space(byte) => (Kind::Blank, skip(bytes, start, is_space)),
        b'-' if next == Some(b'-') => (Kind::Blank, skip(bytes, start, |byte| byte != b'\n')),
        b'/' if next == Some(b'*') => (Kind::Blank, block_comment(bytes, start)?),
        b'\'' => (Kind::Text, quoted(bytes, start, b'\'', "string")?),
        b'"' => (
            Kind::QuotedWord,
            quoted(bytes, start, b'"', "quoted identifier")?,
        ),
        b'e' | b'E' if next == Some(b'\'') => (Kind::Text, escape_string(bytes, start)?),
        b'$' => match dollar_tag(bytes, start) {
            Some(body) => (Kind::Text, dollar_quoted(sql, start, body)?),
            None => (Kind::Other, start + 1),
        },
        byte if begins_word(byte) => (Kind::Word, skip(bytes, start, continues_word)),
        b';' => (Kind::Semicolon, start + 1),
        b'(' => (Kind::Open, start + 1),
        b')' => (Kind::Close, start + 1),
        b'\\' => (Kind::Backslash, start + 1),
        _ => (Kind::Other, start + 1),
    };
    Ok(found)
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | b'\x0b' | b'\x0c')
}

/// Bytes of characters beyond ASCII belong to words, as the server has it.
fn begins_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte >= 0x80
}

fn continues_word(byte: u8) -> bool {
    begins_word(byte) || byte.is_ascii_digit() || byte == b'$'
}

fn skip(bytes: &[u8], start: usize, while_true: impl Fn(u8) -> bool) -> usize {
    bytes[start..]
        .iter()
        .position(|&byte| !while_true(byte))
        .map_or(bytes.len(), |length| start + length)
}

fn block_comment(bytes: &[u8], start: usize) -> Result<usize, Unterminated> {
    let mut depth = 0_usize;
    let mut at = start;
    while at + 1 < bytes.len() {
        match &bytes[at..at + 2] {
            b"/*" => {
                depth += 1;
                at += 2;
            }
            b"*/" => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return Ok(at);
                }
            }
            _ => at += 1,
        }
    }
    Err(Unterminated {
        what: "comment",
        start,
    })
}

/// A doubled quote inside reads as two neighbouring tokens, which splits no statement.
fn quoted(
    bytes: &[u8],
    start: usize,
    quote: u8,
    what: &'static str,
) -> Result<usize, Unterminated> {
    match skip(bytes, start + 1, |byte| byte != quote) {
        end if end == bytes.len() => Err(Unterminated { what, start }),
        end => Ok(end + 1),
    }
}

/// `E'…'` with backslash escapes; `start` is at the `E`.
fn escape_string(bytes: &[u8], start: usize) -> Result<usize, Unterminated> {
    let mut at = start + 2;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'\'' if bytes.get(at + 1) == Some(&b'\'') => at += 2,
            // A string goes on after a line break, in the same mode: E'a' <newline> 'it\'s'.
            b'\'' => match continuation(bytes, at + 1) {
                Some(next) => at = next,
                None => return Ok(at + 1),
            },
            _ => at += 1,
        }
    }
    Err(Unterminated {
        what: "string",
        start,
    })
}

/// The offset after the quote that continues a string, when only white space with a line break (and line comments)
/// lies between.
fn continuation(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    let mut line_break = false;
    loop {
        match bytes.get(at)? {
            b'\n' | b'\r' => {
                line_break = true;
                at += 1;
            }
            b'-' if bytes.get(at + 1) == Some(&b'-') => at = skip(bytes, at, |byte| byte != b'\n'),
            &byte if is_space(byte) => at += 1,
            b'\'' if line_break => return Some(at + 1),
            _ => return None,
        }
    }
}

/// For `$tag$` or `$$` at `start`: the offset after it.
fn dollar_tag(bytes: &[u8], start: usize) -> Option<usize> {
    let end = skip(bytes, start + 1, |byte| {
        begins_word(byte) || byte.is_ascii_digit()
    });
    let starts_well = bytes
        .get(start + 1)
        .is_some_and(|&byte| byte == b'$' || begins_word(byte));
    (starts_well && bytes.get(end) == Some(&b'$')).then_some(end + 1)
}

fn dollar_quoted(sql: &str, start: usize, body: usize) -> Result<usize, Unterminated> {
    let tag = &sql[start..body];
    match sql[body..].find(tag) {
        Some(length) => Ok(body + length + tag.len()),
        None => Err(Unterminated {
            what: "dollar-quoted string",
            start,
        }),
    }
}
