//! Whether a subscriber wants an event, and what it sees of it.

use super::{Filter, Settings};
use crate::domain::consent::{Lens, narrow};
use crate::domain::ids::GoldenId;
use crate::domain::plan::EventKind;
use crate::domain::survivorship::{CONSENTS, JURISDICTIONS};
use serde::Serialize;
use serde_json::{Map, Value};

/// An event with the version before it, as both stand in the feed.
#[derive(Clone, Copy, Debug)]
pub struct See<'a> {
    pub golden: GoldenId,
    pub kind: EventKind,
    pub body: &'a str,
    /// Absent for the first version.
    pub before: Option<&'a str>,
    /// Why the id vanished or appeared.
    pub cause: Option<&'a str>,
}

/// What a subscriber sees of an event.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Seen {
    /// The values it may see; for a merged id, the one it resolves to.
    #[serde(flatten)]
    pub values: Map<String, Value>,
    /// What has changed among them.
    pub changes: Vec<AttributeChange>,
    /// Golden ids that this event ends, and those that it brings, for the first time or again.
    pub vanished: Vec<GoldenId>,
    pub appeared: Vec<GoldenId>,
    /// And why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Value>,
}

/// One attribute's value before and after; `null` where there was or is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AttributeChange {
    pub attribute: String,
    pub old: Value,
    pub new: Value,
}

/// Names the id that a retired one resolves to.
const INTO: &str = "into";

/// What a subscriber sees of an event; `None` if it does not want it. `lens` is what it uses people's data for, if it has
/// said so. Errors are bodies that are no JSON objects.
pub fn see(event: &See<'_>, settings: &Settings, lens: Option<&Lens<'_>>) -> Result<Option<Seen>, serde_json::Error> {
    let kinds = &settings.filter.events;
    if !kinds.is_empty() && !kinds.iter().any(|kind| kind == event.kind.name()) {
        return Ok(None);
    }
    let mut new: Map<String, Value> = serde_json::from_str(event.body)?;
    let mut old: Map<String, Value> = event.before.map(serde_json::from_str).transpose()?.unwrap_or_default();
    old.remove(INTO);
    let is_live = !matches!(event.kind, EventKind::Merged | EventKind::Deleted);
    // The id ends; its values live on elsewhere or not at all, and are not changes.
    let changed = |old: &_, new: &_| if is_live { changes(old, new) } else { Vec::new() };
    let mut changes = changed(&old, &new);
    if !wants(&settings.filter, event.kind, &old, &new, &changes) {
        return Ok(None);
    }
    if let Some(lens) = lens {
        narrow(&mut old, lens);
        narrow(&mut new, lens);
        changes = changed(&old, &new);
    }
    // The countries whose law counts go with the consents.
    let may_see = |name: &str| {
        let name = if name == JURISDICTIONS { CONSENTS } else { name };
        settings.attributes.as_ref().is_none_or(|seen| seen.iter().any(|a| a == name))
    };
    let values = new.into_iter().filter(|(name, _)| name == INTO || may_see(name)).collect();
    let changes = changes.into_iter().filter(|change| may_see(&change.attribute)).collect();
    let (vanished, appeared) = match event.kind {
        EventKind::Merged | EventKind::Deleted => (vec![event.golden], vec![]),
        EventKind::Created | EventKind::Restored => (vec![], vec![event.golden]),
        EventKind::Updated => (vec![], vec![]),
    };
    let mut cause: Option<Value> = event.cause.map(serde_json::from_str).transpose()?;
    if let Some(Value::Object(cause)) = cause.as_mut().filter(|_| !may_see(super::RECORDS)) {
        cause.remove(super::RECORDS);
    }
    Ok(Some(Seen { values, changes, vanished, appeared, cause }))
}

fn changes(old: &Map<String, Value>, new: &Map<String, Value>) -> Vec<AttributeChange> {
    let gone = old.keys().filter(|name| !new.contains_key(*name));
    let value = |of: &Map<String, Value>, name: &str| of.get(name).cloned().unwrap_or_default();
    let change =
        |name: &String| AttributeChange { attribute: name.clone(), old: value(old, name), new: value(new, name) };
    new.keys().chain(gone).map(change).filter(|change| change.old != change.new).collect()
}

