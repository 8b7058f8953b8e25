//! The distinct values of one attribute among a cluster's members.

use super::{Contest, Member};
use crate::domain::customer::{Address, ContactPoint, Identifier, Name};
use crate::domain::rules::Attribute;
use serde::Serialize;
use serde_json::Value;

/// One distinct value with everybody who says so.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub value: Borrowed<'a>,
    /// What makes two values the same: case, spacing and punctuation do not count.
    pub form: String,
    /// Members that say so.
    pub agreeing: Vec<usize>,
    /// The member whose spelling stands for all of them.
    pub speaker: usize,
    pub validated: bool,
    pub trust: f64,
    pub updated_us: i64,
    pub parts: usize,
}

/// A value still inside its source record.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(untagged)]
pub enum Borrowed<'a> {
    Text(&'a str),
    Name(&'a Name),
    Point(&'a ContactPoint),
    Address(&'a Address),
    Identifier(&'a Identifier),
}

/// Collects the distinct values of an attribute; members are visited in their own order.
pub fn candidates<'a>(contest: &Contest<'a>, attribute: Attribute) -> Vec<Candidate<'a>> {
    let mut found: Vec<Candidate<'a>> = Vec::new();
    for (index, member) in contest.members.iter().enumerate() {
        let trust = contest.trusts[index];
        for value in values(member, attribute) {
            let form = value.form();
            if form.is_empty() {
                continue;
            }
            match found.iter_mut().find(|c| c.form == form) {
                Some(candidate) => candidate.join(index, member, value, trust),
                None => found.push(Candidate {
                    validated: value.validated(),
                    parts: value.parts(),
                    updated_us: member.updated_us,
                    agreeing: vec![index],
                    speaker: index,
                    value,
                    form,
                    trust,
                }),
            }
        }
    }
    found
}

impl<'a> Candidate<'a> {
    fn join(&mut self, index: usize, member: &Member<'a>, value: Borrowed<'a>, trust: f64) {
        if self.agreeing.last() != Some(&index) {
            self.agreeing.push(index);
        }
        // The most trusted and then newest spelling stands; the first in order keeps a draw.
        if (trust, member.updated_us) > (self.trust, self.updated_us) {
            self.speaker = index;
            self.value = value;
        }
        self.trust = self.trust.max(trust);
        self.updated_us = self.updated_us.max(member.updated_us);
        self.validated |= value.validated();
        self.parts = self.parts.max(value.parts());
    }
}

fn values<'a>(member: &Member<'a>, attribute: Attribute) -> Vec<Borrowed<'a>> {
    let customer = member.customer;
    let text = |t: &'a Option<String>| t.as_deref().map(Borrowed::Text).into_iter().collect();
    match attribute {
        Attribute::Name => current_name(&customer.names).map(Borrowed::Name).into_iter().collect(),
        Attribute::BirthDate => text(&customer.birth_date),
        Attribute::Gender => text(&customer.gender),
        Attribute::Emails => customer.emails.iter().map(Borrowed::Point).collect(),
        Attribute::Phones => customer.phones.iter().map(Borrowed::Point).collect(),
        Attribute::Addresses => customer.addresses.iter().map(Borrowed::Address).collect(),
        Attribute::Identifiers => customer.identifiers.iter().map(Borrowed::Identifier).collect(),
        Attribute::Organisation => text(&customer.organisation),
        Attribute::Language => text(&customer.language),
        Attribute::Country => text(&customer.country),
    }
}

/// The name in use: birth names and aliases help matching, but nobody is addressed by them.
fn current_name(names: &[Name]) -> Option<&Name> {
    let in_use = |n: &&Name| !matches!(n.kind.as_deref(), Some("birth" | "alias"));
    names.iter().find(in_use).or(names.first())
}

impl Borrowed<'_> {
    pub fn to_json(self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    fn form(self) -> String {
        match self {
            Borrowed::Text(text) => folded([text]),
            Borrowed::Name(name) => {
                let parts = [&name.given, &name.middle, &name.family];
                let by_parts = folded(parts.into_iter().flatten().map(String::as_str));
                if by_parts.is_empty() { folded(name.full.as_deref()) } else { by_parts }
            }
            Borrowed::Point(point) if point.value.contains('@') => point.value.to_lowercase(),
            Borrowed::Point(point) => point.value.chars().filter(char::is_ascii_digit).collect(),
            Borrowed::Address(address) => {
                let parts = [&address.postcode, &address.city, &address.country];
                let rest = parts.into_iter().flatten();
                folded(address.lines.iter().chain(rest).map(String::as_str))
            }
            Borrowed::Identifier(id) => folded([id.scheme.as_str(), id.value.as_str()]),
        }
    }

    fn validated(self) -> bool {
        matches!(self, Borrowed::Point(point) if point.verified == Some(true))
    }

    /// How many parts of a group are filled in; a partial date has fewer.
    fn parts(self) -> usize {
        match self {
            Borrowed::Text(text) => text.split('-').filter(|p| !p.is_empty()).count(),
            Borrowed::Name(name) => name_parts(name),
            // What a parcel needs counts; a missing region does not make an address worse.
            Borrowed::Address(a) => {
                usize::from(!a.lines.is_empty()) + usize::from(a.city.is_some() || a.postcode.is_some())
            }
            Borrowed::Point(_) | Borrowed::Identifier(_) => 1,
        }
    }
}

/// Given and family name count two each when they are more than an initial.
fn name_parts(name: &Name) -> usize {
    let weight = |part: &Option<String>| match part {
        Some(text) if text.trim_end_matches('.').chars().count() > 1 => 2,
        Some(_) => 1,
        None => 0,
    };
    weight(&name.given) + weight(&name.family)
}

fn folded<'t>(parts: impl IntoIterator<Item = &'t str>) -> String {
    let mut form = String::new();
    for part in parts {
        if !form.is_empty() {
            form.push(' ');
        }
        form.extend(part.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase));
    }
    form
}
