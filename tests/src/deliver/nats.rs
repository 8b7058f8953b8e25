//! Changes out to a NATS stream.

use super::support::{caught_up, moves};
use crate::api::fixture::{Hub, eventually};
use async_nats::jetstream::Context;
use hub::domain::ids::EventSeq;
use serde_json::{Value, json};
use std::collections::HashMap;
use tests::both;
use tests::nats::NatsServer;
use tests::population::Dice;

/// A message of the stream.
struct Told {
    subject: String,
    id: String,
    event: Value,
}

async fn subscribe(hub: &Hub, target: Value) -> String {
    let body = json!({"name": "lake", "target": target, "start": "beginning"});
    let answer = hub.post("/v1/subscribers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    format!("/v1/subscribers/{}", answer.json()["id"].as_str().expect("an id"))
}

async fn told(jetstream: &Context) -> Vec<Told> {
    let mut stream = jetstream.get_stream("GOLDEN").await.expect("the stream is there");
    let last = stream.info().await.expect("the server answers").state.last_sequence;
    let mut all = Vec::new();
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.expect("the message is there");
        let id = message.headers.get("Nats-Msg-Id").expect("it has an id").to_string();
        let event = serde_json::from_slice(&message.payload).expect("an event is JSON");
        all.push(Told { subject: message.subject.to_string(), id, event });
    }
    all
}

/// Each person's versions in order and without a gap, and the newest of all that the hub holds.
async fn is_all_of_it(hub: &Hub, all: &[Told]) {
    let mut versions: HashMap<&str, i64> = HashMap::new();
    for told in all {
        let golden = told.event["subject"].as_str().expect("a golden id");
        let version = told.event["data"]["version"].as_i64().expect("a version");
        let before = versions.insert(golden, version).unwrap_or(0);
        assert!(version == before + 1 || version <= before, "{golden}: {version} after {before}");
        assert!(version >= before, "{golden}: {version} after {before}, which the server should have dropped");
    }
    let feed = hub.store.events_after(EventSeq(0), 10_000).await.expect("the feed can be read");
    let mut newest: HashMap<String, i64> = HashMap::new();
    newest.extend(feed.iter().map(|event| (event.golden.to_string(), i64::from(event.version))));
    let held: HashMap<String, i64> =
        versions.into_iter().map(|(golden, version)| (golden.to_owned(), version)).collect();
    assert_eq!(held, newest);
}

both!(events_are_messages_under_their_types_each_stored_once, |db| async move {
    let nats = NatsServer::start().await;
    let hub = Hub::with_nats(&db, &nats).await;
    moves(&hub, &mut Dice::new(41), 20).await;
    let jetstream = nats.make_stream("GOLDEN", "hub.golden.>").await;
    let path = subscribe(&hub, json!({"kind": "nats", "server": "main"})).await;
    caught_up(&hub, &path).await;
    let all = told(&jetstream).await;
    is_all_of_it(&hub, &all).await;
    let first = &all[0];
    assert_eq!(
        (first.subject.as_str(), &first.event["type"]),
        ("hub.golden.created.v1", &json!("hub.golden.created.v1"))
    );
    assert!(first.id.ends_with(&format!("#{}", first.event["id"].as_str().unwrap_or_default())), "{}", first.id);
    // The server knows the ids of what is sent again.
    let answer = hub.post(&format!("{path}/resend"), &json!({"after": 0})).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    caught_up(&hub, &path).await;
    assert_eq!(told(&jetstream).await.len(), all.len());
    let named = hub.get(&path).await.json()["target"].clone();
    assert_eq!(named, json!({"kind": "nats", "server": "main", "subject": "{type}"}));
});

both!(a_server_that_is_killed_in_the_middle_loses_nothing, |db| async move {
    let mut nats = NatsServer::start().await;
    let hub = Hub::with_nats(&db, &nats).await;
    nats.make_stream("GOLDEN", "customers.>").await;
    let mut dice = Dice::new(42);
    let path = subscribe(&hub, json!({"kind": "nats", "server": "main", "subject": "customers.{golden}"})).await;
    for round in 0..4 {
        moves(&hub, &mut dice, 12).await;
        if round < 3 {
            nats.kill();
            moves(&hub, &mut dice, 12).await;
            nats.start_again().await;
        }
    }
    let stuck = || async {
        let found = hub.get(&path).await.json();
        if found["lag"] == 0 && found["people_waiting"] == 0 {
            return Some(found);
        }
        // Whoever waits for a later attempt is tried at once.
        hub.post(&format!("{path}/resume"), &json!({})).await;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        None
    };
    eventually("everything arrives", stuck).await;
    let all = told(&nats.jetstream().await).await;
    is_all_of_it(&hub, &all).await;
    assert!(
        all.iter()
            .all(|told| told.subject == format!("customers.{}", told.event["subject"].as_str().unwrap_or_default()))
    );
});

both!(without_a_stream_events_wait_and_the_reason_is_shown, |db| async move {
    let nats = NatsServer::start().await;
    let hub = Hub::with_nats(&db, &nats).await;
    moves(&hub, &mut Dice::new(43), 3).await;
    let path = subscribe(&hub, json!({"kind": "nats", "server": "main"})).await;
    let what = eventually("an attempt fails", || async {
        let found = hub.get(&path).await.json();
        found["failures"][0]["what"].as_str().map(str::to_owned)
    })
    .await;
    assert!(what.contains("create one"), "{what}");
    nats.make_stream("GOLDEN", "hub.golden.>").await;
    hub.post(&format!("{path}/resume"), &json!({})).await;
    caught_up(&hub, &path).await;
    for (target, remedy) in [
        (json!({"kind": "nats", "server": "other"}), "[nats]"),
        (json!({"kind": "nats", "server": "main", "subject": "$JS.API.>"}), "subject"),
        (json!({"kind": "nats", "server": "main", "subject": "a.{kind}"}), "{type}"),
    ] {
        let refused = hub.post("/v1/subscribers", &json!({"name": "no", "target": target})).await;
        let problem = refused.expect_problem(422, "invalid-command");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(remedy)), "{problem}");
    }
});
