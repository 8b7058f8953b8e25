//! Scored pairs above the model's floor, kept on both ends.

use super::{Resolution, Resolver};
use crate::domain::ids::RecordNo;
use crate::domain::plan::EdgeWrite;
use foldhash::HashSet;
use matching::Neighbour;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Adjacency lists by record, each sorted by the other end.
#[derive(Default)]
pub struct Edges {
    lists: Vec<Vec<(RecordNo, f32)>>,
}

/// What happens to a pair; `None` drops it.
type PairChanges = BTreeMap<(RecordNo, RecordNo), Option<f32>>;

impl Edges {
    pub fn of(&self, record: RecordNo) -> &[(RecordNo, f32)] {
        self.lists.get(record.0 as usize).map_or(&[], Vec::as_slice)
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
    fn changes(&self, record: RecordNo, now: &[Neighbour], changes: &mut Vec<((RecordNo, RecordNo), Option<f32>)>) {
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
    /// Scores the dirty records against their candidates again and drops the removed ones' edges. Scores are
    /// symmetric, so the other ends need not be asked.
    /// Returns every record that gained, lost or changed an edge.
    pub(super) fn rescore(&mut self, removed: &[u32], dirty: &[u32], resolution: &mut Resolution) -> HashSet<RecordNo> {
        let index = &self.index;
        let edges = &self.edges;
        let affected: HashSet<u32> = removed.iter().chain(dirty).copied().collect();
        let affected: Vec<u32> = affected.into_iter().collect();
        let found: Vec<((RecordNo, RecordNo), Option<f32>)> = affected
            .par_iter()
            .flat_map_iter(|&id| {
                let now = if index.features(id).is_some() { index.neighbours(id) } else { Vec::new() };
                let mut changes = Vec::new();
                edges.changes(RecordNo(id), &now, &mut changes);
                changes
            })
            .collect();
        let changes: PairChanges = found.into_iter().collect();
        let mut touched = HashSet::default();
        for ((a, b), weight) in changes {
            touched.extend([a, b]);
            match weight {
                Some(weight) => {
                    self.edges.put(a, b, weight);
                    resolution.edges_put.push(EdgeWrite { a, b, weight });
                }
                None => {
                    self.edges.drop_pair(a, b);
                    resolution.edges_dropped.push((a, b));
                }
            }
        }
        touched
    }
}
