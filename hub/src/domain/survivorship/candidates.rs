//! The distinct values of one attribute among a cluster's members.

use super::{Contest, Member};
use crate::domain::customer::{Address, ContactPoint, Identifier, Name};
use crate::domain::rules::Attribute;
use serde::Serialize;
use serde_json::Value;
use std::cell::OnceCell;

/// The last digits of a telephone number, which tell it from others wherever it is written down: sources differ in whether
/// they write the country, and the zero in front of an area.
const SUBSCRIBER_DIGITS: usize = 9;
/// Where no zero is written, numbers of these countries have ten digits, and the first tells areas apart.
const TEN_DIGITS: usize = 10;
const TEN_DIGIT_COUNTRIES: [&[u8]; 5] = [b"1", b"7", b"52", b"57", b"91"];

/// One distinct value with everybody who says so.
#[derive(Debug)]
pub struct Candidate<'a> {
    pub value: Borrowed<'a>,
    /// Worked out only where two spellings have to be compared.
    form: OnceCell<Vec<u8>>,
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
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
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
            let form = OnceCell::new();
            let spelled = found.iter().position(|c| c.value == value);
            let same = spelled.or_else(|| found.iter().position(|c| c.form() == form.get_or_init(|| value.form())));
            match same {
                Some(place) => found[place].join(index, member, value, trust),
                None if value.is_blank() => {}
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
    /// What makes two values the same: case, spacing and punctuation do not count.
    pub fn form(&self) -> &[u8] {
        self.form.get_or_init(|| self.value.form())
    }

    fn join(&mut self, index: usize, member: &Member<'a>, value: Borrowed<'a>, trust: f64) {
        if self.agreeing.last() != Some(&index) {
            self.agreeing.push(index);
        }
        // The fullest, then most trusted, then newest spelling stands; the first in order keeps a draw.
        let mine = (value.parts(), trust, member.updated_us);
        if mine > (self.parts, self.trust, self.updated_us) {
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
pub(super) fn current_name(names: &[Name]) -> Option<&Name> {
    let in_use = |n: &&Name| !matches!(n.kind.as_deref(), Some("birth" | "alias"));
    names.iter().find(in_use).or(names.first())
}

impl Borrowed<'_> {
    pub fn to_json(self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }

    pub(super) fn form(self) -> Vec<u8> {
        let mut form = Vec::with_capacity(64);
        match self {
            Borrowed::Point(point) if point.value.contains('@') => {
                form.extend_from_slice(point.value.to_lowercase().as_bytes());
            }
            Borrowed::Point(point) => {
                form.extend(point.value.bytes().filter(u8::is_ascii_digit));
                let own = own_digits(&form, point.value.trim_start().starts_with('+'));
                form.drain(..form.len().saturating_sub(own));
            }
            _ => self.texts(|text| fold(text, &mut form)),
        }
        form
    }

    /// Whether nothing is left of it in its comparable form.
    fn is_blank(self) -> bool {
        match self {
            Borrowed::Point(point) if point.value.contains('@') => false,
            Borrowed::Point(point) => !point.value.bytes().any(|b| b.is_ascii_digit()),
            _ => {
                let mut blank = true;
                self.texts(|text| blank &= !text.chars().any(char::is_alphanumeric));
                blank
            }
        }
    }

    /// The texts that tell it from others, in order.
    fn texts(self, mut each: impl FnMut(&str)) {
        match self {
            Borrowed::Text(text) => each(text),
            Borrowed::Name(name) => {
                let parts = [&name.given, &name.middle, &name.family];
                let says = |text: &&String| text.chars().any(char::is_alphanumeric);
                match parts.iter().copied().flatten().any(|text| says(&text)) {
                    true => parts.into_iter().flatten().for_each(|text| each(text)),
                    false => name.full.iter().for_each(|text| each(text)),
                }
            }
            Borrowed::Point(point) => each(&point.value),
            Borrowed::Address(address) => {
                let rest = [&address.postcode, &address.city, &address.country];
                address.lines.iter().chain(rest.into_iter().flatten()).for_each(|text| each(text));
            }
            Borrowed::Identifier(id) => [&id.scheme, &id.value].into_iter().for_each(|text| each(text)),
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
            Borrowed::Point(point) => 1 + usize::from(point.value.starts_with('+')),
            Borrowed::Identifier(_) => 1,
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

/// Adds a text's letters and digits in lower case, set apart from what is there.
fn fold(text: &str, form: &mut Vec<u8>) {
    if !form.is_empty() {
        form.push(b' ');
    }
    if text.is_ascii() {
        form.extend(text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_lowercase()));
        return;
    }
    let mut room = [0; 4];
    for letter in text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase) {
        form.extend_from_slice(letter.encode_utf8(&mut room).as_bytes());
    }
}

/// How many of a number's last digits are its own, and not the country's.
fn own_digits(digits: &[u8], names_country: bool) -> usize {
    let country = digits.len().checked_sub(TEN_DIGITS).map(|end| &digits[..end]);
    let has_ten = match country {
        None => false,
        Some(b"") => !names_country && digits[0] != b'0',
        // In North America the country is often written without its sign.
        Some(b"1") => true,
        Some(country) => names_country && TEN_DIGIT_COUNTRIES.contains(&country),
    };
    if has_ten { TEN_DIGITS } else { SUBSCRIBER_DIGITS }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_telephone_number_is_one_in_every_spelling_and_no_other() {
        let form = |value: &str| {
            let point = ContactPoint { value: value.to_owned(), ..ContactPoint::default() };
            Borrowed::Point(&point).form()
        };
        let alike = [
            ("+1 851 555 0135", "(851) 555-0135"),
            ("1-851-555-0135", "851.555.0135"),
            ("+44 20 7946 0001", "020 7946 0001"),
            ("+49 151 23456789", "0151 23456789"),
            ("+49 89 12345678", "089/12345678"),
            ("+351 911 222 333", "911222333"),
            ("+33 6 12 34 56 78", "06 12 34 56 78"),
            ("+91 98765 43210", "9876543210"),
        ];
        for (left, right) in alike {
            assert_eq!(form(left), form(right), "{left} {right}");
        }
        for (left, right) in [("+1 851 555 0135", "+1 951 555 0135"), ("8515550135", "+19515550135")] {
            assert_ne!(form(left), form(right), "{left} {right}");
        }
    }
}
