//! Whether somebody may be reached for a purpose on a channel, and why.

use super::catalogue::{Catalogue, Purpose, Regime};
use super::effective::Entry;
use super::jurisdiction::Jurisdictions;
use super::statement::{address_point, text_point};
use super::{Basis, Channel};
use crate::domain::customer::{Address, ContactPoint};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What of a golden record's values permissions depend on.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct View {
    pub consents: Vec<Entry>,
    /// Absent where the golden record's own country says as much.
    jurisdictions: Option<Jurisdictions>,
    country: Option<String>,
    emails: Vec<ContactPoint>,
    phones: Vec<ContactPoint>,
    addresses: Vec<Address>,
}

/// The question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    pub purpose: &'a str,
    pub channel: Channel,
    pub now: jiff::Timestamp,
}

/// The answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    /// For one contact point at least, or for the person on channels without any.
    pub allowed: bool,
    pub reason: Reason,
    /// What the law asks for.
    pub regime: Regime,
    /// One for each contact point of the channel that the golden record shows.
    pub points: Vec<PointPermission>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct PointPermission {
    /// Its place among the golden record's values of its kind.
    pub place: usize,
    pub allowed: bool,
    pub reason: Reason,
    pub regime: Regime,
}

/// Why, with the statement that decides where there is one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Reason {
    /// The person has said yes.
    Granted { by: Entry },
    /// Has bought something, was offered to refuse, and did not.
    ExistingCustomer { by: Entry },
    /// Nobody has refused, and the law asks for no more.
    NotRefused,
    /// The purpose rests on a contract or a duty.
    NotNeeded,
    /// The person has said no.
    Refused { by: Entry },
    /// The permission was for a time that is over.
    Expired { by: Entry },
    /// Allowed for another contact point only.
    OtherContactPoint,
    /// Nobody has asked, or nobody knows the answer.
    NeverGranted,
    /// The golden record holds no contact point of this channel.
    NoContactPoint,
}

impl Reason {
    fn allows(&self) -> bool {
        matches!(
            self,
            Reason::Granted { .. } | Reason::ExistingCustomer { .. } | Reason::NotRefused | Reason::NotNeeded
        )
    }
}

/// Answers from a golden record's values; `purpose` is what the catalogue says of the purpose that is asked for.
pub fn decide(view: &View, asked: &Question<'_>, purpose: &Purpose, catalogue: &Catalogue) -> Permission {
    let laws = view.jurisdictions();
    let judge = |point: Option<&str>, forms: &[&str]| {
        let regime = catalogue.regime(purpose, &laws.at(forms), asked.channel);
        // What only a record without a country knows goes by the law for those.
        let strictest = || regime.max(catalogue.regime(purpose, &BTreeSet::from([None]), asked.channel));
        (view.judge(asked, regime, strictest, point), regime)
    };
    if !asked.channel.has_points() {
        let (reason, regime) = judge(None, &[]);
        return Permission { allowed: reason.allows(), reason, regime, points: Vec::new() };
    }
    let point = |(place, (point, bare)): (usize, (&String, &String))| {
        let (reason, regime) = judge(Some(point), &[point, bare]);
        PointPermission { place, allowed: reason.allows(), reason, regime }
    };
    // A record without a country reads a number in its national form otherwise than the golden record does.
    let (points, bare) = (view.points(asked.channel), view.points_in(asked.channel, None));
    let points: Vec<PointPermission> = points.iter().zip(&bare).enumerate().map(point).collect();
    let best = points.iter().find(|point| point.allowed).or_else(|| points.first());
    let (reason, regime) = match best {
        Some(point) => (point.reason.clone(), point.regime),
        None => (Reason::NoContactPoint, catalogue.regime(purpose, &laws.at(&[]), asked.channel)),
    };
    Permission { allowed: reason.allows(), reason, regime, points }
}

/// One way in which somebody may be reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Use {
    pub purpose: String,
    pub channel: Channel,
    /// Absent on channels without contact points.
    pub point: Option<String>,
}

