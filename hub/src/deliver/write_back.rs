//! Writes golden values back to a source that holds stale ones, through the source's own manifest: only the fields that
//! it lets the hub write, on the condition that its record is still as the hub knows it, and one request at a time for
//! each record. Nothing of what is written or answered, and no address, goes into the log.

mod request;
mod session;

pub use self::request::{System, WriteBackError};

use self::request::Answer;
use super::Shared;
use super::webhook::Outcome;
use crate::domain::customer::Customer;
use crate::domain::ids::{DeliveryId, GoldenId, SourceKey};
use crate::domain::outbox::Failure;
use crate::domain::plan::GoldenState;
use crate::domain::subscriber::Settings;
use crate::domain::survivorship::alone;
use crate::domain::write_back::{Accepts, held, wanted};
use crate::pipeline::{clock, content_hash};
use crate::store::inbox::{Delivery, Shape};
use crate::store::profiles::SourceRecord;
use crate::store::subscribers::Subscriber;
use crate::store::write_back::WriteBack;
use crate::store::{Store, StoreError};
use connectors::write_back::{Change, Delivered, Field};
use foldhash::HashMap;
use serde_json::{Map, Value};
use std::sync::{Arc, Mutex, PoisonError};

/// A system that does not keep what is written to it is not asked more often than this within a day.
const SAME_CONTENT_MAX: i64 = 5;
/// Records whose refusals are remembered; further ones are asked again.
const REFUSED_MAX: usize = 10_000;

/// The way to one source.
#[derive(Clone)]
pub struct Line {
    store: Store,
    client: reqwest::Client,
    system: Arc<System>,
    settings: Arc<Settings>,
    /// Records that had changed before they could be written, with the delivery that the hub knows of each.
    refused: Arc<Mutex<HashMap<SourceKey, DeliveryId>>>,
}

/// What is to be done about one record.
enum Due {
    /// The system holds what is golden, or has been told.
    Nothing,
    /// A request or a change is on its way, and its source will tell.
    Early,
    Write(Box<Request>),
}

/// A request that is ready to leave.
struct Request {
    change: Change,
    noted: WriteBack,
}

impl Line {
    pub(super) fn new(shared: &Shared, subscriber: &Subscriber, system: System) -> Line {
        Line {
            store: shared.store.clone(),
            client: shared.client.clone(),
            system: Arc::new(system),
            settings: Arc::new(subscriber.settings.clone()),
            refused: Arc::default(),
        }
    }

    /// Brings the source's records of a person up to what is golden now.
    pub async fn bring_up(&self, golden: GoldenId) -> Result<Outcome, StoreError> {
        let Some(profile) = self.store.profile(golden).await? else { return Ok(Outcome::Delivered) };
        if profile.state != GoldenState::Live {
            return Ok(Outcome::Delivered);
        }
        let corrupt = StoreError::Corrupt { what: "golden record" };
        let Ok(Value::Object(values)) = serde_json::from_str(&profile.body) else { return Err(corrupt) };
        for key in self.records(&values) {
            let Some(record) = self.store.source_record(&key).await? else { continue };
            if record.deleted || record.golden != Some(golden) {
                continue;
            }
            match self.bring_up_one(&values, &record).await? {
                Outcome::Delivered => {}
                other => return Ok(other),
            }
        }
        Ok(Outcome::Delivered)
    }

    /// The source's own records among the members of a golden record.
    fn records(&self, values: &Map<String, Value>) -> Vec<SourceKey> {
        let members = values.get(crate::domain::subscriber::RECORDS).cloned().unwrap_or_default();
        let members: Vec<SourceKey> = serde_json::from_value(members).unwrap_or_default();
        members.into_iter().filter(|key| key.source == self.system.source()).collect()
    }

    async fn bring_up_one(&self, values: &Map<String, Value>, record: &SourceRecord) -> Result<Outcome, StoreError> {
        match self.due(values, record).await? {
            Due::Nothing => Ok(Outcome::Delivered),
            Due::Early => Ok(Outcome::Early),
            Due::Write(request) => {
                let Request { change, noted } = *request;
                tracing::debug!(source = self.system.source(), "a stale record is written");
                self.store.begin_write_back(&noted).await?;
                let answer = self.system.send(&self.client, &record.key.key, &change).await;
                self.ended(answer, noted).await
            }
        }
    }

