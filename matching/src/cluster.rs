//! Deterministic constrained clustering.
//!
//! Bare connected components fall apart on households: one weak bridge joins two people. Here clusters
//! grow by the strongest support first, and two clusters join only when the records of both, taken
//! together, speak for it, evidence against included.

mod agglomerate;
mod constraints;
mod copies;
#[cfg(test)]
mod oracle;
mod pieces;

use crate::compare::Field;
use crate::index::Index;
use constraints::Constraints;
use copies::Copies;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// One record to be clustered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Its id in the index.
    pub id: u32,
    /// An identity that does not depend on arrival order; every tie breaks by it, never by the id.
    pub rank: u128,
}

/// A scored pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Edge {
    /// One record.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Log2 of the odds that the two are one person.
    pub weight: f32,
}

/// Clusters, and what a steward should look at.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Partition {
    /// Every node in exactly one cluster; members and clusters in the order of their ranks.
    pub clusters: Vec<Vec<u32>>,
    /// Pairs across clusters that deserve a review, and contradictions between decisions.
    pub doubts: Vec<Doubt>,
}

/// A pair that a steward should look at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Doubt {
    /// One record.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// The weight between them.
    pub weight: f32,
    /// Why.
    pub reason: DoubtReason,
}

/// Why a pair deserves a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DoubtReason {
    /// The pair alone is neither clearly one person nor clearly two.
    Uncertain,
    /// The pair alone looks like one person, but the other records of the two clusters speak against it.
    Outweighed,
    /// Decisions of stewards contradict each other; the always-link decisions are suspended.
    Contradiction,
}

/// Clusters one or more connected components. `must` pairs end together and `cannot` pairs apart, both
/// transitively; where they contradict each other the `must` pairs concerned are suspended.
pub fn partition(
    nodes: &[Node],
    edges: &[Edge],
    must: &[(u32, u32)],
    cannot: &[(u32, u32)],
    index: &Index,
) -> Partition {
    let order = Order::new(nodes);
    let mut edges = order.edges(edges);
    let constraints = Constraints::new(&order, must, cannot);
    let mut label: Vec<usize> = constraints.groups.clone();
    let judge = |a: usize, others: &[usize]| index.judge(order.ids[a], others.iter().map(|&b| order.ids[b]));
    let link = index.model().thresholds.link;
    let copies = (nodes.len() > pieces::PIECE_LEN_MAX).then(|| Copies::find(&order, &constraints, index));
    if let Some(copies) = &copies {
        edges = copies.drawn_together(edges);
    }
    for piece in pieces::pieces(order.ids.len(), &edges, &constraints, link) {
        agglomerate::agglomerate(&piece, &constraints, link, &judge, &mut label);
    }
    if let Some(copies) = &copies {
        copies.follow(&mut label, |a, b| index.weigh(order.ids[a], order.ids[b]) >= link);
    }
    let mut doubts = order.doubts(&edges, &label, &constraints, index);
    doubts.extend(constraints.contradictions.iter().map(|&(a, b)| Doubt {
        a: order.ids[a],
        b: order.ids[b],
        weight: index.weigh(order.ids[a], order.ids[b]),
        reason: DoubtReason::Contradiction,
    }));
    Partition { clusters: order.clusters(&label), doubts }
}

/// How many fields are lasting traits of a person.
pub(crate) const TRAITS: usize = 4;

/// The fields that stay with a person for life, or nearly so.
pub(crate) const LASTING: [Field; TRAITS] = [Field::Middle, Field::Birth, Field::Gender, Field::Generation];

/// What comparing two records gave, as log2 of how much likelier it is for two of one household, and for strangers, than
/// for one person.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judged {
    /// Prior and all fields together.
    pub odds: [f32; 2],
    /// Each lasting trait that both state, in the order of [`LASTING`].
    pub traits: [Option<[f32; 2]>; TRAITS],
    /// Whether no field speaks against one person.
    pub silent: bool,
}

/// Edges between positions, each pair once with the lower position first.
pub(crate) type Edges = BTreeMap<(usize, usize), f32>;

/// Nodes by rank: from here on a node is its position, and no result can depend on ids.
struct Order {
    ids: Vec<u32>,
    position: HashMap<u32, usize>,
}

impl Order {
    fn new(nodes: &[Node]) -> Self {
        let mut sorted: Vec<(u128, u32)> = nodes.iter().map(|node| (node.rank, node.id)).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let ids: Vec<u32> = sorted.into_iter().map(|entry| entry.1).collect();
        let position = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        Order { ids, position }
    }

    fn pair(&self, a: u32, b: u32) -> Option<(usize, usize)> {
        let (a, b) = (*self.position.get(&a)?, *self.position.get(&b)?);
        (a != b).then_some((a.min(b), a.max(b)))
    }

    fn edges(&self, edges: &[Edge]) -> Edges {
        let usable = edges.iter().filter(|edge| !edge.weight.is_nan());
        usable.filter_map(|edge| Some((self.pair(edge.a, edge.b)?, edge.weight))).collect()
    }

    fn clusters(&self, label: &[usize]) -> Vec<Vec<u32>> {
        let mut at_of_label: HashMap<usize, usize> = HashMap::new();
        let mut clusters: Vec<Vec<u32>> = Vec::new();
        for (at, label) in label.iter().enumerate() {
            let cluster = *at_of_label.entry(*label).or_insert_with(|| {
                clusters.push(Vec::new());
                clusters.len() - 1
            });
            clusters[cluster].push(self.ids[at]);
        }
        clusters
    }

    /// The strongest pair between any two clusters that is worth a look and not decided yet.
    fn doubts(&self, edges: &Edges, label: &[usize], constraints: &Constraints, index: &Index) -> Vec<Doubt> {
        let thresholds = index.model().thresholds;
        let mut strongest: BTreeMap<(usize, usize), (f32, usize, usize)> = BTreeMap::new();
        for (&(a, b), &weight) in edges {
            let (x, y) = (label[a].min(label[b]), label[a].max(label[b]));
            if x == y || weight < thresholds.review || constraints.is_apart(a, b) {
                continue;
            }
            let entry = strongest.entry((x, y)).or_insert((weight, a, b));
            if weight > entry.0 {
                *entry = (weight, a, b);
            }
        }
        let reason = |weight| {
            if weight >= thresholds.link { DoubtReason::Outweighed } else { DoubtReason::Uncertain }
        };
        let found = strongest.into_values();
        found.map(|(weight, a, b)| Doubt { a: self.ids[a], b: self.ids[b], weight, reason: reason(weight) }).collect()
    }
}
