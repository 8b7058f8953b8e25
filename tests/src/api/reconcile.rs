//! A source's full list over HTTP.

use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Hub, person, send};

const PATH: &str = "/v1/sources/canonical/reconcile";

fn counts(answer: &Value) -> [i64; 5] {
    ["missing_here", "missing_there", "different", "newer_here", "healed"]
        .map(|name| answer[name].as_i64().unwrap_or(-1))
}

both!(a_list_is_compared_and_healed_when_told_to, |db| async move {
    let hub = Hub::start(&db).await;
    let at = |key: &str, version: i64, given: &str| {
        let mut record = person(key, given, "Silva", &format!("{given}{key}@example.com"));
        record["version"] = json!(version);
        record
    };
    hub.take_in(&[at("1", 5, "Ana"), at("2", 5, "Ben"), at("3", 5, "Chidi"), at("4", 5, "Dora")]).await;
    let list = json!([at("1", 5, "Ana"), at("2", 6, "Benedict"), at("3", 4, "Chi"), at("5", 1, "Emeka")]);
    let found = hub.post(PATH, &list).await;
    assert_eq!((found.status, counts(&found.json())), (200, [1, 1, 1, 1, 0]), "{}", found.text);
    let named = |key: &str, drift: &str| json!({"source_key": key, "drift": drift});
    let records = found.json()["records"].as_array().cloned().unwrap_or_default();
    let expected =
        [named("2", "different"), named("3", "newer_here"), named("4", "missing_there"), named("5", "missing_here")];
    assert!(records.len() == 4 && expected.iter().all(|record| records.contains(record)), "{records:?}");
    let healed = hub.post(&format!("{PATH}?heal=true&delete_missing=true"), &list).await;
    assert_eq!(counts(&healed.json()), [1, 1, 1, 1, 3], "{}", healed.text);
    hub.control.reached(hub.store.progress().await.expect("the store answers").1).await;
    let after = hub.post(PATH, &list).await;
    assert_eq!(counts(&after.json()), [0, 0, 0, 1, 0], "{}", after.text);
    hub.noticed().await;
    assert_eq!(hub.profile("2").await["name"]["given"], "Benedict");
    let broken = hub.request(Method::POST, PATH).header("content-type", "application/json").body("[{\"key\": ");
    send(broken).await.expect_problem(400, "malformed-body");
    hub.post("/v1/sources/atlantis/reconcile", &list).await.expect_problem(404, "unknown-source");
});
