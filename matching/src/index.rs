//! The index: features by id and, per blocking key, who carries it.
//!
//! Whatever order records came and went in, the index answers as one built afresh from the final set.

mod blocks;
mod bulk;
mod copies;
mod lookup;

pub(crate) use bulk::pair_of;
pub(crate) use copies::listed;

use crate::cluster::{Judged, LASTING};
use crate::compare::{Carriers, GENERIC, Outcome, Outcomes, Probe, VALUES_MAX, compare};
use crate::explain::{Explanation, explanation};
use crate::features::{Features, Generic, View};
use crate::keys::{self, Rule};
use crate::model::{Model, Weights};
use crate::score;
use blocks::Blocks;
use copies::{Copies, Shift};
use rayon::prelude::*;
use std::sync::Arc;

/// By so much (log2) a pair must be below the floor to be given up before the model is fitted.
const HOPELESS_LOG2: f32 = 8.0;

/// A field whose level is this much likelier for two people speaks against one.
const AGAINST_LOG2: f32 = 1.0;

/// A candidate that weighs at least the floor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Id of the other record.
    pub id: u32,
    /// Log2 of the odds that the two are one person.
    pub weight: f32,
}

/// Whom a change of the index concerns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Disturbed {
    /// Records whose [`neighbours`](Index::neighbours) have to be asked for again: the inserted, and the carriers of
    /// values that became generic or ceased to be. Sorted.
    pub records: Vec<u32>,
    /// Pairs of other records whose weight may differ, because more or fewer people share what they share: candidates of
    /// each other as before, lower id first. Sorted.
    pub pairs: Vec<(u32, u32)>,
}

/// Features by id, blocking keys, and how widely values are shared: all that matching needs in memory.
pub struct Index {
    model: Arc<Model>,
    weights: Weights,
    records: Vec<Option<Features>>,
    /// Which values of each record too many people share.
    generic: Vec<Generic>,
    len: usize,
    copies: Copies,
    blocks: Blocks,
    /// Stands in for the blocks after a bulk load.
    people: Option<bulk::People>,
}

/// A model ready to weigh by, for an index that is under another one.
pub struct Scale {
    model: Arc<Model>,
    weights: Weights,
}

impl Scale {
    /// Takes the logarithms and lays out the tables.
    pub fn new(model: Arc<Model>) -> Self {
        Scale { weights: Weights::new(&model), model }
    }

    /// The model that it weighs by.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }
}

impl Index {
    /// An empty index under a model.
    pub fn new(model: Arc<Model>) -> Self {
        let weights = Weights::new(&model);
        Index {
            model,
            weights,
            records: Vec::new(),
            generic: Vec::new(),
            len: 0,
            copies: Copies::default(),
            blocks: Blocks::default(),
            people: None,
        }
    }

    /// An index of a whole table with all candidate pairs. It can weigh and explain, but not look up candidates,
    /// because no blocks are kept.
    pub(crate) fn bulk(model: Arc<Model>, features: Vec<Features>) -> (Self, Vec<u64>) {
        let mut index = Index::new(model);
        index.len = features.len();
        index.records = features.into_iter().map(Some).collect();
        let bulk::Gathered { pairs, people, copies } = bulk::gather(&index.records, index.model.reach);
        (index.people, index.copies) = (Some(people), copies);
        let known = |features: &Option<Features>| features.as_ref().map(|features| index.generic_of(features.view()));
        index.generic = index.records.par_iter().map(|record| known(record).unwrap_or_default()).collect();
        let pairs = if index.compares_all(0) { index.not_hopeless() } else { pairs };
        (index, pairs)
    }

    /// All pairs but those so far below the floor that no fitting of the model would lift them above it.
    fn not_hopeless(&self) -> Vec<u64> {
        let weight_min = self.model.thresholds.floor - HOPELESS_LOG2;
        let count = self.len as u32;
        let of_one = |a: u32| {
            let near = self
                .features(a)
                .map(|features| self.near(&self.stored_probe(features.view()), a + 1..count, weight_min));
            near.unwrap_or_default().into_iter().map(move |near| u64::from(a) << 32 | u64::from(near.id))
        };
        (0..count).into_par_iter().flat_map_iter(of_one).collect()
    }

    /// Whether all records, with so many guests, are candidates of each other.
    pub(crate) fn compares_all(&self, guests: usize) -> bool {
        self.len + guests <= self.model.compare_all_max
    }

    /// The model in force.
    pub fn model(&self) -> &Arc<Model> {
        &self.model
    }

