//! Rebuilds the resolver from what the store holds.

use super::{Golden, Resolver, Slot};
use crate::domain::consent::Stance;
use crate::domain::decision::Decision;
use crate::domain::ids::{EventSeq, GoldenId, RecordNo, SourceKey};
use crate::domain::plan::GoldenState;
use matching::{DoubtReason, Features};
use std::sync::Arc;

/// A source record as the store holds it.
pub struct LoadedRecord {
    pub record: RecordNo,
    pub key: SourceKey,
    pub version: i64,
    pub content_hash: u64,
    pub anchor: GoldenId,
    pub golden: Option<GoldenId>,
    /// Absent for a deleted record.
    pub features: Option<Features>,
    pub stance: Option<Stance>,
}

/// A golden id as the store holds it.
pub struct LoadedGolden {
    pub id: GoldenId,
    pub version: i32,
    pub owner: RecordNo,
    pub state: GoldenState,
}

impl Resolver {
    /// Takes records in; they must come in order of their numbers and without a gap.
    pub fn load_records(&mut self, records: Vec<LoadedRecord>) {
        let mut features = Vec::with_capacity(records.len());
        for loaded in records {
            debug_assert_eq!(loaded.record.0 as usize, self.slots.len());
            let rank = loaded.key.rank();
            self.stances.extend(loaded.stance.map(|stance| (loaded.record, Arc::new(stance))));
            let source = self.intern(&loaded.key.source);
            self.by_rank.insert(rank, loaded.record);
            if let Some(golden) = loaded.golden {
                self.clusters.entry(golden).or_default().push(loaded.record);
            }
            self.slots.push(Slot {
                rank,
                key: loaded.key.key.into(),
                source,
                live: loaded.features.is_some(),
                version: loaded.version,
                content_hash: loaded.content_hash,
                anchor: loaded.anchor,
                golden: loaded.golden,
            });
            features.extend(loaded.features.map(|f| (loaded.record.0, f)));
        }
        self.index.replace(&[], features);
    }

    pub fn load_edge(&mut self, a: RecordNo, b: RecordNo, weight: f32) {
        self.edges.put(a, b, weight);
    }

    pub fn load_golden(&mut self, golden: LoadedGolden) {
        let own = self.slots.get(golden.owner.0 as usize).is_some_and(|slot| slot.anchor == golden.id);
        if !own {
            self.adopted.entry(golden.owner).or_default().push(golden.id);
        }
        let entry = Golden { version: golden.version, owner: golden.owner, state: golden.state };
        self.goldens.insert(golden.id, entry);
    }

    pub fn load_decision(&mut self, decision: Decision) {
        self.decisions.take(decision);
    }

    pub fn load_review(&mut self, a: RecordNo, b: RecordNo, weight: f32, reason: DoubtReason) {
        self.reviews.put(a, b, weight, reason);
    }

    /// Ends loading; `next` is the place in the feed that comes next.
    pub fn loaded(&mut self, next: EventSeq) {
        self.next_seq = next;
        let slots = &self.slots;
        for members in self.clusters.values_mut() {
            members.sort_unstable_by_key(|record| slots[record.0 as usize].rank);
        }
    }
}
