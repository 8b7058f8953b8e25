//! One TOML file a system, checked when it is parsed: how its records are read and become canonical customers.

mod access;
mod conditions;
mod error;
mod expressions;
mod lineage;
mod lists;
mod parse;
mod poll;
mod record;
mod section;
mod shipped;
mod signature;
#[cfg(test)]
mod tests;
mod transforms;
mod webhook;
mod write_back;

use crate::fields::{self, Field};
use crate::mapped::{MapError, Mapped};
use crate::mapping::{Feeds, Inside, Mapping};
use crate::poll::Poll;
use crate::read;
use crate::webhook::Webhook;
use crate::write_back::WriteBack;

pub use error::{ManifestError, ManifestErrors};
pub use lineage::Lineage;

/// How one system's records are read and become canonical customers.
#[derive(Debug, Clone)]
pub struct Manifest {
    name: String,
    title: String,
    version: String,
    owner: Option<String>,
    trust: Trust,
    file: read::Options,
    pub(crate) webhook: Option<Webhook>,
    pub(crate) poll: Option<Poll>,
    write_back: Option<WriteBack>,
    pub(crate) mapping: Mapping,
}

/// How much a source's values weigh against those of others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trust {
    /// 0 to 100, for a value fresh from the source.
    pub value: u8,
    /// After so many days without a change the trust has come half the way down to the floor.
    pub half_life_days: Option<u32>,
    /// Age never takes the trust below this.
    pub floor: u8,
}

impl Manifest {
    /// Checks a manifest's text; all errors are reported at once, each with its line and a remedy.
    pub fn parse(file_name: &str, toml: &str) -> Result<Manifest, ManifestErrors> {
        parse::parse(file_name, toml)
    }

    /// The manifests that come with the program.
    pub fn shipped() -> Vec<Manifest> {
        shipped::names().filter_map(Manifest::shipped_named).collect()
    }

    /// The shipped manifest of that name.
    pub fn shipped_named(name: &str) -> Option<Manifest> {
        shipped::text(name).and_then(|text| Manifest::parse(&format!("{name}.toml"), text).ok())
    }

    /// The text of a shipped manifest, to begin one's own with.
    pub fn shipped_text(name: &str) -> Option<&'static str> {
        shipped::text(name)
    }

    /// The name by which commands and addresses call this system.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The name for people.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The manifest's own version, as its author counts.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Who answers for this source.
    pub fn owner(&self) -> Option<&str> {
        self.owner.as_deref()
    }

    pub fn trust(&self) -> Trust {
        self.trust
    }

    /// The country that stands for one that a record leaves out.
    pub fn country(&self) -> Option<&str> {
        self.mapping.country.as_deref()
    }

    /// How this system's files are to be read.
    pub fn read_options(&self) -> &read::Options {
        &self.file
    }

    /// One record's payload, the text of a JSON object, becomes a canonical customer.
    pub fn map(&self, payload: &[u8]) -> Result<Mapped, MapError> {
        self.mapping.run(payload, &Inside::default())
    }

    /// Paths of values in a record that the mapping does not read.
    pub fn unread(&self, payload: &[u8]) -> Vec<String> {
        self.mapping.unread(payload, &Inside::default())
    }

    /// The same for a record that stands inside a notice.
    pub(crate) fn unread_inside(&self, payload: &[u8], inside: &Inside<'_>) -> Vec<String> {
        self.mapping.unread(payload, inside)
    }

    /// Whether what is not read is kept among the extensions.
    pub fn keeps_unread(&self) -> bool {
        self.mapping.extensions.unmapped.is_some()
    }

    /// How this system's webhooks are checked and read, if it sends any.
    pub fn webhook(&self) -> Option<&Webhook> {
        self.webhook.as_ref()
    }

    /// How this system is read over HTTP, if it is.
    pub fn poll(&self) -> Option<&Poll> {
        self.poll.as_ref()
    }

    /// How golden values are written to this system, if they are.
    pub fn write_back(&self) -> Option<&WriteBack> {
        self.write_back.as_ref()
    }

    pub(crate) fn ignores_case(&self) -> bool {
        self.mapping.ignores_case
    }

    /// The same for a record that stands inside a notice.
    pub(crate) fn map_inside(&self, payload: &[u8], inside: &Inside<'_>) -> Result<Mapped, MapError> {
        self.mapping.run(payload, inside)
    }

    /// The key of the record that a notice is about, where it is told apart from the record.
    pub(crate) fn key_inside(&self, payload: &[u8], inside: &Inside<'_>) -> Option<String> {
        self.mapping.key_inside(payload, inside.key?).ok()
    }

    /// The fields of a payload that hold something; of a notice's if a topic is given.
    pub fn fields(&self, topic: Option<&str>, payload: &[u8]) -> Vec<Field> {
        match self.webhook().filter(|_| topic.is_some()) {
            Some(webhook) => fields::fields(&webhook.json(payload)),
            None => fields::fields(payload),
        }
    }

    /// Which canonical fields each of those feeds.
    pub fn feeds(&self, topic: Option<&str>) -> Feeds {
        let webhook = self.webhook().zip(topic);
        self.mapping.feeds(webhook.and_then(|(webhook, topic)| webhook.record_of(topic)))
    }

    /// Which source fields feed which canonical field, in the order of the contract.
    pub fn lineage(&self) -> Vec<Lineage> {
        lineage::of(&self.mapping)
    }
}

impl Trust {
    /// The trust in a value of that age.
    pub fn after_days(&self, days: f64) -> f64 {
        let (value, floor) = (f64::from(self.value), f64::from(self.floor.min(self.value)));
        match self.half_life_days {
            Some(half_life) => floor + (value - floor) * 0.5_f64.powf(days.max(0.0) / f64::from(half_life.max(1))),
            None => value,
        }
    }
}