    /// Weighs under another model from now on; nothing is standardised or blocked anew.
    pub fn set_model(&mut self, model: Arc<Model>) {
        self.weights = Weights::new(&model);
        self.model = model;
    }

    /// The ids of all stored records, sorted.
    pub fn ids(&self) -> Vec<u32> {
        (0u32..).zip(&self.records).filter(|entry| entry.1.is_some()).map(|entry| entry.0).collect()
    }

    /// How many records are stored.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether no record is stored.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The features of one stored record.
    pub fn features(&self, id: u32) -> Option<&Features> {
        self.records.get(id as usize)?.as_ref()
    }

    /// Removes and inserts; an id in both is replaced. Returns the sorted live ids whose
    /// [`neighbours`](Self::neighbours) may differ from before, the inserted always among them.
    pub fn update(&mut self, removed: &[u32], added: Vec<(u32, Features)>) -> Vec<u32> {
        let arrived: Vec<u32> = added.iter().map(|entry| entry.0).collect();
        let leaving: Vec<u32> = removed.iter().chain(&arrived).copied().collect();
        let mut dirty = self.around(&leaving);
        let fresh = self.len == 0;
        let disturbed = self.replace(removed, added);
        dirty.extend(disturbed.pairs.into_iter().flat_map(|(a, b)| [a, b]));
        dirty.extend(disturbed.records);
        if !fresh {
            dirty.extend(self.around(&arrived));
        }
        self.living(dirty)
    }

    /// Removes and inserts like [`update`](Self::update), but returns only whom to ask again. The neighbours of all
    /// others differ by their pairs with these and with the removed alone, which symmetry tells without asking.
    pub fn replace(&mut self, removed: &[u32], added: Vec<(u32, Features)>) -> Disturbed {
        let compared_all = self.compares_all(0);
        for &id in removed {
            self.take(id);
        }
        let arrived: Vec<u32> = added.iter().map(|entry| entry.0).collect();
        for (id, features) in added {
            self.take(id);
            self.put(id, features);
        }
        let mut disturbed = self.blocks.settle(&self.records);
        disturbed.records.extend(arrived);
        disturbed.records.extend(self.copies.settle());
        if compared_all != self.compares_all(0) {
            disturbed.records.extend(self.ids());
        }
        let records = self.living(disturbed.records);
        self.note_generic(&records);
        let mut pairs = disturbed.pairs;
        pairs.sort_unstable();
        pairs.dedup();
        let asked = |id: &u32| records.binary_search(id).is_ok();
        pairs.retain(|(a, b)| !asked(a) && !asked(b));
        Disturbed { records, pairs }
    }

    /// Brings up to date which values of these records too many people share.
    fn note_generic(&mut self, ids: &[u32]) {
        self.generic.resize(self.records.len(), Generic::default());
        let known = |&id: &u32| Some((id, self.generic_of(self.features(id)?.view())));
        let found: Vec<(u32, Generic)> = ids.par_iter().filter_map(known).collect();
        found.into_iter().for_each(|(id, generic)| self.generic[id as usize] = generic);
    }

    fn generic_of(&self, view: View<'_>) -> Generic {
        let probe = self.stored_probe(view);
        let flags = |classes: [Carriers; VALUES_MAX]| classes.into_iter().map(|carriers| carriers >= GENERIC);
        Generic::new(flags(probe.emails), flags(probe.phones), flags(probe.identifiers))
    }