    async fn ended(&self, answer: Answer, noted: WriteBack) -> Result<Outcome, StoreError> {
        let outcome = match answer {
            Answer::Taken => {
                self.store.end_write_back(&noted, true).await?;
                return Ok(Outcome::Delivered);
            }
            // Whether it was obeyed nobody knows, so it stays noted.
            Answer::Unknown { what } => return Ok(Outcome::Failed { failure: Failure::Plain, what }),
            Answer::Changed => {
                let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
                if refused.len() < REFUSED_MAX {
                    refused.insert(noted.key.clone(), noted.delivery);
                }
                Outcome::Early
            }
            Answer::Refused { failure, what } => Outcome::Failed { failure, what },
        };
        self.store.end_write_back(&noted, false).await?;
        Ok(outcome)
    }

    async fn due(&self, values: &Map<String, Value>, record: &SourceRecord) -> Result<Due, StoreError> {
        let known = self.store.delivery_of(record.record).await?;
        let delivery = known.as_ref().map_or(DeliveryId(0), |known| known.id);
        if self.is_refused(&record.key, delivery) {
            return Ok(Due::Early);
        }
        let now_us = clock::now_us();
        let outstanding = self.store.outstanding(&record.key, delivery, now_us).await?;
        let fields = self.stale(values, &record.customer);
        if fields.is_empty() {
            return Ok(if outstanding.is_some() { Due::Early } else { Due::Nothing });
        }
        let known = known.as_ref().and_then(|known| self.delivered(known));
        let content_hash = foretold(known.as_ref(), &fields, self.system.source());
        match outstanding {
            Some(sent) if sent.content_hash != content_hash => return Ok(Due::Early),
            Some(sent) if sent.taken => return Ok(Due::Nothing),
            _ => {}
        }
        if self.store.written_back(&record.key, content_hash, now_us).await? >= SAME_CONTENT_MAX {
            tracing::warn!(source = self.system.source(), "a source does not keep what is written; it is left alone");
            return Ok(Due::Nothing);
        }
        let change = match &known {
            Some(known) => known.change(&fields),
            None => self.system.rules().unconditional(&fields),
        };
        // A record without an address of its own has none that could be changed.
        let Some(change) = change else { return Ok(Due::Nothing) };
        let (key, updated_us) = (record.key.clone(), record.updated_us);
        let noted = WriteBack { key, content_hash, updated_us, at_us: now_us, delivery };
        Ok(Due::Write(Box::new(Request { change, noted })))
    }

    /// Whether the system has refused a request because of a change that the hub does not know yet.
    fn is_refused(&self, key: &SourceKey, known: DeliveryId) -> bool {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let is_same = refused.get(key) == Some(&known);
        if !is_same {
            refused.remove(key);
        }
        is_same
    }

    /// The fields in which the system holds something else than what is golden.
    fn stale(&self, values: &Map<String, Value>, customer: &Customer) -> Vec<Field> {
        let rules = self.system.rules();
        let may_see = self.settings.attributes.as_ref();
        let accepts = Accepts {
            attribute: &|name| may_see.is_none_or(|seen| seen.iter().any(|attribute| attribute == name)),
            best: &|name| rules.follows_best(name),
        };
        let own = alone(customer);
        let wanted = rules.fields(&Value::Object(wanted(values, &own, &accepts)));
        let held = rules.fields(&Value::Object(held(&own, &accepts)));
        let (Ok(wanted), Ok(held)) = (wanted, held) else {
            tracing::warn!(
                source = self.system.source(),
                "golden values do not fit [write_back.fields]; see its lookups"
            );
            return Vec::new();
        };
        let holds = |field: &Field| match held.iter().find(|held| held.path == field.path) {
            Some(held) => held.value == field.value,
            None => field.value.is_null(),
        };
        wanted.into_iter().filter(|field| !holds(field)).collect()
    }

    fn delivered(&self, known: &Delivery) -> Option<Delivered<'_>> {
        let manifest = self.system.manifest();
        match &known.shape {
            Shape::Manifest => manifest.delivered(None, &known.payload),
            Shape::Notice { topic } => manifest.delivered(Some(topic), &known.payload),
            Shape::Canonical | Shape::Consents | Shape::Unreadable | Shape::Erased => None,
        }
    }
}

/// The hash of the record as it will come back. Where that cannot be told, the request's own is as good as any: it only
/// has to tell one request from another.
fn foretold(known: Option<&Delivered<'_>>, fields: &[Field], source: &str) -> u64 {
    let customer = known.and_then(|known| known.after(fields)).and_then(|after| {
        let customer = Customer::checked(&after.record, &clock::today()).ok()?;
        serde_json::to_string(&customer).ok()
    });
    let own = || {
        let fields = fields.iter().map(|field| format!("{}={};", field.path.join("."), field.value));
        format!("{source} {}", fields.collect::<String>())
    };
    content_hash(&customer.unwrap_or_else(own))
}
