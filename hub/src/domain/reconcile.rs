//! What a source says it holds against what the hub holds of it. Pure: both sides are handed in record by record, as often
//! as they are asked for, and no more than a window's share of either is held at once.

use super::ids::{Rank, SourceKey};
use super::limits::RECONCILE_RECORDS_HELD_MAX;
use foldhash::{HashMap, HashSet};
use xxhash_rust::xxh3::xxh3_64;

/// Windows are ranges of the keys' hashes: alike in size however keys are made.
pub const WINDOWS: usize = 256;

/// One record as one side holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub key: String,
    /// Absent where the source gives none.
    pub version: Option<i64>,
    /// Hash of the canonical customer.
    pub content: u64,
}

/// How many records one side holds in one window, and a checksum that does not depend on their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub count: u64,
    pub checksum: u64,
}

/// One side in short.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary(Vec<Window>);

/// How a record differs between the two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Drift {
    MissingHere,
    MissingThere,
    /// The source's state is not ours, and ours is not newer.
    Different,
    /// We know a later version than the source's list.
    NewerHere,
}

/// A record that differs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Differs {
    pub key: String,
    pub drift: Drift,
    /// The version that the hub knows, if it knows the record.
    pub version: Option<i64>,
}

impl Drift {
    /// In the order of their numbers.
    pub const ALL: [Drift; 4] = [Drift::MissingHere, Drift::MissingThere, Drift::Different, Drift::NewerHere];

    pub fn name(self) -> &'static str {
        match self {
            Drift::MissingHere => "missing_here",
            Drift::MissingThere => "missing_there",
            Drift::Different => "different",
            Drift::NewerHere => "newer_here",
        }
    }
}

/// The window of a key within its source.
pub fn window(source: &str, key: &str) -> usize {
    let Rank(rank) = SourceKey::new(source, key).rank();
    (rank >> 120) as usize
}

impl Default for Summary {
    fn default() -> Summary {
        Summary(vec![Window::default(); WINDOWS])
    }
}

impl Summary {
    pub fn add(&mut self, window: usize, held: &Held) {
        let mut entry = held.key.clone().into_bytes();
        entry.extend_from_slice(&held.content.to_le_bytes());
        let window = &mut self.0[window % WINDOWS];
        window.count += 1;
        window.checksum = window.checksum.wrapping_add(xxh3_64(&entry));
    }

    pub fn count(&self) -> u64 {
        self.0.iter().map(|window| window.count).sum()
    }

    /// The windows in which two sides differ, in groups that are small enough to be compared at once.
    pub fn groups(&self, other: &Summary) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut held = 0;
        for (number, (mine, theirs)) in self.0.iter().zip(&other.0).enumerate().filter(|(_, (a, b))| a != b) {
            let size = mine.count.max(theirs.count) as usize;
            match groups.last_mut().filter(|_| held + size <= RECONCILE_RECORDS_HELD_MAX) {
                Some(group) => group.push(number),
                None => {
                    groups.push(vec![number]);
                    held = 0;
                }
            }
            held += size;
        }
        groups
    }
}

/// The records of some windows: first all of ours, then all of the source's.
#[derive(Default)]
pub struct Comparison {
    ours: HashMap<String, Ours>,
    /// Keys that only the source has; it may list one twice.
    missing: HashSet<String>,
}

struct Ours {
    version: Option<i64>,
    content: u64,
    found: Option<Drift>,
    same: bool,
}

impl Comparison {
    pub fn ours(&mut self, held: Held) {
        let Held { key, version, content } = held;
        self.ours.insert(key, Ours { version, content, found: None, same: false });
    }

    pub fn theirs(&mut self, held: &Held) {
        let Some(ours) = self.ours.get_mut(&held.key) else {
            self.missing.insert(held.key.clone());
            return;
        };
        let is_newer = matches!((ours.version, held.version), (Some(ours), Some(theirs)) if ours > theirs);
        // A list that names a record twice means its newest state.
        ours.same |= ours.content == held.content;
        ours.found = Some(if is_newer { Drift::NewerHere } else { Drift::Different });
    }

    /// What differs, by key.
    pub fn finish(self) -> Vec<Differs> {
        let ours = self.ours.into_iter().filter(|(_, ours)| !ours.same).map(|(key, ours)| {
            let drift = ours.found.unwrap_or(Drift::MissingThere);
            Differs { key, drift, version: ours.version }
        });
        let theirs = self.missing.into_iter().map(|key| Differs { key, drift: Drift::MissingHere, version: None });
        let mut differs: Vec<Differs> = ours.chain(theirs).collect();
        differs.sort();
        differs
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    type Side = BTreeMap<u8, (i64, u64)>;

    fn held(key: u8, version: i64, content: u64) -> Held {
        Held { key: key.to_string(), version: Some(version), content }
    }

    fn summary(side: &Side) -> Summary {
        let mut summary = Summary::default();
        for (key, (version, content)) in side {
            let held = held(*key, *version, *content);
            summary.add(window("crm", &held.key), &held);
        }
        summary
    }

    /// What a comparison window by window finds.
    fn found(ours: &Side, theirs: &Side) -> BTreeMap<String, Drift> {
        let mut all = BTreeMap::new();
        for group in summary(ours).groups(&summary(theirs)) {
            let mut comparison = Comparison::default();
            let within = |key: &u8| group.contains(&window("crm", &key.to_string()));
            ours.iter().filter(|(key, _)| within(key)).for_each(|(k, (v, c))| comparison.ours(held(*k, *v, *c)));
            theirs.iter().filter(|(key, _)| within(key)).for_each(|(k, (v, c))| comparison.theirs(&held(*k, *v, *c)));
            all.extend(comparison.finish().into_iter().map(|one| (one.key, one.drift)));
        }
        all
    }

    /// The same, said as plainly as it can be.
    fn expected(ours: &Side, theirs: &Side) -> BTreeMap<String, Drift> {
        let keys = ours.keys().chain(theirs.keys());
        let drift = |key: &u8| match (ours.get(key), theirs.get(key)) {
            (None, _) => Some(Drift::MissingHere),
            (_, None) => Some(Drift::MissingThere),
            (Some((_, a)), Some((_, b))) if a == b => None,
            (Some((a, _)), Some((b, _))) if a > b => Some(Drift::NewerHere),
            _ => Some(Drift::Different),
        };
        keys.filter_map(|key| Some((key.to_string(), drift(key)?))).collect()
    }

    fn side() -> impl Strategy<Value = Side> {
        proptest::collection::btree_map(0u8.., (0i64..3, 0u64..3), 0..60)
    }

    proptest! {
        #[test]
        fn exactly_what_differs_is_found(ours in side(), theirs in side()) {
            prop_assert_eq!(found(&ours, &theirs), expected(&ours, &theirs));
        }
    }

    #[test]
    fn a_list_that_names_a_record_twice_means_either() {
        let mut comparison = Comparison::default();
        comparison.ours(held(1, 2, 20));
        comparison.theirs(&held(1, 1, 10));
        comparison.theirs(&held(1, 2, 20));
        comparison.theirs(&held(2, 1, 10));
        comparison.theirs(&held(2, 1, 10));
        let missing = Differs { key: "2".to_owned(), drift: Drift::MissingHere, version: None };
        assert_eq!(comparison.finish(), [missing]);
    }
}
