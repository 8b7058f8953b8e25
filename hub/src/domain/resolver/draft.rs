//! The population weighed under a model that is not in force yet, beside the one that is.
//!
//! Blocking keys and how widely values are shared do not depend on the model, so one index serves both. Weighing only
//! reads, and readers may go on meanwhile; what a batch changes in between is remembered and weighed again.

use super::Resolver;
use super::edges::{Edges, PairChange};
use crate::domain::ids::RecordNo;
use foldhash::{HashSet, HashSetExt};
use matching::{Disturbed, Model, Scale};
use rayon::prelude::*;
use std::sync::Arc;

/// Edges under another model.
pub(super) struct Draft {
    scale: Scale,
    edges: Edges,
    /// The first record that is not weighed yet.
    next: u32,
    /// Records that are weighed, but whose surroundings have changed since.
    stale: HashSet<u32>,
}

/// Records that a draft weighs in one go, and what that changes in its edges.
pub struct Slice {
    ids: Vec<u32>,
    changes: Vec<PairChange>,
    upto: u32,
}

/// How far a draft is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed {
    /// Records that are not weighed, or have to be weighed again.
    pub left: usize,
    pub of: usize,
}

impl Weighed {
    /// Whether every pair of the present population is weighed.
    pub fn is_complete(self) -> bool {
        self.left == 0
    }

    pub fn done(self) -> usize {
        self.of - self.left
    }
}

impl Draft {
    fn new(model: Arc<Model>) -> Draft {
        Draft { scale: Scale::new(model), edges: Edges::default(), next: 0, stale: HashSet::new() }
    }

    /// The next records to be weighed, and the first one after them: all in order, then what has changed meanwhile.
    fn next(&self, limit: usize, records: u32) -> (Vec<u32>, u32) {
        if self.next < records {
            let upto = records.min(self.next.saturating_add(limit as u32));
            return ((self.next..upto).collect(), upto);
        }
        (self.stale.iter().take(limit).copied().collect(), self.next)
    }
}

impl Resolver {
    /// Begins to weigh under another model; what an earlier draft weighed is dropped.
    pub fn begin_draft(&mut self, model: Arc<Model>) {
        self.draft = Some(Draft::new(model));
    }

    pub fn drop_draft(&mut self) {
        self.draft = None;
    }

    /// Weighs up to so many more records of the draft. Changes nothing, and takes the time.
    pub fn weigh_slice(&self, limit: usize) -> Option<Slice> {
        let draft = self.draft.as_ref()?;
        let (ids, upto) = draft.next(limit, self.slots.len() as u32);
        let of_one = |&id: &u32| {
            let mut changes = Vec::new();
            draft.edges.changes(RecordNo(id), &self.index.neighbours_on(&draft.scale, id), &mut changes);
            changes
        };
        let changes = ids.par_iter().flat_map_iter(of_one).collect();
        Some(Slice { ids, changes, upto })
    }

    /// Puts a slice into the draft; without one there is nothing to weigh.
    pub fn put_slice(&mut self, slice: Option<Slice>) -> Weighed {
        let of = self.slots.len();
        let (Some(draft), Some(slice)) = (&mut self.draft, slice) else {
            return Weighed { left: 0, of };
        };
        slice.changes.into_iter().for_each(|((a, b), weight)| draft.edges.set(a, b, weight));
        for id in &slice.ids {
            draft.stale.remove(id);
        }
        draft.next = slice.upto;
        Weighed { left: of - draft.next as usize + draft.stale.len(), of }
    }

    /// Both in one.
    pub fn weigh_draft(&mut self, limit: usize) -> Weighed {
        let slice = self.weigh_slice(limit);
        self.put_slice(slice)
    }

    /// Remembers that a change of the population concerns what is weighed already.
    pub(super) fn unsettle_draft(&mut self, removed: &[u32], disturbed: &Disturbed) {
        let Some(draft) = &mut self.draft else { return };
        let paired = disturbed.pairs.iter().flat_map(|&(a, b)| [a, b]);
        let all = removed.iter().chain(&disturbed.records).copied().chain(paired);
        draft.stale.extend(all.filter(|id| *id < draft.next));
    }

    /// Puts the model and the edges of a complete draft in the place of the present ones.
    pub(super) fn adopt_draft(&mut self) {
        if let Some(draft) = self.draft.take() {
            self.index.set_model(draft.scale.model().clone());
            self.edges = draft.edges;
        }
    }
}
