//! The pictures in the README, from people who do not exist. They land in `target/pictures`; whoever changes a page copies
//! them to `web/pictures` after a look at them.

use super::browser::Browser;
use super::visitor::PASSWORD;
use super::walk::enter;
use crate::api::fixture::Hub;
use hub::ui::accounts;
use serde_json::{Value, json};
use std::path::Path;
use tests::Database;

/// Records of two systems that may be of one person: what both state does not decide it.
const PAIRS: [[&str; 3]; 6] = [
    ["Dorothea", "Dora", "Oakfield"],
    ["Jonathan", "Jon", "Wintermere"],
    ["Katherine", "Kate", "Harrowgate"],
    ["Benjamin", "Ben", "Penningworth"],
    ["Elizabeth", "Liz", "Lindeborough"],
    ["Theodore", "Ted", "Oakmere"],
];

fn shop([long, _, family]: [&str; 3], number: usize) -> Value {
    json!({
        "id": 6_940_000_000_000_i64 + number as i64, "first_name": long, "last_name": family,
        "phone": format!("+44 20 7946 0{:03}", 140 + number), "updated_at": format!("2026-0{}-14T09:30:00Z", 1 + number % 9),
        "default_address": {"address1": format!("{} Mill Lane", 3 + number), "city": "Fairhaven", "zip": "FH1 2AB", "country_code": "GB"},
    })
}

fn club([_, short, family]: [&str; 3], number: usize) -> Value {
    json!({
        "member_id": format!("WF-10{number:04}"), "first_name": short, "last_name": family,
        "email": format!("{}.{}@example.com", short.to_lowercase(), family.to_lowercase()),
        "birth_date": format!("19{}-0{}-21", 58 + number * 5, 1 + number), "updated_at": format!("2025-1{}-03T17:05:00Z", number % 3),
    })
}

/// Two systems' customers, and somebody whom both know for certain.
async fn fill(hub: &Hub) {
    let numbered = PAIRS.into_iter().zip(0..);
    let mut shops: Vec<Value> = numbered.clone().map(|(pair, number)| shop(pair, number)).collect();
    let mut clubs: Vec<Value> = numbered.map(|(pair, number)| club(pair, number)).collect();
    let known = ["Mira", "Mira", "Vance"];
    shops.push(json!({"email": "mira.vance@example.com"}));
    shops[6].as_object_mut().expect("an object").extend(shop(known, 6).as_object().expect("an object").clone());
    clubs.push(club(known, 6));
    for (source, records) in [("shopify", shops), ("loyalty", clubs)] {
        let answer = hub.post(&format!("/v1/sources/{source}/records"), &json!(records)).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
        hub.settled(&answer).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pictures_of_the_readme() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    fill(&hub).await;
    accounts::create(&hub.store, "mira", "steward", PASSWORD).await.expect("an account");
    let browser = Browser::start().await;
    enter(&browser, &hub, "mira").await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/pictures");
    std::fs::create_dir_all(&folder).expect("a folder");
    let case = browser.evaluate("return document.querySelector('a.line')?.getAttribute('href')").await;
    let case = case.as_str().expect("a case is open").to_owned();
    let known = hub.get("/v1/crosswalk/loyalty/WF-100006").await.json()["golden"].as_str().expect("an id").to_owned();
    let pictures = [
        ("reviews", "/reviews".to_owned(), false),
        ("review", case, false),
        ("person", format!("/people/{known}"), true),
    ];
    for (name, path, is_dark) in pictures {
        browser.show_at(1280, is_dark).await;
        browser.page.goto(format!("http://{}{path}", hub.address())).await.expect("a page");
        browser.until("it is there", "return document.readyState === 'complete'").await;
        let picture = browser.page.screenshot_as_png().await.expect("a picture");
        assert!(picture.len() > 10_000, "{name} is empty");
        std::fs::write(folder.join(format!("{name}.png")), picture).expect("a file");
    }
}
