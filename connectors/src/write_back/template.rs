//! The body of a request: JSON in which some texts stand for the fields that are written, or for what the record tells of
//! itself.

use std::cell::OnceCell;

use serde_json::{Map, Value};

use super::{Field, put};
use crate::mapping::{Context, Node, Nodes, Path};

/// All fields that no other place names, as an object.
const FIELDS: &str = "{fields}";
/// One field by its name follows.
const FIELD: &str = "{field ";
/// A path into the record follows, up to the brace.
const RECORD: &str = "{$";

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Template {
    Fixed(Value),
    /// The fields that have no place of their own.
    Fields,
    /// One field.
    Field(Vec<String>),
    /// What the record as it was delivered last has there.
    Record(Path),
    Object(Vec<(String, Template)>),
    List(Vec<Template>),
}

/// What a request is made of.
pub(super) struct Content<'c> {
    pub(super) fields: &'c [Field],
    /// The record as it was delivered last, if it is known.
    pub(super) record: Option<&'c Value>,
    /// The member that carries the version the record must have.
    pub(super) condition: Option<(&'c [String], Value)>,
}

impl Template {
    /// The error names the text that stands for nothing.
    pub(crate) fn parse(value: Value) -> Result<Template, String> {
        let all = |values: Vec<Value>| values.into_iter().map(Template::parse).collect::<Result<Vec<_>, _>>();
        match value {
            Value::String(text) => Template::of_text(text),
            Value::Array(values) => all(values).map(Template::List),
            Value::Object(members) => {
                let (names, values): (Vec<_>, Vec<_>) = members.into_iter().unzip();
                Ok(Template::Object(names.into_iter().zip(all(values)?).collect()))
            }
            other => Ok(Template::Fixed(other)),
        }
    }

    fn of_text(text: String) -> Result<Template, String> {
        if text == FIELDS {
            return Ok(Template::Fields);
        }
        let inner = |prefix: &str| text.strip_prefix(prefix)?.strip_suffix('}');
        if let Some(name) = inner(FIELD) {
            return Ok(Template::Field(name.split('.').map(str::to_owned).collect()));
        }
        match inner(RECORD) {
            Some(rest) => {
                Path::parse(&format!("${rest}")).ok().filter(Path::is_singular).map(Template::Record).ok_or(text)
            }
            None if text.starts_with('{') && text.ends_with('}') => Err(text),
            None => Ok(Template::Fixed(Value::String(text))),
        }
    }

    /// Whether the record itself is named in it.
    pub(crate) fn names_record(&self) -> bool {
        self.parts().any(|part| matches!(part, Template::Record(_)))
    }

    /// The fields that have a place of their own.
    pub(crate) fn named(&self) -> Vec<&[String]> {
        let mut named = Vec::new();
        for part in self.parts() {
            if let Template::Field(name) = part {
                named.push(name.as_slice());
            }
        }
        named
    }

    /// Whether there is a place for all other fields.
    pub(crate) fn takes_any(&self) -> bool {
        self.parts().any(|part| matches!(part, Template::Fields))
    }

    fn parts(&self) -> Box<dyn Iterator<Item = &Template> + '_> {
        let inner: Box<dyn Iterator<Item = &Template> + '_> = match self {
            Template::Object(members) => Box::new(members.iter().flat_map(|(_, part)| part.parts())),
            Template::List(parts) => Box::new(parts.iter().flat_map(Template::parts)),
            _ => Box::new(std::iter::empty()),
        };
        Box::new(std::iter::once(self).chain(inner))
    }

    fn takes_fields(&self) -> bool {
        self.takes_any() || !self.named().is_empty()
    }

    /// The body; nothing if none of the fields has a place in it, or if the record does not have what it names. A member
    /// whose fields are not written is left out, and so is a list that would lack an element.
    pub(super) fn fill(&self, content: &Content<'_>) -> Option<Value> {
        let named: Vec<&[String]> = self.named();
        self.part(content, &named)
    }

    fn part(&self, content: &Content<'_>, named: &[&[String]]) -> Option<Value> {
        match self {
            Template::Fixed(value) => Some(value.clone()),
            Template::Field(name) => {
                content.fields.iter().find(|field| field.path == *name).map(|field| field.value.clone())
            }
            Template::Fields => rest(content, named),
            Template::Record(path) => content.record.and_then(|record| told(path, record)),
            Template::List(parts) => parts.iter().map(|part| part.part(content, named)).collect(),
            Template::Object(members) => {
                let mut object = Map::new();
                let mut writes = !self.takes_fields();
                for (name, part) in members {
                    match part.part(content, named) {
                        Some(value) => {
                            writes |= part.takes_fields();
                            object.insert(name.clone(), value);
                        }
                        None if part.takes_fields() => {}
                        None => return None,
                    }
                }
                writes.then_some(Value::Object(object))
            }
        }
    }
}

/// The fields without a place of their own, with the version that the record must have.
fn rest(content: &Content<'_>, named: &[&[String]]) -> Option<Value> {
    let mut record = Map::new();
    let fields = content.fields.iter().filter(|field| !named.contains(&field.path.as_slice()));
    fields.for_each(|field| put(&mut record, &field.path, field.value.clone()));
    if record.is_empty() {
        return None;
    }
    if let Some((path, version)) = &content.condition {
        put(&mut record, path, version.clone());
    }
    Some(Value::Object(record))
}

fn told(path: &Path, record: &Value) -> Option<Value> {
    let whole = OnceCell::new();
    let context = Context { record: Node::General(record), element: None, ignores_case: false, whole: &whole };
    match path.find(&context) {
        Nodes::One(node) => node.map(Node::to_value).filter(|value| !value.is_null()),
        Nodes::Many(_) | Nodes::Copies(_) => None,
    }
}
