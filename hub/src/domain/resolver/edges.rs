//! Scored pairs above the model's floor, kept on both ends.

use super::{Resolution, Resolver};
use crate::domain::ids::RecordNo;
use crate::domain::plan::EdgeWrite;
use foldhash::HashSet;
use matching::{Disturbed, Neighbour};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Adjacency lists by record, each sorted by the other end.
#[derive(Default)]
pub struct Edges {
    lists: Vec<Vec<(RecordNo, f32)>>,
}

/// What happens to a pair; `None` drops it.
pub type PairChange = ((RecordNo, RecordNo), Option<f32>);
type PairChanges = BTreeMap<(RecordNo, RecordNo), Option<f32>>;

impl Edges {
    pub fn of(&self, record: RecordNo) -> &[(RecordNo, f32)] {
        self.lists.get(record.0 as usize).map_or(&[], Vec::as_slice)
    }

    /// The weight of an edge, if there is one.
    fn weight(&self, a: RecordNo, b: RecordNo) -> Option<f32> {
        let list = self.of(a);
        list.binary_search_by_key(&b, |(other, _)| *other).ok().map(|at| list[at].1)
    }

    pub fn put(&mut self, a: RecordNo, b: RecordNo, weight: f32) {
        for (from, to) in [(a, b), (b, a)] {
            let list = self.list(from);
            match list.binary_search_by_key(&to, |(other, _)| *other) {
                Ok(at) => list[at].1 = weight,
                Err(at) => list.insert(at, (to, weight)),
            }
        }
    }

    /// Puts a pair with its weight, or drops it.
    pub fn set(&mut self, a: RecordNo, b: RecordNo, weight: Option<f32>) {
        match weight {
            Some(weight) => self.put(a, b, weight),
            None => self.drop_pair(a, b),
        }
    }

    fn drop_pair(&mut self, a: RecordNo, b: RecordNo) {
        for (from, to) in [(a, b), (b, a)] {
            let list = self.list(from);
            if let Ok(at) = list.binary_search_by_key(&to, |(other, _)| *other) {
                list.remove(at);
            }
        }
    }

    fn list(&mut self, record: RecordNo) -> &mut Vec<(RecordNo, f32)> {
        let at = record.0 as usize;
        if self.lists.len() <= at {
            self.lists.resize_with(at + 1, Vec::new);
        }
        &mut self.lists[at]
    }

    /// How the lists of one record differ from its present neighbours.
    pub fn changes(&self, record: RecordNo, now: &[Neighbour], changes: &mut Vec<PairChange>) {
        let pair = |other: RecordNo| (record.min(other), record.max(other));
        let old = self.of(record);
        let (mut i, mut j) = (0, 0);
        while i < old.len() || j < now.len() {
            let before = old.get(i).map(|(other, _)| other.0);
            let after = now.get(j).map(|n| n.id);
            match (before, after) {
                (Some(b), Some(a)) if a == b => {
                    if old[i].1.to_bits() != now[j].weight.to_bits() {
                        changes.push((pair(RecordNo(a)), Some(now[j].weight)));
                    }
                    (i, j) = (i + 1, j + 1);
                }
                (Some(b), a) if a.is_none_or(|a| b < a) => {
                    changes.push((pair(RecordNo(b)), None));
                    i += 1;
                }
                (_, Some(a)) => {
                    changes.push((pair(RecordNo(a)), Some(now[j].weight)));
                    j += 1;
                }
                _ => break,
            }
        }
    }
}

impl Resolver {
    /// Scores the disturbed records against their candidates again, and the disturbed pairs, and drops the removed ones'
    /// edges. Scores are symmetric, so the other ends need not be asked.
    /// Returns every record whose cluster may change by that: the ends of links, which are edges strong enough to join
    /// clusters, and of other edges those that were asked.
    pub(super) fn rescore(
        &mut self,
        removed: &[u32],
        disturbed: &Disturbed,
        resolution: &mut Resolution,
    ) -> HashSet<RecordNo> {
        let index = &self.index;
        let edges = &self.edges;
        let affected: HashSet<u32> = removed.iter().chain(&disturbed.records).copied().collect();
        let ids: Vec<u32> = affected.iter().copied().collect();
        let around = ids.par_iter().flat_map_iter(|&id| {
            let now = if index.features(id).is_some() { index.neighbours(id) } else { Vec::new() };
            let mut changes = Vec::new();
            edges.changes(RecordNo(id), &now, &mut changes);
            changes
        });
        let floor = index.model().thresholds.floor;
        let between = disturbed.pairs.par_iter().filter_map(|&(a, b)| {
            let now = Some(index.weigh(a, b)).filter(|weight| *weight >= floor);
            let (a, b) = (RecordNo(a), RecordNo(b));
            (edges.weight(a, b).map(f32::to_bits) != now.map(f32::to_bits)).then_some(((a, b), now))
        });
        let found: Vec<PairChange> = around.chain(between).collect();
        let changes: PairChanges = found.into_iter().collect();
        let link = self.index.model().thresholds.link;
        let mut touched = HashSet::default();
        for ((a, b), weight) in changes {
            let links = self.edges.weight(a, b).into_iter().chain(weight).any(|weight| weight >= link);
            let paired = disturbed.pairs.binary_search(&(a.0, b.0)).is_ok();
            touched.extend([a, b].into_iter().filter(|end| links || paired || affected.contains(&end.0)));
            self.edges.set(a, b, weight);
            match weight {
                Some(weight) => resolution.edges_put.push(EdgeWrite { a, b, weight }),
                None => resolution.edges_dropped.push((a, b)),
            }
        }
        touched
    }
}
