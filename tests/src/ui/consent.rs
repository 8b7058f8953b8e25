//! What a person has allowed and refused, as stewards see and record it.

use super::browser::Browser;
use super::visitor::{PASSWORD, Visitor, doubtful};
use super::walk::enter;
use crate::api::fixture::{Hub, person};
use hub::ui::accounts;
use serde_json::{Value, json};
use tests::{Database, both};

fn said(state: &str, at: &str) -> Value {
    json!([{"purpose": "marketing", "channel": "email", "state": state, "captured_at": at, "form": "sign-up-2"}])
}

both!(a_case_tells_which_consent_a_merge_would_cost, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    let mut records = doubtful(2);
    records[0]["consents"] =
        json!([{"purpose": "marketing", "channel": "any", "state": "withdrawn", "captured_at": "2025-02-01"}]);
    records[1]["consents"] = said("granted", "2024-01-01");
    hub.take_in(&records).await;
    let reviews = hub.get("/v1/reviews").await.json();
    let mut told = Vec::new();
    for review in reviews["reviews"].as_array().expect("two cases") {
        let page = mira.page(&format!("/reviews/{}", review["id"].as_str().expect("an id"))).await;
        told.push((
            page.contains("E-mail d.oakfield@example.com may no longer be used (withdrawn)"),
            page.contains("nothing that is allowed today"),
        ));
    }
    told.sort_unstable();
    assert_eq!(told, [(false, true), (true, false)]);
});

both!(a_case_tells_what_becomes_of_points, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    hub.take_in(&doubtful(1)).await;
    // Cards that stewards have entered: two different ones in the records would be two people, and no doubt.
    for (key, card) in [("a0", "LC-0001"), ("b0", "LC-0002")] {
        let pin =
            json!({"attribute": "identifiers", "value": [{"scheme": "loyalty", "value": card}], "reason": "shown"});
        let pinned = hub.post(&format!("/v1/profiles/{}/pins", hub.golden(key).await), &pin).await;
        assert_eq!(pinned.status, 200, "{}", pinned.text);
    }
    let earn = |id: &str, card: &str, points: i64| json!({"id": id, "member": card, "kind": "earn", "points": points, "at": "2026-03-01T10:00:00Z"});
    let entries = json!({"source": "till", "entries": [earn("a", "LC-0001", 1300), earn("b", "LC-0002", 70)]});
    assert_eq!(hub.post("/v1/loyalty/loyalty/entries", &entries).await.status, 200);
    let reviews = hub.get("/v1/reviews").await.json();
    let id = reviews["reviews"][0]["id"].as_str().unwrap_or_else(|| panic!("a case: {reviews}")).to_owned();
    let page = mira.page(&format!("/reviews/{id}")).await;
    assert!(page.contains("Loyalty programme: 1\u{202f}300 + 70 → 1\u{202f}370 points in one balance"), "{page}");
});

both!(a_steward_records_what_somebody_has_said, |db| async move {
    let hub = Hub::start(&db).await;
    let mira = Visitor::of(&hub, "steward").await;
    let mut ana = person("1", "Ana", "Silva", "ana@example.com");
    ana["consents"] = said("granted", "2024-01-01");
    hub.take_in(&[ana]).await;
    let path = format!("/people/{}/consents", hub.golden("1").await);
    let before = mira.page(&path).await;
    assert!(before.contains("form sign-up-2") && before.contains("granted"), "{before}");
    let form = [
        ("purpose", "marketing"),
        ("channel", "email"),
        ("state", "withdrawn"),
        ("point", ""),
        ("evidence", "told us on the telephone"),
    ];
    let done = mira.post(&path, &form).await;
    assert_eq!((done.status, done.header("location").ends_with("?done=recorded")), (303, true), "{}", done.text);
    let after = mira.page(done.header("location")).await;
    assert!(after.contains("told us on the telephone") && after.contains("It counts from now on."), "{after}");
    let id = hub.golden("1").await;
    let permission = hub.get(&format!("/v1/permissions?id={id}&purpose=marketing&channel=email")).await.json();
    assert_eq!((&permission["allowed"], &permission["reason"]["by"]["source"]), (&json!(false), &json!("workbench")));
    let history = mira.page(&format!("/people/{id}/then")).await;
    assert!(history.contains("<del>marketing · E-mail ana@example.com: granted</del>"), "{history}");
    // A permission without a contact point, and a purpose that there is not.
    for (at, value) in [(2, ("state", "granted")), (0, ("purpose", "hats")), (2, ("state", "perhaps"))] {
        let mut wrong = form;
        wrong[at] = value;
        assert!([404, 422].contains(&mira.post(&path, &wrong).await.status), "{value:?}");
    }
    let viewer = Visitor::of(&hub, "viewer").await;
    assert_eq!((viewer.get(&path).await.status, viewer.post(&path, &form).await.status), (403, 403));
});

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn consent_is_recorded_in_a_browser() {
    let db = Database::sqlite().await;
    let hub = Hub::start(&db).await;
    let mut ana = person("1", "Ana", "Silva", "ana@example.com");
    ana["consents"] = said("granted", "2024-01-01");
    hub.take_in(&[ana]).await;
    let id = hub.golden("1").await;
    accounts::create(&hub.store, "mira", "steward", PASSWORD).await.expect("an account");
    let browser = Browser::start().await;
    enter(&browser, &hub, "mira").await;
    browser.page.goto(format!("http://{}/people/{id}", hub.address())).await.expect("a page");
    let cell = "return [...document.querySelectorAll('table.consent tbody tr')].find((row) => row.cells[0].textContent === 'Marketing').cells[2].className";
    assert_eq!(browser.evaluate(cell).await, json!("may"));
    browser.find(&format!("a[href='/people/{id}/consents']")).await.click().await.expect("the statements");
    browser.until("they are there", "return document.querySelector('select[name=state]') !== null").await;
    browser.find("select[name=purpose] option[value=marketing]").await.click().await.expect("a purpose");
    browser.find("input[name=evidence]").await.send_keys("on the telephone").await.expect("a reason");
    browser.find("button.main").await.click().await.expect("it is kept");
    browser.until("it counts", "return document.querySelector('.notice') !== null").await;
    assert_eq!(browser.evaluate(cell).await, json!("maynot"));
}
