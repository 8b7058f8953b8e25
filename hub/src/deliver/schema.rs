//! What the data of each type of event looks like, as JSON Schema 2020-12. The envelope's `dataschema` leads here.

use crate::domain::cause::Cause;
use crate::domain::consent::Channel;
use crate::domain::customer::{Address, ContactPoint, Identifier, Name};
use crate::domain::plan::EventKind;
use crate::domain::rules::Attribute;
use crate::domain::subscriber::RECORDS;
use crate::domain::survivorship::{CONSENTS, JURISDICTIONS};
use serde_json::{Map, Value, json};
use utoipa::PartialSchema;

/// The type of an event in its envelope.
pub fn type_of(kind: EventKind) -> String {
    format!("hub.golden.{}.v1", kind.name())
}

/// The address of a type's schema.
pub fn address(kind: EventKind, origin: &str) -> String {
    format!("{origin}/v1/schemas/{}", type_of(kind))
}

/// The schema of a type of event, if there is such a type.
pub fn of(name: &str, origin: &str) -> Option<Value> {
    let kind = EventKind::ALL.into_iter().find(|kind| type_of(*kind) == name)?;
    let mut properties = Map::new();
    let mut required = vec!["id", "version", "changed_at"];
    let head = [
        ("id", json!({"type": "string", "format": "uuid", "description": "The golden id."})),
        ("version", json!({"type": "integer", "minimum": 1, "description": "Counts the id's versions without a gap."})),
        ("changed_at", json!({"type": "string", "format": "date-time"})),
    ];
    properties.extend(head.map(owned));
    match kind {
        EventKind::Created | EventKind::Updated | EventKind::Restored => properties.extend(values()),
        EventKind::Merged => {
            required.push("into");
            let into = json!({"type": "string", "format": "uuid", "description": "The id that it resolves to now."});
            properties.insert("into".to_owned(), into);
        }
        EventKind::Deleted => {}
    }
    properties.extend(told());
    Some(json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": address(kind, origin),
        "title": title(kind),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    }))
}

fn title(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Created => "A golden record that is new",
        EventKind::Updated => "A golden record that has changed",
        EventKind::Restored => "A golden id that is live again",
        EventKind::Merged => "A golden id that resolves to another one now",
        EventKind::Deleted => "A golden id that no source record is left of",
    }
}

/// The attributes, of which a subscriber sees those that it may, and a record has those that are known.
fn values() -> impl Iterator<Item = (String, Value)> {
    let attributes = Attribute::ALL.into_iter().map(|attribute| (attribute.name().to_owned(), value(attribute)));
    let erased = json!({"const": true, "description": "The values were taken out: somebody whose they were asked to be forgotten."});
    let others =
        [(CONSENTS, consents()), (JURISDICTIONS, jurisdictions()), (RECORDS, source_keys()), ("erased", erased)];
    attributes.chain(others.map(owned))
}

/// What the person has allowed and refused.
fn consents() -> Value {
    let text = || json!({"type": "string"});
    let one = json!({
        "type": "object",
        "properties": {
            "purpose": text(),
            "channel": {"enum": Channel::ALL.map(Channel::name)},
            "point": {"type": "string", "description": "The contact point that a permission reaches, in comparable form."},
            "state": {"enum": ["granted", "expired", "denied", "withdrawn"]},
            "basis": {"enum": ["existing_customer"], "description": "Absent where it rests on consent."},
            "at": {"type": "string", "format": "date-time"},
            "until": {"type": "string", "format": "date-time"},
            "unplaced": {"type": "boolean", "description": "A purchase that a record without a country knows of."},
            "source": {"type": "string", "description": "The system that it was said to."},
            "disputed": {"type": "boolean", "description": "Another record says the opposite, and is outweighed."},
        },
        "required": ["purpose", "channel", "state", "source"],
        "additionalProperties": false,
    });
    json!({"type": "array", "items": one})
}

/// Whose law counts, where the golden record's country does not tell.
fn jurisdictions() -> Value {
    let texts = json!({"type": "array", "items": {"type": "string"}});
    json!({
        "type": "object",
        "properties": {"countries": texts, "unplaced": texts},
        "required": ["countries"],
        "additionalProperties": false,
    })
}

fn value(attribute: Attribute) -> Value {
    let list = |of: Value| json!({"type": "array", "items": of});
    match attribute {
        Attribute::Name => part::<Name>(),
        Attribute::Emails | Attribute::Phones => list(part::<ContactPoint>()),
        Attribute::Addresses => list(part::<Address>()),
        Attribute::Identifiers => list(part::<Identifier>()),
        Attribute::BirthDate
        | Attribute::Gender
        | Attribute::Organisation
        | Attribute::Language
        | Attribute::Country => json!({"type": "string"}),
    }
}

/// The canonical contract's own description of a part. What has no value is left out and has no default.
fn part<T: PartialSchema>() -> Value {
    let mut part = serde_json::to_value(T::schema()).unwrap_or_default();
    let members = part.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten();
    members.filter_map(|(_, member)| member.as_object_mut()).for_each(|member| drop(member.remove("default")));
    part
}

/// What subscribers are told besides the values.
fn told() -> impl Iterator<Item = (String, Value)> {
    let names: Vec<&str> = Attribute::ALL.iter().map(|attribute| attribute.name()).collect();
    let names = [names, vec![CONSENTS, JURISDICTIONS, RECORDS]].concat();
    let change = json!({
        "type": "object",
        "properties": {"attribute": {"enum": names}, "old": {}, "new": {}},
        "required": ["attribute", "old", "new"],
        "additionalProperties": false,
    });
    let ids = json!({"type": "array", "items": {"type": "string", "format": "uuid"}});
    [
        ("changes", json!({"type": "array", "items": change, "description": "Old and new values; null where there was or is none."})),
        ("vanished", ids.clone()),
        ("appeared", ids),
        ("cause", cause()),
    ]
    .map(owned)
    .into_iter()
}

fn cause() -> Value {
    json!({
        "type": "object",
        "description": "Why the id vanished or appeared: the pair of records that weighs enough, a steward's decision, \
                        what the sources say now, another policy, or that the person asked to be forgotten.",
        "properties": {
            "kind": {"enum": Cause::KINDS},
            "weight": {"type": "number", "description": "The pair's match weight, log2."},
            "records": source_keys(),
            "decision": {"type": "string", "format": "uuid"},
            "verdict": {"enum": ["always_link", "never_link", "pin"]},
            "revoked": {"type": "boolean", "description": "The decision went out of force."},
            "by": {"type": "string", "description": "Who decided."},
        },
        "required": ["kind"],
        "additionalProperties": false,
    })
}

fn source_keys() -> Value {
    let key = json!({
        "type": "object",
        "properties": {"source": {"type": "string"}, "source_key": {"type": "string"}},
        "required": ["source", "source_key"],
        "additionalProperties": false,
    });
    json!({"type": "array", "items": key})
}

fn owned((name, value): (&str, Value)) -> (String, Value) {
    (name.to_owned(), value)
}
