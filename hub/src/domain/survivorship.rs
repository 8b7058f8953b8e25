//! Chooses the values that survive into a golden record, each with its lineage.
//!
//! A pure function of the members, the rules and the pins: the order of the members does not matter, because they
//! are compared by version and rank alone.

mod alike;
mod candidates;
mod explain;
#[cfg(test)]
mod tests;

use self::candidates::{Borrowed, Candidate, candidates, current_name};
use super::consent::{self, Jurisdictions, Party, Stance};
use super::customer::Customer;
use super::decision::Pin;
use super::ids::{Rank, SourceKey};
use super::rules::{Attribute, AttributeRule, Criterion, Rules};
use serde::Serialize;
use serde_json::Value;
use std::cmp::Ordering;

pub use self::alike::alike;
pub use self::explain::{Contender, Explained, explain};

/// One source record on its way into a golden record.
#[derive(Clone, Copy, Debug)]
pub struct Member<'a> {
    pub key: &'a SourceKey,
    pub rank: Rank,
    /// When the source last changed the record, in microseconds since 1970.
    pub updated_us: i64,
    pub customer: &'a Customer,
    /// What its statements of consent come to.
    pub stance: Option<&'a Stance>,
}

/// What survived of one cluster, as JSON texts ready to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Survived {
    /// The golden values by attribute name, and the source records that they are made of.
    pub body: String,
    /// Winner and reason by attribute name.
    pub lineage: String,
}

/// Where one golden value came from and why it won.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lineage<'a> {
    #[serde(flatten)]
    pub origin: Origin<'a>,
    /// What decided: a criterion of the rules, `only_value`, `tie` or `pin`.
    pub rule: &'static str,
    /// How many source records agree on the value.
    pub agreeing: usize,
}

/// The source record or the steward decision that a value came from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Origin<'a> {
    Record { source: &'a str, source_key: &'a str, updated_us: i64 },
    Decision { decision: super::ids::DecisionId },
}

