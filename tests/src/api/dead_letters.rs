//! Deliveries that failed, put right by a person.

use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Hub, send};

async fn open_letters(hub: &Hub) -> Value {
    hub.get("/v1/dead-letters").await.json()
}

both!(a_dead_letter_is_repaired, |db| async move {
    let hub = Hub::start(&db).await;
    let ids = hub.take_in(&[json!({"key": "1", "names": [{"given": "Ana"}], "birth_date": "2999-01-01"})]).await;
    let listed = open_letters(&hub).await;
    assert_eq!((&listed["total"], &listed["dead_letters"][0]["id"]), (&json!(1), &json!(ids[0])));
    assert_eq!(listed["dead_letters"][0].get("payload"), None, "lists show no payloads");
    let path = format!("/v1/dead-letters/{}", ids[0]);
    let letter = hub.get(&path).await.json();
    assert!(letter["payload"].as_str().is_some_and(|payload| payload.contains("2999")), "{letter}");
    hub.post(&format!("{path}/repair"), &json!([{"key": "1"}, {"key": "2"}]))
        .await
        .expect_problem(422, "invalid-record");
    let broken = hub.request(Method::POST, &format!("{path}/repair")).body("{\"key\": ");
    send(broken).await.expect_problem(422, "invalid-record");
    let repaired = hub
        .post(&format!("{path}/repair"), &json!({"key": "1", "names": [{"given": "Ana"}], "birth_date": "1999-01-01"}))
        .await;
    assert_eq!(repaired.status, 202, "{}", repaired.text);
    let delivery = repaired.json()["delivery"].as_i64().unwrap_or_default();
    settle(&hub, delivery).await;
    assert_eq!(hub.profile("1").await["birth_date"], "1999-01-01");
    assert_eq!(open_letters(&hub).await["total"], 0);
    assert_eq!(hub.get(&path).await.json()["repaired_by"], delivery);
    hub.post(&format!("{path}/repair"), &json!({"key": "1"})).await.expect_problem(409, "conflict");
    hub.post(&format!("{path}/retry"), &json!({})).await.expect_problem(409, "conflict");
    hub.get("/v1/dead-letters/999").await.expect_problem(404, "unknown-dead-letter");
});

both!(a_repair_that_fails_is_a_dead_letter_of_its_own, |db| async move {
    let hub = Hub::start(&db).await;
    let ids = hub.take_in(&[json!({"key": "1", "birth_date": "2999-01-01"})]).await;
    let repaired = hub
        .post(&format!("/v1/dead-letters/{}/repair", ids[0]), &json!({"key": "1", "birth_date": "2998-01-01"}))
        .await;
    let delivery = repaired.json()["delivery"].as_i64().unwrap_or_default();
    settle(&hub, delivery).await;
    let listed = open_letters(&hub).await;
    assert_eq!((&listed["total"], &listed["dead_letters"][0]["id"]), (&json!(1), &json!(delivery)), "{listed}");
});

both!(dead_letters_are_retried_one_by_one_or_by_source, |db| async move {
    let hub = Hub::start(&db).await;
    let bad = json!({"key": "1", "birth_date": "2999-01-01"});
    let ids = hub.take_in(&[bad.clone(), bad.clone(), json!([1])]).await;
    hub.post(&format!("/v1/dead-letters/{}/retry", ids[2]), &json!({})).await.expect_problem(409, "conflict");
    let one = hub.post(&format!("/v1/dead-letters/{}/retry", ids[0]), &json!({})).await;
    settle(&hub, one.json()["delivery"].as_i64().unwrap_or_default()).await;
    let listed = open_letters(&hub).await;
    assert_eq!(listed["total"], 3, "the retried one failed again, under its new number: {listed}");
    let elsewhere = hub.post("/v1/dead-letters/retry", &json!({"source": "shopify"})).await.json();
    assert_eq!(elsewhere, json!({"retried": 0, "unreadable": 0, "more": false}));
    let all = hub.post("/v1/dead-letters/retry", &json!({"source": "canonical"})).await;
    assert_eq!((all.status, all.json()), (202, json!({"retried": 2, "unreadable": 1, "more": false})));
    let newest = hub.store.progress().await.expect("the store answers").1;
    settle(&hub, newest.0).await;
    let listed = hub.get("/v1/dead-letters?source=canonical&limit=2").await.json();
    assert_eq!((&listed["total"], listed["dead_letters"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    let rest = hub.get(&format!("/v1/dead-letters?after={}", listed["next_after"])).await.json();
    assert_eq!(rest["dead_letters"].as_array().map(Vec::len), Some(1), "{rest}");
});

async fn settle(hub: &Hub, delivery: i64) {
    hub.control.reached(hub::domain::ids::DeliveryId(delivery)).await;
    hub.noticed().await;
}
