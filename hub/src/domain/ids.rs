//! One type per kind of id, so that none can be taken for another.

use serde::{Deserialize, Serialize};
use std::fmt;
use uuid::Uuid;

/// Names one golden record for ever; redirects to the survivor after a merge.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GoldenId(pub Uuid);

/// Names one steward decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(pub Uuid);

/// Names one system that is told of changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SubscriberId(pub Uuid);

/// Dense number of a source record within one database; never leaves the hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordNo(pub u32);

/// Position of a delivery in the inbox; follows the order of commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeliveryId(pub i64);

/// Position of a change event in the feed; follows the order of commits and has no gaps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventSeq(pub i64);

/// Names one policy; later ones have higher numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyNo(pub i32);

/// The name under which a source system knows one customer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceKey {
    pub source: String,
    #[serde(rename = "source_key")]
    pub key: String,
}

/// Identity of a source record that does not depend on when it arrived; every tie breaks by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank(pub u128);

impl SourceKey {
    pub fn new(source: impl Into<String>, key: impl Into<String>) -> Self {
        SourceKey { source: source.into(), key: key.into() }
    }

    /// Hashes the key; 128 bits make a collision less likely than a broken disk.
    pub fn rank(&self) -> Rank {
        let mut hash = xxhash_rust::xxh3::Xxh3::new();
        hash.update(self.source.as_bytes());
        hash.update(&[0]);
        hash.update(self.key.as_bytes());
        Rank(hash.digest128())
    }
}

impl fmt::Display for GoldenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for GoldenId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for SubscriberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for DecisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
