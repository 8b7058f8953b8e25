//! Who may be the same as a record, and who is near it.

use super::copies::LISTED_MAX;
use super::{Index, Neighbour, Scale, blocks};
use crate::compare::Probe;
use crate::features::{Features, View};
use crate::keys;
use crate::model::Weights;
use crate::score;

impl Index {
    /// Every candidate of a stored record that weighs at least the floor, sorted by id. Symmetric.
    pub fn neighbours(&self, id: u32) -> Vec<Neighbour> {
        self.neighbours_by(&self.weights, self.floor(), id)
    }

    /// The same were the index under the scale's model, which has to reach as far: blocking keys and how widely values
    /// are shared hang on nothing else of a model.
    pub fn neighbours_on(&self, scale: &Scale, id: u32) -> Vec<Neighbour> {
        let (model, weights) = (&scale.model, &scale.weights);
        debug_assert!(model.reach == self.model.reach && model.compare_all_max == self.model.compare_all_max);
        self.neighbours_by(weights, model.thresholds.floor, id)
    }

    fn neighbours_by(&self, weights: &Weights, weight_min: f32, id: u32) -> Vec<Neighbour> {
        let Some(features) = self.features(id) else { return Vec::new() };
        let probe = self.probe(features.view(), |key| self.blocks.people(key));
        self.near_by(weights, &probe, self.candidates(id, features), weight_min)
    }

    /// What [`neighbours`](Self::neighbours) would say of this record were it stored: search before create.
    pub fn search(&self, probe: &Features) -> Vec<Neighbour> {
        if self.compares_all(1) {
            return self.search_among(probe, self.ids());
        }
        let content = probe.personal_content();
        if let Some(content) = content.filter(|content| self.copies.count(*content) >= LISTED_MAX) {
            let probe = self.probe(probe.view(), |key| self.blocks.people(key));
            return self.near(&probe, self.copies.first(content), self.floor());
        }
        let mut ids = self.under_keys(probe.view(), 1);
        ids.extend(content.into_iter().flat_map(|content| self.copies.listed(content)));
        self.search_among(probe, unique(ids))
    }

    fn search_among(&self, probe: &Features, candidates: Vec<u32>) -> Vec<Neighbour> {
        let guest = blocks::names(Some(probe));
        let probe = self.probe(probe.view(), |key| self.blocks.people_with(key, guest, &self.records));
        self.near(&probe, candidates, self.floor())
    }

    /// Weighs one record against others; only what weighs at least the floor comes back.
    pub(crate) fn weigh_many(&self, id: u32, others: impl Iterator<Item = u32>) -> Vec<Neighbour> {
        let Some(features) = self.features(id) else {
            return Vec::new();
        };
        self.near(&self.stored_probe(features.view()), others, self.floor())
    }

    /// Whom a stored record may be the same as: all who have an active key in common with it, of a small population all.
    /// Sorted.
    pub(crate) fn candidates(&self, id: u32, features: &Features) -> Vec<u32> {
        let content = features.personal_content();
        let mut ids = if self.compares_all(0) {
            self.ids()
        } else if self.copies.is_listed(id) {
            let mut ids = self.under_keys(features.view(), 0);
            if let Some(content) = content {
                ids.extend(self.copies.listed(content));
                let is_first = self.copies.first(content) == Some(id);
                ids.extend(self.copies.beyond(content).take_while(|_| is_first));
            }
            unique(ids)
        } else {
            Vec::from_iter(content.and_then(|content| self.copies.first(content)))
        };
        ids.retain(|other| *other != id);
        ids
    }

    fn under_keys(&self, view: View<'_>, guests: usize) -> Vec<u32> {
        let mut keys = Vec::new();
        keys::keys(view, self.model.reach, &mut keys);
        let mut ids = Vec::with_capacity(64);
        for key in keys {
            ids.extend_from_slice(self.blocks.carriers(key, guests));
        }
        ids
    }

    fn floor(&self) -> f32 {
        self.model.thresholds.floor
    }

    pub(super) fn near(
        &self,
        probe: &Probe<'_>,
        candidates: impl IntoIterator<Item = u32>,
        weight_min: f32,
    ) -> Vec<Neighbour> {
        self.near_by(&self.weights, probe, candidates, weight_min)
    }

    fn near_by(
        &self,
        weights: &Weights,
        probe: &Probe<'_>,
        candidates: impl IntoIterator<Item = u32>,
        weight_min: f32,
    ) -> Vec<Neighbour> {
        let others: Vec<(u32, &Features)> =
            candidates.into_iter().filter_map(|id| Some((id, self.features(id)?))).collect();
        // Reading one byte of each record first lets the misses of the cache overlap instead of queue.
        std::hint::black_box(others.iter().fold(0, |sum, (_, other)| sum ^ other.0.first().copied().unwrap_or(0)));
        let weighed = others
            .into_iter()
            .map(|(id, other)| (id, other.view().knowing(self.generic[id as usize])))
            .map(|(id, other)| Neighbour { id, weight: score::weigh(weights, probe, other) });
        weighed.filter(|neighbour| neighbour.weight >= weight_min).collect()
    }
}

fn unique(mut ids: Vec<u32>) -> Vec<u32> {
    ids.sort_unstable();
    ids.dedup();
    ids
}
