//! Survivorship as tables: who says what, and what must survive.

use super::*;
use crate::domain::rules::SHIPPED;
use proptest::prelude::*;
use serde_json::json;

const DAY_US: i64 = 86_400_000_000;

struct Said {
    key: SourceKey,
    customer: Customer,
    day: i64,
}

fn said(source: &str, key: &str, day: i64, record: Value) -> Said {
    let customer = Customer::checked(&record, "2026-11-23").expect("a valid test record");
    Said { key: SourceKey::new(source, key), customer, day }
}

fn members(all: &[Said]) -> Vec<Member<'_>> {
    let member = |s: &'_ Said| (s.key.rank(), s.day * DAY_US);
    all.iter()
        .map(|s| {
            let (rank, updated_us) = member(s);
            Member { key: &s.key, rank, updated_us, customer: &s.customer, stance: None }
        })
        .collect()
}

fn check(all: &[Said], pins: &[Pin], attribute: &str, value: Value, rule: &str) {
    let rules = Rules::parse(SHIPPED).expect("shipped rules");
    let survived = survive(&members(all), &rules, pins);
    let parse = |text: &str| serde_json::from_str::<Value>(text).expect("JSON");
    assert_eq!(parse(&survived.body)[attribute], value);
    assert_eq!(parse(&survived.lineage)[attribute][0]["rule"], rule);
}

#[test]
fn the_only_value_survives() {
    check(&[said("shopify", "1", 0, json!({"gender": "female"}))], &[], "gender", json!("female"), "only_value");
}

#[test]
fn frequency_beats_trust_for_gender() {
    let all = [
        said("salesforce", "1", 0, json!({"gender": "male"})),
        said("shopify", "2", 0, json!({"gender": "female"})),
        said("square", "3", 0, json!({"gender": "Female"})),
    ];
    check(&all, &[], "gender", json!("female"), "frequent");
}

#[test]
fn one_telephone_number_survives_once_in_its_fullest_spelling() {
    let phone = |value: &str| json!({"phones": [{"value": value}]});
    let all = [
        said("salesforce", "1", 9, phone("854 555 0158")),
        said("shopify", "2", 0, phone("+18545550158")),
        said("square", "3", 5, phone("(854) 555-0158")),
    ];
    check(&all, &[], "phones", json!([{"value": "+18545550158"}]), "only_value");
}

#[test]
fn trust_decays_until_a_newer_word_wins() {
    let address = |line: &str| json!({"addresses": [{"lines": [line], "city": "Oldtown"}]});
    let young = [said("salesforce", "1", 0, address("Old Lane 1")), said("shopify", "2", 30, address("New Road 2"))];
    let old = [said("salesforce", "1", 0, address("Old Lane 1")), said("shopify", "2", 730, address("New Road 2"))];
    let lines = |line: &str| json!({"lines": [line], "city": "Oldtown"});
    check(&young, &[], "addresses", json!([lines("Old Lane 1"), lines("New Road 2")]), "trust");
    check(&old, &[], "addresses", json!([lines("New Road 2"), lines("Old Lane 1")]), "trust");
}

#[test]
fn a_full_name_beats_an_initial_and_stays_together() {
    let all = [
        said("salesforce", "1", 9, json!({"names": [{"given": "M.", "family": "Keller"}]})),
        said("square", "2", 0, json!({"names": [{"given": "Maria", "family": "Keller-Roth"}]})),
    ];
    check(&all, &[], "name", json!({"given": "Maria", "family": "Keller-Roth"}), "complete");
}

#[test]
fn equal_contact_points_become_one() {
    let all = [
        said("shopify", "1", 0, json!({"emails": [{"value": "Ana@Example.com"}]})),
        said("salesforce", "2", 0, json!({"emails": [{"value": "ana@example.com"}]})),
    ];
    check(&all, &[], "emails", json!([{"value": "ana@example.com"}]), "only_value");
}

#[test]
fn a_pin_overrides_until_the_sources_change() {
    let pin = |until_not| Pin {
        decision: crate::domain::ids::DecisionId(uuid::Uuid::nil()),
        at_us: 1,
        attribute: Attribute::Gender,
        value: json!("other"),
        until_not,
    };
    let all = [said("shopify", "1", 0, json!({"gender": "female"}))];
    check(&all, &[pin(None)], "gender", json!("other"), "pin");
    check(&all, &[pin(Some(json!("female")))], "gender", json!("other"), "pin");
    check(&all, &[pin(Some(json!("male")))], "gender", json!("female"), "only_value");
}

#[test]
fn losers_know_what_they_lost_on() {
    let rules = Rules::parse(SHIPPED).expect("shipped rules");
    let all = [
        said("salesforce", "1", 0, json!({"organisation": "Alder Ltd"})),
        said("square", "2", 0, json!({"organisation": "Birch Ltd"})),
    ];
    let explained = explain(&members(&all), &rules);
    let organisation = &explained["organisation"];
    assert_eq!((organisation[0].survived, organisation[0].lost_on), (true, None));
    assert_eq!((organisation[1].survived, organisation[1].lost_on), (false, Some("trust")));
    assert_eq!(organisation[1].records, [SourceKey::new("square", "2")]);
}

proptest! {
    /// I4 for values: the members' order never matters.
    #[test]
    fn order_of_members_does_not_matter(
        genders in prop::collection::vec(("[a-d]", prop::sample::select(vec!["female", "male", "Other", "x"]), 0i64..3), 1..8),
        seed in any::<u64>(),
    ) {
        let rules = Rules::parse(SHIPPED).expect("shipped rules");
        let all: Vec<Said> = genders
            .iter()
            .enumerate()
            .map(|(i, (source, gender, day))| {
                let name = json!({"names": [{"given": gender, "family": source}], "gender": gender, "phones": [{"value": day.to_string()}]});
                said(source, &i.to_string(), *day, name)
            })
            .collect();
        let mut shuffled = members(&all);
        let straight = survive(&shuffled, &rules, &[]);
        shuffled.sort_by_key(|m| m.rank.0 as u64 ^ seed);
        prop_assert_eq!(survive(&shuffled, &rules, &[]), straight);
    }
}
