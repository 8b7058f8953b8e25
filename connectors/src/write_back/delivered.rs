//! A record as its system delivered it last: what the next request has to name as its version, and what the record will
//! look like when the request has been obeyed.

use std::cell::OnceCell;

use serde_json::Value;

use super::{Change, Field, Told, WriteBack};
use crate::manifest::Manifest;
use crate::mapped::Mapped;
use crate::mapping::{Context, Node, Part, Path, VersionRule};
use crate::webhook::Opened;

/// A record within the payload that brought it.
#[derive(Debug)]
pub struct Delivered<'m> {
    manifest: &'m Manifest,
    write_back: &'m WriteBack,
    /// The topic of the notice that it came in.
    topic: Option<String>,
    payload: Value,
    /// The members on the way from the payload to the record.
    way: Vec<String>,
}

impl Manifest {
    /// The record of a delivery; nothing if the system is not written to, or if the record cannot be found again.
    pub fn delivered(&self, topic: Option<&str>, payload: &[u8]) -> Option<Delivered<'_>> {
        let write_back = self.write_back()?;
        let (payload, way) = match topic {
            None => (serde_json::from_slice(payload).ok()?, Vec::new()),
            Some(topic) => {
                let webhook = self.webhook().filter(|webhook| webhook.form.is_none())?;
                (serde_json::from_slice(payload).ok()?, members(webhook.record_of(topic))?)
            }
        };
        let delivered = Delivered { manifest: self, write_back, topic: topic.map(str::to_owned), payload, way };
        delivered.record().is_some().then_some(delivered)
    }
}

impl Delivered<'_> {
    /// The request that writes these fields, conditional on the version that this delivery told.
    /// Nothing if the record lacks what the request has to name, such as an address to be changed.
    pub fn change(&self, fields: &[Field]) -> Option<Change> {
        let record = self.record()?;
        self.write_back.change(fields, Some(record), self.version())
    }

    /// What the record will be mapped to once these fields are written, if the system keeps them as they are.
    pub fn after(&self, fields: &[Field]) -> Option<Mapped> {
        let mut payload = self.payload.clone();
        let record = self.way.iter().try_fold(&mut payload, |value, name| value.get_mut(name))?;
        fields.iter().for_each(|field| self.write_back.hold(record, field));
        let text = payload.to_string();
        let Some(topic) = &self.topic else { return self.manifest.map(text.as_bytes()).ok() };
        match self.manifest.open(topic, text.as_bytes()).ok()? {
            Opened::Record(mapped) => Some(*mapped),
            Opened::Kept { .. } => None,
        }
    }

    fn record(&self) -> Option<&Value> {
        self.way.iter().try_fold(&self.payload, |value, name| value.get(name)).filter(|record| record.is_object())
    }

    fn version(&self) -> Option<Value> {
        let condition = self.write_back.condition.as_ref()?;
        let whole = OnceCell::new();
        let ignores_case = self.manifest.ignores_case();
        let context = Context { record: Node::General(self.record()?), element: None, ignores_case, whole: &whole };
        match &condition.version {
            Told::As(expr) => expr.evaluate(&context).ok()?.into_any(),
            Told::Time(rule) => http_date(rule, &context).map(Value::String),
        }
    }
}

impl WriteBack {
    /// The request that writes these fields whatever version the record has by now.
    pub fn unconditional(&self, fields: &[Field]) -> Option<Change> {
        self.change(fields, None, None)
    }
}

/// The time as HTTP writes it (RFC 9110).
fn http_date(rule: &VersionRule, context: &Context<'_>) -> Option<String> {
    let instant = rule.read(context).ok()??;
    let instant = jiff::Timestamp::from_microsecond(instant.value).ok()?;
    jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&instant).ok()
}

/// The members that a plain path names; nothing for one that leads into a list.
fn members(path: Option<&Path>) -> Option<Vec<String>> {
    let Some(path) = path else { return Some(Vec::new()) };
    let member = |part| match part {
        Part::Member(name) => Some(name),
        Part::Element => None,
    };
    path.parts().into_iter().map(member).collect()
}
