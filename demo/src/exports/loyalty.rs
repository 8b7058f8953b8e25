//! Members of the loyalty programme, one JSON object a line.

use serde_json::{Value, json};

use crate::{
    calendar::Civil,
    dice::Dice,
    exports::{Broken, Shape, text_or_null},
    record::Record,
    tags::Tag,
};

/// Members of the programme.
pub struct Members;

impl Shape for Members {
    const FILE: &'static str = "loyalty-members.ndjson";
    const FRAME: [&'static str; 3] = ["", "", ""];

    fn key(place: u64) -> String {
        format!("WF-{:07}", 1_000_000 + place)
    }

    fn entry(key: &str, record: &Record) -> String {
        let mut dice = Dice::new(record.person, record.created.0 as u64 ^ 2);
        let points = dice.below(60) * dice.below(60) * 5;
        let member = json!({
            "member_id": key,
            "card_number": record.card,
            "first_name": text_or_null(&record.given),
            "last_name": text_or_null(last_name(record)),
            "email": text_or_null(&record.email),
            "mobile": text_or_null(&record.telephone().text()),
            "birth_date": record.birth.map(birth_date),
            "address": address(record),
            "tier": tier(points),
            "points": points,
            "enrolled_at": record.created.day().civil().to_string(),
            "updated_at": record.updated.iso("Z"),
            "status": status(record, &mut dice),
            "consents": consents(record),
        });
        member.to_string() + "\n"
    }

    fn broken() -> Vec<Broken> {
        let id = |n: u64| format!("WF-09{n:05}");
        let with = |n: u64, field: &str, value: Value| {
            let mut member = sound(&id(n));
            member[field] = value;
            Broken::keyed(&id(n), member.to_string() + "\n")
        };
        let keyless = |value: Value| {
            let mut member = sound("");
            member["member_id"] = value;
            Broken::keyless(member.to_string() + "\n")
        };
        vec![
            keyless(Value::Null),
            keyless(json!("")),
            keyless(json!({"id": 4})),
            with(1, "birth_date", json!("01.03.2094")),
            with(2, "birth_date", json!("24.12.2027")),
            with(3, "birth_date", json!("31.02.1980")),
            with(4, "birth_date", json!("spring of 1980")),
            with(5, "last_name", json!(["Letter", "Bad"])),
            with(6, "updated_at", json!(true)),
            Broken::keyless("{\"member_id\":\"WF-0900007\",\"first_name\":\"Cut o\n"),
        ]
    }
}

fn sound(id: &str) -> Value {
    json!({
        "member_id": id, "card_number": "6299999999999", "first_name": "Bad", "last_name": "Letter",
        "email": "bad.member@example.com", "mobile": null, "birth_date": null, "address": null, "tier": "basic",
        "points": 0, "enrolled_at": "2025-02-03", "updated_at": "2025-02-03T09:30:00Z", "status": "active",
    })
}

/// Day first, as on the paper form; the year alone if that is all the member told.
fn birth_date(birth: Civil) -> String {
    let Civil { year, month, day } = birth;
    if month == 0 { year.to_string() } else { format!("{day:02}.{month:02}.{year:04}") }
}

fn last_name(record: &Record) -> &str {
    let nameless = record.given.is_empty() && record.surname.is_empty();
    if nameless { &record.company } else { &record.surname }
}

fn address(record: &Record) -> Value {
    if record.city.is_empty() && record.postcode.is_empty() {
        return Value::Null;
    }
    let number = [record.house_number.as_str(), &record.unit].join(" ");
    json!({
        "street": text_or_null(&record.street),
        "house_number": text_or_null(number.trim()),
        "postcode": text_or_null(&record.postcode),
        "city": text_or_null(&record.city),
        "country": record.country.code(),
    })
}

fn tier(points: usize) -> &'static str {
    match points {
        0..2_000 => "basic",
        2_000..8_000 => "silver",
        _ => "gold",
    }
}

/// What the member ticked on the form, and took back later; dice of their own, so that everything else stays as it is.
fn consents(record: &Record) -> Value {
    let mut dice = Dice::new(record.person, record.created.0 as u64 ^ 7);
    let said = |purpose: &str, channel: &str, state: &str, at: String| {
        json!({
            "purpose": purpose, "channel": channel, "state": state, "captured_at": at, "form": "membership-2",
        })
    };
    let enrolled = || record.created.iso("Z");
    let mut all = Vec::new();
    if dice.chance(0.55) {
        all.push(said("profiling", "any", "granted", enrolled()));
    }
    if !record.email.is_empty() {
        match dice.weighted(&[45, 15, 40]) {
            0 => all.push(said("marketing", "email", "granted", enrolled())),
            1 => all.push(said("marketing", "email", "withdrawn", record.updated.iso("Z"))),
            _ => {}
        }
    }
    if dice.chance(0.08) {
        all.push(said("marketing", "post", "denied", enrolled()));
    }
    Value::Array(all)
}

fn status(record: &Record, dice: &mut Dice) -> &'static str {
    match (record.tags.has(Tag::Deleted), dice.chance(0.08)) {
        (true, _) => "closed",
        (false, true) => "inactive",
        (false, false) => "active",
    }
}
