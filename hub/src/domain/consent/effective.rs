//! The consent of a golden record: what its members' stances come to together.

use super::jurisdiction::country;
use super::stance::{Said, Stance, Standing, Yes};
use super::statement::points_of;
use super::{Basis, Channel, Scope, State};
use crate::domain::customer::Customer;
use crate::domain::ids::SourceKey;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One line of a golden record's `consents`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub purpose: String,
    pub channel: Channel,
    /// The contact point that a permission reaches, in comparable form. A refusal has none: it holds for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,
    pub state: State,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<Basis>,
    /// When the person said so; absent where the source does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<jiff::Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<jiff::Timestamp>,
    /// It rests on a purchase that a record without a country knows of.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unplaced: bool,
    /// The system that it was said to.
    pub source: String,
    /// Another record of the person says the opposite, and is outweighed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disputed: bool,
}

/// An entry with the record that it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Settled<'a> {
    pub entry: Entry,
    pub key: &'a SourceKey,
    pub at_us: i64,
    /// Statements that say the same.
    pub agreeing: usize,
}

/// A member of a golden record, as its consent sees it.
#[derive(Clone, Copy, Debug)]
pub struct Party<'a> {
    pub key: &'a SourceKey,
    pub stance: &'a Stance,
    pub customer: &'a Customer,
}

/// A word of one member about one scope.
#[derive(Clone, Copy)]
struct Word<'a> {
    key: &'a SourceKey,
    customer: &'a Customer,
    said: &'a Said,
    /// Absent for a permission without a time, which any refusal outweighs.
    at_us: Option<i64>,
}

/// The consent that follows from the members' stances, in order of purposes, channels and contact points.
pub fn effective<'a>(members: &[Party<'a>]) -> Vec<Settled<'a>> {
    let scopes: BTreeSet<&Scope> = members.iter().flat_map(|party| &party.stance.0).map(|s| &s.scope).collect();
    scopes.into_iter().flat_map(|scope| about(members, scope)).collect()
}

fn about<'a>(members: &[Party<'a>], scope: &'a Scope) -> Vec<Settled<'a>> {
    let own = standings(members, &scope.purpose, scope.channel);
    let refusals = refusals(&own);
    let permissions = permissions(&own);
    let newest = refusals.iter().copied().max_by(newer);
    // What is refused on any channel is refused on this one.
    let anywhere = match scope.channel {
        Channel::Any => Vec::new(),
        _ => self::refusals(&standings(members, &scope.purpose, Channel::Any)),
    };
    let bar = newest.into_iter().chain(anywhere).max_by(newer);
    let refused = newest.map(|word| {
        let disputed = permissions.iter().any(|(_, yes)| yes.key != word.key);
        settled(entry(scope, None, word, disputed), word, refusals.len())
    });
    let allowed = newest_by_slot(&permissions).into_iter().filter(|(slot, word)| outlives(*slot, *word, bar));
    let allowed = allowed.map(|(slot, word)| {
        let disputed = refusals.iter().any(|refusal| refusal.key != word.key);
        let agreeing = permissions.iter().filter(|(yes, _)| (&yes.point, yes.soft) == slot).count();
        settled(entry(scope, Some(slot), word, disputed), word, agreeing)
    });
    refused.into_iter().chain(allowed).collect()
}

/// What each member says of a purpose and a channel.
fn standings<'a>(members: &[Party<'a>], purpose: &str, channel: Channel) -> Vec<(Party<'a>, &'a Standing)> {
    let fits = |standing: &&Standing| standing.scope.channel == channel && standing.scope.purpose == purpose;
    members.iter().filter_map(|&party| Some((party, party.stance.0.iter().find(fits)?))).collect()
}

fn refusals<'a>(own: &[(Party<'a>, &'a Standing)]) -> Vec<Word<'a>> {
    let of = |&(party, standing): &(Party<'a>, &'a Standing)| {
        let newest = standing.dated.no.iter().chain(standing.undated.refused_last());
        newest.map(move |said| Word { key: party.key, customer: party.customer, said, at_us: Some(said.at_us) })
    };
    own.iter().flat_map(of).collect()
}

/// Every member's permissions for what it holds itself: one for an address that its record has lost would otherwise come
/// to life in another record. Those without a time count only where the record has not refused since.
fn permissions<'a>(own: &[(Party<'a>, &'a Standing)]) -> Vec<(&'a Yes, Word<'a>)> {
    let mut found = Vec::new();
    for &(Party { key, customer, .. }, standing) in own {
        let held: Vec<String> = points_of(customer, standing.scope.channel).collect();
        let holds = |yes: &&Yes| match &yes.point {
            Some(point) if standing.scope.channel.has_points() => held.contains(point),
            _ => true,
        };
        let dated = standing.dated.yes.iter().filter(holds);
        found.extend(dated.map(|yes| (yes, Word { key, customer, said: &yes.said, at_us: Some(yes.said.at_us) })));
        let refused = standing.undated.no.as_ref().map_or(i64::MIN, |no| no.order);
        let undated = standing.undated.yes.iter().filter(holds).filter(|yes| yes.said.order > refused);
        found.extend(undated.map(|yes| (yes, Word { key, customer, said: &yes.said, at_us: None })));
    }
    found
}

type Slot<'a> = (&'a Option<String>, bool);

fn newest_by_slot<'a>(permissions: &[(&'a Yes, Word<'a>)]) -> Vec<(Slot<'a>, Word<'a>)> {
    let mut by_slot: std::collections::BTreeMap<Slot<'a>, Word<'a>> = std::collections::BTreeMap::new();
    for (yes, word) in permissions {
        let known = by_slot.entry((&yes.point, yes.soft)).or_insert(*word);
        if newer(word, known).is_gt() {
            *known = *word;
        }
    }
    by_slot.into_iter().collect()
}

/// By time, what has none first; among equals the record's key decides, which is nobody's choice.
fn newer(a: &Word<'_>, b: &Word<'_>) -> std::cmp::Ordering {
    let at = |word: &Word<'_>| word.at_us;
    at(a).cmp(&at(b)).then_with(|| a.said.newer(b.said)).then_with(|| b.key.cmp(a.key))
}

/// A permission counts if it is newer than the newest refusal; one that rests on a purchase outweighs none.
fn outlives((_, soft): Slot<'_>, word: Word<'_>, bar: Option<Word<'_>>) -> bool {
    bar.is_none_or(|bar| !soft && word.at_us.is_some_and(|at| at > bar.said.at_us))
}

fn settled<'a>(entry: Entry, word: Word<'a>, agreeing: usize) -> Settled<'a> {
    Settled { entry, key: word.key, at_us: word.said.at_us, agreeing }
}

fn entry(scope: &Scope, slot: Option<Slot<'_>>, word: Word<'_>, disputed: bool) -> Entry {
    let time = |at_us: i64| jiff::Timestamp::from_microsecond(at_us).ok();
    let (point, soft) = slot.map_or((None, false), |(point, soft)| (point.clone(), soft));
    Entry {
        purpose: scope.purpose.clone(),
        channel: scope.channel,
        point,
        state: word.said.state,
        basis: soft.then_some(Basis::ExistingCustomer),
        at: word.at_us.and_then(time),
        until: word.said.until_us.and_then(time),
        unplaced: soft && country(word.customer).is_none(),
        source: word.said.by.clone(),
        disputed,
    }
}
