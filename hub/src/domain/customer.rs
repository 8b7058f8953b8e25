//! The canonical customer, version 1: the contract between every source and the hub.

use super::consent::Consent;
use super::limits::{CONSENTS_MAX, TEXT_CHARS_MAX, VALUES_MAX};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What one source says of one customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Customer {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Name>,
    /// `YYYY-MM-DD`, or partial: `YYYY-MM`, `YYYY`, `--MM-DD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub emails: Vec<ContactPoint>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub phones: Vec<ContactPoint>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<Address>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub identifiers: Vec<Identifier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// What the person has allowed and refused. No part of the record's state: statements are kept apart and never
    /// overwritten.
    #[serde(skip_serializing)]
    pub consents: Vec<Consent>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    #[schema(value_type = Object)]
    pub extensions: Map<String, Value>,
}

/// A name in parts, in one text, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Name {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub full: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// An e-mail address or a phone number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPoint {
    pub value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
}

/// A postal address; its parts stay together through survivorship.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Address {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postcode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A number that some scheme gave to the person, such as a loyalty card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Identifier {
    pub scheme: String,
    pub value: String,
}

/// Why a record does not fulfil the contract; names the field, never the value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContractBreach {
    #[error("{field} does not have the contract's shape: {reason}")]
    Shape { field: String, reason: &'static str },
    #[error("birth_date is not a date; use YYYY-MM-DD, YYYY-MM, YYYY or --MM-DD")]
    BirthDateMalformed,
    #[error("birth_date lies in the future; correct it in the source or leave it out")]
    BirthDateInFuture,
    #[error("{field} holds more than {VALUES_MAX} values")]
    TooManyValues { field: &'static str },
    #[error("consents holds more than {CONSENTS_MAX} statements")]
    TooManyConsents,
    #[error("{field} holds a text of more than {TEXT_CHARS_MAX} characters")]
    TooLong { field: &'static str },
}

impl Customer {
    /// Checks a canonical value against the contract and leaves out what is empty.
    /// `today` is `YYYY-MM-DD`.
    pub fn checked(value: &Value, today: &str) -> Result<Customer, ContractBreach> {
        let mut customer = read(value)?;
        customer.tidy();
        customer.check(today)?;
        Ok(customer)
    }

    fn check(&self, today: &str) -> Result<(), ContractBreach> {
        if let Some(date) = &self.birth_date {
            check_birth_date(date, today)?;
        }
        let counts = [
            ("names", self.names.len()),
            ("emails", self.emails.len()),
            ("phones", self.phones.len()),
            ("addresses", self.addresses.len()),
            ("identifiers", self.identifiers.len()),
        ];
        for (field, count) in counts {
            if count > VALUES_MAX {
                return Err(ContractBreach::TooManyValues { field });
            }
        }
        if self.consents.len() > CONSENTS_MAX {
            return Err(ContractBreach::TooManyConsents);
        }
        for (field, text) in self.texts() {
            // Bytes bound characters from above, so most texts are never counted.
            if text.len() > TEXT_CHARS_MAX && text.chars().count() > TEXT_CHARS_MAX {
                return Err(ContractBreach::TooLong { field });
            }
        }
        Ok(())
    }

    fn texts(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let names = self.names.iter().flat_map(|n| {
            [&n.given, &n.middle, &n.family, &n.full, &n.prefix, &n.suffix]
                .into_iter()
                .flatten()
                .map(|t| ("names", t.as_str()))
        });
        let points = self.emails.iter().chain(&self.phones).map(|p| ("contact point", p.value.as_str()));
        let addresses = self.addresses.iter().flat_map(|a| {
            let parts = [&a.city, &a.region, &a.postcode, &a.country].into_iter().flatten();
            a.lines.iter().chain(parts).map(|t| ("addresses", t.as_str()))
        });
        let identifiers = self.identifiers.iter().map(|i| ("identifiers", i.value.as_str()));
        let rest = [&self.organisation, &self.language, &self.country].into_iter().flatten();
        names.chain(points).chain(addresses).chain(identifiers).chain(rest.map(|t| ("text", t.as_str())))
    }

    /// Trims texts and drops empty ones, so that "empty" and "absent" are one thing.
    fn tidy(&mut self) {
        for name in &mut self.names {
            for part in [
                &mut name.given,
                &mut name.middle,
                &mut name.family,
                &mut name.full,
                &mut name.prefix,
                &mut name.suffix,
            ] {
                tidy_text(part);
            }
        }
        self.names.retain(|n| n.given.is_some() || n.family.is_some() || n.full.is_some() || n.middle.is_some());
        for point in self.emails.iter_mut().chain(&mut self.phones) {
            trim_in_place(&mut point.value);
        }
        self.emails.retain(|p| !p.value.is_empty());
        self.phones.retain(|p| !p.value.is_empty());
        for address in &mut self.addresses {
            address.lines.iter_mut().for_each(trim_in_place);
            address.lines.retain(|l| !l.is_empty());
            for part in [&mut address.city, &mut address.region, &mut address.postcode, &mut address.country] {
                tidy_text(part);
            }
        }
        self.addresses.retain(|a| !a.lines.is_empty() || a.city.is_some() || a.postcode.is_some());
        self.identifiers.retain(|i| !i.value.trim().is_empty());
        for part in
            [&mut self.birth_date, &mut self.gender, &mut self.organisation, &mut self.language, &mut self.country]
        {
            tidy_text(part);
        }
    }

    /// What the matching library compares.
    pub fn to_person(&self, source: &str) -> matching::Person {
        matching::Person {
            source: Some(source.to_owned()),
            names: self.names.iter().map(Name::to_matching).collect(),
            birth_date: self.birth_date.clone(),
            gender: self.gender.clone(),
            emails: self.emails.iter().map(|p| p.value.clone()).collect(),
            phones: self.phones.iter().map(|p| p.value.clone()).collect(),
            addresses: self.addresses.iter().map(Address::to_matching).collect(),
            identifiers: self
                .identifiers
                .iter()
                .map(|i| matching::Identifier { scheme: i.scheme.clone(), value: i.value.clone() })
                .collect(),
            organisation: self.organisation.clone(),
            country: self.country.clone(),
            ..matching::Person::default()
        }
    }
}

impl Name {
    fn to_matching(&self) -> matching::Name {
        let family = match (&self.family, &self.suffix) {
            (Some(family), Some(suffix)) => Some(format!("{family} {suffix}")),
            (family, _) => family.clone(),
        };
        matching::Name { given: self.given.clone(), middle: self.middle.clone(), family, full: self.full.clone() }
    }
}

impl Address {
    fn to_matching(&self) -> matching::Address {
        matching::Address {
            lines: (!self.lines.is_empty()).then(|| self.lines.join(", ")),
            city: self.city.clone(),
            region: self.region.clone(),
            postcode: self.postcode.clone(),
            country: self.country.clone(),
        }
    }
}

fn read(value: &Value) -> Result<Customer, ContractBreach> {
    let Value::Object(fields) = value else {
        return Err(ContractBreach::Shape { field: "record".into(), reason: "it is no object" });
    };
    // The parser's own message may quote a value, so the culprit is found by trying field by field.
    Customer::deserialize(value).map_err(|_| first_misfit(fields))
}

fn first_misfit(fields: &Map<String, Value>) -> ContractBreach {
    for (field, value) in fields {
        let one = Map::from_iter([(field.clone(), value.clone())]);
        if Customer::deserialize(&Value::Object(one)).is_err() {
            return ContractBreach::Shape { field: field.clone(), reason: "wrong type or unknown field" };
        }
    }
    ContractBreach::Shape { field: "record".into(), reason: "fields contradict each other" }
}

fn tidy_text(text: &mut Option<String>) {
    if let Some(inner) = text {
        trim_in_place(inner);
        if inner.is_empty() {
            *text = None;
        }
    }
}

fn trim_in_place(text: &mut String) {
    let trimmed = text.trim();
    if trimmed.len() != text.len() {
        *text = trimmed.to_owned();
    }
}

fn check_birth_date(date: &str, today: &str) -> Result<(), ContractBreach> {
    let (year, month, day) = parse_partial(date).ok_or(ContractBreach::BirthDateMalformed)?;
    if let (Some(m), Some(d)) = (month, day) {
        // A leap year stands in where the year is not known.
        let valid = jiff::civil::Date::new(year.unwrap_or(2000), m, d).is_ok();
        if !valid {
            return Err(ContractBreach::BirthDateMalformed);
        }
    }
    // Partial dates compare as prefixes: 2030 > 2026-11-23, 2026 is not.
    if year.is_some() && date > &today[..date.len().min(today.len())] {
        return Err(ContractBreach::BirthDateInFuture);
    }
    Ok(())
}

type PartialDate = (Option<i16>, Option<i8>, Option<i8>);

fn parse_partial(date: &str) -> Option<PartialDate> {
    let digits = |s: &str, n: usize| {
        (s.len() == n && s.bytes().all(|b| b.is_ascii_digit())).then(|| s.parse::<i16>().ok()).flatten()
    };
    let month = |s: &str| digits(s, 2).filter(|m| (1..=12).contains(m)).map(|m| m as i8);
    let day = |s: &str| digits(s, 2).filter(|d| (1..=31).contains(d)).map(|d| d as i8);
    if let Some(rest) = date.strip_prefix("--") {
        let (m, d) = rest.split_once('-')?;
        return Some((None, Some(month(m)?), Some(day(d)?)));
    }
    let mut parts = date.split('-');
    let year = digits(parts.next()?, 4)?;
    let month = parts.next().map(month);
    let day = parts.next().map(day);
    if parts.next().is_some() || month == Some(None) || day == Some(None) {
        return None;
    }
    Some((Some(year), month.flatten(), day.flatten()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(value: Value, expected: Result<(), ContractBreach>) {
        assert_eq!(Customer::checked(&value, "2026-11-23").map(|_| ()), expected, "{value}");
    }

    #[test]
    fn birth_dates() {
        for good in ["1980-05-02", "1980-05", "1980", "--02-29", "2026-11-23", "2026", "2024-02-29"] {
            check(json!({"birth_date": good}), Ok(()));
        }
        for bad in ["1980-13-01", "80-01-01", "1980-02-30", "2023-02-29", "x", "1980-05-02-01", "--13-01"] {
            check(json!({"birth_date": bad}), Err(ContractBreach::BirthDateMalformed));
        }
        for future in ["2026-11-24", "2026-12", "2027"] {
            check(json!({"birth_date": future}), Err(ContractBreach::BirthDateInFuture));
        }
    }

    #[test]
    fn shape_errors_name_the_field_and_not_the_value() {
        check(
            json!({"emails": "maria@example.com"}),
            Err(ContractBreach::Shape { field: "emails".into(), reason: "wrong type or unknown field" }),
        );
        check(
            json!({"shoe_size": 41}),
            Err(ContractBreach::Shape { field: "shoe_size".into(), reason: "wrong type or unknown field" }),
        );
        check(json!([1]), Err(ContractBreach::Shape { field: "record".into(), reason: "it is no object" }));
    }

    #[test]
    fn empty_values_are_absent() {
        let value = json!({"names": [{"given": " ", "family": ""}], "emails": [{"value": " "}], "gender": ""});
        let customer = Customer::checked(&value, "2026-11-23");
        assert_eq!(customer, Ok(Customer::default()));
    }

    #[test]
    fn limits_hold() {
        check(json!({"organisation": "x".repeat(10_001)}), Err(ContractBreach::TooLong { field: "text" }));
        let many: Vec<Value> = (0..51).map(|i| json!({"value": i.to_string()})).collect();
        check(json!({"phones": many}), Err(ContractBreach::TooManyValues { field: "phones" }));
    }
}
