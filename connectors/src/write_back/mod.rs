//! How golden values are written to a system: where a record is changed, which of its fields the system lets the hub
//! write, and on which condition. Decisions alone; whoever sends the request stands elsewhere.

mod delivered;
#[cfg(test)]
mod tests;

pub use delivered::Delivered;

use std::cell::OnceCell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use crate::json;
use crate::mapped::MapError;
use crate::mapping::{Context, DEPTH_MAX, Expr, Node, Path, VersionRule};
use crate::webhook::SecretRef;

/// What stands in an address for the record's key.
pub(crate) const KEY: &str = "{key}";

/// How one system's records are changed.
#[derive(Debug, Clone)]
pub struct WriteBack {
    pub(crate) base: Base,
    /// Follows the base and holds `{key}`.
    pub(crate) path: String,
    pub(crate) method: Method,
    pub(crate) auth: Auth,
    pub(crate) secret: SecretRef,
    /// The member that the system wants the record in.
    pub(crate) wrap: Option<String>,
    pub(crate) condition: Option<Condition>,
    /// Lists of which the system follows the best value; of others it keeps what the golden record holds as well.
    pub(crate) best: Vec<String>,
    /// The fields that may be written, each with where in the golden record its value stands.
    pub(crate) fields: Vec<(Vec<String>, Expr)>,
}

/// How an address begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    Fixed(String),
    /// In a variable of the environment, because every customer of the system has an address of its own.
    Env(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Patch,
    Put,
    Post,
}

/// How the system knows that the hub may write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Auth {
    Bearer,
    /// The secret is a name and a password with a colon between.
    Basic,
    Header(String),
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
    pub fn base(&self) -> &Base {
        &self.base
    }

    pub fn method(&self) -> Method {
        self.method
    }

    /// Where the secret is kept.
    pub fn secret(&self) -> &SecretRef {
        &self.secret
    }

    /// Whether the system follows the best of several values, even while the golden record still holds its own.
    pub fn follows_best(&self, attribute: &str) -> bool {
        self.best.iter().any(|name| name == attribute)
    }

    /// The address of a record.
    pub fn url(&self, base: &str, key: &str) -> String {
        format!("{}{}", base.trim_end_matches('/'), self.path.replace(KEY, &escaped(key)))
    }

    /// The header that carries the credentials.
    pub fn credentials(&self, secret: &str) -> (String, String) {
        match &self.auth {
            Auth::Bearer => ("authorization".to_owned(), format!("Bearer {secret}")),
            Auth::Basic => ("authorization".to_owned(), format!("Basic {}", STANDARD.encode(secret))),
            Auth::Header(name) => (name.clone(), secret.to_owned()),
        }
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

    /// The request that writes these fields; the condition is what the record tells of its version.
    fn change(&self, fields: &[Field], condition: Option<Value>) -> Change {
        let mut record = Map::new();
        fields.iter().for_each(|field| put(&mut record, &field.path, field.value.clone()));
        let is_conditional = condition.is_some();
        let place = self.condition.as_ref().map(|condition| &condition.place);
        let header = match (place, condition) {
            (Some(Place::Header(name)), Some(Value::String(text))) => Some((name.clone(), text)),
            (Some(Place::Header(name)), Some(value)) => Some((name.clone(), value.to_string())),
            (Some(Place::Field(path)), Some(value)) => {
                put(&mut record, path, value);
                None
            }
            _ => None,
        };
        let record = Value::Object(record);
        let body = match &self.wrap {
            Some(name) => Value::Object(Map::from_iter([(name.clone(), record)])),
            None => record,
        };
        Change { body, header, is_conditional }
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
