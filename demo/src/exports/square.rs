//! Customers of the till, as Square's Customers API lists them.

use serde_json::{Map, Value, json};

use crate::{
    dice::{Dice, scramble},
    exports::{Broken, Shape},
    record::Record,
};

/// Customers of the till.
pub struct Customers;

impl Shape for Customers {
    const FILE: &'static str = "square-customers.json";
    const FRAME: [&'static str; 3] = ["{\"customers\":[\n", ",\n", "\n]}\n"];

    fn key(place: u64) -> String {
        const LETTERS: &[u8] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
        let (mut high, mut low) = (scramble(place + 1), scramble(!place));
        let draw = |bits: &mut u64| {
            let letter = char::from(LETTERS[(*bits % 32) as usize]);
            *bits /= 32;
            letter
        };
        let first: String = (0..12).map(|_| draw(&mut high)).collect();
        first + &(0..12).map(|_| draw(&mut low)).collect::<String>() + "WF"
    }

    fn entry(key: &str, record: &Record) -> String {
        let mut dice = Dice::new(record.person, record.created.0 as u64 ^ 1);
        let mut customer = Map::new();
        customer.insert("id".into(), key.into());
        let millis = dice.below(1000);
        customer.insert("created_at".into(), record.created.iso(&format!(".{millis:03}Z")).into());
        customer.insert("updated_at".into(), record.updated.iso("Z").into());
        let birthday = record.birth.map(|birth| birth.to_string()).unwrap_or_default();
        // The API leaves out what is empty.
        let texts = [
            ("given_name", record.given.as_str()),
            ("family_name", &record.surname),
            ("company_name", &record.company),
            ("email_address", &record.email),
            ("phone_number", &record.telephone().text()),
            ("birthday", &birthday),
            ("reference_id", &record.card),
            ("note", if dice.chance(0.04) { "Asked for paper receipt" } else { "" }),
        ];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            customer.insert(name.into(), text.into());
        }
        if !record.city.is_empty() || !record.postcode.is_empty() {
            customer.insert("address".into(), address(record));
        }
        customer.insert("preferences".into(), json!({ "email_unsubscribed": dice.chance(0.15) }));
        let origins = ["THIRD_PARTY", "DIRECTORY", "LOYALTY", "INSTANT_PROFILE", "TERMINAL", "IMPORT"];
        customer.insert("creation_source".into(), dice.pick(&origins).into());
        let version = if record.updated > record.created { 1 + dice.below(8) } else { 0 };
        customer.insert("version".into(), version.into());
        Value::Object(customer).to_string()
    }

    fn broken() -> Vec<Broken> {
        let id = |n: u64| Self::key(9_000_000 + n);
        let with = |n: u64, field: &str, value: Value| {
            let mut customer = sound(&id(n));
            customer[field] = value;
            Broken::keyed(&id(n), customer.to_string())
        };
        let keyless = |value: Value| {
            let mut customer = sound("");
            customer["id"] = value;
            Broken::keyless(customer.to_string())
        };
        let mut headless = sound("");
        if let Some(fields) = headless.as_object_mut() {
            fields.remove("id");
        }
        vec![
            Broken::keyless(headless.to_string()),
            keyless(Value::Null),
            keyless(json!(["X"])),
            with(1, "birthday", json!("2094-03-01")),
            with(2, "birthday", json!("2027-01-01")),
            with(3, "birthday", json!("1984-02-30")),
            with(4, "updated_at", json!("last week")),
            with(5, "given_name", json!({"name": "Bad"})),
            with(6, "address", json!("1 Main Street")),
            Broken::keyless("[]"),
        ]
    }
}

fn sound(id: &str) -> Value {
    json!({
        "id": id, "created_at": "2025-02-03T09:30:00.123Z", "updated_at": "2025-02-03T09:30:00Z",
        "given_name": "Bad", "family_name": "Letter", "email_address": "bad.till@example.com", "version": 0,
    })
}

fn address(record: &Record) -> Value {
    let mut address = Map::new();
    let line = record.address_line();
    let texts = [
        ("address_line_1", line.as_str()),
        ("locality", &record.city),
        ("administrative_district_level_1", record.region),
        ("postal_code", &record.postcode),
        ("country", record.country.code()),
    ];
    for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
        address.insert(name.into(), text.into());
    }
    Value::Object(address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn keys_are_unique() {
        let keys: HashSet<String> = (0..10_000).map(Customers::key).collect();
        assert_eq!(keys.len(), 10_000);
        assert!(keys.iter().all(|key| key.len() == 26));
    }
}
