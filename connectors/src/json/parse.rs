//! The JSON grammar of RFC 8259, strict, with a limit on depth and no recursion.

use std::borrow::Cow;

use super::{Document, Node};

/// Where and why a text is no JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct JsonError {
    pub(crate) at: usize,
    pub(crate) problem: Problem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Problem {
    InvalidUtf8,
    /// The text is right so far, but it ends too early.
    Ends,
    TooDeep,
    Syntax(&'static str),
}

/// Parses a whole text; only white space may follow the value.
pub(crate) fn parse(bytes: &[u8], depth_max: usize) -> Result<Document<'_>, JsonError> {
    let (document, mut end) = parse_prefix(bytes, depth_max)?;
    while bytes.get(end).is_some_and(|byte| is_space(*byte)) {
        end += 1;
    }
    if end < bytes.len() {
        return Err(JsonError { at: end, problem: Problem::Syntax("text follows after the value") });
    }
    Ok(document)
}

/// Parses the value that the text begins with, and says where it ends.
pub(crate) fn parse_prefix(bytes: &[u8], depth_max: usize) -> Result<(Document<'_>, usize), JsonError> {
    let (text, broken_at) = match std::str::from_utf8(bytes) {
        Ok(text) => (text, None),
        Err(error) => {
            let valid = &bytes[..error.valid_up_to()];
            (std::str::from_utf8(valid).unwrap_or_default(), error.error_len().map(|_| error.valid_up_to()))
        }
    };
    let mut parser =
        Parser { text, at: 0, depth_max, nodes: Vec::with_capacity(text.len() / 12 + 4), open: Vec::new() };
    match parser.value_tree() {
        Ok(()) => Ok((Document { nodes: parser.nodes }, parser.at)),
        Err(JsonError { problem: Problem::Ends, .. }) if let Some(at) = broken_at => {
            Err(JsonError { at, problem: Problem::InvalidUtf8 })
        }
        Err(error) => Err(error),
    }
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth_max: usize,
    nodes: Vec<Node<'a>>,
    /// Indices of the containers that are not closed yet.
    open: Vec<usize>,
}

type Parsed<T> = Result<T, JsonError>;

impl<'a> Parser<'a> {
    fn value_tree(&mut self) -> Parsed<()> {
        loop {
            let opened = self.value()?;
            if opened && self.first_of_container()? {
                continue;
            }
            if !self.after_value()? {
                return Ok(());
            }
        }
    }

    /// Reads a scalar, or the bracket that opens a container, which it says.
    fn value(&mut self) -> Parsed<bool> {
        let node = match self.next_visible()? {
            b'{' => return self.open_container(Node::Object { end: 0 }),
            b'[' => return self.open_container(Node::Array { end: 0 }),
            b'"' => Node::Text(self.string()?),
            b't' => self.literal("true", Node::Boolean(true))?,
            b'f' => self.literal("false", Node::Boolean(false))?,
            b'n' => self.literal("null", Node::Null)?,
            b'-' | b'0'..=b'9' => Node::Number(self.number()?),
            _ => return Err(self.syntax("a value is expected")),
        };
        self.nodes.push(node);
        Ok(false)
    }

    fn open_container(&mut self, node: Node<'a>) -> Parsed<bool> {
        if self.open.len() >= self.depth_max {
            return Err(JsonError { at: self.at, problem: Problem::TooDeep });
        }
        self.open.push(self.nodes.len());
        self.nodes.push(node);
        self.at += 1;
        Ok(true)
    }

    /// Says whether a value is to be read now; an empty container is closed instead.
    fn first_of_container(&mut self) -> Parsed<bool> {
        let closing = if self.in_object() { b'}' } else { b']' };
        if self.next_visible()? == closing {
            self.close();
            return Ok(false);
        }
        if self.in_object() {
            self.key()?;
        }
        Ok(true)
    }

    /// After a value: closes what ends here; says whether another value follows.
    fn after_value(&mut self) -> Parsed<bool> {
        while !self.open.is_empty() {
            let in_object = self.in_object();
            match (self.next_visible()?, in_object) {
                (b',', true) => {
                    self.at += 1;
                    self.next_visible()?;
                    self.key()?;
                    return Ok(true);
                }
                (b',', false) => {
                    self.at += 1;
                    return Ok(true);
                }
                (b'}', true) | (b']', false) => self.close(),
                (_, true) => return Err(self.syntax("`,` or `}` is expected")),
                (_, false) => return Err(self.syntax("`,` or `]` is expected")),
            }
        }
        Ok(false)
    }

    fn close(&mut self) {
        self.at += 1;
        let past = self.nodes.len();
        if let Some(Node::Array { end } | Node::Object { end }) = self.open.pop().map(|index| &mut self.nodes[index]) {
            *end = past;
        }
    }

