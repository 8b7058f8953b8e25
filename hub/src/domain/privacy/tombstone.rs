//! By what a forgotten person is known again, without keeping it.

use crate::domain::ids::{DeliveryId, SourceKey};
use foldhash::HashMap;
use hmac::{Hmac, KeyInit, Mac};
use matching::{Features, KnownBy, ValueKind};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A keyed hash (HMAC-SHA256, its first 16 bytes) of a source key, an e-mail, a phone or an identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tombstone(pub [u8; 16]);

/// A tombstone with what it stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writing {
    pub tombstone: Tombstone,
    /// `key`, `email`, `phone` or `identifier`.
    pub kind: &'static str,
}

/// All tombstones of a store.
#[derive(Clone, Default)]
pub struct Tombstones {
    salt: Vec<u8>,
    /// Each with the last delivery that had been dealt with when the person was forgotten: it and those before it were taken
    /// in, and a replay takes them in again.
    known: HashMap<Tombstone, DeliveryId>,
}

/// What a delivery is refused for, computed ahead of its turn.
#[derive(Default)]
pub struct Seen {
    key: Option<Tombstone>,
    values: Vec<Tombstone>,
}

impl Tombstones {
    pub fn new(salt: Vec<u8>, known: impl IntoIterator<Item = (Tombstone, DeliveryId)>) -> Tombstones {
        Tombstones { salt, known: known.into_iter().collect() }
    }

    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Whether there is something to hash with.
    pub fn is_salted(&self) -> bool {
        !self.salt.is_empty()
    }

    /// Adds those of somebody who is forgotten when everything up to a delivery is dealt with.
    pub fn add(&mut self, writings: &[Writing], position: DeliveryId) {
        for writing in writings {
            self.known.entry(writing.tombstone).or_insert(position);
        }
    }

    pub fn contains(&self, tombstone: &Tombstone) -> bool {
        self.known.contains_key(tombstone)
    }

    pub fn of_key(&self, key: &SourceKey) -> Writing {
        let tombstone = self.hash("key", &[key.source.as_bytes(), &[0], key.key.as_bytes()].concat());
        Writing { tombstone, kind: "key" }
    }

    pub fn of_value(&self, value: &KnownBy) -> Writing {
        let kind = match value.kind {
            ValueKind::Email => "email",
            ValueKind::Phone => "phone",
            ValueKind::Identifier => "identifier",
        };
        Writing { tombstone: self.hash(kind, &value.value), kind }
    }

    /// Which tombstones a delivery about a record meets.
    pub fn seen(&self, delivery: DeliveryId, key: &SourceKey, features: Option<&Features>) -> Seen {
        let is_later = |position: &DeliveryId| delivery > *position;
        let met = |writing: Writing| {
            let known = self.known.get(&writing.tombstone).filter(|position| is_later(position));
            known.map(|_| writing.tombstone)
        };
        let values = features.map(Features::known_by).unwrap_or_default();
        Seen {
            key: met(self.of_key(key)),
            values: values.iter().filter_map(|value| met(self.of_value(value))).collect(),
        }
    }

    fn hash(&self, kind: &str, value: &[u8]) -> Tombstone {
        let mut bytes = [0; 16];
        // A key of any length will do, so that this cannot fail.
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.salt) {
            mac.update(kind.as_bytes());
            mac.update(&[0]);
            mac.update(value);
            bytes.copy_from_slice(&mac.finalize().into_bytes()[..16]);
        }
        Tombstone(bytes)
    }
}

impl Seen {
    /// By which tombstone the record is refused. One that the hub knows by another key than a forgotten one is somebody
    /// else's, whatever it states by now.
    pub fn refused_by(&self, is_known: bool) -> Option<Tombstone> {
        self.key.or_else(|| self.values.first().copied().filter(|_| !is_known))
    }

    pub fn is_nothing(&self) -> bool {
        self.key.is_none() && self.values.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::{Person, standardise};

    fn features(email: &str) -> Features {
        standardise(&Person { emails: vec![email.to_owned()], ..Person::default() })
    }

    #[test]
    fn a_forgotten_person_is_refused_in_any_spelling() {
        let empty = Tombstones::new(vec![7; 32], []);
        let key = SourceKey::new("crm", "17");
        let values = features("ana@example.com").known_by();
        let written = [empty.of_key(&key).tombstone, empty.of_value(&values[0]).tombstone];
        let written = written.map(|tombstone| (tombstone, DeliveryId(5)));
        let known = Tombstones::new(vec![7; 32], written);
        let check = |key: &str, email: &str, is_known: bool, refused: bool| {
            let seen = known.seen(DeliveryId(6), &SourceKey::new("crm", key), Some(&features(email)));
            assert_eq!(seen.refused_by(is_known).is_some(), refused, "{key} {email}");
        };
        check("17", "other@example.com", true, true);
        check("18", "ANA@example.com", false, true);
        check("18", "ana@example.com", true, false);
        check("18", "ben@example.com", false, false);
        let other_salt = Tombstones::new(vec![8; 32], written);
        assert!(other_salt.seen(DeliveryId(6), &key, Some(&features("ana@example.com"))).is_nothing());
        assert!(known.seen(DeliveryId(5), &key, Some(&features("ana@example.com"))).is_nothing(), "it came before");
    }
}
