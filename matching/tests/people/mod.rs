//! Invented people from pools so small that values are shared all the time.

use matching::{Address, Identifier, Name, Person};
use proptest::prelude::*;

const GIVEN: [&str; 14] =
    ["Ann", "Anna", "Bob", "Robert", "Müller", "J", "J.", "John", "Jon", "Mr John", "Zoë-Ann", "test", "😀", "Иван"];
const FAMILY: [&str; 12] = [
    "Smith",
    "Smyth",
    "Müller",
    "Mueller",
    "Smith Jr",
    "de la Cruz",
    "Cruz",
    "Ann",
    "Jones",
    "Jonse",
    "unknown",
    "O'Brien",
];
const FULL: [&str; 6] = ["Smith, John", "John Smith", "SMITH", "John", "Dr. Anna Maria Müller", "guest customer"];
const EMAILS: [&str; 8] = [
    "john.smith@gmail.example",
    "johnsmith@gmail.example",
    "jhon.smith@gmail.example",
    "john.smith@post.example",
    "test@test.com",
    "a@b@c",
    "family@example.org",
    "@",
];
const PHONES: [&str; 6] = ["+44 20 7946 0000", "020 7946 0000", "(020) 7946-0001", "0000000000", "12", "+442079460010"];
const LINES: [&str; 6] =
    ["12 High Street", "12 High St.", "12 Hihg Street Flat 3", "13 High Street, Leeds", "unknown", "Hauptstraße 5"];
const BIRTHS: [&str; 8] =
    ["1980-02-03", "1980-03-02", "03/02/1980", "1980", "1980-02-00", "1990-02-04", "nonsense", "1900-01-01"];

fn one(pool: &'static [&'static str]) -> impl Strategy<Value = Option<String>> {
    prop_oneof![1 => Just(None), 2 => prop::sample::select(pool).prop_map(|text| Some(text.to_owned()))]
}

fn name() -> impl Strategy<Value = Name> {
    (one(&GIVEN), one(&GIVEN), one(&FAMILY), one(&FULL)).prop_map(|(given, middle, family, full)| Name {
        given,
        middle,
        family,
        full,
    })
}

fn address() -> impl Strategy<Value = Address> {
    (one(&LINES), one(&["Leeds", "York", "Lees"]), one(&["LS1 4AP", "ls14ap", "LS2 7EW"])).prop_map(
        |(lines, city, postcode)| Address { lines, city, postcode, country: Some("GB".into()), ..Address::default() },
    )
}

/// One invented person; now and then two of a kind of value.
pub fn any_person() -> impl Strategy<Value = Person> {
    let several =
        |pool: &'static [&'static str]| prop::collection::vec(prop::sample::select(pool).prop_map(str::to_owned), 0..3);
    let card = prop::collection::vec(prop::sample::select(&["L100", "L101", "L200"][..]), 0..2);
    let values = (several(&EMAILS), several(&PHONES), prop::collection::vec(address(), 0..2), card);
    (prop::collection::vec(name(), 0..2), one(&BIRTHS), one(&["F", "male"]), values).prop_map(
        |(names, birth_date, gender, (emails, phones, addresses, cards))| Person {
            names,
            birth_date,
            gender,
            emails,
            phones,
            addresses,
            identifiers: cards
                .into_iter()
                .map(|value| Identifier { scheme: "loyalty".into(), value: value.into() })
                .collect(),
            country: Some("GB".into()),
            ..Person::default()
        },
    )
}

/// Several invented people.
pub fn people(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Person>> {
    prop::collection::vec(any_person(), count)
}
