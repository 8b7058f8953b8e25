//! What the tests of deliveries share: subscribing, waiting, and the comparison at the end.

use crate::api::fixture::{Hub, eventually, person};
use hub::domain::ids::{EventSeq, GoldenId};
use hub::domain::plan::GoldenState;
use hub::read::profiles::golden_json;
use hub::store::Store;
use serde_json::{Value, json};
use std::collections::HashMap;
use tests::population::Dice;
use tests::receiver::Receiver;

/// Subscribes a receiver from the beginning of the feed; returns the subscriber's path.
pub async fn subscribe(hub: &Hub, name: &str, receiver: &Receiver) -> String {
    subscribe_with(hub, name, receiver, json!({})).await
}

/// The same with more to say.
pub async fn subscribe_with(hub: &Hub, name: &str, receiver: &Receiver, more: Value) -> String {
    let target = json!({"kind": "webhook", "url": receiver.url, "secret": "first"});
    let mut body = json!({"name": name, "target": target, "start": "beginning"});
    for (field, value) in more.as_object().into_iter().flatten() {
        body[field] = value.clone();
    }
    let answer = hub.post("/v1/subscribers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/v1/subscribers/{}", answer.json()["id"].as_str().expect("an id"))
}

/// Waits until nothing is left to deliver, and returns how the subscriber is doing.
pub async fn caught_up(hub: &Hub, path: &str) -> Value {
    let path = path.to_owned();
    eventually("the subscriber catches up", || async {
        let found = hub.get(&path).await.json();
        (found["lag"] == 0 && found["people_waiting"] == 0).then_some(found)
    })
    .await
}

/// Waits until a subscriber is in a state.
pub async fn in_state(hub: &Hub, path: &str, state: &str) -> Value {
    eventually(state, || async {
        let found = hub.get(path).await.json();
        (found["state"] == state).then_some(found)
    })
    .await
}

/// People who move again and again.
pub async fn moves(hub: &Hub, dice: &mut Dice, count: usize) {
    const NAMES: [&str; 8] = ["Ana", "Benedict", "Chidi", "Dorothea", "Emeka", "Fatima", "Gustav", "Hana"];
    let record = |_| {
        let name = NAMES[dice.below(8) as usize];
        let mut record = person(name, name, &format!("{name}sson"), &format!("{name}@example.com"));
        record["phones"] = json!([{"value": format!("+44 20 7946 {:04}", dice.below(1000))}]);
        record
    };
    let records: Vec<Value> = (0..count).map(record).collect();
    hub.take_in(&records).await;
}

/// The separate check at the end: what the receiver holds is what the hub holds, person by person, without a gap.
pub async fn holds_what_the_hub_holds(store: &Store, receiver: &Receiver) {
    assert_eq!(receiver.forged(), 0);
    let held = receiver.newest();
    let mut versions: HashMap<String, i64> = HashMap::new();
    let mut after = EventSeq(0);
    loop {
        let page = store.events_after(after, 1000).await.expect("the feed can be read");
        let Some(last) = page.last() else { break };
        after = last.seq;
        versions.extend(page.iter().map(|event| (event.golden.to_string(), i64::from(event.version))));
    }
    assert_eq!(held.len(), versions.len(), "everybody is there");
    for (golden, version) in versions {
        let message = held.get(&golden).unwrap_or_else(|| panic!("{golden} is missing"));
        assert_eq!(message.version(), version, "{golden}");
        let id = GoldenId(golden.parse().expect("a golden id"));
        let profile = store.profile(id).await.expect("the store answers").expect("it was published");
        let ended = matches!(message.kind(), "merged" | "deleted");
        assert_eq!(ended, profile.state != GoldenState::Live, "{golden}");
        if !ended {
            let golden = golden_json(id, profile.version, profile.changed_us, &profile.body);
            let golden: Value = serde_json::from_str(&golden).expect("a golden record is JSON");
            assert_eq!(values(&message.event["data"]), golden);
        }
    }
}

/// The golden record of a message, without what subscribers are told besides.
fn values(data: &Value) -> Value {
    let mut data = data.clone();
    for name in ["changes", "vanished", "appeared", "cause"] {
        data.as_object_mut().expect("data is an object").remove(name);
    }
    data
}