/// Sources and countries fit if they did before or do now, so that a subscriber also learns who leaves its part.
fn wants(
    filter: &Filter,
    kind: EventKind,
    old: &Map<String, Value>,
    new: &Map<String, Value>,
    changes: &[AttributeChange],
) -> bool {
    let either = |fits: &dyn Fn(&Map<String, Value>) -> bool| fits(new) || fits(old);
    let from_source = |body: &Map<String, Value>| {
        let records = body.get(super::RECORDS).and_then(Value::as_array).into_iter().flatten();
        records.filter_map(|record| record["source"].as_str()).any(|source| filter.sources.iter().any(|s| s == source))
    };
    let in_country = |body: &Map<String, Value>| {
        let addresses = body.get("addresses").and_then(Value::as_array).into_iter().flatten();
        let countries = addresses.map(|address| &address["country"]).chain(body.get("country"));
        countries.filter_map(Value::as_str).any(|country| filter.countries.iter().any(|c| c == country))
    };
    let touched = || changes.iter().any(|change| filter.attributes.contains(&change.attribute));
    (filter.sources.is_empty() || either(&from_source))
        && (filter.countries.is_empty() || either(&in_country))
        && (filter.attributes.is_empty() || kind != EventKind::Updated || touched())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::rules::RuleSet;
    use crate::domain::subscriber::{SecretName, Target};
    use serde_json::json;
    use uuid::Uuid;

    const BEFORE: &str = r#"{"name":{"full":"A"},"country":"GB","records":[{"source":"crm","source_key":"1"}]}"#;
    const AFTER: &str = r#"{"name":{"full":"B"},"records":[{"source":"crm","source_key":"1"}]}"#;
    const CAUSE: &str = r#"{"kind":"match","weight":12.5,"records":[{"source":"crm","source_key":"1"}]}"#;
    const INTO: &str = r#"{"into":"00000000-0000-0000-0000-000000000002"}"#;

    fn settings(filter: Value, attributes: Option<&[&str]>) -> Settings {
        let target = Target::Webhook { url: String::new(), secret: SecretName("s".into()), previous: None };
        let filter = serde_json::from_value(filter).unwrap_or_default();
        let attributes = attributes.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
        Settings { target, filter, attributes, purpose: None, rate_per_second: None, parallel: 1 }
    }

    fn check(kind: EventKind, bodies: (Option<&str>, &str), settings: &Settings, expected: Value) {
        let cause = matches!(kind, EventKind::Merged).then_some(CAUSE);
        let event = See { golden: GoldenId(Uuid::from_u128(1)), kind, body: bodies.1, before: bodies.0, cause };
        let seen = see(&event, settings, None).map(|seen| serde_json::to_value(seen).unwrap_or_default());
        assert_eq!(seen.ok(), Some(expected), "{settings:?}");
    }

    #[test]
    fn changes_have_old_and_new_values() {
        let expected = json!({
            "name": {"full": "B"}, "records": [{"source": "crm", "source_key": "1"}],
            "changes": [
                {"attribute": "name", "old": {"full": "A"}, "new": {"full": "B"}},
                {"attribute": "country", "old": "GB", "new": null},
            ],
            "vanished": [], "appeared": [],
        });
        check(EventKind::Updated, (Some(BEFORE), AFTER), &settings(json!({}), None), expected);
    }

    #[test]
    fn a_projection_hides_values_and_their_changes() {
        let expected =
            json!({"changes": [{"attribute": "country", "old": "GB", "new": null}], "vanished": [], "appeared": []});
        check(EventKind::Updated, (Some(BEFORE), AFTER), &settings(json!({}), Some(&["country"])), expected);
    }

    #[test]
    fn ids_vanish_and_appear() {
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let all = settings(json!({}), Some(&[]));
        let merged = json!({"into": two, "changes": [], "vanished": [one], "appeared": [],
            "cause": {"kind": "match", "weight": 12.5}});
        check(EventKind::Merged, (Some(BEFORE), INTO), &all, merged);
        let ended = json!({"changes": [], "vanished": [one], "appeared": []});
        check(EventKind::Deleted, (Some(BEFORE), "{}"), &all, ended);
        let back = json!({"changes": [], "vanished": [], "appeared": [one]});
        check(EventKind::Restored, (Some(INTO), AFTER), &all, back.clone());
        check(EventKind::Created, (None, AFTER), &all, back);
    }

    #[test]
    fn filters_keep_what_is_wanted() {
        let cases = [
            (json!({"events": ["updated"]}), true),
            (json!({"events": ["created", "merged"]}), false),
            (json!({"sources": ["crm"]}), true),
            (json!({"sources": ["shop"]}), false),
            (json!({"attributes": ["name"]}), true),
            (json!({"attributes": ["emails"]}), false),
            // It was there before, and the subscriber has to learn that it no longer is.
            (json!({"countries": ["GB"]}), true),
            (json!({"countries": ["DE"]}), false),
        ];
        for (filter, wanted) in cases {
            let event = See {
                golden: GoldenId(Uuid::nil()),
                kind: EventKind::Updated,
                body: AFTER,
                before: Some(BEFORE),
                cause: None,
            };
            let seen = see(&event, &settings(filter.clone(), None), None);
            assert_eq!(seen.is_ok_and(|seen| seen.is_some()), wanted, "{filter}");
        }
    }

    #[test]
    fn a_purpose_hides_contact_points_before_and_after() {
        let rules = RuleSet::shipped().expect("shipped rules are valid").rules;
        let lens = Lens { purpose: "marketing", catalogue: &rules.consent, now: jiff::Timestamp::UNIX_EPOCH };
        let said = |purpose: &str, state: &str| json!({"purpose": purpose, "channel": "email", "point": "a@example.com", "state": state, "source": "shop"});
        let emails = json!([{"value": "A@example.com"}, {"value": "b@example.com"}]);
        let body = |state: &str| {
            let consents = [said("marketing", state), said("sharing", "granted")];
            json!({"emails": emails, "phones": [{"value": "+442079460018"}], "consents": consents}).to_string()
        };
        let (before, after) = (body("granted"), body("withdrawn"));
        let event = See {
            golden: GoldenId(Uuid::nil()),
            kind: EventKind::Updated,
            body: &after,
            before: Some(&before),
            cause: None,
        };
        let seen = see(&event, &settings(json!({}), None), Some(&lens)).expect("JSON").expect("wanted");
        let seen = serde_json::to_value(seen).expect("plain data");
        assert_eq!(
            seen["changes"][1],
            json!({"attribute": "consents", "old": [said("marketing", "granted")], "new": null})
        );
        assert_eq!(
            seen["changes"][0],
            json!({"attribute": "emails", "old": [{"value": "A@example.com"}], "new": null})
        );
        assert!(!seen.to_string().contains("b@example.com") && !seen.to_string().contains("7946"), "{seen}");
        let none = Lens { purpose: "forgotten", ..lens };
        let seen = see(&event, &settings(json!({}), None), Some(&none)).expect("JSON").expect("wanted");
        assert!(!serde_json::to_string(&seen).expect("plain data").contains('@'));
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = [
            (settings(json!({"events": ["burnt"]}), None), "burnt is no kind of event"),
            (settings(json!({"attributes": ["shoe"]}), None), "shoe is no attribute"),
            (settings(json!({}), Some(&["hat"])), "hat is no attribute"),
            (settings(json!({"countries": ["Gb"]}), None), "two capital letters"),
            (Settings { parallel: 0, ..settings(json!({}), None) }, "parallel"),
            (Settings { rate_per_second: Some(0), ..settings(json!({}), None) }, "rate_per_second"),
            (Settings { target: Target::Files { folder: "../etc".into() }, ..settings(json!({}), None) }, "folder"),
        ];
        for (settings, part) in wrong {
            assert!(settings.check().is_err_and(|error| error.to_string().contains(part)), "{part}");
        }
        assert_eq!(settings(json!({"events": ["updated"]}), Some(&["records"])).check(), Ok(()));
    }
}
