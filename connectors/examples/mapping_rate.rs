//! Measures how fast records are read and mapped; prints one JSON object. Run it with
//! `cargo run --release -p connectors --example mapping_rate [-- SHIPPED_MANIFEST FILE]`.

use std::fs::File;
use std::time::Instant;

use connectors::{Manifest, read};
use serde_json::json;

const ROUNDS: usize = 20_000;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let figures = match arguments.as_slice() {
        [] => shopify()?,
        [manifest, file] => whole_file(manifest, file)?,
        _ => return Err("give a shipped manifest's name and a file, or nothing".into()),
    };
    println!("{figures:#}");
    Ok(())
}

/// One Shopify customer, bytes to canonical, beside a bare parse of the same bytes.
fn shopify() -> Result<serde_json::Value, Box<dyn std::error::Error>> {
    let manifest = Manifest::shipped_named("shopify").ok_or("the manifest is missing")?;
    let payload = customer().to_string().into_bytes();
    let parse = microseconds_each(|| serde_json::from_slice::<serde_json::Value>(&payload).is_ok());
    let map = microseconds_each(|| manifest.map(&payload).is_ok());
    Ok(json!({ "payload_bytes": payload.len(), "map_us": map, "serde_json_parse_us": parse }))
}

fn microseconds_each(work: impl Fn() -> bool) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = Instant::now();
        let done = (0..ROUNDS).filter(|_| std::hint::black_box(work())).count();
        best = best.min(start.elapsed().as_secs_f64() * 1e6 / done as f64);
    }
    (best * 100.0).round() / 100.0
}

fn whole_file(name: &str, path: &str) -> Result<serde_json::Value, Box<dyn std::error::Error>> {
    let manifest = Manifest::shipped_named(name).ok_or("there is no shipped manifest of that name")?;
    let read_only = {
        let start = Instant::now();
        let records = read::records(File::open(path)?, manifest.read_options()).count();
        json!({ "items": records, "seconds": start.elapsed().as_secs_f64() })
    };
    let (mut mapped, mut failed, mut rejected, mut omitted) = (0, 0, 0, 0);
    let start = Instant::now();
    for item in read::records(File::open(path)?, manifest.read_options()) {
        match item {
            read::Item::Record { payload, .. } => match manifest.map(&payload) {
                Ok(record) => {
                    mapped += 1;
                    omitted += record.omitted.len();
                }
                Err(_) => failed += 1,
            },
            read::Item::Rejected { .. } | read::Item::Failed { .. } => rejected += 1,
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let rate = (f64::from(mapped) / seconds).round();
    Ok(json!({
        "read": read_only, "read_and_map_seconds": seconds, "mapped": mapped, "mapped_per_second": rate,
        "map_errors": failed, "rejected": rejected, "omitted_fields": omitted,
    }))
}

fn customer() -> serde_json::Value {
    let address = |id: u64, street: &str| {
        json!({
            "id": id, "customer_id": 706_405_506_930_370_084_u64, "first_name": "Mira", "last_name": "Sand",
            "company": null, "address1": street, "address2": "", "city": "Troy", "province": "New York",
            "country": "United States", "zip": "12180", "phone": "+15550100", "name": "Mira Sand",
            "province_code": "NY", "country_code": "US", "country_name": "United States", "default": id == 1,
        })
    };
    json!({
        "id": 706_405_506_930_370_084_u64, "email": "mira@example.com", "accepts_marketing": true,
        "created_at": "2024-01-02T03:04:05-05:00", "updated_at": "2026-01-02T03:04:05-05:00",
        "first_name": "Mira", "last_name": "Sand", "orders_count": 3, "state": "enabled",
        "total_spent": "199.65", "last_order_id": 450_789_469, "note": "Likes blue", "verified_email": true,
        "multipass_identifier": null, "tax_exempt": false, "tags": "vip, newsletter",
        "last_order_name": "#1001", "currency": "USD", "phone": "+15550100",
        "addresses": [address(1, "1 Elm St"), address(2, "2 Oak St")],
        "tax_exemptions": [], "sms_marketing_consent": null,
        "email_marketing_consent": { "state": "subscribed", "opt_in_level": "single_opt_in", "consent_updated_at": "2024-01-02T03:04:05-05:00" },
        "admin_graphql_api_id": "gid://shopify/Customer/706405506930370084",
        "default_address": address(1, "1 Elm St"),
    })
}
