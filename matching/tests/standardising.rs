//! What counts as the same after standardising, as data, and that nothing whatever upsets it.

use matching::{Address, Features, Identifier, Index, Model, Name, Person, Verdict, standardise};
use proptest::prelude::*;
use std::sync::Arc;

fn in_country(country: &str) -> Person {
    Person { country: Some(country.into()), ..Person::default() }
}

fn phone(country: &str, text: &str) -> Features {
    standardise(&Person { phones: vec![text.into()], ..in_country(country) })
}

fn email(text: &str) -> Features {
    standardise(&Person { emails: vec![text.into()], ..Person::default() })
}

fn born(text: &str) -> Features {
    standardise(&Person { birth_date: Some(text.into()), ..Person::default() })
}

fn full(text: &str) -> Features {
    standardise(&Person { names: vec![Name { full: Some(text.into()), ..Name::default() }], ..Person::default() })
}

fn parts(given: &str, family: &str) -> Features {
    standardise(&Person {
        names: vec![Name { given: Some(given.into()), family: Some(family.into()), ..Name::default() }],
        ..Person::default()
    })
}

fn street(country: &str, lines: &str, postcode: &str) -> Features {
    let address = Address {
        lines: Some(lines.into()),
        city: Some("Anytown".into()),
        postcode: Some(postcode.into()),
        ..Address::default()
    };
    standardise(&Person { addresses: vec![address], ..in_country(country) })
}

#[test]
fn notations_of_one_value_agree() {
    let same = |a: Features, b: Features| assert_eq!(a, b);
    same(phone("GB", "+44 (0)20 7946 0001"), phone("GB", "020 7946 0001"));
    same(phone("GB", "00442079460001"), phone("GB", "(020) 7946-0001"));
    same(phone("US", "1-212-555-0123"), phone("US", "+1 (212) 555 0123"));
    same(email("John.Smith+shop@gmail.com"), email("johnsmith@googlemail.com"));
    same(email("ann.lee@hotmail.con"), email("Ann.Lee@hotmail.com"));
    same(born("1980-02-03"), born("02/03/1980"));
    same(born("1980-02-03"), born("Feb 3 1980"));
    same(born("1980-02-03"), born("3.2.1980"));
    same(full("MÜLLER, Jörg"), parts("Joerg", "Mueller"));
    same(full("Dr. Ann Lee"), parts("Ann", "Lee"));
    same(parts("François", "O’Brien"), parts("FRANÃ§OIS", "OBrien"));
    same(street("GB", "Flat 3, 12 High Street", "LS1 4AP"), street("GB", "12 High St., Flat 3", "ls14ap"));
    same(street("DE", "Hauptstraße 5", "01234"), street("DE", "Hauptstr. 5", "1234"));
    same(street("US", "12 Oak Avenue #4", "12345-6789"), street("US", "12 Oak Ave Apt 4", "12345"));
}

#[test]
fn worthless_values_say_nothing() {
    let nothing = |features: Features| assert!(features.is_empty());
    ["0000000000", "1234567890", "12", "", "n/a"].into_iter().for_each(|text| nothing(phone("US", text)));
    ["test@test.com", "noreply@store.example", "nobody", "@", "a@"].into_iter().for_each(|text| nothing(email(text)));
    ["GUEST CUSTOMER", "Test Test", "unknown", "N/A", "😀😀", ""].into_iter().for_each(|text| nothing(full(text)));
    ["1900-01-01", "1970-01-01", "soon", "0000-00-00"]
        .into_iter()
        .for_each(|text| assert_eq!(born(text), standardise(&Person::default())));
}

/// A household and some strangers, and what is to be thought of each pair.
#[test]
fn verdicts() {
    let person = |given: &str, family: &str, birth: &str, mail: &str| Person {
        names: vec![Name { given: Some(given.into()), family: Some(family.into()), ..Name::default() }],
        birth_date: Some(birth.into()),
        emails: vec![mail.into()],
        addresses: vec![Address {
            lines: Some("12 High Street".into()),
            city: Some("Leeds".into()),
            postcode: Some("LS1 4AP".into()),
            ..Address::default()
        }],
        ..in_country("GB")
    };
    let records = [
        person("Robert", "Okafor", "1950-03-04", "robert@okafor.example"),
        person("Bob", "Okafor", "1950-03-04", "rob.okafor@mail.example"),
        person("Robert", "Okafor Jr", "1979-08-30", "junior@okafor.example"),
        person("Grace", "Okafor", "1951-11-20", "robert@okafor.example"),
        person("Ruth", "Okafor", "1979-08-30", "ruth@okafor.example"),
    ];
    let mut index = Index::new(Arc::new(Model::default()));
    index.update(&[], (0u32..).zip(records.iter().map(standardise)).collect());
    let check = |a: u32, b: u32, same: bool| {
        let (Some(left), Some(right)) = (index.features(a), index.features(b)) else { panic!("stored") };
        let explanation = index.explain(left, right);
        assert_eq!(explanation.verdict == Verdict::Same, same, "{a} {b} {explanation:#?}");
    };
    check(0, 1, true);
    [(0, 2), (0, 3), (0, 4), (1, 3), (2, 4), (3, 4)].into_iter().for_each(|(a, b)| check(a, b, false));
}

proptest! {
    #[test]
    fn any_text_is_accepted_and_stays_small(texts in prop::collection::vec(".{0,60}", 12), repeat in 1usize..200) {
        let text = |at: usize| Some(texts[at].repeat(repeat));
        let person = Person {
            source: text(0),
            names: vec![Name { given: text(1), middle: text(2), family: text(3), full: text(4) }, Name { full: text(5), ..Name::default() }],
            birth_date: text(6),
            gender: text(7),
            emails: texts.clone(),
            phones: texts.clone(),
            addresses: vec![Address { lines: text(8), city: text(9), region: text(10), postcode: text(11), country: text(0) }],
            identifiers: texts.iter().map(|value| Identifier { scheme: value.clone(), value: value.clone() }).collect(),
            organisation: text(2),
            birth_place: text(4),
            occupation: text(5),
            country: text(3),
        };
        let features = standardise(&person);
        prop_assert!(features.size_bytes() < 3000);
        let mut index = Index::new(Arc::new(Model::default()));
        index.update(&[], vec![(7, features.clone()), (9, features.clone())]);
        prop_assert_eq!(index.weigh(7, 9).to_bits(), index.weigh(9, 7).to_bits());
        prop_assert!(index.explain(&features, &features).weight.is_finite());
    }
}
