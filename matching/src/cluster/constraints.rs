//! Decisions of stewards as constraints.

use super::Order;
use std::collections::BTreeSet;

/// Always-link and never-link decisions between positions.
pub(super) struct Constraints {
    /// For each node the lowest position of its always-link group.
    pub groups: Vec<usize>,
    /// Never-link pairs that always-link decisions contradict.
    pub contradictions: Vec<(usize, usize)>,
    /// Pairs of always-link groups that hold a never-link pair.
    groups_apart: BTreeSet<(usize, usize)>,
    decided: BTreeSet<usize>,
}

impl Constraints {
    pub(super) fn new(order: &Order, must: &[(u32, u32)], cannot: &[(u32, u32)]) -> Self {
        let mut union = Union::new(order.ids.len());
        for (a, b) in must.iter().filter_map(|&(a, b)| order.pair(a, b)) {
            union.join(a, b);
        }
        let groups: Vec<usize> = (0..order.ids.len()).map(|at| union.find(at)).collect();
        let apart: BTreeSet<(usize, usize)> = cannot.iter().filter_map(|&(a, b)| order.pair(a, b)).collect();
        let contradictions: Vec<(usize, usize)> =
            apart.iter().copied().filter(|&(a, b)| groups[a] == groups[b]).collect();
        let suspended: BTreeSet<usize> = contradictions.iter().map(|&(a, _)| groups[a]).collect();
        let groups: Vec<usize> =
            groups.iter().enumerate().map(|(at, group)| if suspended.contains(group) { at } else { *group }).collect();
        let groups_apart = apart.iter().map(|&(a, b)| ordered(groups[a], groups[b])).collect();
        let decided = must.iter().chain(cannot).filter_map(|&(a, b)| order.pair(a, b));
        let decided = decided.flat_map(|(a, b)| [a, b]).collect();
        Constraints { groups, contradictions, groups_apart, decided }
    }

    /// Whether a steward decided about the node and another.
    pub(super) fn is_decided(&self, at: usize) -> bool {
        self.decided.contains(&at)
    }

    /// Whether a never-link decision holds two nodes apart, directly or through their groups.
    pub(super) fn is_apart(&self, a: usize, b: usize) -> bool {
        self.groups_apart.contains(&ordered(self.groups[a], self.groups[b]))
    }
}

fn ordered(a: usize, b: usize) -> (usize, usize) {
    (a.min(b), a.max(b))
}

/// Union-find whose representative is always the lowest member.
pub(super) struct Union(Vec<usize>);

impl Union {
    pub(super) fn new(len: usize) -> Self {
        Union((0..len).collect())
    }

    pub(super) fn find(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    pub(super) fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b)] = a.min(b);
    }
}
