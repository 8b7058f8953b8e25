//! A change event as a CloudEvent 1.0.

use crate::api::wire::rfc3339;
use crate::read::profiles::golden_json;
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
    time: String,
    datacontenttype: &'static str,
    /// Orders all events of this hub; sorts as text.
    #[schema(example = "00000000000000004711")]
    sequence: String,
    /// The policy that the change was decided under; `GET /v1/policies` tells it.
    policy: String,
    /// The golden record; for `merged` its `into`, the id that it resolves to now.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

pub fn envelope(event: &StoredEvent, origin: &str) -> Result<Box<RawValue>, StoreError> {
    let corrupt = |_| StoreError::Corrupt { what: "change event" };
    let data = golden_json(event.golden, event.version, event.at_us, &event.body);
    let envelope = Envelope {
        specversion: "1.0",
        id: event.seq.0.to_string(),
        source: origin,
        r#type: format!("hub.golden.{}.v1", event.kind.name()),
        subject: event.golden.0,
        time: rfc3339(event.at_us),
        datacontenttype: "application/json",
        sequence: format!("{:020}", event.seq.0),
        policy: event.policy.0.to_string(),
        data: RawValue::from_string(data).map_err(corrupt)?,
    };
    serde_json::value::to_raw_value(&envelope).map_err(corrupt)
}
