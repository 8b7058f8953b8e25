//! Carries the whole population over to another policy, a part at a time.
//!
//! From the moment a policy is adopted all edges are its own, so that whatever part is looked at first, and whatever
//! batch comes between, is decided once and for good: a change of policy changes each golden record at most once.

use super::region::Region;
use super::{Body, Resolution, Resolver, Roster};
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::plan::{EdgeWrite, Renewed};
use crate::domain::rules::Rules;
use foldhash::{HashMap, HashSet};
use rayon::prelude::*;
use std::sync::Arc;

/// What is left to be done.
pub(super) struct Renewal {
    /// The first record that is not looked at yet.
    next: u32,
    /// Records that came later came under the new policy.
    of: u32,
    /// Whether edges have to be written anew.
    edges: bool,
    /// Records that were looked at with earlier ones.
    done: Vec<bool>,
}

/// A part of the population that a renewal looks at.
pub struct Part {
    region: Region,
    renewed: Renewed,
    /// Its live golden records with who takes part in them now.
    pub present: Vec<(GoldenId, Roster)>,
}

impl Renewal {
    fn new(next: u32, of: u32, edges: bool) -> Renewal {
        Renewal { next: next.min(of), of, edges, done: vec![false; of as usize] }
    }
}

impl Resolver {
    /// Works by the new policy from now on; the draft, if there is one, has to be complete.
    pub fn adopt(&mut self) {
        let edges = self.draft.is_some();
        self.adopt_draft();
        self.renewal = Some(Renewal::new(0, self.slots.len() as u32, edges));
    }

    /// Goes on with a renewal after loading. Stored edges may still be those of the policy before, so where the model
    /// has changed all are weighed again, as all features were standardised again.
    pub fn resume_renewal(&mut self, next: usize, of: usize, edges: bool) {
        if edges {
            self.begin_draft(self.index.model().clone());
            self.weigh_draft(usize::MAX);
            self.adopt_draft();
        }
        let records = self.slots.len();
        self.renewal = Some(Renewal::new(next.min(records) as u32, of.min(records) as u32, edges));
    }

    /// The next part: so many records, with everybody who may be one person with any of them. None at the end.
    pub fn next_part(&self, limit: usize) -> Option<Part> {
        let renewal = self.renewal.as_ref()?;
        let upto = renewal.of.min(renewal.next.saturating_add(limit as u32));
        let fresh = |&record: &RecordNo| self.slot(record).live && !renewal.done[record.0 as usize];
        let touched: HashSet<RecordNo> = (renewal.next..upto).map(RecordNo).filter(fresh).collect();
        let region = self.region(touched);
        let present = region.goldens.iter().filter_map(|&id| Some((id, self.roster(self.members(id)?)))).collect();
        let (from, of) = (RecordNo(renewal.next), renewal.of as usize);
        let renewed = Renewed { from, upto: RecordNo(upto), of, edges: renewal.edges };
        Some(Part { region, renewed, present })
    }

    /// Decides a part anew; `outdated` are the golden records whose values follow from other rules.
    pub fn renew(&mut self, part: Part, outdated: &HashSet<GoldenId>) -> Resolution {
        let Part { region, renewed, .. } = part;
        let mut resolution = Resolution { renewed: Some(renewed), ..Resolution::default() };
        let partition = self.partition(&region);
        let recomposed = outdated.iter().filter_map(|id| self.members(*id)).flatten().copied().collect();
        self.review(&region, &partition, &mut resolution);
        self.assign(&region, partition.clusters, &recomposed, &mut resolution);
        resolution.first_seq = self.draw(resolution.changed.len() + resolution.retired.len());
        if renewed.edges {
            resolution.edges_put = self.edges_up_to(renewed.from, renewed.upto);
        }
        if let Some(renewal) = &mut self.renewal {
            renewal.next = renewed.upto.0;
            let inside = region.records.iter().filter(|record| record.0 < renewal.of);
            inside.for_each(|record| renewal.done[record.0 as usize] = true);
        }
        if renewed.is_last() {
            self.renewal = None;
        }
        resolution
    }

    /// The edges whose later record lies in a range, which is how they are stored.
    fn edges_up_to(&self, from: RecordNo, upto: RecordNo) -> Vec<EdgeWrite> {
        let of_one = |b: RecordNo| {
            let earlier = self.edges.of(b).iter().filter(move |(a, _)| *a < b);
            earlier.map(move |&(a, weight)| EdgeWrite { a, b, weight })
        };
        (from.0..upto.0).map(RecordNo).flat_map(of_one).collect()
    }
}

impl Part {
    /// The records whose values are needed: all members, now and then.
    pub fn records(&self) -> Vec<RecordNo> {
        let mut records: Vec<RecordNo> = self.region.records.iter().copied().collect();
        records.sort_unstable();
        records
    }

    /// The golden records whose stored values are not those that survive under these rules.
    pub fn outdated(
        &self,
        stored: &HashMap<GoldenId, Arc<str>>,
        bodies: &HashMap<RecordNo, Body>,
        rules: &Rules,
    ) -> HashSet<GoldenId> {
        let differs = |(id, roster): &&(GoldenId, Roster)| {
            stored.get(id).is_none_or(|body| **body != *roster.survive(bodies, rules).body)
        };
        self.present.par_iter().filter(differs).map(|(id, _)| *id).collect::<Vec<_>>().into_iter().collect()
    }
}
