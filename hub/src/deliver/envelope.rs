//! A change event as a CloudEvent 1.0.

use crate::domain::ids::{EventSeq, GoldenId, PolicyNo};
use crate::domain::plan::EventKind;
use crate::domain::subscriber::Seen;
use crate::read::profiles::{golden_json, rfc3339};
use crate::store::StoreError;
use crate::store::events::StoredEvent;
use crate::store::subscribers::Change;
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
    /// Orders all events of this hub; sorts as text.
    #[schema(example = "00000000000000004711")]
    sequence: String,
    /// The policy that the change was decided under; `GET /v1/policies` tells it.
    policy: String,
    /// The golden record; for `merged` its `into`, the id that it resolves to now. A subscriber also gets `changes` with
    /// old and new values, and the golden ids that `vanished` and `appeared`.
    #[schema(value_type = Object)]
    data: Box<RawValue>,
}

/// What an event's envelope says besides its data.
struct Head {
    seq: EventSeq,
    golden: GoldenId,
    kind: EventKind,
    at_us: i64,
    policy: PolicyNo,
}

/// An event of the feed.
pub fn envelope(event: &StoredEvent, origin: &str) -> Result<Box<RawValue>, StoreError> {
    let data = golden_json(event.golden, event.version, event.at_us, &event.body);
    let head =
        Head { seq: event.seq, golden: event.golden, kind: event.kind, at_us: event.at_us, policy: event.policy };
    wrap(&head, data, origin)
}

/// What a subscriber sees of an event.
pub fn message(change: &Change, seen: &Seen, origin: &str) -> Result<Box<RawValue>, StoreError> {
    let values = serde_json::to_string(seen).map_err(corrupt)?;
    let data = golden_json(change.golden, change.version, change.at_us, &values);
    let head =
        Head { seq: change.seq, golden: change.golden, kind: change.kind, at_us: change.at_us, policy: change.policy };
    wrap(&head, data, origin)
}

fn wrap(head: &Head, data: String, origin: &str) -> Result<Box<RawValue>, StoreError> {
    let envelope = Envelope {
        specversion: "1.0",
        id: head.seq.0.to_string(),
        source: origin,
        r#type: format!("hub.golden.{}.v1", head.kind.name()),
        subject: head.golden.0,
        partitionkey: head.golden.0,
        time: rfc3339(head.at_us),
        datacontenttype: "application/json",
        sequence: format!("{:020}", head.seq.0),
        policy: head.policy.0.to_string(),
        data: RawValue::from_string(data).map_err(corrupt)?,
    };
    serde_json::value::to_raw_value(&envelope).map_err(corrupt)
}

fn corrupt(_: serde_json::Error) -> StoreError {
    StoreError::Corrupt { what: "change event" }
}
