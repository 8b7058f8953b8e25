//! What is to be taken out of a store when somebody is forgotten. Pure: what is held is handed in.

use super::request::Keeps;
use super::tombstone::Writing;
use crate::domain::cause::Cause;
use crate::domain::customer::Customer;
use crate::domain::decision::Verdict;
use crate::domain::ids::{DecisionId, DeliveryId, EventSeq, GoldenId, RecordNo, SourceKey};
use crate::domain::plan::EventKind;
use foldhash::HashSet;
use serde::Deserialize;
use uuid::Uuid;

/// Everything that the transaction does beside the plan.
#[derive(Clone, Debug)]
pub struct Erasure {
    pub request: Uuid,
    pub by: String,
    pub golden: GoldenId,
    pub keeps: Keeps,
    pub records: Vec<(RecordNo, SourceKey)>,
    pub deliveries: Vec<DeliveryId>,
    /// Deliveries that spoke of others as well, without the person.
    pub rewritten: Vec<(DeliveryId, Vec<u8>)>,
    /// The last delivery that was dealt with before.
    pub position: DeliveryId,
    pub events: Vec<(EventSeq, Scrubbed)>,
    /// Decisions that named the records.
    pub decisions: Vec<DecisionId>,
    pub tombstones: Vec<Writing>,
    /// Membership numbers that nobody else has, as they are compared.
    pub memberships: Vec<String>,
}

/// A change event that may hold something of the person.
pub struct HistoryEvent<'e> {
    pub golden: GoldenId,
    pub kind: EventKind,
    pub body: &'e str,
    pub cause: Option<&'e str>,
}

/// How much of an event is taken out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrubbed {
    /// Values, lineage, and the cause.
    Values,
    Cause,
}

/// The body of an event whose values were taken out.
pub const ERASED_BODY: &str = "{\"erased\":true}";

/// The name of a record whose own was taken out.
pub fn erased_key(record: RecordNo) -> String {
    format!("erased:{}", record.0)
}

/// What is taken out of an event: the values of golden records that are gone with the person, of others as they were while
/// the person's records were with them, and every cause that names such a record.
pub fn scrub(event: &HistoryEvent<'_>, gone: &HashSet<GoldenId>, records: &HashSet<SourceKey>) -> Option<Scrubbed> {
    #[derive(Deserialize)]
    struct Members {
        #[serde(default)]
        records: Vec<SourceKey>,
    }
    let has_values = !matches!(event.kind, EventKind::Merged | EventKind::Deleted);
    let names = || {
        let members: Option<Members> = serde_json::from_str(event.body).ok();
        members.is_none_or(|members| members.records.iter().any(|key| records.contains(key)))
    };
    if has_values && event.body != ERASED_BODY && (gone.contains(&event.golden) || names()) {
        return Some(Scrubbed::Values);
    }
    event.cause.is_some_and(|text| cause_names(text, records)).then_some(Scrubbed::Cause)
}

fn cause_names(text: &str, records: &HashSet<SourceKey>) -> bool {
    let Ok(cause) = serde_json::from_str::<Cause>(text) else { return true };
    match &cause {
        Cause::Match { records: named, .. } => named.iter().any(|key| records.contains(key)),
        Cause::Records { records: named } | Cause::Policy { records: named, .. } => {
            named.iter().any(|key| records.contains(key))
        }
        Cause::Decision { .. } | Cause::Erasure => false,
    }
}

/// What is left of a verdict without some records; nothing, if it then says nothing.
pub fn without(verdict: &Verdict, records: &HashSet<SourceKey>) -> Option<Verdict> {
    let rest =
        |keys: &[SourceKey]| -> Vec<SourceKey> { keys.iter().filter(|key| !records.contains(*key)).cloned().collect() };
    match verdict {
        Verdict::AlwaysLink { records } => {
            let records = rest(records);
            (records.len() > 1).then_some(Verdict::AlwaysLink { records })
        }
        Verdict::NeverLink { left, right } => {
            let (left, right) = (rest(left), rest(right));
            (!left.is_empty() && !right.is_empty()).then_some(Verdict::NeverLink { left, right })
        }
        Verdict::Pin { .. } => None,
    }
}