    /// One stored record with what is known of its values.
    fn view(&self, id: u32) -> Option<View<'_>> {
        Some(self.features(id)?.view().knowing(self.generic[id as usize]))
    }

    /// Sorts, and leaves only ids that are stored.
    fn living(&self, mut ids: Vec<u32>) -> Vec<u32> {
        ids.sort_unstable();
        ids.dedup();
        ids.retain(|id| self.features(*id).is_some());
        ids
    }

    /// The given records' neighbours, in no order.
    fn around(&self, ids: &[u32]) -> Vec<u32> {
        ids.par_iter().flat_map_iter(|id| self.neighbours(*id)).map(|neighbour| neighbour.id).collect()
    }

    fn take(&mut self, id: u32) {
        let Some(features) = self.records.get_mut(id as usize).and_then(Option::take) else {
            return;
        };
        self.len -= 1;
        let mut found = Vec::new();
        keys::keys(features.view(), self.model.reach, &mut found);
        let Shift { listed, other } = self.copies.remove(features.personal_content(), id);
        if listed {
            self.blocks.remove(id, &found);
        }
        // Copies have their keys in common.
        if let Some(other) = other {
            self.blocks.insert(other, &found);
        }
    }

    fn put(&mut self, id: u32, features: Features) {
        let mut found = Vec::new();
        keys::keys(features.view(), self.model.reach, &mut found);
        let Shift { listed, other } = self.copies.insert(features.personal_content(), id);
        if let Some(other) = other {
            self.blocks.remove(other, &found);
        }
        if listed {
            self.blocks.insert(id, &found);
        }
        let slot = id as usize;
        if self.records.len() <= slot {
            self.records.resize_with(slot + 1, || None);
        }
        self.records[slot] = Some(features);
        self.len += 1;
    }

    /// The records under a key, none when it is cut.
    pub(crate) fn carriers(&self, key: u64) -> &[u32] {
        self.blocks.carriers(key, 0)
    }

    /// Whether the record stands under its keys, as all do but the many copies of one.
    pub(crate) fn is_listed(&self, id: u32) -> bool {
        self.copies.is_listed(id)
    }

    /// Whether a key is too widely shared to find candidates by.
    pub(crate) fn is_cut(&self, key: u64) -> bool {
        self.blocks.is_cut(key)
    }

    /// The weight of any two stored records, candidates of each other or not. Records that are not stored weigh
    /// as little as nothing in common does.
    pub fn weigh(&self, a: u32, b: u32) -> f32 {
        match (self.view(a), self.view(b)) {
            (Some(a), Some(b)) => score::weigh(&self.weights, &self.stored_probe(a), b),
            _ => self.weights.same_prior,
        }
    }

    /// Compares a stored record with others, candidates or not.
    pub(crate) fn judge(&self, id: u32, others: impl Iterator<Item = u32>) -> Vec<Judged> {
        let nothing = [crate::compare::Outcome::NULL; crate::compare::FIELDS.len()];
        let Some(features) = self.features(id) else { return others.map(|_| self.judged(&nothing)).collect() };
        let probe = self.stored_probe(features.view());
        let one = |other: u32| match self.view(other) {
            Some(other) => self.judged(&compare(&self.weights, &probe, other)),
            None => self.judged(&nothing),
        };
        others.map(one).collect()
    }

    fn judged(&self, outcomes: &Outcomes) -> Judged {
        let odds = |outcome: &Outcome| [outcome.household - outcome.same, outcome.stranger - outcome.same];
        let stated = |outcome: &&Outcome| outcome.level > 0;
        Judged {
            odds: score::sum(&self.weights, outcomes).odds(),
            traits: LASTING.map(|field| Some(&outcomes[field as usize]).filter(stated).map(odds)),
            silent: !outcomes.iter().any(|outcome| odds(outcome).into_iter().fold(f32::MIN, f32::max) >= AGAINST_LOG2),
        }
    }

    /// Why two records weigh what they weigh.
    pub fn explain(&self, a: &Features, b: &Features) -> Explanation {
        explanation(&self.model, &self.weights, a.view(), b.view(), &self.outcomes(a, b))
    }

    pub(crate) fn weights(&self) -> &Weights {
        &self.weights
    }

    pub(crate) fn outcomes(&self, a: &Features, b: &Features) -> Outcomes {
        let b = b.view().knowing(self.generic_of(b.view()));
        compare(&self.weights, &self.stored_probe(a.view()), b)
    }

    fn stored_probe<'a>(&self, view: View<'a>) -> Probe<'a> {
        self.probe(view, |key| match &self.people {
            Some(people) => people.get(&key).copied().unwrap_or(0),
            None => self.blocks.people(key),
        })
    }

    fn probe<'a>(&self, view: View<'a>, people: impl Fn(u64) -> Carriers) -> Probe<'a> {
        let shares = |found: &mut dyn Iterator<Item = Option<u64>>| {
            let mut classes = [0; VALUES_MAX];
            for (slot, key) in classes.iter_mut().zip(found) {
                *slot = key.map_or(0, &people);
            }
            classes
        };
        Probe {
            view,
            emails: shares(&mut view.emails().map(|entry| Some(keys::email_key(entry.local_hash, entry.domain_hash)))),
            phones: shares(&mut view.phones().map(|phone| Some(keys::phone_key(phone)))),
            identifiers: shares(
                &mut view.identifiers().map(|entry| Some(keys::identifier_key(entry.scheme, entry.value_hash))),
            ),
            addresses: shares(&mut view.addresses().map(|address| keys::address_key(&address))),
        }
    }
}

/// Whether a value with this many records under it is too widely shared to prove anything.
fn is_oversized(rule: Rule, len: usize) -> bool {
    len > keys::block_len_max(rule)
}