    fn in_object(&self) -> bool {
        self.open.last().is_some_and(|index| matches!(self.nodes[*index], Node::Object { .. }))
    }

    fn key(&mut self) -> Parsed<()> {
        if self.peek()? != b'"' {
            return Err(self.syntax("a member's name in quotes is expected"));
        }
        let key = self.string()?;
        self.nodes.push(Node::Key(key));
        if self.next_visible()? != b':' {
            return Err(self.syntax("`:` is expected"));
        }
        self.at += 1;
        Ok(())
    }

    fn string(&mut self) -> Parsed<Cow<'a, str>> {
        self.at += 1;
        let start = self.at;
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cow::Borrowed(&self.text[start..self.at - 1]));
                }
                Some(b'\\') => return self.string_with_escapes(start),
                Some(0..0x20) => return Err(self.syntax("a control character stands in a text")),
                Some(_) => self.at += 1,
                None => return Err(self.ends()),
            }
        }
    }

    fn string_with_escapes(&mut self, start: usize) -> Parsed<Cow<'a, str>> {
        let mut owned = self.text[start..self.at].to_owned();
        let mut plain = self.at;
        loop {
            match self.peek()? {
                b'"' => {
                    owned.push_str(&self.text[plain..self.at]);
                    self.at += 1;
                    return Ok(Cow::Owned(owned));
                }
                b'\\' => {
                    owned.push_str(&self.text[plain..self.at]);
                    owned.push(self.escape()?);
                    plain = self.at;
                }
                0..0x20 => return Err(self.syntax("a control character stands in a text")),
                _ => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Parsed<char> {
        self.at += 1;
        let escaped = match self.peek()? {
            b'n' => '\n',
            b't' => '\t',
            b'r' => '\r',
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'u' => return self.unicode_escape(),
            byte @ (b'"' | b'\\' | b'/') => byte as char,
            _ => return Err(self.syntax("an unknown escape stands in a text")),
        };
        self.at += 1;
        Ok(escaped)
    }

    fn unicode_escape(&mut self) -> Parsed<char> {
        let high = self.four_digits()?;
        if !(0xD800..0xDC00).contains(&high) {
            return char::from_u32(high).ok_or_else(|| self.syntax("half of a surrogate pair stands in a text"));
        }
        for expected in [b'\\', b'u'] {
            if self.peek()? != expected {
                return Err(self.syntax("half of a surrogate pair stands in a text"));
            }
            self.at += 1;
        }
        self.at -= 1;
        let low = self.four_digits()?;
        let pair = (0xDC00..0xE000).contains(&low).then(|| 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00));
        pair.and_then(char::from_u32).ok_or_else(|| self.syntax("half of a surrogate pair stands in a text"))
    }

    /// Stands on the `u` of an escape.
    fn four_digits(&mut self) -> Parsed<u32> {
        let mut code = 0;
        for _ in 0..4 {
            self.at += 1;
            let digit = (self.peek()? as char).to_digit(16);
            code = code * 16 + digit.ok_or_else(|| self.syntax("four hexadecimal digits are expected"))?;
        }
        self.at += 1;
        Ok(code)
    }

    fn number(&mut self) -> Parsed<&'a str> {
        let start = self.at;
        self.accept(b"-");
        if self.peek()? == b'0' {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.accept(b".") {
            self.digits()?;
        }
        if self.accept(b"eE") {
            self.accept(b"+-");
            self.digits()?;
        }
        Ok(&self.text[start..self.at])
    }

    fn digits(&mut self) -> Parsed<()> {
        if !self.peek()?.is_ascii_digit() {
            return Err(self.syntax("a digit is expected"));
        }
        while self.accept(b"0123456789") {}
        Ok(())
    }

    fn accept(&mut self, any_of: &[u8]) -> bool {
        let accepted = self.text.as_bytes().get(self.at).is_some_and(|byte| any_of.contains(byte));
        self.at += usize::from(accepted);
        accepted
    }

    fn literal(&mut self, word: &'static str, node: Node<'a>) -> Parsed<Node<'a>> {
        let rest = &self.text.as_bytes()[self.at..];
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(node)
        } else if word.as_bytes().starts_with(rest) {
            Err(self.ends())
        } else {
            Err(self.syntax("a value is expected"))
        }
    }

    fn next_visible(&mut self) -> Parsed<u8> {
        while is_space(self.peek()?) {
            self.at += 1;
        }
        self.peek()
    }

    fn peek(&self) -> Parsed<u8> {
        self.text.as_bytes().get(self.at).copied().ok_or_else(|| self.ends())
    }

    fn ends(&self) -> JsonError {
        JsonError { at: self.text.len(), problem: Problem::Ends }
    }

    fn syntax(&self, what: &'static str) -> JsonError {
        JsonError { at: self.at, problem: Problem::Syntax(what) }
    }
}
