//! Where a canonical value comes from, and what is done to it on the way.

use std::borrow::Cow;

use serde_json::Value;

use super::condition::Condition;
use super::path::{Context, Nodes, Path};
use super::steps::Transform;
use super::{Fault, Node};
use crate::json::Shape;
use crate::mapped::Step;

#[derive(Debug, Clone)]
pub(crate) struct Expr {
    pub(crate) from: From,
    pub(crate) steps: Vec<Transform>,
    pub(crate) when: Option<Condition>,
    /// A value that cannot be used is left out instead of failing the record.
    pub(crate) omits_errors: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum From {
    Path(Path),
    Constant(Value),
    /// The first that has a value.
    Coalesce(Vec<Expr>),
    Join {
        parts: Vec<Expr>,
        with: String,
    },
    /// All that have a value, in order.
    List(Vec<Expr>),
}

/// A value on its way, borrowed from the payload or the manifest as long as nothing changes it.
#[derive(Debug)]
pub(crate) enum Val<'d> {
    Absent,
    Node(Node<'d>),
    Text(Cow<'d, str>),
    /// The digits of a number.
    Decimal(Cow<'d, str>),
    Boolean(bool),
    List(Vec<Val<'d>>),
    Owned(Value),
}

impl Expr {
    pub(crate) fn evaluate<'d>(&'d self, context: &Context<'d>) -> Result<Val<'d>, Fault> {
        if self.when.as_ref().is_some_and(|condition| !condition.holds(context)) {
            return Ok(Val::Absent);
        }
        let mut value = self.from.evaluate(context)?;
        for step in &self.steps {
            if value.is_absent() {
                return Ok(Val::Absent);
            }
            value = step.apply(value).map_err(|reason| self.fault(Step::Transform, reason))?;
        }
        Ok(value)
    }

    pub(crate) fn fault(&self, step: Step, reason: impl Into<String>) -> Fault {
        Fault { step, path: self.source_words(), reason: reason.into() }
    }

    /// The paths that the value comes from, for messages.
    pub(crate) fn source_words(&self) -> String {
        let paths: Vec<&str> = self.paths().into_iter().map(Path::text).collect();
        if paths.is_empty() { "a constant".to_owned() } else { paths.join(", ") }
    }

    pub(crate) fn paths(&self) -> Vec<&Path> {
        let mut paths = match &self.from {
            From::Path(path) => vec![path],
            From::Constant(_) => Vec::new(),
            From::Coalesce(parts) | From::Join { parts, .. } | From::List(parts) => {
                parts.iter().flat_map(Expr::paths).collect()
            }
        };
        paths.extend(self.when.iter().flat_map(Condition::paths));
        paths
    }
}

impl From {
    fn evaluate<'d>(&'d self, context: &Context<'d>) -> Result<Val<'d>, Fault> {
        match self {
            From::Path(path) => Ok(match path.find(context) {
                Nodes::One(node) => node.map_or(Val::Absent, Val::Node),
                Nodes::Many(nodes) => Val::List(nodes.into_iter().map(Val::Node).collect()),
                Nodes::Copies(values) => Val::List(values.into_iter().map(Val::Owned).collect()),
            }),
            From::Constant(Value::String(text)) => Ok(Val::Text(Cow::Borrowed(text))),
            From::Constant(value) => Ok(Val::Owned(value.clone())),
            From::Coalesce(parts) => {
                for part in parts {
                    let value = part.evaluate(context)?;
                    if !value.is_absent() {
                        return Ok(value);
                    }
                }
                Ok(Val::Absent)
            }
            From::List(parts) => values_of(parts, context).map(Val::List),
            From::Join { parts, with } => {
                let texts: Result<Vec<_>, _> = values_of(parts, context)?.into_iter().map(Val::into_text).collect();
                let texts: Vec<Cow<'_, str>> = texts?.into_iter().flatten().collect();
                Ok(if texts.is_empty() { Val::Absent } else { Val::Text(Cow::Owned(texts.join(with))) })
            }
        }
    }
}

fn values_of<'d>(parts: &'d [Expr], context: &Context<'d>) -> Result<Vec<Val<'d>>, Fault> {
    parts.iter().map(|part| part.evaluate(context)).collect()
}

impl<'d> Val<'d> {
    /// Null, blank texts and empty lists are no values.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Val::Absent | Val::Owned(Value::Null) => true,
            Val::Node(node) => match node.shape() {
                Shape::Null => true,
                Shape::Text(text) => is_blank(text),
                _ => false,
            },
            Val::Text(text) => is_blank(text),
            Val::List(values) => values.iter().all(Val::is_absent),
            Val::Owned(Value::String(text)) => is_blank(text),
            Val::Decimal(_) | Val::Boolean(_) | Val::Owned(_) => false,
        }
    }

    /// The value as a trimmed text; numbers keep their digits.
    pub(crate) fn into_text(self) -> Result<Option<Cow<'d, str>>, Fault> {
        let text = match self {
            Val::Absent => return Ok(None),
            Val::Node(node) => match node.shape() {
                Shape::Null => return Ok(None),
                Shape::Text(text) | Shape::Number(text) => Cow::Borrowed(text),
                other => return Err(not_a_text(other.word())),
            },
            Val::Text(text) | Val::Decimal(text) => text,
            Val::Owned(Value::String(text)) => Cow::Owned(text),
            Val::Owned(Value::Number(number)) => Cow::Owned(number.to_string()),
            Val::Owned(Value::Null) => return Ok(None),
            Val::Boolean(_) | Val::Owned(Value::Bool(_)) => return Err(not_a_text("a boolean")),
            Val::Owned(Value::Object(_)) => return Err(not_a_text("an object")),
            Val::List(_) | Val::Owned(Value::Array(_)) => return Err(not_a_text("a list")),
        };
        Ok(trimmed(text))
    }

    /// A text, or a whole number with all its digits: an id that was a fraction has been damaged on the way.
    pub(crate) fn into_key(self) -> Result<Option<Cow<'d, str>>, Fault> {
        if let Val::Node(node) = &self
            && let Shape::Number(digits) = node.shape()
            && !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
        {
            return Err(contract_fault("a key must be a text or a whole number"));
        }
        self.into_text()
    }

