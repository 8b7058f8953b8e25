//! A batch in two steps, for when sources say again what the hub has written to them: between the steps somebody looks
//! whether the golden values stay as they are, and then nothing is published.

use super::region::Region;
use super::{Resolution, Resolver, Roster};
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::plan::{DecisionChange, Incoming};
use foldhash::HashSet;

/// A batch that is taken in, and whose clusters are known.
pub struct Begun {
    pub resolution: Resolution,
    region: Region,
    clusters: Vec<Vec<RecordNo>>,
    /// Records whose golden records are composed anew, even if their members stay.
    renewed: HashSet<RecordNo>,
}

impl Resolver {
    /// Takes a batch in and clusters what it touches.
    pub fn begin(&mut self, batch: Vec<Incoming>, decisions: Vec<DecisionChange>) -> Begun {
        let mut resolution = Resolution::default();
        let mut touched = self.take_in(batch, &mut resolution);
        let named = self.decide(&decisions);
        touched.extend(named.all);
        resolution.decisions = decisions;
        let region = self.region(touched);
        let partition = self.partition(&region);
        let renewed = resolution.records.iter().map(|r| r.record).chain(named.pinned);
        let renewed = renewed.chain(resolution.stances.iter().map(|write| write.record)).collect();
        self.review(&region, &partition, &mut resolution);
        Begun { resolution, region, clusters: partition.clusters, renewed }
    }

    /// Golden records whose members stay and of which nothing but echoes came in, with who takes part in them.
    pub fn echoed(&self, begun: &Begun) -> Vec<(GoldenId, Roster)> {
        let echoes = &begun.resolution.echoes;
        let mut found = Vec::new();
        for cluster in &begun.clusters {
            let mut fresh = cluster.iter().filter(|record| begun.renewed.contains(record)).peekable();
            if fresh.peek().is_none() || !fresh.all(|record| echoes.contains(record)) {
                continue;
            }
            let Some(golden) = self.golden_of(cluster[0]) else { continue };
            let same = |members: &[RecordNo]| {
                members.len() == cluster.len() && members.iter().all(|record| cluster.contains(record))
            };
            if self.members(golden).is_some_and(same) {
                found.push((golden, self.roster(cluster)));
            }
        }
        found
    }

    /// Gives the clusters their golden ids; of the silent ones nothing is published.
    pub fn finish(&mut self, begun: Begun, silent: &HashSet<GoldenId>) -> Resolution {
        let Begun { mut resolution, region, clusters, mut renewed } = begun;
        for record in silent.iter().filter_map(|golden| self.members(*golden)).flatten() {
            renewed.remove(record);
        }
        self.assign(&region, clusters, &renewed, &mut resolution);
        resolution.first_seq = self.draw(resolution.changed.len() + resolution.retired.len());
        resolution
    }
}
