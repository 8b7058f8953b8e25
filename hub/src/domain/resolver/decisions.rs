//! The decisions in force, found by the records that they name.

use super::Resolver;
use crate::domain::decision::{Decision, Pin, Verdict};
use crate::domain::ids::{DecisionId, Rank, RecordNo, SourceKey};
use crate::domain::plan::DecisionChange;
use crate::domain::training::Labels;
use foldhash::{HashMap, HashSet, HashSetExt};

/// Decisions in force.
#[derive(Default)]
pub struct Decisions {
    by_id: HashMap<DecisionId, Decision>,
    by_rank: HashMap<Rank, Vec<DecisionId>>,
}

pub(super) type Pairs = Vec<(u32, u32)>;

impl Decisions {
    pub fn get(&self, id: DecisionId) -> Option<&Decision> {
        self.by_id.get(&id)
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Decision> {
        self.by_id.values()
    }

    /// The decisions that name any of these records, oldest first.
    pub fn about<'k>(&self, keys: impl IntoIterator<Item = &'k SourceKey>) -> Vec<&Decision> {
        let ids: HashSet<DecisionId> = keys.into_iter().flat_map(|key| self.of(key.rank())).copied().collect();
        let mut found: Vec<&Decision> = ids.iter().filter_map(|id| self.by_id.get(id)).collect();
        found.sort_by_key(|d| (d.at_us, d.id));
        found
    }

    pub(super) fn take(&mut self, decision: Decision) {
        for key in decision.verdict.records() {
            self.by_rank.entry(key.rank()).or_default().push(decision.id);
        }
        self.by_id.insert(decision.id, decision);
    }

    fn revoke(&mut self, id: DecisionId) -> Option<Decision> {
        let decision = self.by_id.remove(&id)?;
        for key in decision.verdict.records() {
            if let Some(ids) = self.by_rank.get_mut(&key.rank()) {
                ids.retain(|other| *other != id);
            }
        }
        Some(decision)
    }

    fn of(&self, rank: Rank) -> &[DecisionId] {
        self.by_rank.get(&rank).map_or(&[], Vec::as_slice)
    }

    fn verdicts(&self, rank: Rank) -> impl Iterator<Item = (DecisionId, &Verdict)> {
        self.of(rank).iter().filter_map(|id| self.by_id.get(id)).map(|d| (d.id, &d.verdict))
    }

    /// Records that an always-link ties to this one.
    pub(super) fn always_with(&self, rank: Rank) -> Vec<Rank> {
        let linked = self.verdicts(rank).filter_map(|(_, verdict)| match verdict {
            Verdict::AlwaysLink { records } => Some(records),
            _ => None,
        });
        linked.flatten().map(SourceKey::rank).collect()
    }

    /// Records that a never-link keeps apart from this one.
    fn never_with(&self, rank: Rank) -> impl Iterator<Item = Rank> {
        let other_side = move |verdict: &Verdict| match verdict {
            Verdict::NeverLink { left, right } => {
                let is_left = left.iter().any(|key| key.rank() == rank);
                let other = if is_left { right } else { left };
                other.iter().map(SourceKey::rank).collect()
            }
            Verdict::AlwaysLink { .. } | Verdict::Pin { .. } => Vec::new(),
        };
        self.verdicts(rank).flat_map(move |(_, verdict)| other_side(verdict))
    }

    /// The always-link and never-link pairs among some records; `find` knows which of them take part.
    pub(super) fn pairs(
        &self,
        ranks: impl Iterator<Item = Rank>,
        find: impl Fn(Rank) -> Option<RecordNo>,
    ) -> (Pairs, Pairs) {
        let (mut must, mut cannot) = (Pairs::new(), Pairs::new());
        let mut seen = HashSet::new();
        let found = |keys: &[SourceKey]| -> Vec<u32> {
            keys.iter().filter_map(|key| find(key.rank())).map(|record| record.0).collect()
        };
        for (id, verdict) in ranks.flat_map(|rank| self.verdicts(rank)) {
            if !seen.insert(id) {
                continue;
            }
            match verdict {
                Verdict::AlwaysLink { records } => must.extend(found(records).windows(2).map(|w| (w[0], w[1]))),
                Verdict::NeverLink { left, right } => {
                    let right = found(right);
                    cannot.extend(found(left).iter().flat_map(|&l| right.iter().map(move |&r| (l, r))));
                }
                Verdict::Pin { .. } => {}
            }
        }
        (must, cannot)
    }

