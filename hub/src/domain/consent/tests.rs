use super::permission::{Permission, Question, Reason, View, decide};
use super::*;
use crate::domain::customer::Customer;
use crate::domain::ids::SourceKey;
use crate::domain::rules::RuleSet;
use crate::domain::survivorship::{Member, survive};
use proptest::prelude::*;
use serde_json::{Value, json};

const RECEIVED_US: i64 = 1_900_000_000_000_000;

fn customer(email: &str, country: Option<&str>) -> Customer {
    let mut value = json!({ "emails": [{ "value": email }] });
    if let Some(country) = country {
        value["country"] = country.into();
    }
    Customer::checked(&value, "2026-11-23").expect("a valid customer")
}

fn understood(consent: Value, customer: &Customer) -> Result<Statement, ConsentError> {
    let consent: Consent = serde_json::from_value(consent).expect("the contract's shape");
    consent.understood(Origin { by: "shop", version: 1, changed_us: 1, received_us: RECEIVED_US, customer })
}

/// Somebody with one record for each list of statements.
struct Person(Vec<(SourceKey, Customer, Stance)>);

impl Person {
    fn of(records: Vec<(Customer, Vec<Statement>)>) -> Person {
        let record = |(place, (customer, statements)): (usize, (Customer, Vec<Statement>))| {
            let mut stance = Stance::default();
            statements.iter().for_each(|statement| {
                stance.add(statement);
            });
            (SourceKey::new("crm", place.to_string()), customer, stance)
        };
        Person(records.into_iter().enumerate().map(record).collect())
    }

    fn body(&self) -> Value {
        let members: Vec<Member<'_>> = self
            .0
            .iter()
            .map(|(key, customer, stance)| Member {
                key,
                rank: key.rank(),
                updated_us: 1,
                customer,
                stance: Some(stance),
            })
            .collect();
        let rules = RuleSet::shipped().expect("shipped rules are valid").rules;
        serde_json::from_str(&survive(&members, &rules, &[]).body).expect("a golden record is an object")
    }

    fn may(&self, purpose: &str, channel: Channel, now_us: i64) -> Permission {
        may(self.body(), purpose, channel, now_us)
    }
}

fn may(body: Value, purpose: &str, channel: Channel, now_us: i64) -> Permission {
    let catalogue = RuleSet::shipped().expect("shipped rules are valid").rules.consent;
    let view: View = serde_json::from_value(body).expect("a golden record's shape");
    let now = jiff::Timestamp::from_microsecond(now_us).expect("a time");
    decide(&view, &Question { purpose, channel, now }, &catalogue.purpose[purpose], &catalogue)
}

#[test]
fn statements_that_make_no_sense_are_refused() {
    let customer = customer("ana@example.com", None);
    let cases = [
        (json!({"purpose": "Marketing", "state": "granted"}), Err(ConsentError::Purpose)),
        (json!({"purpose": "", "state": "granted"}), Err(ConsentError::Purpose)),
        (
            json!({"purpose": "marketing", "state": "granted", "captured_at": "soon"}),
            Err(ConsentError::Time("captured_at")),
        ),
        (json!({"purpose": "marketing", "state": "granted", "captured_at": "2099-01-01"}), Err(ConsentError::Future)),
        (json!({"purpose": "marketing", "state": "denied", "jurisdiction": "de"}), Err(ConsentError::Jurisdiction)),
        (
            json!({"purpose": "marketing", "state": "denied", "wording": "x".repeat(5 << 20)}),
            Err(ConsentError::TooLong("wording")),
        ),
        (json!({"purpose": "marketing", "state": "denied", "captured_at": "2024-02-29"}), Ok(())),
        (json!({"purpose": "marketing", "state": "denied", "captured_at": "2024-02-29T10:00:00+02:00"}), Ok(())),
        (json!({"purpose": "x.y-z_1", "state": "denied"}), Ok(())),
    ];
    for (consent, expected) in cases {
        assert_eq!(understood(consent, &customer).map(drop), expected);
    }
}

