//! What would come of a sample, record by record. Nothing is stored.

use crate::domain::customer::Customer;
use connectors::read::{Item, records};
use connectors::webhook::{Opened, Received};
use connectors::{Manifest, Mapped};
use serde_json::json;
use std::io::Read;

/// What came of one record.
pub enum Outcome {
    Mapped { mapped: Box<Mapped>, customer: Box<Customer>, unread: Vec<String> },
    Kept { topic: String, purpose: &'static str, key: Option<String> },
    Failed(String),
}

/// One record of a sample.
pub struct Tried {
    /// Where in the sample it stands.
    pub place: String,
    pub outcome: Outcome,
}

/// Reads samples by a manifest.
pub struct Trial<'m> {
    pub manifest: &'m Manifest,
    /// `YYYY-MM-DD`.
    pub today: String,
}

impl Trial<'_> {
    /// An export, as a file holds it.
    pub fn export<R: Read + Send + 'static>(&self, sample: R) -> impl Iterator<Item = Tried> {
        records(sample, self.manifest.read_options()).map(|item| self.record(item))
    }

    fn record(&self, item: Item) -> Tried {
        let (position, outcome) = match item {
            Item::Record { position, payload } => {
                let mapped = self.manifest.map(&payload).map_err(|e| format!("map: {e}"));
                let unread = || self.manifest.unread(&payload);
                (position, mapped.and_then(|mapped| self.checked(mapped, unread)))
            }
            Item::Rejected { position, reason, .. } => (position, Err(format!("read: {reason}"))),
            Item::Failed { position, reason } => (position, Err(format!("read: {reason}"))),
        };
        Tried { place: format!("line {}", position.line), outcome: outcome.unwrap_or_else(Outcome::Failed) }
    }

    /// The body of a webhook with its headers; nothing if the manifest knows of none.
    pub fn webhook(&self, headers: &[(&str, &str)], body: &[u8]) -> Option<impl Iterator<Item = Tried>> {
        let header = |name: &str| {
            let found = headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
            found.map(|(_, value)| *value)
        };
        let received = self.manifest.webhook()?.notices(&header, body);
        Some(received.into_iter().enumerate().map(|(number, received)| {
            let outcome = match received {
                Received::Notice(notice) => self.notice(&notice.topic, &notice.payload),
                Received::Unreadable { reason, .. } => Err(format!("read: {reason}")),
            };
            Tried { place: format!("notice {}", number + 1), outcome: outcome.unwrap_or_else(Outcome::Failed) }
        }))
    }

    fn notice(&self, topic: &str, payload: &[u8]) -> Result<Outcome, String> {
        match self.manifest.open(topic, payload).map_err(|e| format!("map: {e}"))? {
            Opened::Record(mapped) => self.checked(*mapped, || self.manifest.unread_in_notice(topic, payload)),
            Opened::Kept { purpose, key } => {
                Ok(Outcome::Kept { topic: topic.to_owned(), purpose: purpose.name(), key })
            }
        }
    }

    fn checked(&self, mapped: Mapped, unread: impl FnOnce() -> Vec<String>) -> Result<Outcome, String> {
        // Nobody needs the values of what is gone.
        let record = if mapped.deleted { json!({}) } else { mapped.record.clone() };
        let customer = Customer::checked(&record, &self.today).map_err(|e| format!("contract: {e}"))?;
        let unread = if mapped.deleted { Vec::new() } else { unread() };
        Ok(Outcome::Mapped { mapped: Box::new(mapped), customer: Box::new(customer), unread })
    }
}
