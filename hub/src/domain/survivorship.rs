//! Chooses the values that survive into a golden record, each with its lineage.
//!
//! A pure function of the members, the rules and the pins: the order of the members does not matter, because they
//! are compared by version and rank alone.

mod candidates;
mod explain;
#[cfg(test)]
mod tests;

use self::candidates::{Candidate, candidates};
use super::customer::Customer;
use super::decision::Pin;
use super::ids::{Rank, SourceKey};
use super::rules::{Attribute, AttributeRule, Criterion, Rules};
use serde::Serialize;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;

pub use self::explain::{Contender, Explained, explain};

/// One source record on its way into a golden record.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub key: &'a SourceKey,
    pub rank: Rank,
    /// When the source last changed the record, in microseconds since 1970.
    pub updated_us: i64,
    pub customer: &'a Customer,
}

/// What survived of one cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct Survived {
    /// The golden values by attribute name, ready to be stored.
    pub body: Value,
    /// Winner and reason by attribute name.
    pub lineage: BTreeMap<&'static str, Vec<Lineage>>,
}

/// Where one golden value came from and why it won.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lineage {
    #[serde(flatten)]
    pub origin: Origin,
    /// What decided: a criterion of the rules, `only_value`, `tie` or `pin`.
    pub rule: &'static str,
    /// How many source records agree on the value.
    pub agreeing: usize,
}

/// The source record or the steward decision that a value came from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Origin {
    Record {
        #[serde(flatten)]
        key: SourceKey,
        updated_us: i64,
    },
    Decision {
        decision: super::ids::DecisionId,
    },
}

/// Lets the members' values survive by the rules; `pins` override.
pub fn survive(members: &[Member<'_>], rules: &Rules, pins: &[Pin]) -> Survived {
    let contest = Contest::new(members, rules);
    let mut body = serde_json::Map::new();
    let mut lineage = BTreeMap::new();
    for attribute in Attribute::ALL {
        let (value, origin) = match contest.survivors(attribute) {
            Some((value, lineage)) => (Some(value), lineage),
            None => (None, Vec::new()),
        };
        let (value, origin) = pinned(attribute, value, origin, pins);
        if let Some(value) = value {
            body.insert(attribute.name().to_owned(), value);
            lineage.insert(attribute.name(), origin);
        }
    }
    body.insert("records".into(), contest.records());
    Survived { body: Value::Object(body), lineage }
}

/// The members in an order of their own, and the rules they compete under.
pub(super) struct Contest<'a> {
    members: Vec<Member<'a>>,
    newest_us: i64,
    rules: &'a Rules,
}

impl<'a> Contest<'a> {
    pub(super) fn new(members: &[Member<'a>], rules: &'a Rules) -> Self {
        let mut members = members.to_vec();
        members.sort_by(|a, b| a.key.cmp(b.key));
        let newest_us = members.iter().map(|m| m.updated_us).max().unwrap_or(0);
        Contest { members, newest_us, rules }
    }

    fn rule(&self, attribute: Attribute) -> Option<&'a AttributeRule> {
        self.rules.attribute.get(&attribute)
    }

    /// Trust in what a member says, after decay.
    fn trust(&self, member: usize) -> f64 {
        const DAY_US: f64 = 86_400e6;
        let member = &self.members[member];
        let age_days = (self.newest_us - member.updated_us) as f64 / DAY_US;
        self.rules.trust_of(&member.key.source).after(age_days)
    }

    /// All values of an attribute, best first.
    fn ranked(&self, attribute: Attribute) -> Vec<Candidate<'a>> {
        let mut found = candidates(self, attribute);
        if let Some(rule) = self.rule(attribute) {
            found.sort_by(|a, b| compare(a, b, &rule.rank).0);
        }
        found
    }

    fn survivors(&self, attribute: Attribute) -> Option<(Value, Vec<Lineage>)> {
        let rule = self.rule(attribute)?;
        let ranked = self.ranked(attribute);
        let kept = &ranked[..ranked.len().min(rule.keep_max.max(1))];
        let lineage: Vec<Lineage> = (0..kept.len()).map(|i| self.lineage(&ranked, i, rule)).collect();
        let mut values = kept.iter().map(|c| c.value.to_json());
        let value = if attribute.is_list() { Value::Array(values.collect()) } else { values.next()? };
        (!lineage.is_empty()).then_some((value, lineage))
    }

    fn lineage(&self, ranked: &[Candidate<'_>], place: usize, rule: &AttributeRule) -> Lineage {
        let winner = &ranked[place];
        let member = &self.members[winner.speaker];
        let decided = match ranked.get(place + 1) {
            None => "only_value",
            Some(next) => compare(winner, next, &rule.rank).1.map_or("tie", Criterion::name),
        };
        let origin = Origin::Record { key: member.key.clone(), updated_us: member.updated_us };
        Lineage { origin, rule: decided, agreeing: winner.agreeing.len() }
    }

    fn records(&self) -> Value {
        let of = |m: &Member<'_>| serde_json::json!({"source": m.key.source, "source_key": m.key.key});
        Value::Array(self.members.iter().map(of).collect())
    }
}

/// Orders two values, best first, and names the criterion that decided.
fn compare(a: &Candidate<'_>, b: &Candidate<'_>, rank: &[Criterion]) -> (Ordering, Option<Criterion>) {
    for &criterion in rank {
        let order = match criterion {
            Criterion::Validated => b.validated.cmp(&a.validated),
            Criterion::Trust => b.trust.total_cmp(&a.trust),
            Criterion::Recent => b.updated_us.cmp(&a.updated_us),
            Criterion::Frequent => b.agreeing.len().cmp(&a.agreeing.len()),
            Criterion::Complete => b.parts.cmp(&a.parts),
            Criterion::Longest => b.form.len().cmp(&a.form.len()),
        };
        if order != Ordering::Equal {
            return (order, Some(criterion));
        }
    }
    (a.form.cmp(&b.form), None)
}

/// Puts a steward's value in the place of the survivor while the pin holds.
fn pinned(
    attribute: Attribute,
    value: Option<Value>,
    origin: Vec<Lineage>,
    pins: &[Pin],
) -> (Option<Value>, Vec<Lineage>) {
    let newest = pins.iter().filter(|p| p.attribute == attribute).max_by_key(|p| (p.at_us, p.decision));
    match newest {
        Some(pin) if pin.holds(value.as_ref()) => {
            let origin = Origin::Decision { decision: pin.decision };
            (Some(pin.value.clone()), vec![Lineage { origin, rule: "pin", agreeing: 0 }])
        }
        _ => (value, origin),
    }
}

impl Criterion {
    pub(super) fn name(self) -> &'static str {
        match self {
            Criterion::Validated => "validated",
            Criterion::Trust => "trust",
            Criterion::Recent => "recent",
            Criterion::Frequent => "frequent",
            Criterion::Complete => "complete",
            Criterion::Longest => "longest",
        }
    }
}