    /// What stewards have judged of the records that `find` knows, pair by pair, oldest decision first; so that no
    /// single decision outvotes all others, a large one counts by some of its pairs.
    fn labels(&self, find: impl Fn(Rank) -> Option<RecordNo>) -> Labels {
        let found = |keys: &[SourceKey]| -> Vec<u32> {
            keys.iter().filter_map(|key| find(key.rank())).map(|record| record.0).collect()
        };
        let mut decisions: Vec<&Decision> = self.by_id.values().collect();
        decisions.sort_by_key(|decision| (decision.at_us, decision.id));
        let mut labels = Labels::new();
        for decision in decisions {
            let pairs = match &decision.verdict {
                Verdict::AlwaysLink { records } => among(&found(records)),
                Verdict::NeverLink { left, right } => between(&found(left), &found(right)),
                Verdict::Pin { .. } => continue,
            };
            labels.extend(pairs.into_iter().take(LABELS_PER_DECISION_MAX));
        }
        labels
    }

    /// The pins on any of these records.
    pub(super) fn pins(&self, ranks: impl Iterator<Item = Rank>) -> Vec<Pin> {
        let decisions = ranks.flat_map(|rank| self.of(rank)).filter_map(|id| self.by_id.get(id));
        decisions
            .filter_map(|decision| match &decision.verdict {
                Verdict::Pin { attribute, value, until_not, .. } => Some(Pin {
                    decision: decision.id,
                    at_us: decision.at_us,
                    attribute: *attribute,
                    value: value.clone(),
                    until_not: until_not.clone(),
                }),
                _ => None,
            })
            .collect()
    }
}

/// Pairs that training takes from one decision at the most.
const LABELS_PER_DECISION_MAX: usize = 100;

/// Every two of these are one person.
fn among(records: &[u32]) -> Labels {
    let with_later = |(at, &a): (usize, &u32)| records[at + 1..].iter().map(move |&b| (a, b, true));
    records.iter().enumerate().flat_map(with_later).collect()
}

/// Nobody here is anybody there.
fn between(left: &[u32], right: &[u32]) -> Labels {
    left.iter().flat_map(|&a| right.iter().map(move |&b| (a, b, false))).collect()
}

/// Records that a change of decisions concerns.
pub(super) struct Named {
    pub all: Vec<RecordNo>,
    /// Those whose golden values change although their cluster may not.
    pub pinned: Vec<RecordNo>,
}

impl Resolver {
    /// The pairs of live records that decisions in force speak of.
    pub fn labels(&self) -> Labels {
        self.decisions.labels(|rank| self.live(rank))
    }

    /// Whether a never-link keeps two live records apart, directly or through what always-links tie to them.
    pub(super) fn kept_apart(&self, a: RecordNo, b: RecordNo) -> bool {
        if self.decisions.is_empty() {
            return false;
        }
        let others = self.group(b);
        self.group(a).into_iter().any(|rank| self.decisions.never_with(rank).any(|other| others.contains(&other)))
    }

    /// A record with those that always-links tie to it; alone where a never-link contradicts them.
    fn group(&self, record: RecordNo) -> Vec<Rank> {
        let own = self.rank(record);
        let mut group = vec![own];
        let mut next = 0;
        while next < group.len() {
            let ties = self.decisions.always_with(group[next]).into_iter().filter(|rank| self.live(*rank).is_some());
            for rank in ties {
                if !group.contains(&rank) {
                    group.push(rank);
                }
            }
            next += 1;
        }
        let contradicted =
            group.iter().any(|&rank| self.decisions.never_with(rank).any(|other| group.contains(&other)));
        if contradicted { vec![own] } else { group }
    }

    /// Brings decisions into and out of force.
    pub(super) fn decide(&mut self, changes: &[DecisionChange]) -> Named {
        let mut named = Named { all: Vec::new(), pinned: Vec::new() };
        for change in changes {
            let decision = match change {
                DecisionChange::Take(decision) => {
                    self.decisions.take((**decision).clone());
                    Some((**decision).clone())
                }
                DecisionChange::Revoke { id, .. } => self.decisions.revoke(*id),
            };
            let Some(decision) = decision else { continue };
            let records = decision.verdict.records().filter_map(|key| self.record(key));
            let before = named.all.len();
            named.all.extend(records);
            if matches!(decision.verdict, Verdict::Pin { .. }) {
                named.pinned.extend_from_slice(&named.all[before..]);
            }
        }
        named
    }
}
