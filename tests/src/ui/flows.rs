//! What an engineer sees of sources, subscribers and dead letters, and does about them.

use super::visitor::{Visitor, after};
use crate::api::fixture::{Hub, eventually, person};
use serde_json::json;
use tests::both;

both!(a_dead_letter_is_opened_repaired_in_place_and_gone, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "engineer").await;
    assert!(visitor.page("/flows").await.contains("Everything that came in was processed."));
    // A birth date that is none, and a customer who is fine.
    let records = json!([
        {"key": "1", "names": [{"given": "Mira"}], "birth_date": "yesterday"},
        {"key": "2", "names": [{"given": "Ben"}], "emails": [{"value": "ben@example.com"}]},
    ]);
    let answer = hub.post("/v1/sources/canonical/records", &records).await;
    hub.settled(&answer).await;
    let page = eventually("it is told", || async {
        let page = visitor.page("/flows").await;
        page.contains("birth_date").then_some(page)
    })
    .await;
    assert!(!page.contains("yesterday"), "groups show no values");
    let path = format!("/flows/dead-letters/{}", after(&page, "href=\"/flows/dead-letters/"));
    let letter = visitor.page(&path).await;
    assert!(letter.contains("yesterday") && letter.contains("birth_date"), "{letter}");
    let wrong = visitor.post(&path, &[("act", "repair"), ("payload", "{\"key\": ")]).await;
    assert!(wrong.status == 422 && wrong.text.contains("{&#34;key&#34;: "), "what was typed stays: {}", wrong.text);
    let fixed = json!({"key": "1", "names": [{"given": "Mira"}], "birth_date": "1980-05-02"}).to_string();
    let done = visitor.post(&path, &[("act", "repair"), ("payload", &fixed)]).await;
    assert_eq!((done.status, done.header("location")), (303, "/flows?done=1"), "{}", done.text);
    eventually("she is there", || async {
        let known = hub.get("/v1/crosswalk/canonical/1").await;
        (known.status == 200).then_some(())
    })
    .await;
    eventually("nothing is left", || async {
        visitor.page("/flows").await.contains("Everything that came in was processed.").then_some(())
    })
    .await;
    assert!(visitor.page(&path).await.contains("It was put right."));
});

both!(a_group_of_dead_letters_is_retried_and_a_subscriber_paused, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "engineer").await;
    let bad: Vec<_> = (0..3).map(|key| json!({"key": key.to_string(), "birth_date": "soon"})).collect();
    let answer = hub.post("/v1/sources/canonical/records", &json!(bad)).await;
    hub.settled(&answer).await;
    let page = visitor.page("/flows").await;
    assert!(page.contains("<b>3</b>"), "{page}");
    let fingerprint = after(&page, "name=\"fingerprint\" value=\"");
    let done = visitor.post("/flows/dead-letters/retry", &[("fingerprint", fingerprint)]).await;
    assert_eq!(done.status, 303, "{}", done.text);
    let target = json!({"name": "shop files", "target": {"kind": "files", "folder": "shop"}});
    let created = hub.post("/v1/subscribers", &target).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let page = visitor.page("/flows").await;
    assert!(page.contains("shop files") && page.contains("active"), "{page}");
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(visitor.post(&format!("/flows/subscribers/{id}/pause"), &[]).await.status, 303);
    assert!(visitor.page("/flows").await.contains("paused"));
    let nothing = visitor.post(&format!("/flows/subscribers/{id}/explode"), &[]).await;
    assert_eq!(nothing.status, 404);
});

both!(what_a_source_says_it_has_is_compared, |db| async move {
    let hub = Hub::start(&db).await;
    let visitor = Visitor::of(&hub, "engineer").await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana@example.com"), person("2", "Ben", "Vance", "ben@example.com")])
        .await;
    assert!(!visitor.page("/flows").await.contains(" differ</span>"));
    let list = json!([person("1", "Ana", "Silva", "ana@example.com"), person("3", "Mira", "Osei", "mira@example.com")]);
    let path = "/v1/sources/canonical/reconcile";
    let found = hub.post(path, &list).await;
    assert_eq!((found.status, found.json()["missing_here"].as_i64()), (200, Some(1)), "{}", found.text);
    assert!(visitor.page("/flows").await.contains(r#"<span class="mood warn">2 differ</span>"#));
    let healed = hub.post(&format!("{path}?heal=true&delete_missing=true"), &list).await;
    assert_eq!(healed.json()["healed"], 2, "{}", healed.text);
    assert!(visitor.page("/flows").await.contains(r#"<span class="mood fine">0 differ</span>"#));
});
