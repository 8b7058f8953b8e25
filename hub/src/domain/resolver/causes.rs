//! Why records came together or parted in a batch.

use super::{Resolution, Resolver};
use crate::domain::cause::Cause;
use crate::domain::decision::Verdict;
use crate::domain::ids::{RecordNo, SourceKey};
use crate::domain::plan::DecisionChange;

/// Records that one cause names at most.
const RECORDS_MAX: usize = 10;

impl Resolver {
    /// Why records are in one golden record with others now.
    pub(super) fn why_joined(&self, batch: &Resolution, part: &[RecordNo], cluster: &[RecordNo]) -> Cause {
        let others: Vec<RecordNo> = cluster.iter().copied().filter(|record| !part.contains(record)).collect();
        let decided = || commanded(batch).or_else(|| self.standing_link(part, &others));
        decided().unwrap_or_else(|| match (self.strongest(part, &others), batch.renewed) {
            (Some((weight, records)), None) => Cause::Match { weight, records },
            (Some((weight, records)), Some(_)) => Cause::Policy { weight: Some(weight), records: records.into() },
            (None, Some(_)) => Cause::Policy { weight: None, records: Vec::new() },
            (None, None) => self.said(batch, cluster),
        })
    }

    /// Why records have a golden id of their own now.
    pub(super) fn why_parted(&self, batch: &Resolution, cluster: &[RecordNo]) -> Cause {
        let renewed = || batch.renewed.map(|_| Cause::Policy { weight: None, records: Vec::new() });
        commanded(batch).or_else(renewed).unwrap_or_else(|| {
            // Those that have changed may have stayed behind.
            let former: Vec<RecordNo> = cluster.iter().filter_map(|&record| self.golden_of(record)).fold(
                cluster.to_vec(),
                |mut all, golden| {
                    all.extend(self.members(golden).unwrap_or_default());
                    all
                },
            );
            self.said(batch, &former)
        })
    }

    /// Why a golden id has no records any more.
    pub(super) fn why_gone(&self, former: &[RecordNo]) -> Cause {
        Cause::Records { records: self.keys(former.iter().copied()) }
    }

    /// An always-link that holds already ties a record of the one side to one of the other.
    fn standing_link(&self, part: &[RecordNo], others: &[RecordNo]) -> Option<Cause> {
        if self.decisions.is_empty() {
            return None;
        }
        let (part, others) = (self.keys_of(part), self.keys_of(others));
        let ties = |verdict: &Verdict| match verdict {
            Verdict::AlwaysLink { records } => {
                part.iter().any(|key| records.contains(key)) && others.iter().any(|key| records.contains(key))
            }
            Verdict::NeverLink { .. } | Verdict::Pin { .. } => false,
        };
        self.decisions.about(&part).into_iter().rev().find(|decision| ties(&decision.verdict)).map(Cause::decided)
    }

    /// The heaviest pair between two sides; of equal ones the first by the records' own order.
    fn strongest(&self, part: &[RecordNo], others: &[RecordNo]) -> Option<(f32, [SourceKey; 2])> {
        let pairs = part.iter().flat_map(|&a| self.edges.of(a).iter().map(move |&(b, weight)| (weight, a, b)));
        let crossing = pairs.filter(|(_, _, b)| others.contains(b));
        let best = crossing.max_by(|(w, a, b), (v, c, d)| {
            let order = |x: &RecordNo, y: &RecordNo| self.rank(*y).cmp(&self.rank(*x));
            w.total_cmp(v).then_with(|| order(a, c)).then_with(|| order(b, d))
        });
        best.map(|(weight, a, b)| (weight, [self.key(a), self.key(b)]))
    }

    /// The records of a batch that are among these, or all of these if none is.
    fn said(&self, batch: &Resolution, among: &[RecordNo]) -> Cause {
        let written = batch.records.iter().map(|write| write.record);
        let named: Vec<RecordNo> = written.filter(|record| among.contains(record)).collect();
        let named = if named.is_empty() { among } else { &named };
        Cause::Records { records: self.keys(named.iter().copied()) }
    }

    fn keys(&self, records: impl Iterator<Item = RecordNo>) -> Vec<SourceKey> {
        let mut keys: Vec<SourceKey> = records.map(|record| self.key(record)).collect();
        keys.sort_unstable();
        keys.dedup();
        keys.truncate(RECORDS_MAX);
        keys
    }

    fn keys_of(&self, records: &[RecordNo]) -> Vec<SourceKey> {
        records.iter().map(|&record| self.key(record)).collect()
    }
}

/// The decision of a batch. A command stands in a batch of its own, and what it decided last says the most.
fn commanded(batch: &Resolution) -> Option<Cause> {
    let taken = batch.decisions.iter().rev().find_map(|change| match change {
        DecisionChange::Take(decision) => Some(Cause::decided(decision)),
        DecisionChange::Revoke { .. } => None,
    });
    taken.or_else(|| match batch.decisions.last() {
        Some(DecisionChange::Revoke { id, by, .. }) => {
            Some(Cause::Decision { decision: *id, verdict: None, revoked: true, by: by.clone() })
        }
        _ => None,
    })
}