/// Everything that a golden record's values permit.
pub fn uses(view: &View, catalogue: &Catalogue, now: jiff::Timestamp) -> BTreeSet<Use> {
    let mut uses = BTreeSet::new();
    for (name, purpose) in &catalogue.purpose {
        for channel in Channel::ALL {
            let decided = decide(view, &Question { purpose: name, channel, now }, purpose, catalogue);
            let points = view.points(channel);
            let allowed = decided.points.iter().filter(|point| point.allowed);
            let reached = allowed.filter_map(|point| points.get(point.place).cloned()).map(Some);
            let person = (decided.allowed && !channel.has_points()).then_some(None);
            let one = |point| Use { purpose: name.clone(), channel, point };
            uses.extend(reached.chain(person).map(one));
        }
    }
    uses
}

/// What was permitted of these and is not of those any more. A contact point that they do not hold is another matter: it is
/// gone, and not forbidden.
pub fn forbidden(before: &[View], after: &[View], catalogues: [&Catalogue; 2], now: jiff::Timestamp) -> BTreeSet<Use> {
    let all = |views: &[View], catalogue| views.iter().flat_map(|view| uses(view, catalogue, now)).collect();
    let [was, is]: [BTreeSet<Use>; 2] = [all(before, catalogues[0]), all(after, catalogues[1])];
    let held = |use_: &&Use| match &use_.point {
        Some(point) => after.iter().any(|view| view.points(use_.channel).contains(point)),
        None => true,
    };
    was.difference(&is).filter(held).cloned().collect()
}

impl View {
    fn jurisdictions(&self) -> Jurisdictions {
        let own = || {
            let addresses = self.addresses.iter().filter_map(|address| address.country.as_deref());
            let country = self.country.as_deref().into_iter().chain(addresses).find_map(matching::country_code);
            Jurisdictions { countries: country.into_iter().collect(), unplaced: BTreeSet::new() }
        };
        self.jurisdictions.clone().unwrap_or_else(own)
    }

    /// The golden record's contact points of a channel, in comparable form.
    pub fn points(&self, channel: Channel) -> Vec<String> {
        self.points_in(channel, self.country.as_deref())
    }

    fn points_in(&self, channel: Channel, country: Option<&str>) -> Vec<String> {
        let written = |points: &[ContactPoint]| {
            points.iter().map(|point| text_point(channel, &point.value, country).unwrap_or_default()).collect()
        };
        match channel {
            Channel::Email => written(&self.emails),
            Channel::Sms | Channel::Phone => written(&self.phones),
            Channel::Post => self.addresses.iter().map(address_point).collect(),
            Channel::Any | Channel::App | Channel::Web => Vec::new(),
        }
    }

    fn judge(
        &self,
        asked: &Question<'_>,
        regime: Regime,
        unplaced: impl Fn() -> Regime,
        point: Option<&str>,
    ) -> Reason {
        if regime == Regime::NotNeeded {
            return Reason::NotNeeded;
        }
        let about = |entry: &&Entry| entry.purpose == asked.purpose && entry.channel == asked.channel;
        let valid = |entry: &&Entry| entry.until.is_none_or(|until| until > asked.now);
        let soft = |entry: &&Entry| entry.basis == Some(Basis::ExistingCustomer);
        let given = || self.consents.iter().filter(about).filter(|entry| !entry.state.refuses());
        let here = || given().filter(|entry| entry.point.as_deref() == point);
        if let Some(by) = here().filter(valid).find(|entry| !soft(entry)) {
            return Reason::Granted { by: by.clone() };
        }
        let suffices = |entry: &&Entry| {
            let regime = if entry.unplaced { unplaced() } else { regime };
            soft(entry) && regime <= Regime::SoftOptIn
        };
        if let Some(by) = here().filter(valid).find(suffices) {
            return Reason::ExistingCustomer { by: by.clone() };
        }
        let refuses = |entry: &&Entry| {
            let reaches = entry.channel == asked.channel || entry.channel == Channel::Any;
            entry.purpose == asked.purpose && reaches && entry.state.refuses()
        };
        if let Some(by) = self.consents.iter().filter(refuses).max_by_key(|entry| entry.at) {
            return Reason::Refused { by: by.clone() };
        }
        if regime == Regime::OptOut {
            return Reason::NotRefused;
        }
        match here().find(|entry| !soft(entry)) {
            Some(by) => Reason::Expired { by: by.clone() },
            None if given().any(|entry| valid(&entry) && !soft(&entry)) => Reason::OtherContactPoint,
            None => Reason::NeverGranted,
        }
    }
}
