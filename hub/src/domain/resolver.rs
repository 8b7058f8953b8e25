//! Who is who: the resolver holds the match index, the edges, the clusters and the decisions of the whole population.
//!
//! It is derived from the store and can be thrown away and rebuilt at any time. `resolve` changes it and says what
//! changed; when the store then refuses the plan, the resolver no longer fits the store and must be rebuilt.

mod assign;
mod causes;
mod compose;
mod consents;
mod decisions;
mod draft;
mod echoes;
mod edges;
mod erasure;
mod intake;
mod load;
mod region;
mod renewal;
mod reviews;
#[cfg(test)]
mod tests;

use self::decisions::Decisions;
use self::draft::Draft;
use self::edges::Edges;
use self::renewal::Renewal;
use self::reviews::Reviews;
use super::cause::Cause;
use super::consent::Stance;
use super::ids::{DeliveryId, EventSeq, GoldenId, Rank, RecordNo, SourceKey};
use super::plan::{
    CrosswalkWrite, DecisionChange, EdgeWrite, GoldenState, Incoming, RecordWrite, Renewed, ReviewWrite, StanceWrite,
    StatementWrite,
};
use foldhash::{HashMap, HashSet};
use matching::{Index, Model};
use std::sync::Arc;

pub use self::compose::{Body, Roster, compose};
pub use self::draft::{Slice, Weighed};
pub use self::echoes::Begun;
pub use self::load::{LoadedGolden, LoadedRecord};
pub use self::renewal::Part;

/// The population as the planner sees it.
pub struct Resolver {
    index: Index,
    slots: Vec<Slot>,
    by_rank: HashMap<Rank, RecordNo>,
    sources: Vec<Arc<str>>,
    edges: Edges,
    clusters: HashMap<GoldenId, Vec<RecordNo>>,
    goldens: HashMap<GoldenId, Golden>,
    /// Golden ids whose owner is not the record that brought them, by present owner.
    adopted: HashMap<RecordNo, Vec<GoldenId>>,
    decisions: Decisions,
    reviews: Reviews,
    next_seq: EventSeq,
    /// What the records' statements of consent come to; most have none.
    stances: HashMap<RecordNo, Arc<Stance>>,
    /// Another model's edges, while they are being weighed.
    draft: Option<Draft>,
    /// What of a change of policy is left to be done.
    renewal: Option<Renewal>,
}

/// What the resolver knows of one source record; the values stay in the store.
struct Slot {
    rank: Rank,
    key: Box<str>,
    source: u16,
    live: bool,
    version: i64,
    content_hash: u64,
    anchor: GoldenId,
    golden: Option<GoldenId>,
}

#[derive(Clone, Copy)]
struct Golden {
    version: i32,
    owner: RecordNo,
    state: GoldenState,
}

/// What one batch changed, before any value is looked at.
#[derive(Default)]
pub struct Resolution {
    pub records: Vec<RecordWrite>,
    pub crosswalks: Vec<CrosswalkWrite>,
    pub edges_put: Vec<EdgeWrite>,
    pub edges_dropped: Vec<(RecordNo, RecordNo)>,
    pub decisions: Vec<DecisionChange>,
    pub reviews_put: Vec<ReviewWrite>,
    pub reviews_closed: Vec<(RecordNo, RecordNo)>,
    pub statements: Vec<StatementWrite>,
    pub stances: Vec<StanceWrite>,
    pub traces: Vec<(RecordNo, DeliveryId)>,
    /// Records of which the source only says what the hub has written to it.
    pub echoes: HashSet<RecordNo>,
    /// Golden records whose values must be composed anew, in order of their ids.
    pub changed: Vec<Changed>,
    /// Golden ids that no longer stand for a cluster of their own.
    pub retired: Vec<Retired>,
    /// Where the events of the changed and then of the retired begin in the feed.
    pub first_seq: EventSeq,
    pub tally: Tally,
    /// The records that a change of policy is done with thereby.
    pub renewed: Option<Renewed>,
}

/// A live golden record with new members or new values.
pub struct Changed {
    pub golden: GoldenId,
    pub roster: Roster,
    pub version: i32,
    pub owner: RecordNo,
    pub kind: super::plan::EventKind,
    /// Why the id appeared, if its records had others before.
    pub cause: Option<Cause>,
}

pub struct Retired {
    pub golden: GoldenId,
    pub version: i32,
    pub owner: RecordNo,
    pub state: GoldenState,
    pub cause: Cause,
}

