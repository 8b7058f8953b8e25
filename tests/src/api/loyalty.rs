//! Points: posted once each, kept with their card whoever a merge makes of its owner, read page by page.

use super::fixture::{Hub, person, send};
use crate::ui::visitor::Visitor;
use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

fn member(key: &str, given: &str, family: &str, card: &str) -> Value {
    let mut record = person(key, given, family, &format!("{given}@example.com"));
    record["identifiers"] = json!([{"scheme": "loyalty", "value": card}]);
    record
}

fn entry(id: &str, card: &str, kind: &str, points: i64) -> Value {
    json!({"id": id, "member": card, "kind": kind, "points": points, "at": "2026-03-01T10:00:00Z"})
}

async fn post(hub: &Hub, entries: &[Value]) -> Value {
    let answer = hub.post("/v1/loyalty/loyalty/entries", &json!({"source": "till", "entries": entries})).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// Available and pending points of a person, in all.
async fn points(hub: &Hub, key: &str) -> (i64, i64) {
    let id = hub.golden(key).await;
    let answer = hub.get(&format!("/v1/profiles/{id}/loyalty")).await.json();
    let programme = &answer["programmes"][0];
    (programme["available"].as_i64().unwrap_or(0), programme["pending"].as_i64().unwrap_or(0))
}

both!(points_follow_their_cards_through_merges_and_unmerges, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[member("1", "Ana", "Silva", "LC-0001"), member("2", "Ben", "Okafor", "LC-0002")]).await;
    post(
        &hub,
        &[entry("a", "lc 0001", "earn", 300), entry("b", "LC-0002", "earn", 70), entry("c", "LC-0002", "pending", 5)],
    )
    .await;
    assert_eq!((points(&hub, "1").await, points(&hub, "2").await), ((300, 0), (70, 5)));
    let (first, second) = (hub.golden("1").await, hub.golden("2").await);
    let merged = hub.post(&format!("/v1/profiles/{first}/merge"), &json!({"with": second, "reason": "same"})).await;
    assert_eq!(merged.status, 200, "{}", merged.text);
    hub.noticed().await;
    assert_eq!(points(&hub, "1").await, (370, 5), "one balance for both cards");
    assert_eq!(hub.get(&format!("/v1/profiles/{second}/loyalty")).await.status, 308);
    // Spent with one card meanwhile: that card has paid.
    post(&hub, &[entry("d", "LC-0002", "burn", 50), entry("e", "LC-0002", "release", 5)]).await;
    assert_eq!(points(&hub, "1").await, (325, 0));
    let undo = json!({"undo": merged.json()["decisions"][0], "reason": "they are two"});
    assert_eq!(hub.post(&format!("/v1/profiles/{first}/unmerge"), &undo).await.status, 200);
    hub.noticed().await;
    assert_eq!((points(&hub, "1").await, points(&hub, "2").await), ((300, 0), (25, 0)));
    let mira = Visitor::of(&hub, "steward").await;
    let page = mira.page(&format!("/people/{first}")).await;
    assert!(page.contains("Loyalty programme") && page.contains("LC-0001") && page.contains("300"), "{page}");
    assert_eq!(hub::verify::verify(&hub.store, |_| {}).await.expect("the store can be read").breaches, []);
});

