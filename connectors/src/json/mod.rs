//! A JSON document that borrows from its text: parsed once, without recursion, to a flat list of nodes. Numbers stay
//! the digits that were sent.

mod parse;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub(crate) use parse::{JsonError, Problem, parse, parse_prefix};

/// The nodes of one document in the order of the text; a container knows where its content ends.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    nodes: Vec<Node<'a>>,
}

#[derive(Debug)]
enum Node<'a> {
    Null,
    Boolean(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    Key(Cow<'a, str>),
    Array { end: usize },
    Object { end: usize },
}

/// One value within a document.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Json<'d> {
    nodes: &'d [Node<'d>],
    index: usize,
}

/// What a value is, to decide by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape<'d> {
    Null,
    Boolean(bool),
    Number(&'d str),
    Text(&'d str),
    Array,
    Object,
}

impl<'a> Document<'a> {
    pub(crate) fn root(&self) -> Json<'_> {
        Json { nodes: &self.nodes, index: 0 }
    }
}

impl<'d> Json<'d> {
    pub(crate) fn shape(self) -> Shape<'d> {
        match &self.nodes[self.index] {
            Node::Null => Shape::Null,
            Node::Boolean(value) => Shape::Boolean(*value),
            Node::Number(digits) => Shape::Number(digits),
            Node::Text(text) | Node::Key(text) => Shape::Text(text),
            Node::Array { .. } => Shape::Array,
            Node::Object { .. } => Shape::Object,
        }
    }

    /// The member of an object; of members with one name the last counts, as in serde_json.
    pub(crate) fn member(self, name: &str) -> Option<Json<'d>> {
        let mut found = None;
        for (key, value) in self.members() {
            if key == name {
                found = Some(value);
            }
        }
        found
    }

    /// The members of an object; none for any other value.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'d str, Json<'d>)> {
        let nodes = self.nodes;
        let mut at = self.index + 1;
        let end = if let Node::Object { end } = nodes[self.index] { end } else { at };
        std::iter::from_fn(move || {
            let Some(Node::Key(key)) = nodes.get(at).filter(|_| at < end) else {
                return None;
            };
            let value = Json { nodes, index: at + 1 };
            at = value.end();
            Some((key.as_ref(), value))
        })
    }

    /// The elements of an array; none for any other value.
    pub(crate) fn elements(self) -> impl Iterator<Item = Json<'d>> {
        let nodes = self.nodes;
        let mut at = self.index + 1;
        let end = if let Node::Array { end } = nodes[self.index] { end } else { at };
        std::iter::from_fn(move || {
            let value = Json { nodes, index: at };
            at = if at < end { value.end() } else { return None };
            Some(value)
        })
    }

    /// The value as serde_json holds it, to keep it whole.
    pub(crate) fn to_value(self) -> serde_json::Value {
        use serde_json::Value;
        match self.shape() {
            Shape::Null => Value::Null,
            Shape::Boolean(value) => Value::Bool(value),
            Shape::Number(digits) => digits.parse().map_or(Value::Null, Value::Number),
            Shape::Text(text) => Value::String(text.to_owned()),
            Shape::Array => Value::Array(self.elements().map(Json::to_value).collect()),
            Shape::Object => {
                Value::Object(self.members().map(|(key, value)| (key.to_owned(), value.to_value())).collect())
            }
        }
    }

    fn end(self) -> usize {
        match self.nodes[self.index] {
            Node::Array { end } | Node::Object { end } => end,
            _ => self.index + 1,
        }
    }
}

impl Shape<'_> {
    /// The kind of value in words, for messages.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Shape::Null => "null",
            Shape::Boolean(_) => "a boolean",
            Shape::Number(_) => "a number",
            Shape::Text(_) => "a text",
            Shape::Array => "an array",
            Shape::Object => "an object",
        }
    }
}
