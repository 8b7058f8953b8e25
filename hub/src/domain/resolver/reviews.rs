//! Doubtful pairs that wait for a steward: a function of the partition, opened and closed with it.

use super::region::{Parted, Region, places};
use super::{Resolution, Resolver};
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::plan::ReviewWrite;
use foldhash::{HashMap, HashSet};
use matching::{Doubt, DoubtReason};
use std::collections::BTreeMap;

/// The open reviews, found from both ends.
#[derive(Default)]
pub struct Reviews {
    open: HashMap<(RecordNo, RecordNo), Open>,
    by_record: HashMap<RecordNo, Vec<RecordNo>>,
}

#[derive(Clone, Copy, PartialEq)]
struct Open {
    weight: f32,
    reason: DoubtReason,
}

/// One of the two clusters that a doubt lies between.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Side {
    /// A new cluster of the region, by its place.
    New(usize),
    /// A cluster outside it.
    Old(GoldenId),
}

impl Reviews {
    pub fn len(&self) -> usize {
        self.open.len()
    }

    pub fn pairs(&self) -> impl Iterator<Item = (RecordNo, RecordNo)> {
        self.open.keys().copied()
    }

    #[cfg(test)]
    pub fn rows(&self) -> impl Iterator<Item = (RecordNo, RecordNo, f32, DoubtReason)> {
        self.open.iter().map(|(&(a, b), open)| (a, b, open.weight, open.reason))
    }

    pub fn put(&mut self, a: RecordNo, b: RecordNo, weight: f32, reason: DoubtReason) {
        if self.open.insert((a, b), Open { weight, reason }).is_none() {
            self.by_record.entry(a).or_default().push(b);
            self.by_record.entry(b).or_default().push(a);
        }
    }

    fn close(&mut self, a: RecordNo, b: RecordNo) {
        self.open.remove(&(a, b));
        for (from, to) in [(a, b), (b, a)] {
            if let Some(list) = self.by_record.get_mut(&from) {
                list.retain(|other| *other != to);
            }
        }
    }

    fn of(&self, records: &HashSet<RecordNo>) -> HashSet<(RecordNo, RecordNo)> {
        let of_one = |&record: &RecordNo| {
            let others = self.by_record.get(&record).into_iter().flatten();
            others.map(move |&other| (record.min(other), record.max(other)))
        };
        records.iter().flat_map(of_one).collect()
    }
}

impl Resolver {
    /// Opens the reviews that the new partition asks for and closes those that it settles.
    pub(super) fn review(&mut self, region: &Region, parted: &Parted, resolution: &mut Resolution) {
        let wanted = self.wanted(region, parted);
        for (a, b) in self.reviews.of(&region.records) {
            if !wanted.contains_key(&(a, b)) {
                self.reviews.close(a, b);
                resolution.reviews_closed.push((a, b));
            }
        }
        resolution.reviews_closed.sort_unstable();
        for ((a, b), open) in wanted {
            let known = self.reviews.open.get(&(a, b)).copied();
            if known != Some(open) {
                self.reviews.put(a, b, open.weight, open.reason);
                let Open { weight, reason } = open;
                resolution.reviews_put.push(ReviewWrite {
                    a,
                    b,
                    weight,
                    reason,
                    sources: [a, b].map(|record| self.source(record)),
                    countries: [a, b].map(|record| self.country(record)),
                    is_new: known.is_none(),
                });
            }
        }
    }

    fn country(&self, record: RecordNo) -> String {
        self.index.features(record.0).and_then(matching::Features::country).unwrap_or_default()
    }

    /// The strongest doubt between each two clusters; a steward is asked once per pair of people.
    fn wanted(&self, region: &Region, parted: &Parted) -> BTreeMap<(RecordNo, RecordNo), Open> {
        let places = places(&parted.clusters);
        // Clusters outside the region stay what they are.
        let side = |record: RecordNo| match places.get(&record) {
            Some(place) => Some(Side::New(*place)),
            None => self.golden_of(record).map(Side::Old),
        };
        let mut strongest: HashMap<(Side, Side), Doubt> = HashMap::default();
        for doubt in parted.doubts.iter().copied().chain(self.uncertain(region)) {
            let (Some(x), Some(y)) = (side(RecordNo(doubt.a)), side(RecordNo(doubt.b))) else { continue };
            if x == y && doubt.reason != DoubtReason::Contradiction {
                continue;
            }
            let rival = strongest.entry((x.min(y), x.max(y))).or_insert(doubt);
            if self.precedence(&doubt) > self.precedence(rival) {
                *rival = doubt;
            }
        }
        let open = |doubt: &Doubt| Open { weight: doubt.weight, reason: doubt.reason };
        let pair = |d: &Doubt| (RecordNo(d.a.min(d.b)), RecordNo(d.a.max(d.b)));
        strongest.values().map(|doubt| (pair(doubt), open(doubt))).collect()
    }

    /// The pairs from the region to anywhere that are neither clearly one person nor clearly two.
    fn uncertain(&self, region: &Region) -> impl Iterator<Item = Doubt> {
        let thresholds = self.index.model().thresholds;
        let reason = DoubtReason::Uncertain;
        let of_one = move |&record: &RecordNo| {
            let doubtful = move |(_, weight): &&(RecordNo, f32)| (thresholds.review..thresholds.link).contains(weight);
            let found = self.edges.of(record).iter().filter(doubtful);
            found.map(move |&(other, weight)| Doubt { a: record.0, b: other.0, weight, reason })
        };
        let open = |doubt: &Doubt| !self.kept_apart(RecordNo(doubt.a), RecordNo(doubt.b));
        region.records.iter().flat_map(of_one).filter(open)
    }

    /// Orders doubts by weight; the records' ranks break a draw.
    fn precedence(&self, doubt: &Doubt) -> (i64, u128, u128) {
        let (a, b) = (self.rank(RecordNo(doubt.a)).0, self.rank(RecordNo(doubt.b)).0);
        ((f64::from(doubt.weight) * 1e6) as i64, a.min(b), a.max(b))
    }
}
