//! The part of the population that a batch can change, and its new partition into people.

use super::Resolver;
use super::decisions::Pairs;
use crate::domain::ids::{GoldenId, RecordNo};
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};
use matching::{Doubt, Edge, Node};
use rayon::prelude::*;

/// Records that may change their cluster, closed under links, decisions and present clusters.
///
/// Pairs that weigh too little to link two records weigh in once something else connects them, but they spread nothing:
/// over a million records they would tie half of the population into one region.
pub(super) struct Region {
    /// Live records, grouped by connection through links and always-links.
    pub components: Vec<Vec<RecordNo>>,
    /// Every record of the region, deleted ones included.
    pub records: HashSet<RecordNo>,
    /// The golden ids that stood for these records before.
    pub goldens: Vec<GoldenId>,
}

/// The new clusters of a region.
pub(super) struct Parted {
    pub clusters: Vec<Vec<RecordNo>>,
    pub doubts: Vec<Doubt>,
}

impl Resolver {
    /// Closes the touched records under everything that could tie them to others.
    pub(super) fn region(&self, touched: HashSet<RecordNo>) -> Region {
        let mut records: HashSet<RecordNo> = HashSet::with_capacity(touched.len() * 2);
        let mut goldens: HashSet<GoldenId> = HashSet::new();
        let mut queue: Vec<RecordNo> = touched.into_iter().collect();
        while let Some(record) = queue.pop() {
            if !records.insert(record) {
                continue;
            }
            queue.extend(self.ties(record).filter(|other| !records.contains(other)));
            if let Some(golden) = self.slot(record).golden
                && goldens.insert(golden)
            {
                queue.extend(self.members(golden).unwrap_or_default());
            }
        }
        let mut goldens: Vec<GoldenId> = goldens.into_iter().collect();
        goldens.sort_unstable();
        Region { components: self.components(&records), records, goldens }
    }

    /// Live records that a link or an always-link ties to this one.
    fn ties(&self, record: RecordNo) -> impl Iterator<Item = RecordNo> {
        let link = self.index.model().thresholds.link;
        let by_edge = self.edges.of(record).iter().filter(move |(_, weight)| *weight >= link).map(|(other, _)| *other);
        let by_decision = self.decisions.always_with(self.rank(record));
        by_edge.chain(by_decision.into_iter().filter_map(|rank| self.live(rank)))
    }

    pub(super) fn live(&self, rank: crate::domain::ids::Rank) -> Option<RecordNo> {
        self.by_rank.get(&rank).copied().filter(|record| self.slot(*record).live)
    }

    fn components(&self, records: &HashSet<RecordNo>) -> Vec<Vec<RecordNo>> {
        let mut seen: HashSet<RecordNo> = HashSet::with_capacity(records.len());
        let mut components = Vec::new();
        for &start in records {
            if !self.slot(start).live || !seen.insert(start) {
                continue;
            }
            let mut component = vec![start];
            let mut next = 0;
            while next < component.len() {
                let record = component[next];
                component.extend(self.ties(record).filter(|other| seen.insert(*other)));
                next += 1;
            }
            components.push(component);
        }
        components
    }

    /// Clusters every component; components share nothing, so they are clustered in parallel.
    pub(super) fn partition(&self, region: &Region) -> Parted {
        let parts: Vec<matching::Partition> =
            region.components.par_iter().map(|component| self.partition_one(component)).collect();
        let mut parted = Parted { clusters: Vec::with_capacity(parts.len()), doubts: Vec::new() };
        for part in parts {
            parted.clusters.extend(part.clusters.into_iter().map(|c| c.into_iter().map(RecordNo).collect()));
            parted.doubts.extend(part.doubts);
        }
        parted
    }

    fn partition_one(&self, component: &[RecordNo]) -> matching::Partition {
        if let [single] = component {
            return matching::Partition { clusters: vec![vec![single.0]], doubts: Vec::new() };
        }
        let nodes: Vec<Node> =
            component.iter().map(|&record| Node { id: record.0, rank: self.rank(record).0 }).collect();
        let edge = |record: RecordNo, (other, weight): (RecordNo, f32)| {
            (record < other).then_some(Edge { a: record.0, b: other.0, weight })
        };
        let edges: Vec<Edge> = component
            .iter()
            .flat_map(|&record| self.edges.of(record).iter().filter_map(move |&end| edge(record, end)))
            .collect();
        let (must, cannot) = self.bonds(component);
        matching::partition(&nodes, &edges, &must, &cannot, &self.index)
    }

    /// The decisions within a component, as pairs of live records.
    fn bonds(&self, component: &[RecordNo]) -> (Pairs, Pairs) {
        if self.decisions.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let inside: HashSet<RecordNo> = component.iter().copied().collect();
        let find = |rank| self.live(rank).filter(|record| inside.contains(record));
        let ranks = component.iter().map(|&record| self.rank(record));
        self.decisions.pairs(ranks, find)
    }
}

/// Where each record of the new clusters stands.
pub(super) fn places(clusters: &[Vec<RecordNo>]) -> HashMap<RecordNo, usize> {
    let mut places = HashMap::with_capacity(clusters.iter().map(Vec::len).sum());
    for (place, cluster) in clusters.iter().enumerate() {
        places.extend(cluster.iter().map(|&record| (record, place)));
    }
    places
}