/// Lets the members' values survive by the rules; `pins` override.
pub fn survive(members: &[Member<'_>], rules: &Rules, pins: &[Pin]) -> Survived {
    let contest = Contest::new(members, rules);
    let mut body = ObjectText::new();
    let mut lineage = ObjectText::new();
    for attribute in Attribute::ALL {
        let survivors = contest.survivors(attribute);
        if let Some((value, origin)) = pinned(attribute, survivors.as_ref(), pins) {
            body.member(attribute.name(), &value);
            lineage.member(attribute.name(), &[origin]);
        } else if let Some(survivors) = survivors {
            body.member(attribute.name(), &survivors.value);
            lineage.member(attribute.name(), &survivors.lineage);
        }
    }
    write_consents(&contest.members, &mut body, &mut lineage);
    let laws = Jurisdictions::of(contest.members.iter().map(|member| member.customer));
    if !laws.go_without_saying()
        || pins.iter().any(|pin| matches!(pin.attribute, Attribute::Country | Attribute::Addresses))
    {
        body.member(JURISDICTIONS, &laws);
    }
    let records: Vec<&SourceKey> = contest.members.iter().map(|m| m.key).collect();
    body.member("records", &records);
    Survived { body: body.finish(), lineage: lineage.finish() }
}

/// What the members have allowed and refused.
fn write_consents(members: &[Member<'_>], body: &mut ObjectText, lineage: &mut ObjectText) {
    let parties = members.iter().filter_map(|m| Some(Party { key: m.key, stance: m.stance?, customer: m.customer }));
    let settled = consent::effective(&parties.collect::<Vec<_>>());
    if settled.is_empty() {
        return;
    }
    let lines = settled.iter().map(|line| Lineage {
        origin: Origin::Record { source: &line.key.source, source_key: &line.key.key, updated_us: line.at_us },
        rule: if line.entry.state.refuses() { "newest_refusal" } else { "newest_permission" },
        agreeing: line.agreeing,
    });
    lineage.member(CONSENTS, &lines.collect::<Vec<_>>());
    body.member(CONSENTS, &settled.iter().map(|line| &line.entry).collect::<Vec<_>>());
}

/// Members of a golden record beside its attributes.
pub const CONSENTS: &str = "consents";
/// The countries whose law counts, where the golden record's own does not tell.
pub const JURISDICTIONS: &str = "jurisdictions";

/// The values of one source record in the shape of a golden record.
pub fn alone(customer: &Customer) -> serde_json::Map<String, Value> {
    let Ok(Value::Object(mut values)) = serde_json::to_value(customer) else { return serde_json::Map::new() };
    values.remove("names");
    values.remove("extensions");
    let name = current_name(&customer.names).and_then(|name| serde_json::to_value(name).ok());
    values.extend(name.map(|name| (Attribute::Name.name().to_owned(), name)));
    values
}

/// A JSON object written member by member; a tree of values would be built only to be written out again.
struct ObjectText(Vec<u8>);

impl ObjectText {
    fn new() -> ObjectText {
        ObjectText(vec![b'{'])
    }

    /// Names are the program's own and need no escaping.
    fn member(&mut self, name: &str, value: &impl Serialize) {
        if self.0.len() > 1 {
            self.0.push(b',');
        }
        self.0.push(b'"');
        self.0.extend_from_slice(name.as_bytes());
        self.0.extend_from_slice(b"\":");
        // Writing plain data into memory cannot fail.
        let _ = serde_json::to_writer(&mut self.0, value);
    }

    fn finish(mut self) -> String {
        self.0.push(b'}');
        String::from_utf8(self.0).unwrap_or_default()
    }
}

/// The values of one attribute that survived, with their lineage.
struct Survivors<'a> {
    value: Surviving<'a>,
    lineage: Vec<Lineage<'a>>,
}

/// One value, or a list for attributes that have several.
#[derive(Serialize)]
#[serde(untagged)]
enum Surviving<'a> {
    One(Borrowed<'a>),
    Many(Vec<Borrowed<'a>>),
}

const DAY_US: f64 = 86_400e6;

/// The members in an order of their own, and the rules they compete under.
pub(super) struct Contest<'a> {
    members: Vec<Member<'a>>,
    /// Trust in what each member says, after decay.
    trusts: Vec<f64>,
    rules: &'a Rules,
}

impl<'a> Contest<'a> {
    pub(super) fn new(members: &[Member<'a>], rules: &'a Rules) -> Self {
        let mut members = members.to_vec();
        members.sort_by(|a, b| a.key.cmp(b.key));
        let newest_us = members.iter().map(|m| m.updated_us).max().unwrap_or(0);
        let trust = |member: &Member<'_>| {
            let age_days = (newest_us - member.updated_us) as f64 / DAY_US;
            rules.trust_of(&member.key.source).after(age_days)
        };
        let trusts = members.iter().map(trust).collect();
        Contest { members, trusts, rules }
    }

    fn rule(&self, attribute: Attribute) -> Option<&'a AttributeRule> {
        self.rules.attribute.get(&attribute)
    }

    /// All values of an attribute, best first.
    fn ranked(&self, attribute: Attribute) -> Vec<Candidate<'a>> {
        let mut found = candidates(self, attribute);
        if let Some(rule) = self.rule(attribute) {
            found.sort_by(|a, b| compare(a, b, &rule.rank).0);
        }
        found
    }

    fn survivors(&self, attribute: Attribute) -> Option<Survivors<'a>> {
        let rule = self.rule(attribute)?;
        let ranked = self.ranked(attribute);
        let kept = &ranked[..ranked.len().min(rule.keep_max.max(1))];
        let lineage: Vec<Lineage<'a>> = (0..kept.len()).map(|i| self.lineage(&ranked, i, rule)).collect();
        let first = kept.first()?.value;
        let value = match attribute.is_list() {
            true => Surviving::Many(kept.iter().map(|c| c.value).collect()),
            false => Surviving::One(first),
        };
        Some(Survivors { value, lineage })
    }

    fn lineage(&self, ranked: &[Candidate<'_>], place: usize, rule: &AttributeRule) -> Lineage<'a> {
        let winner = &ranked[place];
        let member = &self.members[winner.speaker];
        let decided = match ranked.get(place + 1) {
            None => "only_value",
            Some(next) => compare(winner, next, &rule.rank).1.map_or("tie", Criterion::name),
        };
        let (source, source_key) = (member.key.source.as_str(), member.key.key.as_str());
        let origin = Origin::Record { source, source_key, updated_us: member.updated_us };
        Lineage { origin, rule: decided, agreeing: winner.agreeing.len() }
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
            Criterion::Longest => b.form().len().cmp(&a.form().len()),
        };
        if order != Ordering::Equal {
            return (order, Some(criterion));
        }
    }
    (a.form().cmp(b.form()), None)
}

/// A steward's value in the place of the survivor, while the pin holds.
fn pinned<'a>(attribute: Attribute, survivors: Option<&Survivors<'_>>, pins: &[Pin]) -> Option<(Value, Lineage<'a>)> {
    let newest = pins.iter().filter(|p| p.attribute == attribute).max_by_key(|p| (p.at_us, p.decision))?;
    let said = survivors.map(|s| serde_json::to_value(&s.value).unwrap_or_default());
    let origin = Origin::Decision { decision: newest.decision };
    newest.holds(said.as_ref()).then(|| (newest.value.clone(), Lineage { origin, rule: "pin", agreeing: 0 }))
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