/// One record for each list of statements, all with the same address; what may be done by e-mail for marketing.
fn check(records: &[&[Value]], country: Option<&str>, expected: (bool, &str)) {
    let customer = customer("Ana@Example.com", country);
    let said = |list: &&[Value]| {
        let all = list.iter().map(|consent| {
            let mut consent = consent.clone();
            consent["purpose"] = "marketing".into();
            understood(consent, &customer).expect("a valid statement")
        });
        (customer.clone(), all.collect())
    };
    let permission = Person::of(records.iter().map(said).collect()).may("marketing", Channel::Email, RECEIVED_US);
    let code = serde_json::to_value(&permission.reason).expect("plain data")["code"].clone();
    assert_eq!((permission.allowed, code.as_str().unwrap_or_default()), expected, "{records:?} {country:?}");
}

#[test]
fn what_may_be_done() {
    let yes = |at: &str| json!({"channel": "email", "state": "granted", "captured_at": at});
    let no = |at: &str| json!({"channel": "email", "state": "withdrawn", "captured_at": at});
    let undated = |state: &str| json!({"channel": "email", "state": state});
    let soft =
        json!({"channel": "email", "state": "granted", "basis": "existing_customer", "captured_at": "2024-01-01"});
    let of = |value: Value, with: Value| {
        let mut value = value;
        value.as_object_mut().expect("an object").extend(with.as_object().expect("an object").clone());
        value
    };
    check(&[&[yes("2024-01-01")]], None, (true, "granted"));
    check(&[&[yes("2024-01-01")], &[no("2024-01-02")]], None, (false, "refused"));
    check(&[&[yes("2024-01-03")], &[no("2024-01-02")]], None, (true, "granted"));
    // At the same moment, the answer that allows less.
    check(&[&[yes("2024-01-02")], &[no("2024-01-02")]], None, (false, "refused"));
    check(&[&[undated("granted")]], None, (true, "granted"));
    check(&[&[undated("granted")], &[no("2010-01-01")]], None, (false, "refused"));
    check(&[&[undated("unknown")]], None, (false, "never_granted"));
    check(&[&[]], None, (false, "never_granted"));
    // A refusal of one address, or of all channels, is a refusal.
    check(
        &[&[yes("2024-01-01")], &[of(no("2024-01-02"), json!({"point": "other@example.com"}))]],
        None,
        (false, "refused"),
    );
    check(&[&[yes("2024-01-01")], &[of(no("2024-01-02"), json!({"channel": "any"}))]], None, (false, "refused"));
    check(&[&[yes("2024-01-01")], &[of(no("2024-01-02"), json!({"channel": "sms"}))]], None, (true, "granted"));
    // A permission reaches its own address only, however it is spelt.
    check(&[&[of(yes("2024-01-01"), json!({"point": "other@example.com"}))]], None, (false, "never_granted"));
    check(&[&[of(yes("2024-01-01"), json!({"point": " ana@EXAMPLE.com"}))]], None, (true, "granted"));
    check(&[&[of(yes("2024-01-01"), json!({"valid_until": "2024-06-01"}))]], None, (false, "expired"));
    // The law of the country.
    check(&[&[]], Some("US"), (true, "not_refused"));
    check(&[&[no("2024-01-01")]], Some("US"), (false, "refused"));
    let soft = [soft];
    check(&[&soft], Some("DE"), (true, "existing_customer"));
    check(&[&soft], Some("JP"), (false, "never_granted"));
    check(&[&soft, &[no("2024-01-02")]], Some("DE"), (false, "refused"));
}

#[test]
fn a_permission_reaches_one_address_of_two() {
    let value = json!({"emails": ADDRESSES.map(|address| json!({"value": address}))});
    let customer = Customer::checked(&value, "2026-11-23").expect("a valid customer");
    let yes = json!({"purpose": "marketing", "channel": "email", "state": "granted", "point": ADDRESSES[0]});
    let statement = understood(yes, &customer).expect("a valid statement");
    let permission = Person::of(vec![(customer, vec![statement])]).may("marketing", Channel::Email, RECEIVED_US);
    let [yes, no] = &permission.points[..] else { panic!("two addresses: {permission:?}") };
    let allowed = if yes.allowed { (yes, no) } else { (no, yes) };
    assert!(matches!(allowed.0.reason, Reason::Granted { .. }));
    assert_eq!(allowed.1.reason, Reason::OtherContactPoint);
}

