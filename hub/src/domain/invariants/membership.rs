//! I5, I6 and I8: who belongs where, and where each id leads.

use super::{Breach, Invariant};
use crate::domain::decision::{Decision, Verdict};
use crate::domain::ids::{GoldenId, SourceKey};
use crate::domain::plan::GoldenState;
use foldhash::{HashMap, HashSet};

/// A source record's place.
#[derive(Clone, Debug)]
pub struct Crossed {
    pub key: SourceKey,
    pub golden: Option<GoldenId>,
    pub deleted: bool,
}

/// I5: a live source record is in exactly one live golden record, a deleted one in none, and each golden record says so.
/// `stated` holds the members that each live golden record's values name.
pub fn check_membership(
    records: &[Crossed],
    goldens: &HashMap<GoldenId, GoldenState>,
    stated: &HashMap<GoldenId, Vec<SourceKey>>,
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut members: HashMap<GoldenId, Vec<&SourceKey>> = HashMap::default();
    let name = |key: &SourceKey| format!("{}/{}", key.source, key.key);
    for record in records {
        match (record.deleted, record.golden) {
            (false, Some(golden)) if goldens.get(&golden) == Some(&GoldenState::Live) => {
                members.entry(golden).or_default().push(&record.key);
            }
            (true, None) => {}
            (false, _) => {
                let what = "a live source record is in no live golden record";
                breaches.push(Breach::new(Invariant::I5, what, [name(&record.key)]));
            }
            (true, Some(_)) => {
                let what = "a deleted source record is still in a golden record";
                breaches.push(Breach::new(Invariant::I5, what, [name(&record.key)]));
            }
        }
    }
    for (&golden, _) in goldens.iter().filter(|(_, state)| **state == GoldenState::Live) {
        let mut present: Vec<&SourceKey> = members.remove(&golden).unwrap_or_default();
        present.sort();
        let mut said: Vec<&SourceKey> = stated.get(&golden).into_iter().flatten().collect();
        said.sort();
        if present.is_empty() || present != said {
            let what = "a golden record's values name other members than the crosswalk";
            breaches.push(Breach::new(Invariant::I5, what, [golden.to_string()]));
        }
    }
    breaches
}

/// I6: never-link pairs are apart; always-link pairs are together, unless `contradicted` says that a review is open.
pub fn check_decisions(
    decisions: &[Decision],
    place: impl Fn(&SourceKey) -> Option<GoldenId>,
    contradicted: impl Fn(&SourceKey) -> bool,
) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for decision in decisions {
        let places = |keys: &[SourceKey]| -> HashSet<GoldenId> { keys.iter().filter_map(&place).collect() };
        let (kept, what) = match &decision.verdict {
            Verdict::AlwaysLink { records } => {
                let together = places(records).len() <= 1;
                (together || records.iter().any(&contradicted), "records of an always-link are apart")
            }
            Verdict::NeverLink { left, right } => {
                (places(left).is_disjoint(&places(right)), "records of a never-link are together")
            }
            Verdict::Pin { .. } => continue,
        };
        if !kept {
            breaches.push(Breach::new(Invariant::I6, what, [decision.id.to_string()]));
        }
    }
    breaches
}

/// I8: a retired golden id leads to one that is live, or gone with all its records.
pub fn check_redirects(goldens: &HashMap<GoldenId, GoldenState>) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (&golden, &state) in goldens {
        let GoldenState::Retired { into } = state else { continue };
        if !matches!(goldens.get(&into), Some(GoldenState::Live | GoldenState::Gone)) {
            let what = "a retired golden id leads nowhere";
            breaches.push(Breach::new(Invariant::I8, what, [golden.to_string(), into.to_string()]));
        }
    }
    breaches
}
