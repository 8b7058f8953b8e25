//! Statements of consent on their way to the records that they are about.

use crate::domain::consent::{Consent, ConsentError, Origin, Statement};
use crate::domain::customer::Customer;
use crate::domain::ids::{GoldenId, SourceKey};
use crate::domain::plan::{Content, Incoming};
use crate::store::inbox::{Delivery, Shape};
use foldhash::HashSet;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The payload of a delivery that holds statements alone; its source is the system that they were said to.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The records that they are about: all of a person's at the time, so that a parted person keeps what was refused.
    pub records: Vec<SourceKey>,
    pub consents: Vec<Consent>,
}

/// The statements of a record as its source sends it; `state` is its version and its time of change.
pub(super) fn understood(
    said: Vec<Consent>,
    delivery: &Delivery,
    (version, changed_us): (i64, i64),
    customer: &Customer,
) -> Result<Vec<Statement>, ConsentError> {
    let origin = Origin { by: &delivery.source, version, changed_us, received_us: delivery.received_us, customer };
    said.into_iter().map(|consent| consent.understood(origin)).collect()
}

/// The statements of a delivery that holds nothing else, for each record that they are about.
pub(super) fn statements(delivery: &Delivery) -> Result<Vec<Incoming>, String> {
    let said: Said = serde_json::from_slice(&delivery.payload)
        .map_err(|_| "the payload is no list of statements; send it again through POST /v1/consents".to_owned())?;
    let state = (delivery.received_us, delivery.received_us);
    let statements = understood(said.consents, delivery, state, &Customer::default()).map_err(|e| e.to_string())?;
    let about = |key: SourceKey| Incoming {
        key,
        delivery: delivery.id,
        version: i64::MIN,
        updated_us: delivery.received_us,
        versioned: false,
        content_hash: 0,
        content: Content::Nothing,
        anchor: GoldenId(Uuid::nil()),
        echo: false,
        statements: statements.clone(),
    };
    Ok(said.records.into_iter().map(about).collect())
}

/// The payload of a delivery of statements without some of its records, if others are left.
pub(super) fn without(delivery: &Delivery, records: &HashSet<SourceKey>) -> Option<Vec<u8>> {
    if delivery.shape != Shape::Consents {
        return None;
    }
    let mut said: Said = serde_json::from_slice(&delivery.payload).ok()?;
    said.records.retain(|key| !records.contains(key));
    if said.records.is_empty() { None } else { serde_json::to_vec(&said).ok() }
}