#[test]
fn of_two_countries_the_stricter_law_holds() {
    let records = [Some("US"), Some("DE"), None].map(|country| (customer("ana@example.com", country), Vec::new()));
    let [us, de, unknown] = records;
    let allowed = |records: Vec<_>| Person::of(records).may("marketing", Channel::Email, RECEIVED_US).allowed;
    assert!(allowed(vec![us.clone()]));
    assert!(!allowed(vec![us.clone(), de]));
    assert!(!allowed(vec![unknown.clone()]));
    // A record without a country neither takes the American's leave away nor shares in it.
    assert!(allowed(vec![us.clone(), unknown]));
    let stray = (customer(ADDRESSES[1], None), Vec::new());
    let together = Person::of(vec![us, stray]).may("marketing", Channel::Email, RECEIVED_US);
    let mut points: Vec<bool> = together.points.iter().map(|point| point.allowed).collect();
    points.sort_unstable();
    assert_eq!(points, [false, true]);
    // However its number is written.
    let phone = |value: &str, country: Option<&str>| {
        let value = json!({"phones": [{"value": value}], "country": country.unwrap_or_default()});
        (Customer::checked(&value, "2026-11-23").expect("a valid customer"), Vec::new())
    };
    let stray = vec![phone("+1 882 555 0100", Some("US")), phone("882-555-0179", None)];
    let together = Person::of(stray).may("marketing", Channel::Phone, RECEIVED_US);
    let mut points: Vec<bool> = together.points.iter().map(|point| point.allowed).collect();
    points.sort_unstable();
    assert_eq!(points, [false, true]);
}

#[test]
fn a_record_may_change_its_mind_without_saying_when() {
    let customer = customer("ana@example.com", None);
    let said = |version: i64, state: &str| {
        let consent = json!({"purpose": "marketing", "channel": "email", "state": state});
        let consent: Consent = serde_json::from_value(consent).expect("the contract's shape");
        let origin = Origin { by: "crm", version, changed_us: version, received_us: RECEIVED_US, customer: &customer };
        consent.understood(origin).expect("a valid statement")
    };
    let allowed = |all: Vec<Statement>| {
        Person::of(vec![(customer.clone(), all)]).may("marketing", Channel::Email, RECEIVED_US).allowed
    };
    assert!(allowed(vec![said(1, "denied"), said(2, "granted")]));
    assert!(allowed(vec![said(2, "granted"), said(1, "denied")]), "in whatever order the versions arrive");
    assert!(!allowed(vec![said(2, "granted"), said(3, "denied"), said(1, "denied")]));
}

#[test]
fn what_rests_on_a_contract_needs_no_consent() {
    let person = Person::of(vec![(customer("ana@example.com", None), Vec::new())]);
    assert_eq!(person.may("service", Channel::Email, 0).reason, Reason::NotNeeded);
    assert_eq!(person.may("service", Channel::Sms, 0).reason, Reason::NoContactPoint);
}

const ADDRESSES: [&str; 2] = ["ana@example.com", "a.silva@example.org"];

fn statement() -> impl Strategy<Value = (Value, i64)> {
    let states = prop::sample::select(vec!["granted", "granted", "denied", "withdrawn", "expired", "unknown"]);
    let channels = prop::sample::select(vec!["any", "email", "email", "sms"]);
    let points = prop::option::of(prop::sample::select(ADDRESSES.to_vec()));
    let (at, until) = (prop::option::of(1i64..9), prop::option::of(1i64..12));
    (states, channels, points, at, until, any::<bool>(), 1i64..4).prop_map(
        |(state, channel, point, at, until, soft, version)| {
            let day = |day: i64| format!("2024-01-{day:02}");
            let mut consent = json!({"purpose": "marketing", "channel": channel, "state": state});
            let mut set = |name: &str, value: Option<String>| {
                if let Some(value) = value {
                    consent[name] = value.into();
                }
            };
            set("point", point.filter(|_| channel == "email").map(str::to_owned));
            set("captured_at", at.map(day));
            set("valid_until", until.map(day));
            set("basis", soft.then(|| "existing_customer".to_owned()));
            (consent, version)
        },
    )
}

