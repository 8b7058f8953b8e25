//! In a component too large to be clustered at once, records that say the same count once.

use super::constraints::Constraints;
use super::{Edges, Order};
use crate::index::Index;
use std::collections::HashMap;

/// For each copy the first that says the same; copies that a steward decided about go their own way.
pub(super) struct Copies(HashMap<usize, usize>);

impl Copies {
    pub(super) fn find(order: &Order, constraints: &Constraints, index: &Index) -> Self {
        let mut first_of: HashMap<u64, usize> = HashMap::new();
        let mut copies = HashMap::new();
        let undecided = order.ids.iter().enumerate().filter(|entry| !constraints.is_decided(entry.0));
        for (at, content) in undecided.filter_map(|(at, id)| Some((at, index.features(*id)?.personal_content()?))) {
            let first = *first_of.entry(content).or_insert(at);
            if first != at {
                copies.insert(at, first);
            }
        }
        Copies(copies)
    }

    /// The edges, those of the copies being the first's.
    pub(super) fn drawn_together(&self, edges: Edges) -> Edges {
        let first = |at: usize| self.0.get(&at).copied().unwrap_or(at);
        let mut together = Edges::new();
        for ((a, b), weight) in edges.into_iter().map(|((a, b), weight)| ((first(a), first(b)), weight)) {
            if a != b {
                let entry = together.entry((a.min(b), a.max(b))).or_insert(weight);
                *entry = entry.max(weight);
            }
        }
        together
    }

    /// Gives the copies the first's label, where what they say is enough to link two records.
    pub(super) fn follow(&self, label: &mut [usize], is_link: impl Fn(usize, usize) -> bool) {
        for (&copy, &first) in self.0.iter().filter(|(copy, first)| is_link(**copy, **first)) {
            label[copy] = label[first];
        }
    }
}
