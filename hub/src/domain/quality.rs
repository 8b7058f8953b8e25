//! How complete, usable and consistent the records of each source are.
//!
//! Shares are of the records or people that were looked at. A value is usable if it could serve its purpose as it stands:
//! a mailbox with a domain, a telephone number of 7 to 15 digits (ITU-T E.164), a whole date, a name of more than initials,
//! a place that a parcel could be sent to.

use super::rules::Attribute;
use super::survivorship::alike;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Digits of a telephone number, ITU-T E.164 at the most.
const PHONE_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quality {
    /// By name.
    pub sources: BTreeMap<String, SourceQuality>,
    /// People whom more than one source knows.
    pub people: usize,
    pub conflicts: BTreeMap<Attribute, Conflict>,
}

/// One source's records.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SourceQuality {
    pub records: usize,
    pub attributes: BTreeMap<Attribute, Filled>,
}

/// How many records say something of an attribute, and how many something usable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Filled {
    pub present: usize,
    pub usable: usize,
}

/// Of how many people more than one source states an attribute, and of how many of these they have nothing in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Conflict {
    pub stated: usize,
    pub differ: usize,
}

/// What a record says, in the shape of a golden record.
pub type Values = Map<String, Value>;

impl Quality {
    pub fn take_record(&mut self, source: &str, values: &Values) {
        let own = self.sources.entry(source.to_owned()).or_default();
        own.records += 1;
        for attribute in Attribute::ALL {
            let entries = entries(values, attribute);
            let filled = own.attributes.entry(attribute).or_default();
            filled.present += usize::from(!entries.is_empty());
            filled.usable += usize::from(entries.iter().any(|value| is_usable(attribute, value)));
        }
    }

    /// Takes one person's records with their sources; those of one source alone say nothing about conflicts.
    pub fn take_person(&mut self, records: &[(String, Values)]) {
        let first = records.first().map(|(source, _)| source);
        if records.iter().all(|(source, _)| Some(source) == first) {
            return;
        }
        self.people += 1;
        for attribute in Attribute::ALL {
            let mut stated: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
            for (source, values) in records {
                let entries = entries(values, attribute);
                if !entries.is_empty() {
                    stated.entry(source).or_default().extend(entries);
                }
            }
            if stated.len() < 2 {
                continue;
            }
            let all: Vec<&Vec<&Value>> = stated.values().collect();
            let agree = |a: &[&Value], b: &[&Value]| a.iter().any(|a| b.iter().any(|b| alike(attribute, a, b)));
            let differs = all.iter().enumerate().any(|(place, a)| all[place + 1..].iter().any(|b| !agree(a, b)));
            let conflict = self.conflicts.entry(attribute).or_default();
            conflict.stated += 1;
            conflict.differ += usize::from(differs);
        }
    }
}

fn entries(values: &Values, attribute: Attribute) -> Vec<&Value> {
    match values.get(attribute.name()) {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(all)) => all.iter().collect(),
        Some(value) => vec![value],
    }
}

fn is_usable(attribute: Attribute, value: &Value) -> bool {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    let is_more = |name: &str| text(name).chars().filter(|c| c.is_alphabetic()).count() > 1;
    match attribute {
        Attribute::Name => is_more("given") && is_more("family") || text("full").trim().contains(' '),
        Attribute::Emails => is_mailbox(text("value")),
        Attribute::Phones => {
            let digits: Vec<char> = text("value").chars().filter(char::is_ascii_digit).collect();
            PHONE_DIGITS.contains(&digits.len()) && digits.iter().any(|digit| *digit != digits[0])
        }
        Attribute::Addresses => {
            value["lines"].as_array().is_some_and(|lines| !lines.is_empty())
                && (!text("city").is_empty() || !text("postcode").is_empty())
        }
        Attribute::BirthDate => value.as_str().is_some_and(|date| date.len() == 10 && &date[..4] >= "1900"),
        Attribute::Identifiers => !text("value").is_empty(),
        Attribute::Gender | Attribute::Organisation | Attribute::Language | Attribute::Country => {
            value.as_str().is_some_and(|text| !text.is_empty())
        }
    }
}

fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let labels = || domain.split('.');
    !local.is_empty()
        && !text.contains(char::is_whitespace)
        && labels().count() > 1
        && labels().all(|label| !label.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn values(value: Value) -> Values {
        let Value::Object(values) = value else { panic!("an object") };
        values
    }

    #[test]
    fn usable_is_what_could_serve() {
        let cases = [
            (Attribute::Emails, json!({"value": "ana@example.com"}), true),
            (Attribute::Emails, json!({"value": "ana@example"}), false),
            (Attribute::Emails, json!({"value": "a na@example.com"}), false),
            (Attribute::Emails, json!({"value": "ana@example..com"}), false),
            (Attribute::Phones, json!({"value": "+44 20 7946 0123"}), true),
            (Attribute::Phones, json!({"value": "000 0000"}), false),
            (Attribute::Phones, json!({"value": "12345"}), false),
            (Attribute::Name, json!({"given": "Ana", "family": "Silva"}), true),
            (Attribute::Name, json!({"given": "A.", "family": "Silva"}), false),
            (Attribute::Name, json!({"full": "Ana Silva"}), true),
            (Attribute::BirthDate, json!("1980-02-03"), true),
            (Attribute::BirthDate, json!("1980"), false),
            (Attribute::Addresses, json!({"lines": ["1 Low Road"], "city": "Bath"}), true),
            (Attribute::Addresses, json!({"city": "Bath"}), false),
        ];
        for (attribute, value, expected) in cases {
            assert_eq!(is_usable(attribute, &value), expected, "{value}");
        }
    }

    #[test]
    fn shares_and_conflicts_are_counted() {
        let mut quality = Quality::default();
        let shop = values(
            json!({"birth_date": "1980-02-03", "emails": [{"value": "Ana@example.com"}, {"value": "b@example.com"}]}),
        );
        let club = values(json!({"birth_date": "1980-03-02", "emails": [{"value": "ana@example.com"}]}));
        quality.take_record("shop", &shop);
        quality.take_record("shop", &Values::new());
        let emails = quality.sources["shop"].attributes[&Attribute::Emails];
        assert_eq!((quality.sources["shop"].records, emails), (2, Filled { present: 1, usable: 1 }));
        quality.take_person(&[("shop".to_owned(), shop.clone()), ("club".to_owned(), club)]);
        quality.take_person(&[("shop".to_owned(), shop.clone()), ("shop".to_owned(), shop)]);
        assert_eq!(quality.people, 1);
        assert_eq!(quality.conflicts[&Attribute::BirthDate], Conflict { stated: 1, differ: 1 });
        assert_eq!(quality.conflicts[&Attribute::Emails], Conflict { stated: 1, differ: 0 });
        assert!(!quality.conflicts.contains_key(&Attribute::Name));
    }
}
