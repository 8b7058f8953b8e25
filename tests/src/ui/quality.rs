//! Figures and pictures of how good the data is.

use super::visitor::{Visitor, after, doubtful};
use crate::api::fixture::{Hub, eventually, person};
use serde_json::json;
use tests::both;

both!(figures_are_measured_and_drawn, |db| async move {
    let hub = Hub::start(&db).await;
    let viewer = Visitor::of(&hub, "viewer").await;
    let mut records = vec![
        person("1", "Ana", "Silva", "ana.silva@example.com"),
        person("2", "Ana", "Silva", "ana.silva@example.com"),
        person("3", "Ben", "Vance", "not a mailbox"),
    ];
    records.extend(doubtful(2));
    hub.take_in(&records).await;
    let page = eventually("the figures are there", async || {
        let page = viewer.page("/quality").await;
        page.contains("class=\"figure\"").then_some(page)
    })
    .await;
    let figures: Vec<&str> =
        page.split("class=\"figure\">").skip(1).map(|rest| rest.split(['<', ' ']).next().unwrap_or_default()).collect();
    assert_eq!(figures, ["7", "6", "1", "2"], "{page}");
    // Five of seven records have a mailbox, four of these could be written to.
    assert!(page.contains("71 %<small>80 %</small>"), "{page}");
    assert!(page.contains("<svg") && page.contains("as a picture"));

    // What stewards decide is told beside what was expected.
    let steward = Visitor::of(&hub, "steward").await;
    let list = steward.page("/reviews").await;
    let case = after(&list, "<a class=\"line\" href=\"").to_owned();
    let versions = after(&steward.page(&case).await, "name=\"versions\" value=\"").to_owned();
    assert_eq!(steward.post(&case, &[("versions", &versions), ("verdict", "same")]).await.status, 303);
    let outcomes = hub.store.outcomes().await.expect("the store answers");
    assert_eq!(outcomes.iter().map(|outcome| outcome.is_same).collect::<Vec<_>>(), [true]);
    let picture = viewer.get("/quality/reviews.svg").await;
    assert_eq!(picture.header("content-type"), "image/svg+xml");
    assert!(picture.text.starts_with("<svg") && picture.text.contains(": 2, 1</title>"), "{}", picture.text);
    assert_eq!(viewer.get("/quality/other.svg").await.status, 404);
});

both!(a_mapping_is_shown_and_tried_on_a_sample, |db| async move {
    let hub = Hub::start(&db).await;
    let viewer = Visitor::of(&hub, "viewer").await;
    let page = viewer.page("/flows/sources/shopify").await;
    for part in ["Shopify", "$.email", "emails[].value", "E-mail", "Try a sample"] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert_eq!(viewer.get("/flows/sources/nowhere").await.status, 404);
    let sample = json!([
        {"id": 6940000000001_i64, "first_name": "Ana", "last_name": "<b>Silva</b>", "email": "ana@example.com", "favourite_colour": "red"},
        {"first_name": "Nobody"},
    ]);
    let tried = viewer.post("/flows/sources/shopify/try", &[("sample", &sample.to_string())]).await;
    assert_eq!(tried.status, 200);
    for part in ["6940000000001", "Ana &#60;b&#62;Silva&#60;/b&#62;", "$.favourite_colour", "map: "] {
        assert!(tried.text.contains(part), "{part} is not in {}", tried.text);
    }
    let notice =
        [("sample", r#"{"id": 5, "email": "x@example.com"}"#), ("headers", "X-Shopify-Topic: customers/update")];
    let tried = viewer.post("/flows/sources/shopify/try", &notice).await;
    assert!(tried.text.contains("notice 1") && tried.text.contains("x@example.com"), "{}", tried.text);
    let broken = viewer.post("/flows/sources/shopify/try", &[("sample", "{\"id\": ")]).await;
    assert!(broken.text.contains("class=\"bad\">read: "), "{}", broken.text);
    assert_eq!(hub.store.record_count().await.expect("the store answers"), 0, "nothing of it is stored");
});
