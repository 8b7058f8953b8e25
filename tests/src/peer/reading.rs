//! What the tests with real systems share: reading one again, and looking at whom its records belong to.

use crate::api::fixture::{Hub, eventually};
use serde_json::{Value, json};

/// Reads a system once more, to its end.
pub async fn read_again(hub: &Hub, source: &str) {
    let before = hub.store.poll(source).await.expect("the store answers").expect("it is read").standing.finished_us;
    assert_eq!(hub.post(&format!("/v1/connectors/{source}/run"), &json!({})).await.status, 200);
    eventually("the system is read to its end", || async {
        let stored = hub.store.poll(source).await.expect("the store answers")?;
        (stored.standing.finished_us > before).then_some(())
    })
    .await;
}

/// The golden record under which a record lives, as soon as it is as wanted.
pub async fn golden(hub: &Hub, source: &str, key: i64, wanted: impl Fn(&Value) -> bool) -> Value {
    eventually("the golden record is as it should be", || async {
        let known = hub.get(&format!("/v1/crosswalk/{source}/{key}")).await;
        let id = known.json()["golden"].as_str()?.to_owned();
        let profile = hub.get(&format!("/v1/profiles/{id}")).await.json();
        wanted(&profile).then_some(profile)
    })
    .await
}

/// Reads a system that has not changed, and finds that nothing is stored again, and that nothing failed.
pub async fn is_at_rest(hub: &Hub, source: &str) {
    let stored = hub.store.progress().await.expect("the store answers").1;
    read_again(hub, source).await;
    assert_eq!(hub.store.progress().await.expect("the store answers").1, stored);
    let letters = hub.get("/v1/dead-letters").await.json();
    assert_eq!(letters["dead_letters"], json!([]), "{letters}");
}

/// Has the stale records of a system written.
pub async fn write_to(hub: &Hub, source: &str) {
    let subscriber = json!({"name": source, "target": {"kind": "write_back", "source": source}});
    assert_eq!(hub.post("/v1/subscribers", &subscriber).await.status, 201);
}