/// Texts by which payloads that never became a record are recognised as the person's.
#[derive(Default)]
pub struct Needles(Vec<String>);

/// Shorter ones stand in payloads of others by chance.
const NEEDLE_CHARS_MIN: usize = 6;

impl Needles {
    pub fn add(&mut self, key: &SourceKey, customer: &Customer) {
        let contacts = customer.emails.iter().chain(&customer.phones).map(|point| point.value.as_str());
        let identifiers = customer.identifiers.iter().map(|identifier| identifier.value.as_str());
        let all = contacts.chain(identifiers).chain([key.key.as_str()]);
        self.0.extend(all.filter(|text| text.chars().count() >= NEEDLE_CHARS_MIN).map(str::to_lowercase));
        self.0.sort_unstable();
        self.0.dedup();
    }

    pub fn is_in(&self, payload: &[u8]) -> bool {
        let text = String::from_utf8_lossy(payload).to_lowercase();
        self.0.iter().any(|needle| text.contains(needle.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(name: &str) -> SourceKey {
        SourceKey::new("crm", name)
    }

    fn golden(n: u128) -> GoldenId {
        GoldenId(Uuid::from_u128(n))
    }

    #[test]
    fn events() {
        let (gone, records) = (HashSet::from_iter([golden(1)]), HashSet::from_iter([key("a")]));
        let with_a = "{\"records\":[{\"source\":\"crm\",\"source_key\":\"a\"}]}";
        let with_b = "{\"records\":[{\"source\":\"crm\",\"source_key\":\"b\"}]}";
        let named = "{\"kind\":\"records\",\"records\":[{\"source\":\"crm\",\"source_key\":\"a\"}]}";
        let check = |n, kind, body, cause, expected| {
            let event = HistoryEvent { golden: golden(n), kind, body, cause };
            assert_eq!(scrub(&event, &gone, &records), expected, "{n} {body} {cause:?}");
        };
        check(1, EventKind::Created, with_b, None, Some(Scrubbed::Values));
        check(2, EventKind::Updated, with_a, None, Some(Scrubbed::Values));
        check(2, EventKind::Updated, with_b, None, None);
        check(2, EventKind::Restored, with_b, Some(named), Some(Scrubbed::Cause));
        check(1, EventKind::Merged, "{\"into\":\"x\"}", None, None);
        check(1, EventKind::Deleted, "{}", Some(named), Some(Scrubbed::Cause));
        check(1, EventKind::Updated, ERASED_BODY, None, None);
        // What cannot be read is not left standing.
        check(2, EventKind::Updated, "?", None, Some(Scrubbed::Values));
        check(2, EventKind::Updated, with_b, Some("?"), Some(Scrubbed::Cause));
    }

    #[test]
    fn verdicts() {
        let records = HashSet::from_iter([key("a")]);
        let check = |verdict: Verdict, left: Option<Verdict>| assert_eq!(without(&verdict, &records), left);
        let always = |names: &[&str]| Verdict::AlwaysLink { records: names.iter().map(|name| key(name)).collect() };
        check(always(&["a", "b"]), None);
        check(always(&["a", "b", "c"]), Some(always(&["b", "c"])));
        check(Verdict::NeverLink { left: vec![key("a")], right: vec![key("b")] }, None);
    }

    #[test]
    fn payloads() {
        let customer: Customer = serde_json::from_value(serde_json::json!({
            "emails": [{"value": "ana@example.com"}], "phones": [{"value": "123"}]
        }))
        .expect("a customer");
        let mut needles = Needles::default();
        needles.add(&key("77"), &customer);
        assert!(needles.is_in(b"{\"mail\":\"ANA@example.com\"}"));
        assert!(!needles.is_in(b"{\"id\":\"77\",\"phone\":\"123\"}"), "too short to tell");
    }
}
