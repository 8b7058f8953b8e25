//! What systems tell by webhook: whether a request is authentic, what notices it holds, and what each of them is for.

mod form;
mod handshake;
mod notices;
mod open;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub(crate) use form::Form;
pub(crate) use handshake::Handshake;
pub use notices::{Notice, Received};
pub use open::Opened;

use crate::mapping::{Expr, Path, VersionRule};
use crate::signature::Scheme;

/// How one system's webhooks are checked and read.
#[derive(Debug, Clone)]
pub struct Webhook {
    pub(crate) scheme: Scheme,
    pub(crate) secrets: Vec<SecretRef>,
    pub(crate) url: Option<String>,
    /// Where a wrapping object holds several notices.
    pub(crate) records: Vec<String>,
    pub(crate) form: Option<Form>,
    pub(crate) topic: Option<Place>,
    pub(crate) delivery_id: Option<Place>,
    pub(crate) handshake: Option<Handshake>,
    /// Where in a notice the record stands.
    pub(crate) record: Option<Path>,
    pub(crate) version: Option<VersionRule>,
    pub(crate) topics: Vec<Topic>,
}

/// Where a secret is kept; the manifest itself never holds one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// A variable of the environment.
    Env(String),
    /// A file with one secret a line.
    File(PathBuf),
}

impl std::fmt::Display for SecretRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SecretRef::Env(name) => f.write_str(name),
            SecretRef::File(path) => path.display().fmt(f),
        }
    }
}

/// Where a request tells its topic, or the delivery's id.
#[derive(Debug, Clone)]
pub(crate) enum Place {
    Header(String),
    /// In each notice.
    Value(Expr),
}

/// What the notices of a topic are for.
#[derive(Debug, Clone)]
pub(crate) struct Topic {
    /// The topic, or with `*` at its end all that begin like it.
    pub(crate) pattern: String,
    pub(crate) purpose: Purpose,
    pub(crate) record: Option<Path>,
    /// The record's key, where a notice does not hold the record itself.
    pub(crate) key: Option<Expr>,
}

/// What a notice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Holds the present state of a customer.
    Customer,
    /// Says that a customer's record is gone.
    Delete,
    /// Says that two records of the source have become one.
    Merge,
    /// Asks for access or erasure.
    Privacy,
    /// Says that a record has changed, but not how: it has to be fetched.
    Fetch,
    /// Is kept for others: orders, stock, loyalty.
    Keep,
}

const PURPOSES: [(&str, Purpose); 6] = [
    ("customer", Purpose::Customer),
    ("delete", Purpose::Delete),
    ("merge", Purpose::Merge),
    ("privacy", Purpose::Privacy),
    ("fetch", Purpose::Fetch),
    ("keep", Purpose::Keep),
];

impl Purpose {
    pub fn name(self) -> &'static str {
        PURPOSES.iter().find(|(_, purpose)| *purpose == self).map_or("keep", |(name, _)| name)
    }

    pub fn parse(name: &str) -> Option<Purpose> {
        PURPOSES.iter().find(|(known, _)| *known == name).map(|(_, purpose)| *purpose)
    }

    /// The words for all purposes, as manifests write them.
    pub fn names() -> [&'static str; 6] {
        PURPOSES.map(|(name, _)| name)
    }
}

impl Webhook {
    /// How requests are signed.
    pub fn scheme(&self) -> &Scheme {
        &self.scheme
    }

    /// Where the secrets are kept; several while one follows another.
    pub fn secrets(&self) -> &[SecretRef] {
        &self.secrets
    }

    /// The address that the sender was given, if it is not what the hub would think.
    pub fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }

    /// Whether the sender tells its own id of each delivery.
    pub fn names_deliveries(&self) -> bool {
        self.delivery_id.is_some()
    }

    /// Topics with their purposes, for tables.
    pub fn topics(&self) -> impl Iterator<Item = (&str, Purpose)> {
        self.topics.iter().map(|topic| (topic.pattern.as_str(), topic.purpose))
    }

    /// What is known of a topic: the exact name counts, then the longest beginning.
    fn topic(&self, name: &str) -> Option<&Topic> {
        let fits = |topic: &&Topic| match topic.pattern.strip_suffix('*') {
            Some(beginning) => name.starts_with(beginning),
            None => topic.pattern == name,
        };
        let closeness = |topic: &&Topic| (!topic.pattern.ends_with('*'), topic.pattern.len());
        self.topics.iter().filter(fits).max_by_key(closeness)
    }
}
