//! YAML, as far as `schema.yaml` needs it: texts, lists and maps, each with its place. What makes YAML surprising (tags,
//! anchors, aliases, tabs, several documents) is refused, and nothing is guessed: `true` and `3` are texts like others.

use saphyr_parser::{Event, Parser, Span};

use crate::mistake::{At, Log, Mistakes, Text};

/// The file of today is 30 kB.
const MAX_BYTES: usize = 1_000_000;
/// The deepest thing in the file lies nine levels down.
const MAX_DEPTH: usize = 16;
const START: At = At { line: 1, column: 1 };

#[derive(Debug, Clone)]
pub(crate) enum Node {
    Scalar(Text),
    List(Vec<Node>, At),
    Map(Vec<(Text, Node)>, At),
}

impl Node {
    pub(crate) fn at(&self) -> At {
        match self {
            Self::Scalar(text) => text.at,
            Self::List(_, at) | Self::Map(_, at) => *at,
        }
    }

    /// What it is, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Scalar(_) => "a text",
            Self::List(..) => "a list",
            Self::Map(..) => "a map",
        }
    }
}

/// The one document of the file.
pub(crate) fn parse(file: &str, bytes: &[u8]) -> Result<Node, Mistakes> {
    let log = Log::default();
    let node = document(bytes, &log);
    log.finish(file)?;
    Ok(node.unwrap_or(Node::Map(Vec::new(), START)))
}

fn document(bytes: &[u8], log: &Log) -> Option<Node> {
    if bytes.len() > MAX_BYTES {
        log.add(
            after(&bytes[..MAX_BYTES]),
            format!(
                "the file goes on after {MAX_BYTES} bytes, it has {}",
                bytes.len()
            ),
            "describe the schema in less",
        );
        return None;
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = after(&bytes[..error.valid_up_to()]);
            log.add(at, "this is not UTF-8", "save the file as UTF-8");
            return None;
        }
    };
    for (n, line) in text.lines().enumerate() {
        if let Some(tab) = line.find('\t') {
            let at = At {
                line: n + 1,
                column: line[..tab].chars().count() + 1,
            };
            log.add(at, "a tab", "write spaces; two for each level");
        }
    }
    if !log.is_empty() {
        return None;
    }
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        last: START,
        log,
    };
    let mut root = None;
    loop {
        let (event, at) = reader.next()?;
        match event {
            Event::StreamEnd => return root,
            Event::DocumentStart(_) if root.is_some() => {
                log.add(at, "a second document", "write one, without a line `---`");
                return None;
            }
            Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
            event => root = Some(reader.node(event, at, MAX_DEPTH)?),
        }
    }
}

/// Where the text after these bytes begins.
fn after(bytes: &[u8]) -> At {
    let text = String::from_utf8_lossy(bytes);
    let last = text.rsplit('\n').next().unwrap_or_default();
    At {
        line: text.matches('\n').count() + 1,
        column: last.chars().count() + 1,
    }
}

struct Reader<'a> {
    parser: Parser<'a, saphyr_parser::StrInput<'a>>,
    last: At,
    log: &'a Log,
}

impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<(Event<'a>, At)> {
        match self.parser.next_event()? {
            Ok((event, span)) => {
                self.last = start(span);
                Some((event, self.last))
            }
            Err(error) => {
                let at = At {
                    line: error.marker().line(),
                    column: error.marker().col() + 1,
                };
                self.log.add(
                    at,
                    format!("this is not YAML: {}", error.info()),
                    "mend it there or in the line above; a text that holds `: ` or ` #` stands in quotation marks",
                );
                None
            }
        }
    }

    fn node(&mut self, event: Event<'a>, at: At, depth: usize) -> Option<Node> {
        if depth == 0 {
            self.log.add(
                at,
                format!("more than {MAX_DEPTH} levels deep"),
                "write it flatter",
            );
            return None;
        }
        let (anchor, tag) = match &event {
            Event::Scalar(_, _, anchor, tag) => (*anchor, tag.is_some()),
            Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
                (*anchor, tag.is_some())
            }
            Event::Alias(_) => {
                self.log.add(at, "an alias", "write out what it stands for");
                return None;
            }
            _ => (0, false),
        };
        if anchor != 0 {
            self.log.add(
                at,
                "an anchor",
                "leave out the `&name`; nothing may refer to it",
            );
            return None;
        }
        if tag {
            self.log.add(at, "a tag", "leave out the `!name`");
            return None;
        }
        match event {
            Event::Scalar(text, ..) => Some(Node::Scalar(Text {
                text: text.into_owned(),
                at,
            })),
            Event::SequenceStart(..) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => return Some(Node::List(items, at)),
                        (event, at) => items.push(self.node(event, at, depth - 1)?),
                    }
                }
            }
            Event::MappingStart(..) => self.map(at, depth),
            _ => None,
        }
    }

    fn map(&mut self, at: At, depth: usize) -> Option<Node> {
        let mut entries: Vec<(Text, Node)> = Vec::new();
        loop {
            let (event, key_at) = self.next()?;
            if matches!(event, Event::MappingEnd) {
                return Some(Node::Map(entries, at));
            }
            let key = match self.node(event, key_at, depth - 1)? {
                Node::Scalar(key) => key,
                other => {
                    self.log.add(
                        key_at,
                        format!("{} where a name is wanted", other.kind()),
                        "write `name: …`",
                    );
                    return None;
                }
            };
            let (event, at) = self.next()?;
            let value = self.node(event, at, depth - 1)?;
            if let Some((first, _)) = entries.iter().find(|(other, _)| *other == key) {
                self.log.add(
                    key.at,
                    format!("`{key}` stands here twice, first in line {}", first.at.line),
                    "keep one of them, or give this one another name",
                );
            } else {
                entries.push((key, value));
            }
        }
    }
}

fn start(span: Span) -> At {
    At {
        line: span.start.line(),
        column: span.start.col() + 1,
    }
}
