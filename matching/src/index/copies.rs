//! Records that say exactly the same.
//!
//! The first few of them are looked up like any other record. The rest are candidates of the very first alone: one customer
//! sent a hundred thousand times neither fills the blocks, as if that many people shared a value, nor has each copy compared
//! with each. Which of the copies come first matters to nobody, because they are alike.

use crate::features::Features;
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::{BTreeSet, HashMap, HashSet};

/// So many copies are listed under their keys: enough to be found like duplicates that differ, too few to fill a block.
pub(super) const LISTED_MAX: usize = 4;

/// Which records are copies of each other. Contents are told apart by a hash.
#[derive(Default)]
pub(super) struct Copies {
    /// The only record that says something, or the first of several; in halves, which saves padding.
    first: HashMap<[u32; 2], u32, FixedState>,
    /// All that say the same, where there are several.
    equal: HashMap<u64, BTreeSet<u32>, FixedState>,
    unlisted: HashSet<u32, FixedState>,
    /// For each content that was meddled with who came first before that.
    touched: HashMap<u64, Option<u32>, FixedState>,
    moved: Vec<u32>,
}

/// What a record's coming or going means for the blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shift {
    /// Whether the record itself is listed, or was.
    pub(super) listed: bool,
    /// The copy that makes room for it or takes its place.
    pub(super) other: Option<u32>,
}

/// A table's records by content, where that tells of a person.
pub(super) fn by_content<'a>(features: impl IndexedParallelIterator<Item = Option<&'a Features>>) -> Vec<(u64, u32)> {
    let content = |(id, features): (usize, Option<&Features>)| Some((features?.personal_content()?, id as u32));
    let mut order: Vec<(u64, u32)> = features.enumerate().filter_map(content).collect();
    order.par_sort_unstable();
    order
}

/// Records that say the same, several at a time.
pub(super) fn alike(order: &[(u64, u32)]) -> impl Iterator<Item = &[(u64, u32)]> {
    order.chunk_by(|a, b| a.0 == b.0).filter(|equal| equal.len() > 1)
}

/// A table without those of its many copies that are not listed.
pub(crate) fn listed(features: &[Features]) -> impl Iterator<Item = &Features> {
    let copies = Copies::of_table(&by_content(features.par_iter().map(Some)));
    (0u32..).zip(features).filter(move |entry| copies.is_listed(entry.0)).map(|entry| entry.1)
}

/// Nobody else is concerned.
const ALONE: Shift = Shift { listed: true, other: None };

fn halves(content: u64) -> [u32; 2] {
    [content as u32, (content >> 32) as u32]
}

impl Copies {
    /// Of a whole table, where nobody asks for more than who is not listed.
    pub(super) fn of_table(order: &[(u64, u32)]) -> Self {
        let beyond = alike(order).filter_map(|equal| equal.get(LISTED_MAX..)).flatten();
        Copies { unlisted: beyond.map(|entry| entry.1).collect(), ..Copies::default() }
    }

    pub(super) fn insert(&mut self, content: Option<u64>, id: u32) -> Shift {
        let Some(content) = content else { return ALONE };
        let first = self.touch(content);
        self.first.insert(halves(content), first.map_or(id, |first| first.min(id)));
        let Some(first) = first else { return ALONE };
        let equal = self.equal.entry(content).or_insert_with(|| BTreeSet::from([first]));
        equal.insert(id);
        match equal.iter().nth(LISTED_MAX).copied() {
            None => ALONE,
            Some(next) if next <= id => {
                self.unlisted.insert(id);
                Shift { listed: false, other: None }
            }
            Some(next) => {
                self.unlisted.insert(next);
                self.moved.push(next);
                Shift { listed: true, other: Some(next) }
            }
        }
    }

    pub(super) fn remove(&mut self, content: Option<u64>, id: u32) -> Shift {
        let Some(content) = content else { return ALONE };
        self.touch(content);
        let listed = !self.unlisted.remove(&id);
        let Some(equal) = self.equal.get_mut(&content) else {
            self.first.remove(&halves(content));
            return Shift { listed, other: None };
        };
        equal.remove(&id);
        let next = equal.iter().nth(LISTED_MAX - 1).copied().filter(|next| listed && self.unlisted.remove(next));
        self.moved.extend(next);
        self.first.extend(equal.first().map(|first| (halves(content), *first)));
        if equal.len() < 2 {
            self.equal.remove(&content);
        }
        Shift { listed, other: next }
    }

    fn touch(&mut self, content: u64) -> Option<u32> {
        let first = self.first(content);
        self.touched.entry(content).or_insert(first);
        first
    }

    /// Whom the changes since the last call concern: who is listed now and was not, or the other way round, and those not
    /// listed whose first is another.
    pub(super) fn settle(&mut self) -> Vec<u32> {
        let mut concerned = std::mem::take(&mut self.moved);
        for (content, before) in std::mem::take(&mut self.touched) {
            if self.first(content) != before {
                concerned.extend(self.first(content));
                concerned.extend(self.beyond(content));
            }
        }
        concerned
    }

    pub(super) fn is_listed(&self, id: u32) -> bool {
        !self.unlisted.contains(&id)
    }

    pub(super) fn first(&self, content: u64) -> Option<u32> {
        self.first.get(&halves(content)).copied()
    }

    pub(super) fn count(&self, content: u64) -> usize {
        self.equal.get(&content).map_or(usize::from(self.first(content).is_some()), BTreeSet::len)
    }

    /// The copies that are listed.
    pub(super) fn listed(&self, content: u64) -> impl Iterator<Item = u32> {
        self.first(content).into_iter().chain(self.after_first(content).take(LISTED_MAX - 1))
    }

    /// The copies that are not.
    pub(super) fn beyond(&self, content: u64) -> impl Iterator<Item = u32> {
        self.after_first(content).skip(LISTED_MAX - 1)
    }

    fn after_first(&self, content: u64) -> impl Iterator<Item = u32> {
        self.equal.get(&content).into_iter().flatten().skip(1).copied()
    }
}
