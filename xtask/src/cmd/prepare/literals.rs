//! String literals of Rust sources, decoded as the compiler decodes them: how a cached query finds its source line.

/// A string literal, or several joined by `+` as the query macros allow.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Literal {
    /// Line of the opening quote, counted from 1.
    pub(super) line: usize,
    /// The text after escapes and line continuations.
    pub(super) text: String,
}

/// All string literals of a source file in order. Comments, characters and lifetimes are skipped;
/// a file that does not lex (the compiler will say so) yields what was read until then.
pub(super) fn literals(source: &str) -> Vec<Literal> {
    let mut found: Vec<Literal> = Vec::new();
    let mut lexer = Lexer {
        rest: source,
        line: 1,
    };
    // True after `literal +`: the next literal continues the last one.
    let mut joining = false;
    let mut after_literal = false;
    while let Some(first) = lexer.peek() {
        let line = lexer.line;
        if lexer.skip_comment() || first.is_whitespace() && lexer.advance(1) {
            continue;
        }
        if let Some(text) = lexer.string() {
            match found.last_mut() {
                Some(last) if joining => last.text.push_str(&text),
                _ => found.push(Literal { line, text }),
            }
            (joining, after_literal) = (false, true);
            continue;
        }
        joining = after_literal && first == '+';
        after_literal = false;
        lexer.skip_token(first);
    }
    found
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
}

impl Lexer<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    /// Drops `bytes` bytes, counting lines. Always true, so that it can end a condition.
    fn advance(&mut self, bytes: usize) -> bool {
        let (gone, rest) = self.rest.split_at(bytes.min(self.rest.len()));
        self.line += gone.matches('\n').count();
        self.rest = rest;
        true
    }

    fn skip_comment(&mut self) -> bool {
        if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            return self.advance(end);
        }
        if !self.rest.starts_with("/*") {
            return false;
        }
        let mut depth = 0_usize;
        loop {
            if self.rest.starts_with("/*") {
                depth += 1;
                self.advance(2);
            } else if self.rest.starts_with("*/") {
                depth -= 1;
                self.advance(2);
                if depth == 0 {
                    return true;
                }
            } else {
                match self.peek() {
                    Some(other) => self.advance(other.len_utf8()),
                    None => return true,
                };
            }
        }
    }

    /// One token that is no string: a word, a lifetime, a character or a single sign.
    fn skip_token(&mut self, first: char) {
        if first.is_alphanumeric() || first == '_' {
            let end = self
                .rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(self.rest.len());
            self.advance(end);
        } else if first == '\'' {
            let mut chars = self.rest.char_indices().skip(1);
            match (chars.next(), chars.next()) {
                (Some((_, '\\')), Some((at, escaped))) => {
                    let from = at + escaped.len_utf8();
                    let close = self.rest[from..].find('\'').map_or(from, |i| from + i + 1);
                    self.advance(close)
                }
                (Some(_), Some((at, '\''))) => self.advance(at + 1),
                _ => self.advance(1),
            };
        } else {
            self.advance(first.len_utf8());
        }
    }

    /// The string literal that starts here, if one does.
    fn string(&mut self) -> Option<String> {
        let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
            self.rest.strip_prefix(prefix).is_some_and(|rest| {
                let quoted = rest.trim_start_matches('#');
                quoted.starts_with('"') && (prefix.ends_with('r') || quoted.len() == rest.len())
            })
        })?;
        self.advance(prefix.len());
        if prefix.ends_with('r') {
            let hashes = self.rest.len() - self.rest.trim_start_matches('#').len();
            self.advance(hashes + 1);
            let close = format!("\"{}", "#".repeat(hashes));
            let end = self.rest.find(&close)?;
            let text = self.rest[..end].to_owned();
            self.advance(end + close.len());
            return Some(text);
        }
        self.advance(1);
        let end = closing_quote(self.rest)?;
        let text = unescape(&self.rest[..end]);
        self.advance(end + 1);
        Some(text)
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at),
            _ => {}
        }
    }
    None
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('0') => out.push('\0'),
            Some('x') => out.extend(code_point(chars.by_ref().take(2))),
            Some('u') => {
                let digits = chars.by_ref().skip(1).take_while(|c| *c != '}');
                out.extend(code_point(digits));
            }
            Some('\n') => while chars.next_if(|c| c.is_whitespace()).is_some() {},
            Some(same) => out.push(same),
            None => {}
        }
    }
    out
}

fn code_point(digits: impl Iterator<Item = char>) -> Option<char> {
    let digits: String = digits.filter(|c| *c != '_').collect();
    char::from_u32(u32::from_str_radix(&digits, 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: &str) -> Vec<(usize, String)> {
        literals(source)
            .into_iter()
            .map(|l| (l.line, l.text))
            .collect()
    }

    #[test]
    fn plain_raw_and_escaped_strings_are_decoded() {
        let source =
            "let a = \"x\\n\\u{e8}\\x41\";\nlet b = r#\"say \"hi\" \\n\"#;\nlet c = b\"bytes\";";
        assert_eq!(
            texts(source),
            [
                (1, "x\nèA".to_owned()),
                (2, "say \"hi\" \\n".to_owned()),
                (3, "bytes".to_owned())
            ]
        );
    }

    #[test]
    fn a_line_continuation_swallows_the_indentation() {
        assert_eq!(
            texts("\n\"SELECT id \\\n      FROM contacts\""),
            [(2, "SELECT id FROM contacts".to_owned())]
        );
    }

    #[test]
    fn literals_joined_by_plus_are_one_query() {
        assert_eq!(
            texts("query!(\"a \" +\n // why\n r\"b\", 1 + 2, \"c\")"),
            [(1, "a b".to_owned()), (3, "c".to_owned())]
        );
    }

    #[test]
    fn comments_characters_and_lifetimes_hide_no_string() {
        let source = "// \"no\"\n/* \"no /* \" */ */ fn f<'a>(x: &'a str) -> char { '\"' }\nlet q = '\\''; \"yes\"";
        assert_eq!(texts(source), [(3, "yes".to_owned())]);
    }

    #[test]
    fn a_word_that_ends_in_r_is_no_prefix() {
        assert_eq!(texts("for\"x\""), [(1, "x".to_owned())]);
        assert_eq!(texts("r#type \"y\""), [(1, "y".to_owned())]);
    }

    #[test]
    fn an_unfinished_file_yields_what_was_read() {
        assert_eq!(texts("\"a\" \"b"), [(1, "a".to_owned())]);
        assert_eq!(texts("\"a\" /* b"), [(1, "a".to_owned())]);
    }
}
