//! The keys of one map, taken one by one; what is left at the end is unknown.

use crate::mistake::{At, Log, Text, one_of, suggest};
use crate::yaml::Node;

pub(super) struct Fields<'a> {
    entries: Vec<(Text, Node)>,
    /// What the map describes, for messages: "the column `users.email`".
    pub(super) what: String,
    at: At,
    known: Vec<&'static str>,
    log: &'a Log,
}

impl<'a> Fields<'a> {
    pub(super) fn of(log: &'a Log, node: Node, at: At, what: String) -> Option<Self> {
        match node {
            Node::Map(entries, _) => Some(Self {
                entries,
                what,
                at,
                known: Vec::new(),
                log,
            }),
            other => {
                let found = match &other {
                    Node::Scalar(text) if text.is_empty() => "nothing",
                    other => other.kind(),
                };
                let at = if found == "nothing" { at } else { other.at() };
                log.add(
                    at,
                    format!("{found} where {what} is described"),
                    "write a map: `key: value`, a line each",
                );
                None
            }
        }
    }

    pub(super) fn node(&mut self, key: &'static str) -> Option<Node> {
        self.known.push(key);
        let found = self.entries.iter().position(|(name, _)| &**name == key)?;
        Some(self.entries.remove(found).1)
    }

    /// A text that may be missing, but not be empty.
    pub(super) fn text(&mut self, key: &'static str) -> Option<Text> {
        let node = self.node(key)?;
        scalar(self.log, node, || format!("`{key}` of {}", self.what))
    }

    pub(super) fn required(&mut self, key: &'static str) -> Option<Text> {
        if !self.entries.iter().any(|(name, _)| &**name == key) {
            self.known.push(key);
            self.log.add(
                self.at,
                format!("{} has no `{key}`", self.what),
                format!("write `{key}: …`"),
            );
            return None;
        }
        self.text(key)
    }

    /// Text that becomes part of a statement.
    pub(super) fn sql(&mut self, key: &'static str) -> Option<Text> {
        let sql = self.text(key)?;
        one_expression(self.log, &sql);
        Some(sql)
    }

    pub(super) fn flag(&mut self, key: &'static str) -> bool {
        self.text(key)
            .and_then(|text| self.choice(key, &text, &[("true", true), ("false", false)]))
            .unwrap_or(false)
    }

    /// One of a few words.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &str,
        text: &Text,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let found = choices.iter().find(|(name, _)| *name == &**text);
        if found.is_none() {
            self.log.add(
                text.at,
                format!("`{text}` is no {key}"),
                suggest(text, choices.iter().map(|(name, _)| *name)),
            );
        }
        found.map(|(_, value)| *value)
    }

    pub(super) fn one_of<T: Copy>(
        &mut self,
        key: &'static str,
        choices: &[(&'static str, T)],
    ) -> Option<T> {
        let text = self.text(key)?;
        self.choice(key, &text, choices)
    }

    /// A list of texts; empty if the key is missing.
    pub(super) fn texts(&mut self, key: &'static str) -> Vec<Text> {
        let what = format!("`{key}` of {}", self.what);
        self.node(key)
            .map(|node| texts(self.log, node, &what))
            .unwrap_or_default()
    }

    /// A list; empty if the key is missing.
    pub(super) fn list(&mut self, key: &'static str) -> Vec<Node> {
        let what = format!("`{key}` of {}", self.what);
        self.node(key)
            .map(|node| list(self.log, node, &what))
            .unwrap_or_default()
    }

    /// The entries of a map, in order; empty if the key is missing.
    pub(super) fn map(&mut self, key: &'static str) -> Vec<(Text, Node)> {
        let what = format!("`{key}` of {}", self.what);
        match self.node(key) {
            None => Vec::new(),
            Some(Node::Map(entries, _)) => entries,
            Some(other) => {
                self.log.add(
                    other.at(),
                    format!("{} where {what} are named", other.kind()),
                    "write a map: `name: …`, a line each",
                );
                Vec::new()
            }
        }
    }

    /// Tells what nobody asked for.
    pub(super) fn finish(self) {
        for (key, _) in &self.entries {
            self.log.add(
                key.at,
                format!("unknown key `{key}` in {}", self.what),
                format!(
                    "{}; known are {}",
                    suggest(key, self.known.iter().copied())
                        .split(", ")
                        .next()
                        .unwrap_or_default(),
                    one_of(self.known.iter().copied()).replace(" or ", " and ")
                ),
            );
        }
    }
}

pub(super) fn scalar(log: &Log, node: Node, what: impl Fn() -> String) -> Option<Text> {
    match node {
        Node::Scalar(text) if text.trim().is_empty() => {
            log.add(
                text.at,
                format!("{} is empty", what()),
                "write its value, or leave the key out",
            );
            None
        }
        Node::Scalar(text) => Some(text),
        other => {
            log.add(
                other.at(),
                format!("{} where {} is a text", other.kind(), what()),
                "write a text; in quotation marks if it begins with `{` or `[`",
            );
            None
        }
    }
}

pub(super) fn list(log: &Log, node: Node, what: &str) -> Vec<Node> {
    match node {
        Node::List(items, _) => items,
        other => {
            log.add(
                other.at(),
                format!("{} where {what} is a list", other.kind()),
                "write `[a, b]`",
            );
            Vec::new()
        }
    }
}

pub(super) fn texts(log: &Log, node: Node, what: &str) -> Vec<Text> {
    list(log, node, what)
        .into_iter()
        .filter_map(|item| scalar(log, item, || format!("an item of {what}")))
        .collect()
}

/// SQL that becomes part of a statement must be one expression: nothing in it ends that statement's part, or swallows
/// what follows.
pub(super) fn one_expression(log: &Log, sql: &Text) {
    if sql.contains("--") || sql.contains("/*") {
        log.add(
            sql.at,
            "a comment in SQL, which could swallow what follows it",
            "say it in `why`, or in a YAML comment above",
        );
    } else if let Some(stray) = stray(sql) {
        log.add(
            sql.at,
            format!("`{stray}` where no expression can hold it"),
            "write one expression, and close every bracket and quotation mark that is opened",
        );
    }
}

/// The first character that ends the expression too early, or that opens what is never closed.
fn stray(sql: &str) -> Option<char> {
    let mut open = Vec::new();
    let mut quote = None;
    let (mut escapes, mut before) = (false, ' ');
    let mut chars = sql.chars();
    while let Some(c) = chars.next() {
        match c {
            _ if quote == Some(c) => quote = None,
            '\\' if escapes && quote == Some('\'') => drop(chars.next()),
            _ if quote.is_some() => {}
            '\'' | '"' => (quote, escapes) = (Some(c), matches!(before, 'e' | 'E')),
            '(' | '[' => open.push(c),
            ')' if open.pop() != Some('(') => return Some(c),
            ']' if open.pop() != Some('[') => return Some(c),
            ',' if open.is_empty() => return Some(c),
            ';' => return Some(c),
            _ => {}
        }
        before = c;
    }
    quote.or(open.pop())
}
