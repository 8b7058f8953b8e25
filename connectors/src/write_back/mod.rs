//! How golden values are written to a system: where a record is changed, which of its fields the system lets the hub
//! write, and on which condition. Decisions alone; whoever sends the request stands elsewhere.

mod delivered;
mod form;
mod template;
#[cfg(test)]
mod tests;

pub use delivered::Delivered;

use std::cell::OnceCell;

use serde_json::{Map, Value};

pub(crate) use self::template::Template;

use self::template::Content;
use crate::access::{Credentials, Setting};
use crate::json;
use crate::mapped::MapError;
use crate::mapping::{Context, DEPTH_MAX, Expr, Node, Nodes, Path, VersionRule};

/// What stands in an address for the record's key.
pub(crate) const KEY: &str = "{key}";

/// How one system's records are changed.
#[derive(Debug, Clone)]
pub struct WriteBack {
    /// Scheme, host, and what stands before the path.
    pub base: Setting,
    pub credentials: Credentials,
    /// Where a token against forged requests is asked for, below the base, if the system wants one.
    pub csrf: Option<String>,
    pub method: Method,
    /// Follows the base, with `{key}` for the record's key.
    pub(crate) path: String,
    pub(crate) encoding: Encoding,
    pub(crate) body: Template,
    /// Where the answer tells an error, if the system tells it with a status of success.
    pub(crate) refused: Option<Path>,
    pub(crate) condition: Option<Condition>,
    /// Lists of which the system follows the best value; of others it keeps what the golden record holds as well.
    pub(crate) best: Vec<String>,
    /// The fields that may be written, each with where in the golden record its value stands.
    pub(crate) fields: Vec<(Vec<String>, Expr)>,
    /// Where the record as it is read has a field, if it is not where it is written.
    pub(crate) held: Vec<(Vec<String>, Path)>,
}

/// How a body is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    Json,
    Form,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Patch,
    Put,
    Post,
}

/// The record's version as the system last told it; it changes nothing if it has another one by now.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) place: Place,
    pub(crate) version: Told,
}

/// Where a request carries the condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    Header(String),
    Field(Vec<String>),
}

/// Where the record tells its version.
#[derive(Debug, Clone)]
pub(crate) enum Told {
    As(Expr),
    /// A time, which goes into a header as HTTP writes dates.
    Time(VersionRule),
}

/// One field with the value that it should have; null where the attribute is known and this part of it is not.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The members on the way to it.
    pub path: Vec<String>,
    pub value: Value,
}

/// What a request carries besides its address and its credentials.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub body: Value,
    /// The header that makes it conditional.
    pub header: Option<(String, String)>,
    /// Whether the system refuses it if the record has changed meanwhile.
    pub is_conditional: bool,
}

impl WriteBack {
    /// Whether the system follows the best of several values, even while the golden record still holds its own.
    pub fn follows_best(&self, attribute: &str) -> bool {
        self.best.iter().any(|name| name == attribute)
    }

    /// The address of a record.
    pub fn url(&self, base: &str, key: &str) -> String {
        format!("{}{}", base.trim_end_matches('/'), self.path.replace(KEY, &escaped(key)))
    }

    /// A body's media type, and its text.
    pub fn encoded(&self, body: &Value) -> (&'static str, String) {
        match self.encoding {
            Encoding::Json => ("application/json", body.to_string()),
            Encoding::Form => ("application/x-www-form-urlencoded", form::encoded(body)),
        }
    }

    /// Whether an answer has to be read to know that the request was obeyed.
    pub fn reads_answers(&self) -> bool {
        self.refused.is_some()
    }

    /// Whether an answer with a status of success tells an error; nothing if it cannot be read.
    pub fn is_refusal(&self, answer: &[u8]) -> Option<bool> {
        let Some(path) = &self.refused else { return Some(false) };
        let answer: Value = serde_json::from_slice(answer).ok()?;
        let whole = OnceCell::new();
        let context = Context { record: Node::General(&answer), element: None, ignores_case: false, whole: &whole };
        Some(match path.find(&context) {
            Nodes::One(node) => node.is_some_and(|node| !is_empty(&node.to_value())),
            Nodes::Many(nodes) => nodes.into_iter().any(|node| !is_empty(&node.to_value())),
            Nodes::Copies(values) => values.iter().any(|value| !is_empty(value)),
        })
    }

    /// The fields whose attribute stands in a golden record, or in a record of the same shape. An attribute stays
    /// together: the second line of an address that has only one is null, not the line of the address before.
    pub fn fields(&self, golden: &Value) -> Result<Vec<Field>, MapError> {
        let text = golden.to_string();
        let document = json::parse(text.as_bytes(), DEPTH_MAX).map_err(|error| crate::mapping::unreadable(&error))?;
        let whole = OnceCell::new();
        let context =
            Context { record: Node::Fast(document.root()), element: None, ignores_case: false, whole: &whole };
        let mut fields = Vec::with_capacity(self.fields.len());
        for (path, expr) in self.fields.iter().filter(|(_, expr)| is_known(golden, expr)) {
            let value = expr.evaluate(&context).map_err(|fault| fault.for_field(&path.join(".")))?;
            fields.push(Field { path: path.clone(), value: value.into_any().unwrap_or_default() });
        }
        Ok(fields)
    }

    /// The request that writes these fields; the condition is what the record tells of its version. Nothing if the record
    /// lacks what the request has to name.
    fn change(&self, fields: &[Field], record: Option<&Value>, condition: Option<Value>) -> Option<Change> {
        let is_conditional = condition.is_some();
        let place = self.condition.as_ref().map(|condition| &condition.place);
        let (header, condition) = match (place, condition) {
            (Some(Place::Header(name)), Some(Value::String(text))) => (Some((name.clone(), text)), None),
            (Some(Place::Header(name)), Some(value)) => (Some((name.clone(), value.to_string())), None),
            (Some(Place::Field(path)), Some(value)) => (None, Some((path.as_slice(), value))),
            _ => (None, None),
        };
        let body = self.body.fill(&Content { fields, record, condition })?;
        Some(Change { body, header, is_conditional })
    }

    /// Puts a field where the record as it is read has it.
    fn hold(&self, record: &mut Value, field: &Field) {
        match self.held.iter().find(|(name, _)| *name == field.path) {
            Some((_, place)) => place.put(record, field.value.clone()),
            None => {
                if let Value::Object(record) = record {
                    put(record, &field.path, field.value.clone());
                }
            }
        }
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

/// Whether any attribute that a field is made of has a value.
fn is_known(golden: &Value, expr: &Expr) -> bool {
    let has = |name: &str| match golden.get(name) {
        Some(Value::Array(values)) => !values.is_empty(),
        Some(value) => !value.is_null(),
        None => false,
    };
    expr.paths().into_iter().filter_map(Path::first_member).any(has)
}

/// Puts a value at a place, and makes the objects on the way.
fn put(object: &mut Map<String, Value>, path: &[String], value: Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        object.insert(first.clone(), value);
        return;
    }
    let inner = object.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if !inner.is_object() {
        *inner = Value::Object(Map::new());
    }
    if let Value::Object(inner) = inner {
        put(inner, rest, value);
    }
}

/// A key as one segment of a path (RFC 3986).
fn escaped(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