both!(entries_count_once_and_in_any_order, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[member("1", "Ana", "Silva", "LC-0001")]).await;
    let reverse = json!({"id": "r", "member": "LC-0001", "kind": "reverse", "reverses": "a", "points": 40, "at": "2026-03-02T10:00:00Z"});
    let early = post(&hub, &[reverse.clone(), reverse.clone()]).await;
    assert_eq!((&early["waiting"], &early["posted"]), (&json!(2), &json!(0)), "it waits for what it takes back");
    assert_eq!(points(&hub, "1").await, (0, 0));
    let earn = entry("a", "LC-0001", "earn", 100);
    assert_eq!(
        post(&hub, &[earn.clone(), earn.clone()]).await,
        json!({"posted": 1, "known": 1, "waiting": 0, "refused": []})
    );
    assert_eq!(points(&hub, "1").await, (60, 0));
    assert_eq!(post(&hub, &[reverse]).await["known"], 1);
    let wrong = [
        (entry("a", "LC-0001", "earn", 101), "another entry"),
        (entry("x", "LC-0001", "burn", 0), "points"),
        (entry("y", "--", "burn", 1), "member"),
        (
            json!({"id": "z", "member": "LC-0001", "kind": "reverse", "reverses": "a", "points": 61, "at": "2026-03-02T10:00:00Z"}),
            "more than",
        ),
        (
            json!({"id": "q", "member": "LC-0001", "kind": "reverse", "reverses": "r", "at": "2026-03-02T10:00:00Z"}),
            "anew",
        ),
        (entry("t", "LC-0001", "transfer", 5), "another membership"),
    ];
    let refused =
        post(&hub, &wrong.iter().map(|(entry, _)| entry.clone()).collect::<Vec<_>>()).await["refused"].clone();
    for (place, (entry, part)) in wrong.iter().enumerate() {
        let reason = refused[place]["reason"].as_str().unwrap_or_default();
        assert!(reason.contains(part) && !reason.contains("LC-0001"), "{entry}: {refused}");
    }
    assert_eq!(points(&hub, "1").await, (60, 0));
    for (path, body, status, slug) in [
        ("hats", json!({"source": "till", "entries": [earn]}), 404, "unknown-programme"),
        ("loyalty", json!({"source": "till", "entries": []}), 422, "invalid-command"),
        ("loyalty", json!({"entries": [earn]}), 422, "invalid-command"),
        ("loyalty", json!({"source": "till", "entries": [{"id": "1"}]}), 400, "malformed-body"),
    ] {
        hub.post(&format!("/v1/loyalty/{path}/entries"), &body).await.expect_problem(status, slug);
    }
    let channel = hub.key("channel").await;
    let body = json!({"source": "till", "entries": [earn]});
    let request = hub.bare(Method::POST, "/v1/loyalty/loyalty/entries").bearer_auth(&channel).json(&body);
    assert_eq!(send(request).await.status, 403);
});

both!(a_long_ledger_is_read_page_by_page, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[member("1", "Ana", "Silva", "LC-0001"), member("2", "Ana", "Silva", "LC-0009")]).await;
    let id = hub.golden("1").await;
    let all: Vec<Value> = (0..600)
        .map(|n| match n % 3 {
            0 => entry(&format!("e{n}"), "LC-0001", "pending", 10),
            1 => entry(&format!("e{n}"), "LC-0001", "release", 10),
            _ => entry(&format!("e{n}"), "LC-0001", "burn", 3),
        })
        .collect();
    assert_eq!(post(&hub, &all).await["posted"], 600);
    assert_eq!(points(&hub, "1").await, (200 * 7, 0));
    let (mut lines, mut before) = (0, String::new());
    loop {
        let page =
            hub.get(&format!("/v1/profiles/{id}/loyalty/entries?programme=loyalty&limit=70{before}")).await.json();
        lines += page["lines"].as_array().map_or(0, Vec::len);
        match page["next_before"].as_i64() {
            Some(next) => before = format!("&before={next}"),
            None => break,
        }
    }
    // A release has a line on either account.
    assert_eq!(lines, 800);
    let unknown = format!("/v1/profiles/{id}/loyalty/entries?programme=hats%0Ax");
    hub.get(&unknown).await.expect_problem(404, "unknown-programme");
});

both!(a_card_of_two_people_is_nobodys_guess, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[member("1", "Ana", "Silva", "LC-0001"), member("2", "Zbigniew", "Okafor", "LC-0001")]).await;
    post(&hub, &[entry("a", "LC-0001", "earn", 10)]).await;
    let apart = hub.golden("1").await != hub.golden("2").await;
    let id = hub.golden("1").await;
    let shown = hub.get(&format!("/v1/profiles/{id}/loyalty")).await.json();
    assert_eq!(shown["programmes"][0]["memberships"][0]["shared"], apart, "{shown}");
    assert!(apart, "two names and birth dates are two people");
});