type Member3 = (u8, Option<&'static str>, Vec<(Value, i64)>);

fn member() -> impl Strategy<Value = Member3> {
    let countries = prop::sample::select(vec![None, Some("US"), Some("DE"), Some("JP")]);
    (0u8..2, countries, prop::collection::vec(statement(), 0..5))
}

fn record((address, country, said): &Member3) -> (Customer, Vec<Statement>) {
    let customer = customer(ADDRESSES[usize::from(*address)], *country);
    let all = said.iter().map(|(consent, version)| {
        let consent: Consent = serde_json::from_value(consent.clone()).expect("the contract's shape");
        let origin = Origin {
            by: "crm",
            version: *version,
            changed_us: version * 1_000_000,
            received_us: RECEIVED_US,
            customer: &customer,
        };
        consent.understood(origin).expect("a valid statement")
    });
    let all = all.collect();
    (customer, all)
}

/// The addresses that may be written to, with when that was said where somebody has said so.
fn allowed(body: &Value, now_us: i64) -> Vec<(String, Option<jiff::Timestamp>)> {
    let permission = may(body.clone(), "marketing", Channel::Email, now_us);
    let points = permission.points.into_iter().filter(|point| point.allowed).map(|point| {
        let at = match point.reason {
            Reason::Granted { by } | Reason::ExistingCustomer { by } => by.at,
            _ => None,
        };
        (body["emails"][point.place]["value"].as_str().unwrap_or_default().to_owned(), at)
    });
    points.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// What a record's statements come to depends neither on their order nor on how often they are sent.
    #[test]
    fn a_stance_knows_no_order(one in member(), order in prop::collection::vec(any::<u32>(), 10)) {
        let (_, statements) = record(&one);
        let mut shuffled: Vec<(u32, Statement)> =
            statements.iter().chain(&statements).cloned().zip(order).map(|(s, place)| (place, s)).collect();
        shuffled.sort_by_key(|(place, _)| *place);
        let stance = |all: &[Statement]| {
            let mut stance = Stance::default();
            all.iter().for_each(|statement| { stance.add(statement); });
            stance
        };
        let again: Vec<Statement> = shuffled.into_iter().map(|(_, statement)| statement).collect();
        prop_assert_eq!(stance(&statements), stance(&again));
    }

    /// I11: whoever may be written to after a merge could be written to before it, at that address, and every member that
    /// has said no is outweighed by a newer yes.
    #[test]
    fn a_merge_never_widens(all in prop::collection::vec(member(), 1..5), now in 1i64..14) {
        let now_us = 1_704_067_200_000_000 + now * 86_400_000_000;
        let alone: Vec<Value> = all.iter().map(|one| Person::of(vec![record(one)]).body()).collect();
        let together = Person::of(all.iter().map(record).collect()).body();
        for (address, said_at) in allowed(&together, now_us) {
            let before = alone.iter().flat_map(|body| allowed(body, now_us)).any(|(known, _)| known == address);
            prop_assert!(before, "nobody could be written to at {address} before: {together}");
            for body in &alone {
                let view: View = serde_json::from_value(body.clone()).expect("a golden record's shape");
                for no in view.consents.iter().filter(|entry| entry.state.refuses() && entry.channel != Channel::Sms) {
                    prop_assert!(said_at > no.at, "a refusal is not outweighed: {together}");
                }
            }
        }
    }

    /// Nobody's order of joining matters: the members alone do.
    #[test]
    fn members_have_no_order(all in prop::collection::vec(member(), 1..5), turn in any::<prop::sample::Index>()) {
        let people: Vec<(SourceKey, Customer, Stance)> = Person::of(all.iter().map(record).collect()).0;
        let mut turned = people.clone();
        let by = turn.index(turned.len());
        turned.rotate_left(by);
        prop_assert_eq!(Person(people).body(), Person(turned).body());
    }
}
