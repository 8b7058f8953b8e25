//! Customers as the shop's REST API lists them.

use serde_json::{Value, json};

use crate::{
    calendar::Instant,
    dice::Dice,
    exports::{Broken, Shape, text_or_null},
    record::Record,
};

/// Customers of the shop site.
pub struct Customers;

impl Shape for Customers {
    const FILE: &'static str = "shopify-customers.json";
    const FRAME: [&'static str; 3] = ["{\"customers\":[\n", ",\n", "\n]}\n"];

    /// Thirteen digits, and for every thirtieth (brought over from an older shop) eighteen:
    /// more than a floating-point number can tell apart.
    fn key(place: u64) -> String {
        let id = match place % 30 {
            29 => 706_405_506_930_370_001 + place * 2,
            _ => 6_940_213_000_000 + place * 32_768,
        };
        id.to_string()
    }

    fn entry(key: &str, record: &Record) -> String {
        let mut dice = look(record);
        let address = (!record.city.is_empty() || !record.postcode.is_empty()).then(|| address(key, record));
        let orders = dice.below(9);
        // The number is set down as text: it must not lose digits on its way.
        let mut customer = json!({
            "id": null,
            "email": text_or_null(&record.email),
            "created_at": local(record.created),
            "updated_at": local(record.updated),
            "first_name": text_or_null(&record.given),
            "last_name": text_or_null(last_name(record)),
            "orders_count": orders,
            "state": dice.pick(&["enabled", "disabled", "disabled", "invited"]),
            "total_spent": format!("{}.{:02}", orders * 37, dice.below(100)),
            "note": note(record, &mut dice),
            "verified_email": dice.chance(0.8) && !record.email.is_empty(),
            "tax_exempt": false,
            "tags": tags(record, &mut dice),
            "currency": record.country.currency(),
            "phone": text_or_null(&record.telephone().text()),
            "addresses": address.iter().collect::<Vec<_>>(),
            "email_marketing_consent": email_consent(record, &mut dice),
            "sms_marketing_consent": sms_consent(record, &mut dice),
            "admin_graphql_api_id": format!("gid://shopify/Customer/{key}"),
            "default_address": address,
        });
        customer["id"] = number(key);
        customer.to_string()
    }

    fn broken() -> Vec<Broken> {
        let sound = |id: Value| {
            json!({
                "id": id, "email": "bad.letter@example.com", "created_at": "2025-02-03T09:30:00-05:00",
                "updated_at": "2025-02-03T09:30:00-05:00", "first_name": "Bad", "last_name": "Letter",
                "tags": "", "currency": "USD", "phone": null, "addresses": [],
            })
        };
        let id = |n: u64| 6_930_000_000_000u64 + n;
        let with = |n: u64, field: &str, value: Value| {
            let mut customer = sound(json!(id(n)));
            customer[field] = value;
            Broken::keyed(&id(n).to_string(), customer.to_string())
        };
        let mut headless = sound(Value::Null);
        if let Some(fields) = headless.as_object_mut() {
            fields.remove("id");
        }
        vec![
            Broken::keyless(headless.to_string()),
            Broken::keyless(sound(Value::Null).to_string()),
            Broken::keyless(sound(json!({"value": 12})).to_string()),
            Broken::keyless(sound(json!("")).to_string()),
            with(1, "email", json!(["bad@example.com"])),
            with(2, "updated_at", json!("not a date")),
            with(3, "first_name", json!({"first": "Bad"})),
            with(4, "updated_at", json!(["2025-02-03"])),
            with(5, "addresses", json!("1 Main Street, Boston")),
            Broken::keyless("\"a customer\""),
        ]
    }
}

/// Chance for what only the export shows, the same whenever the record is written.
fn look(record: &Record) -> Dice {
    Dice::new(record.person, record.created.0 as u64)
}

/// Any number of digits survives, because the reader keeps the text of a number.
fn number(digits: &str) -> Value {
    digits.parse::<u64>().map_or(Value::Null, Value::from)
}

fn last_name(record: &Record) -> &str {
    let nameless = record.given.is_empty() && record.surname.is_empty();
    if nameless { &record.company } else { &record.surname }
}

/// The shop's clock stands in New York.
fn local(time: Instant) -> String {
    let summer = (4..=10).contains(&time.day().civil().month);
    let (hours, suffix) = if summer { (4, "-04:00") } else { (5, "-05:00") };
    Instant(time.0 - hours * 3600).iso(suffix)
}

fn note(record: &Record, dice: &mut Dice) -> Value {
    if !dice.chance(0.08) {
        return Value::Null;
    }
    let card = record.card.as_str();
    match dice.below(4) {
        0 => "Please call before delivery".into(),
        1 => "Prefers pickup in store".into(),
        2 if !card.is_empty() => format!("Card {card}").into(),
        _ => "Gift wrap".into(),
    }
}

fn tags(record: &Record, dice: &mut Dice) -> String {
    let mut tags = Vec::new();
    if !record.card.is_empty() {
        tags.push(format!("loyalty:{}", record.card));
    }
    if dice.chance(0.2) {
        tags.push(dice.pick(&["newsletter", "vip", "wholesale", "app"]).to_owned());
    }
    tags.join(", ")
}

fn email_consent(record: &Record, dice: &mut Dice) -> Value {
    let (state, level) = match dice.weighted(&[34, 12, 40, 9, 5]) {
        0 => ("subscribed", json!("single_opt_in")),
        1 => ("subscribed", json!("confirmed_opt_in")),
        2 => ("not_subscribed", json!("single_opt_in")),
        3 => ("unsubscribed", json!("single_opt_in")),
        _ => return Value::Null,
    };
    if record.email.is_empty() {
        return Value::Null;
    }
    let when = if state == "not_subscribed" { Value::Null } else { local(record.updated).into() };
    json!({ "state": state, "opt_in_level": level, "consent_updated_at": when })
}

fn sms_consent(record: &Record, dice: &mut Dice) -> Value {
    if record.telephone().is_none() {
        return Value::Null;
    }
    let (state, when) = match dice.weighted(&[15, 80, 5]) {
        0 => ("subscribed", json!(local(record.updated))),
        1 => ("not_subscribed", Value::Null),
        _ => ("unsubscribed", json!(local(record.updated))),
    };
    json!({
        "state": state, "opt_in_level": "single_opt_in", "consent_updated_at": when,
        "consent_collected_from": "SHOPIFY",
    })
}

fn address(key: &str, record: &Record) -> Value {
    let unit = if record.unit.is_empty() { Value::Null } else { record.unit.as_str().into() };
    let mut line = record.clone();
    line.unit.clear();
    json!({
        "id": number(key).as_u64().map_or(0, |id| id + 11),
        "customer_id": number(key),
        "first_name": text_or_null(&record.given),
        "last_name": text_or_null(last_name(record)),
        "company": text_or_null(&record.company),
        "address1": text_or_null(&line.address_line()),
        "address2": unit,
        "city": text_or_null(&record.city),
        "province": text_or_null(record.region),
        "country": record.country.name(),
        "zip": text_or_null(&record.postcode),
        "phone": text_or_null(&record.telephone().text()),
        "province_code": text_or_null(record.region).as_str().filter(|code| code.len() == 2),
        "country_code": record.country.code(),
        "country_name": record.country.name(),
        "default": true,
    })
}
