//! A change event as a CloudEvent 1.0.

use super::schema;
use crate::domain::subscriber::Seen;
use crate::read::profiles::{golden_json, rfc3339};
use crate::store::StoreError;
use crate::store::events::StoredEvent;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// A change of one golden record, as a CloudEvent.
#[derive(Serialize, ToSchema)]
pub struct Envelope<'a> {
    #[schema(example = "1.0")]
    specversion: &'static str,
    /// The sequence number; with `source` it names the event.
    id: String,
    source: &'a str,
    /// `hub.golden.created.v1`, `.updated.`, `.restored.`, `.merged.` or `.deleted.`.
    #[schema(example = "hub.golden.updated.v1")]
    r#type: String,
    /// The golden id.
    subject: Uuid,
    /// The golden id again: events with one key come in order.
    partitionkey: Uuid,
    time: String,
    datacontenttype: &'static str,
    /// Where `data` is described.
    #[schema(example = "https://hub.example.com/v1/schemas/hub.golden.updated.v1")]
    dataschema: String,
    /// Orders all events of this hub; sorts as text.
    #[schema(example = "00000000000000004711")]
    sequence: String,
    /// The policy that the change was decided under; `GET /v1/policies` tells it.
    policy: String,
    /// The golden record; for `merged` its `into`, the id that it resolves to now. A subscriber also gets `changes` with
    /// old and new values, and the golden ids that `vanished` and `appeared`. `cause` tells why an id did.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

/// An event of the feed.
pub fn envelope(event: &StoredEvent, origin: &str) -> Result<Box<RawValue>, StoreError> {
    let mut data = golden_json(event.golden, event.version, event.at_us, &event.body);
    if let Some(cause) = &event.cause {
        // The values are an object, whose last sign is its brace.
        data.pop();
        data.push_str(&format!(",\"cause\":{cause}}}"));
    }
    wrap(event, data, origin)
}

/// What a subscriber sees of an event.
pub fn message(event: &StoredEvent, seen: &Seen, origin: &str) -> Result<Box<RawValue>, StoreError> {
    let values = serde_json::to_string(seen).map_err(corrupt)?;
    wrap(event, golden_json(event.golden, event.version, event.at_us, &values), origin)
}

fn wrap(event: &StoredEvent, data: String, origin: &str) -> Result<Box<RawValue>, StoreError> {
    let envelope = Envelope {
        specversion: "1.0",
        id: event.seq.0.to_string(),
        source: origin,
        r#type: schema::type_of(event.kind),
        subject: event.golden.0,
        partitionkey: event.golden.0,
        time: rfc3339(event.at_us),
        datacontenttype: "application/json",
        dataschema: schema::address(event.kind, origin),
        sequence: format!("{:020}", event.seq.0),
        policy: event.policy.0.to_string(),
        data: RawValue::from_string(data).map_err(corrupt)?,
    };
    serde_json::value::to_raw_value(&envelope).map_err(corrupt)
}

fn corrupt(_: serde_json::Error) -> StoreError {
    StoreError::Corrupt { what: "change event" }
}