    /// The texts of a list; a lone text is a list of one.
    pub(crate) fn into_texts(self) -> Result<Vec<Cow<'d, str>>, Fault> {
        let values = match self {
            Val::List(values) => values,
            Val::Node(node) if node.shape() == Shape::Array => node.elements().into_iter().map(Val::Node).collect(),
            Val::Owned(Value::Array(values)) => values.into_iter().map(Val::Owned).collect(),
            one => return Ok(one.into_text()?.into_iter().collect()),
        };
        let mut texts = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Val::List(_) => texts.extend(value.into_texts()?),
                value => texts.extend(value.into_text()?),
            }
        }
        Ok(texts)
    }

    /// The value as it is, for extensions.
    pub(crate) fn into_any(self) -> Option<Value> {
        if self.is_absent() {
            return None;
        }
        Some(match self {
            Val::Absent => return None,
            Val::Node(node) => node.to_value(),
            Val::Text(text) => Value::String(text.into_owned()),
            Val::Decimal(digits) => digits.parse().map_or(Value::Null, Value::Number),
            Val::Boolean(value) => Value::Bool(value),
            Val::List(values) => Value::Array(values.into_iter().filter_map(Val::into_any).collect()),
            Val::Owned(value) => value,
        })
    }
}

fn trimmed(text: Cow<'_, str>) -> Option<Cow<'_, str>> {
    let trimmed = match text {
        text if has_plain_ends(&text) => text,
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    };
    Some(trimmed).filter(|text| !text.is_empty())
}

fn is_blank(text: &str) -> bool {
    !has_plain_ends(text) && text.trim().is_empty()
}

/// Nearly all texts begin and end with a visible ASCII sign, so that there is nothing to trim.
fn has_plain_ends(text: &str) -> bool {
    let bytes = text.as_bytes();
    matches!((bytes.first(), bytes.last()), (Some(b'!'..=b'~'), Some(b'!'..=b'~')))
}

fn not_a_text(found: &str) -> Fault {
    contract_fault(&format!("a text is expected, the value is {found}"))
}

pub(crate) fn contract_fault(reason: &str) -> Fault {
    Fault { step: Step::Contract, path: String::new(), reason: reason.to_owned() }
}
