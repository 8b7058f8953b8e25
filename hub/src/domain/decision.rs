//! What stewards decide, as data that the planner obeys for ever.

use super::ids::{DecisionId, SourceKey};
use super::limits::DECISION_RECORDS_MAX;
use super::rules::Attribute;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What is asked of stewards who decide reviews.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Diligence {
    /// Nothing is decided without a reason of one's own.
    pub reason_required: bool,
    /// A verdict holds once a second person has given the same.
    pub four_eyes: bool,
}

/// One decision with who, when and why; revoked ones stay in history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub id: DecisionId,
    pub verdict: Verdict,
    pub by: String,
    pub reason: String,
    pub at_us: i64,
}

/// What was decided, in terms of source records, because those outlive every golden record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// All of these are one person.
    AlwaysLink { records: Vec<SourceKey> },
    /// Nobody on the left is anybody on the right.
    NeverLink { left: Vec<SourceKey>, right: Vec<SourceKey> },
    /// The golden record that contains this source record shows this value.
    Pin {
        record: SourceKey,
        attribute: Attribute,
        value: Value,
        /// The survivor at the time of the pin: the pin lifts once the sources say something else. Absent: for ever.
        #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "said")]
        until_not: Option<Value>,
    },
}

/// Keeps "the sources say nothing" (null) apart from "for ever" (absent).
pub(super) fn said<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

/// A pin as survivorship sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Pin {
    pub decision: DecisionId,
    pub at_us: i64,
    pub attribute: Attribute,
    pub value: Value,
    pub until_not: Option<Value>,
}

/// Why a decision cannot be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecisionError {
    #[error("an always-link needs at least two different records")]
    TooFew,
    #[error("a never-link needs records on both sides")]
    OneSided,
    #[error("a record stands on both sides of the never-link")]
    BothSides,
    #[error("a decision names at most {DECISION_RECORDS_MAX} records")]
    TooMany,
    #[error("{0} takes {1}")]
    PinShape(&'static str, &'static str),
}

impl Verdict {
    /// The records that the decision speaks of.
    pub fn records(&self) -> impl Iterator<Item = &SourceKey> {
        let (first, second): (&[SourceKey], &[SourceKey]) = match self {
            Verdict::AlwaysLink { records } => (records, &[]),
            Verdict::NeverLink { left, right } => (left, right),
            Verdict::Pin { record, .. } => (std::slice::from_ref(record), &[]),
        };
        first.iter().chain(second)
    }

    /// Sorts and checks, so that the same decision is the same data.
    pub fn checked(mut self) -> Result<Verdict, DecisionError> {
        if self.records().count() > DECISION_RECORDS_MAX {
            return Err(DecisionError::TooMany);
        }
        match &mut self {
            Verdict::AlwaysLink { records } => {
                records.sort();
                records.dedup();
                if records.len() < 2 {
                    return Err(DecisionError::TooFew);
                }
            }
            Verdict::NeverLink { left, right } => {
                left.sort();
                left.dedup();
                right.sort();
                right.dedup();
                if left.is_empty() || right.is_empty() {
                    return Err(DecisionError::OneSided);
                }
                if left.iter().any(|record| right.binary_search(record).is_ok()) {
                    return Err(DecisionError::BothSides);
                }
                if *left > *right {
                    std::mem::swap(left, right);
                }
            }
            Verdict::Pin { attribute, value, .. } => check_pin(*attribute, value)?,
        }
        Ok(self)
    }
}

impl Pin {
    /// Whether the pin still overrides what the sources say.
    pub fn holds(&self, survivor: Option<&Value>) -> bool {
        match &self.until_not {
            None => true,
            Some(then) => survivor.unwrap_or(&Value::Null) == then,
        }
    }
}

fn check_pin(attribute: Attribute, value: &Value) -> Result<(), DecisionError> {
    let mut record = serde_json::Map::new();
    let (field, value) = match attribute {
        Attribute::Name => ("names", Value::Array(vec![value.clone()])),
        other => (other.name(), value.clone()),
    };
    record.insert(field.to_owned(), value);
    // A far future keeps the date check to the form alone.
    super::customer::Customer::checked(&Value::Object(record), "9999-12-31")
        .map(|_| ())
        .map_err(|_| DecisionError::PinShape(attribute.name(), "a value in the shape of the canonical customer"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn key(name: &str) -> SourceKey {
        SourceKey::new("crm", name)
    }

    fn check(verdict: Verdict, expected: Result<Verdict, DecisionError>) {
        assert_eq!(verdict.checked(), expected);
    }

    #[test]
    fn decisions_are_put_in_order_and_checked() {
        check(
            Verdict::AlwaysLink { records: vec![key("b"), key("a"), key("b")] },
            Ok(Verdict::AlwaysLink { records: vec![key("a"), key("b")] }),
        );
        check(Verdict::AlwaysLink { records: vec![key("a"), key("a")] }, Err(DecisionError::TooFew));
        check(
            Verdict::NeverLink { left: vec![key("b")], right: vec![key("a")] },
            Ok(Verdict::NeverLink { left: vec![key("a")], right: vec![key("b")] }),
        );
        check(Verdict::NeverLink { left: vec![key("a")], right: vec![key("a")] }, Err(DecisionError::BothSides));
        check(Verdict::NeverLink { left: vec![], right: vec![key("a")] }, Err(DecisionError::OneSided));
    }

    #[test]
    fn pins_have_the_attributes_shape() {
        let pin = |attribute, value| Verdict::Pin { record: key("a"), attribute, value, until_not: None };
        assert!(pin(Attribute::Name, json!({"given": "Ana", "family": "Silva"})).checked().is_ok());
        assert!(pin(Attribute::Emails, json!([{"value": "ana@example.com"}])).checked().is_ok());
        assert!(pin(Attribute::Emails, json!("ana@example.com")).checked().is_err());
        assert!(pin(Attribute::BirthDate, json!("1980-99")).checked().is_err());
    }

    #[test]
    fn a_pin_is_stored_with_its_end() {
        for until_not in [None, Some(Value::Null), Some(json!("male"))] {
            let pin =
                Verdict::Pin { record: key("a"), attribute: Attribute::Gender, value: json!("female"), until_not };
            let stored = serde_json::to_string(&pin).expect("plain data");
            assert_eq!(serde_json::from_str::<Verdict>(&stored).expect("what was written"), pin);
        }
    }

    #[test]
    fn a_pin_lifts_only_when_the_sources_say_something_new() {
        let pin = Pin {
            decision: DecisionId(uuid::Uuid::nil()),
            at_us: 0,
            attribute: Attribute::Gender,
            value: json!("female"),
            until_not: Some(json!("male")),
        };
        assert!(pin.holds(Some(&json!("male"))));
        assert!(!pin.holds(Some(&json!("other"))));
        assert!(!pin.holds(None));
    }
}