/// What became of the deliveries of a batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub accepted: usize,
    pub unchanged: usize,
    pub stale: usize,
    pub deleted: usize,
    /// Deliveries that only say what somebody has allowed or refused.
    pub statements: usize,
}

impl Resolver {
    pub fn new(model: Arc<Model>) -> Self {
        Resolver {
            index: Index::new(model),
            slots: Vec::new(),
            by_rank: HashMap::default(),
            sources: Vec::new(),
            edges: Edges::default(),
            clusters: HashMap::default(),
            goldens: HashMap::default(),
            adopted: HashMap::default(),
            decisions: Decisions::default(),
            reviews: Reviews::default(),
            next_seq: EventSeq(1),
            stances: HashMap::default(),
            draft: None,
            renewal: None,
        }
    }

    /// Takes a batch in, re-clusters what it touches, and says what changed.
    pub fn resolve(&mut self, batch: Vec<Incoming>, decisions: Vec<DecisionChange>) -> Resolution {
        let begun = self.begin(batch, decisions);
        self.finish(begun, &HashSet::default())
    }

    /// The next places in the feed. One resolver works at a time, so places follow the order of commits.
    fn draw(&mut self, count: usize) -> EventSeq {
        let first = self.next_seq;
        self.next_seq = EventSeq(first.0 + count as i64);
        first
    }

    pub fn index(&self) -> &Index {
        &self.index
    }

    /// The index alone, for training; everything else is given up.
    pub fn into_index(self) -> Index {
        self.index
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The number of live golden records and the size of the largest.
    pub fn shape(&self) -> (usize, usize) {
        (self.clusters.len(), self.clusters.values().map(Vec::len).max().unwrap_or(0))
    }

    pub fn open_reviews(&self) -> usize {
        self.reviews.len()
    }

    pub fn open_review_pairs(&self) -> HashSet<(RecordNo, RecordNo)> {
        self.reviews.pairs().collect()
    }

    pub fn record(&self, key: &SourceKey) -> Option<RecordNo> {
        self.by_rank.get(&key.rank()).copied()
    }

    pub fn key(&self, record: RecordNo) -> SourceKey {
        let slot = self.slot(record);
        SourceKey::new(self.sources[slot.source as usize].as_ref(), slot.key.as_ref())
    }

    /// Whose record it is.
    pub fn source(&self, record: RecordNo) -> Arc<str> {
        self.sources[self.slot(record).source as usize].clone()
    }

    /// The golden record that a source record belongs to; none for a deleted one.
    pub fn golden_of(&self, record: RecordNo) -> Option<GoldenId> {
        self.slots.get(record.0 as usize).and_then(|slot| slot.golden)
    }

    pub fn members(&self, golden: GoldenId) -> Option<&[RecordNo]> {
        self.clusters.get(&golden).map(Vec::as_slice)
    }

    /// The current version of a live golden record.
    pub fn version(&self, golden: GoldenId) -> Option<i32> {
        self.clusters.contains_key(&golden).then(|| self.goldens.get(&golden).map(|g| g.version)).flatten()
    }

    pub fn state(&self, golden: GoldenId) -> Option<GoldenState> {
        self.goldens.get(&golden).map(|g| g.state)
    }

    /// The golden id that an id resolves to, itself if it was not merged away.
    pub fn leads_to(&self, golden: GoldenId) -> Option<GoldenId> {
        match self.state(golden)? {
            GoldenState::Retired { into } => Some(into),
            GoldenState::Live | GoldenState::Gone => Some(golden),
        }
    }

    /// Every live golden record with its members.
    pub fn clusters(&self) -> impl Iterator<Item = (GoldenId, &[RecordNo])> {
        self.clusters.iter().map(|(golden, members)| (*golden, members.as_slice()))
    }

    pub fn decisions(&self) -> &Decisions {
        &self.decisions
    }

    fn slot(&self, record: RecordNo) -> &Slot {
        &self.slots[record.0 as usize]
    }

    fn slot_mut(&mut self, record: RecordNo) -> &mut Slot {
        &mut self.slots[record.0 as usize]
    }

    fn rank(&self, record: RecordNo) -> Rank {
        self.slot(record).rank
    }

    fn intern(&mut self, source: &str) -> u16 {
        let found = self.sources.iter().position(|s| s.as_ref() == source);
        found.unwrap_or_else(|| {
            self.sources.push(Arc::from(source));
            self.sources.len() - 1
        }) as u16
    }
}
