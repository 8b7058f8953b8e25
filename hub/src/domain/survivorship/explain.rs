//! Answers "why this value?": the winner, the losers, and what each lost on.

use super::candidates::Candidate;
use super::{Contest, Member, compare};
use crate::domain::ids::SourceKey;
use crate::domain::rules::{Attribute, Criterion, Rules};
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// All values that competed for one attribute, best first.
pub type Explained = BTreeMap<&'static str, Vec<Contender>>;

/// One value that competed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contender {
    pub value: Value,
    pub survived: bool,
    /// The source records that say so.
    pub records: Vec<SourceKey>,
    pub trust: f64,
    pub updated_us: i64,
    /// For a loser: the criterion on which the value before it was better; `tie` if only the spelling's order decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lost_on: Option<&'static str>,
}

/// Lists, per attribute, every value with its supporters and what it lost on.
pub fn explain(members: &[Member<'_>], rules: &Rules) -> Explained {
    let contest = Contest::new(members, rules);
    let mut explained = Explained::new();
    for attribute in Attribute::ALL {
        let Some(rule) = contest.rule(attribute) else { continue };
        let ranked = contest.ranked(attribute);
        if ranked.is_empty() {
            continue;
        }
        let contender = |(place, candidate): (usize, &Candidate<'_>)| Contender {
            value: candidate.value.to_json(),
            survived: place < rule.keep_max,
            records: candidate.agreeing.iter().map(|&m| contest.members[m].key.clone()).collect(),
            trust: candidate.trust,
            updated_us: candidate.updated_us,
            lost_on: (place > 0)
                .then(|| compare(&ranked[place - 1], candidate, &rule.rank).1.map_or("tie", Criterion::name)),
        };
        explained.insert(attribute.name(), ranked.iter().enumerate().map(contender).collect());
    }
    explained
}
