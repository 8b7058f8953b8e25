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
    assert_eq!(elsewhere, json!({"retried": 0, "unreadable": 0}));
    let all = hub.post("/v1/dead-letters/retry", &json!({"source": "canonical"})).await;
    assert_eq!((all.status, all.json()), (202, json!({"retried": 2, "unreadable": 1})));
    let newest = hub.store.progress().await.expect("the store answers").1;
    settle(&hub, newest.0).await;
    let listed = hub.get("/v1/dead-letters?source=canonical&limit=2").await.json();
    assert_eq!((&listed["total"], listed["dead_letters"].as_array().map(Vec::len)), (&json!(3), Some(2)));
    let rest = hub.get(&format!("/v1/dead-letters?after={}", listed["next_after"])).await.json();
    assert_eq!(rest["dead_letters"].as_array().map(Vec::len), Some(1), "{rest}");
});

both!(like_failures_are_one_group_and_are_retried_together, |db| async move {
    let hub = Hub::with_manifests(&db, &[]).await;
    let future = |key: &str| json!({"key": key, "birth_date": "2999-01-01"});
    let ids = hub
        .take_in(&[future("1"), json!({"key": "2", "birth_date": "1999-13-01"}), future("3"), json!([4]), json!([5])])
        .await;
    let groups = hub.get("/v1/dead-letters/groups").await.json()["groups"].clone();
    let told: Vec<(&str, i64, i64)> = (0..3)
        .map(|place| {
            let group = &groups[place];
            assert!(group["first_at"].as_str() <= group["last_at"].as_str(), "{group}");
            (
                group["step"].as_str().unwrap_or_default(),
                group["count"].as_i64().unwrap_or_default(),
                group["example"].as_i64().unwrap_or_default(),
            )
        })
        .collect();
    assert_eq!(told, [("contract", 2, ids[0]), ("read", 2, ids[3]), ("map", 1, ids[1])], "{groups}");
    assert_eq!(groups.as_array().map(Vec::len), Some(3));
    let fingerprint = groups[0]["fingerprint"].as_str().expect("a text");
    let listed = hub.get(&format!("/v1/dead-letters?fingerprint={fingerprint}")).await.json();
    let listed: Vec<&Value> = (0..2).map(|place| &listed["dead_letters"][place]["id"]).collect();
    assert_eq!(listed, [&json!(ids[0]), &json!(ids[2])]);
    let retried = hub.post("/v1/dead-letters/retry", &json!({"fingerprint": fingerprint})).await;
    assert_eq!((retried.status, retried.json()), (202, json!({"retried": 2, "unreadable": 0})));
    settle(&hub, hub.store.progress().await.expect("the store answers").1.0).await;
    let again = hub.get("/v1/dead-letters/groups?source=canonical&limit=2").await.json()["groups"].clone();
    assert_eq!(again.as_array().map(Vec::len), Some(2));
    // Among groups of one size the one that has waited longest comes first.
    assert_eq!(
        (&again[1]["fingerprint"], &again[1]["count"]),
        (&json!(fingerprint), &json!(2)),
        "they failed alike again"
    );
    assert!(again[1]["example"].as_i64() > Some(ids[4]), "{again}");
    let none = hub.get("/v1/dead-letters/groups?source=shopify").await.json();
    assert_eq!(none, json!({"groups": []}));
    hub.get("/v1/dead-letters?fingerprint=x").await.expect_problem(400, "malformed-parameter");
});

both!(a_retry_goes_on_where_the_call_before_ended, |db| async move {
    let hub = Hub::start(&db).await;
    let ids = hub
        .take_in(&[json!({"key": "1", "birth_date": "2999-01-01"}), json!({"key": "2", "birth_date": "2999-01-01"})])
        .await;
    let rest = hub.post("/v1/dead-letters/retry", &json!({"after": ids[0], "upto": ids[1]})).await;
    assert_eq!(rest.json(), json!({"retried": 1, "unreadable": 0}));
    settle(&hub, hub.store.progress().await.expect("the store answers").1.0).await;
    let nothing = hub.post("/v1/dead-letters/retry", &json!({"after": ids[0], "upto": ids[1]})).await;
    assert_eq!(nothing.json(), json!({"retried": 0, "unreadable": 0}), "what failed again came later");
});

async fn settle(hub: &Hub, delivery: i64) {
    hub.control.reached(hub::domain::ids::DeliveryId(delivery)).await;
    hub.noticed().await;
}
