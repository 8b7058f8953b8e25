//! Subscribers as operators see them: refused, paused, rotated, removed, backed up.

use super::support::{caught_up, holds_what_the_hub_holds, in_state, moves, subscribe};
use crate::api::fixture::{Hub, eventually, send};
use hub::domain::ids::EventSeq;
use hub::domain::invariants::Invariant;
use hub::domain::subscriber::{SecretName, Target};
use hub::store::Store;
use hub::store::subscribers::{Edit, Progress};
use reqwest::Method;
use serde_json::{Value, json};
use tests::both;
use tests::population::Dice;
use tests::receiver::{Receiver, Reply};

fn webhook(url: &str) -> Value {
    json!({"name": "crm", "target": {"kind": "webhook", "url": url, "secret": "first"}})
}

both!(what_cannot_be_served_is_refused, |db| async move {
    let hub = Hub::start(&db).await;
    let with = |field: &str, value: Value| {
        let mut body = webhook("https://crm.example.com/hook");
        body[field] = value;
        body
    };
    let refused = [
        (webhook("http://crm.example.com/hook"), "https://"),
        (webhook("https://127.0.0.2/hook"), "not a public one"),
        (webhook("https://me:secret@crm.example.com/hook"), "no user name"),
        (
            with("target", json!({"kind": "webhook", "url": "https://a.example.com", "secret": "third"})),
            "HUB_SECRET_THIRD",
        ),
        (with("target", json!({"kind": "files", "folder": "../etc"})), "folder"),
        (with("filter", json!({"events": ["burnt"]})), "burnt"),
        (with("attributes", json!(["shoe"])), "shoe"),
        (with("parallel", json!(0)), "parallel"),
        (with("after", json!(1)), "newest"),
        (with("name", json!(" ")), "name"),
    ];
    for (body, part) in refused {
        let problem = hub.post("/v1/subscribers", &body).await.expect_problem(422, "invalid-command");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(part) && !detail.contains("me:secret"), "{body}: {detail}");
    }
    let unknown = hub.post("/v1/subscribers", &with("colour", json!("red"))).await;
    unknown.expect_problem(400, "malformed-body");
    assert_eq!(hub.get("/v1/subscribers").await.json()["subscribers"], json!([]));
    assert_eq!(hub.post("/v1/subscribers", &webhook("https://crm.example.com/hook")).await.status, 201);
    hub.post("/v1/subscribers", &webhook("https://crm.example.com/hook")).await.expect_problem(409, "conflict");
});

both!(a_paused_one_is_left_alone, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    moves(&hub, &mut Dice::new(20), 10).await;
    caught_up(&hub, &path).await;
    assert_eq!(hub.post(&format!("{path}/pause"), &json!({})).await.json()["state"], "paused");
    let other = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let beside = subscribe(&hub, "beside", &other).await;
    let before = receiver.count();
    moves(&hub, &mut Dice::new(21), 10).await;
    caught_up(&hub, &beside).await;
    assert_eq!(receiver.count(), before);
    assert!(hub.get(&path).await.json()["lag"].as_i64() > Some(0));
    assert_eq!(hub.post(&format!("{path}/resume"), &json!({})).await.status, 200);
    caught_up(&hub, &path).await;
    holds_what_the_hub_holds(&hub.store, &receiver).await;
});

both!(two_secrets_sign_while_one_follows_the_other, |db| async move {
    let hub = Hub::start(&db).await;
    let old = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    moves(&hub, &mut Dice::new(22), 4).await;
    let path = subscribe(&hub, "crm", &old).await;
    caught_up(&hub, &path).await;
    let rotated = hub.post(&format!("{path}/rotate"), &json!({"secret": "second"})).await.json();
    assert_eq!(rotated["target"]["secret"], "second");
    assert_eq!(rotated["previous_secret"]["secret"], "first");
    hub.post(&format!("{path}/resend"), &json!({"after": 0})).await;
    caught_up(&hub, &path).await;
    assert_eq!(old.forged(), 0, "the receiver with the old secret goes on");
    assert_eq!(old.taken().last().map(|message| message.signatures), Some(2));
    let ended = hub.post(&format!("{path}/rotate"), &json!({"secret": "second", "overlap_hours": 0})).await;
    assert_eq!(ended.status, 200, "{}", ended.text);
    hub.post(&format!("{path}/resend"), &json!({"after": 0})).await;
    eventually("the old secret is no longer valid", || async { (old.forged() > 0).then_some(()) }).await;
});

both!(a_removed_one_leaves_nothing_behind, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Refuse(500)).await;
    moves(&hub, &mut Dice::new(23), 10).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    in_state(&hub, &path, "held").await;
    assert_eq!(send(hub.request(Method::DELETE, &path)).await.status, 204);
    hub.get(&path).await.expect_problem(404, "unknown-subscriber");
    send(hub.request(Method::DELETE, &path)).await.expect_problem(404, "unknown-subscriber");
    assert!(!hub.get("/metrics").await.text.contains("hub_subscriber_"));
});

both!(a_backup_holds_subscribers_and_what_they_are_owed, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Refuse(500)).await;
    moves(&hub, &mut Dice::new(24), 10).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    in_state(&hub, &path, "held").await;
    assert_eq!(hub.post(&format!("{path}/pause"), &json!({})).await.status, 200);
    // What was on its way when it was paused is stored as well, or refused.
    let settled = eventually("it rests", || async {
        let (before, after) = (hub.get(&path).await.text, hub.get(&path).await.text);
        (before == after && hub.get(&path).await.json()["people_waiting"].as_i64() > Some(0)).then_some(())
    });
    settled.await;
    let backup = db.another().await;
    let (copy, _) = Store::migrate(backup.url()).await.expect("the schema is made");
    hub.store.copy_into(&copy, |_| {}).await.expect("everything is copied");
    let of = |store: Store| async move {
        let all = store.subscribers().await.expect("subscribers");
        let saved = store.saved(&all[0]).await.expect("what it is owed");
        let failures = store.subscriber_failures(all[0].id).await.expect("failures");
        (all[0].name.clone(), all[0].settings.clone(), saved, failures)
    };
    assert_eq!(of(copy).await, of(hub.store.clone()).await);
});

both!(a_restored_backup_sends_nothing_until_it_is_resumed, |db| async move {
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let backup = db.another().await;
    let (history, path) = {
        let hub = Hub::start(&db).await;
        moves(&hub, &mut Dice::new(25), 10).await;
        let path = subscribe(&hub, "crm", &receiver).await;
        caught_up(&hub, &path).await;
        let (copy, _) = Store::migrate(backup.url()).await.expect("the schema is made");
        hub.store.copy_into(&copy, |_| {}).await.expect("everything is copied");
        copy.close().await;
        (receiver.count(), path)
    };
    let hub = Hub::start(&backup).await;
    let found = hub.get(&path).await.json();
    assert_eq!(found["state"], "paused", "{found}");
    assert!(found["reason"].as_str().is_some_and(|reason| reason.contains("resume")), "{found}");
    let events = hub.get("/v1/operator-events").await.json();
    assert_eq!(events["events"][0]["kind"], "subscriber_restored");
    assert_eq!(events["events"][0]["subject"], found["id"]);
    let (other, mut dice) = (Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await, Dice::new(26));
    moves(&hub, &mut dice, 10).await;
    let beside = subscribe(&hub, "beside", &other).await;
    caught_up(&hub, &beside).await;
    assert_eq!(receiver.count(), history, "nothing was sent");
    assert_eq!(hub.post(&format!("{path}/resume"), &json!({})).await.json()["reason"], Value::Null);
    caught_up(&hub, &path).await;
    let newest = hub.store.last_event().await.expect("the feed can be read").0;
    assert_eq!(receiver.count() as i64, newest, "what came after the backup, and nothing again");
    holds_what_the_hub_holds(&hub.store, &receiver).await;
});

both!(what_is_missing_for_a_subscriber_is_told, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    caught_up(&hub, &path).await;
    // As if the secret had been there when the subscriber was registered.
    let mut stored = hub.store.subscribers().await.expect("subscribers").remove(0);
    let Target::Webhook { secret, .. } = &mut stored.settings.target else { panic!("it is a webhook") };
    *secret = SecretName("third".to_owned());
    let lost = Edit::Settings(Box::new(stored.settings.clone()));
    assert!(hub.store.edit_subscriber(stored.id, &lost).await.expect("it is changed"));
    let found = in_state(&hub, &path, "misconfigured").await;
    assert!(found["reason"].as_str().is_some_and(|reason| reason.contains("HUB_SECRET_THIRD")), "{found}");
    let events = hub.get("/v1/operator-events").await.json();
    let kinds: Vec<&str> =
        events["events"].as_array().into_iter().flatten().filter_map(|e| e["kind"].as_str()).collect();
    assert_eq!(kinds, ["subscriber_misconfigured"], "once, however often it is tried");
    let Target::Webhook { secret, .. } = &mut stored.settings.target else { panic!("it is a webhook") };
    *secret = SecretName("first".to_owned());
    let found = Edit::Settings(Box::new(stored.settings));
    assert!(hub.store.edit_subscriber(stored.id, &found).await.expect("it is changed"));
    in_state(&hub, &path, "active").await;
    assert_eq!(
        hub.get(&format!("/v1/operator-events?after={}", events["events"][0]["id"])).await.json(),
        json!({"events": []})
    );
});

both!(a_cursor_that_would_skip_is_found, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Refuse(500)).await;
    moves(&hub, &mut Dice::new(27), 10).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    in_state(&hub, &path, "held").await;
    hub.post(&format!("{path}/pause"), &json!({})).await;
    let breaches = || async { hub::verify::verify(&hub.store, |_| {}).await.expect("the store is checked").breaches };
    assert_eq!(breaches().await, []);
    let stored = hub.store.subscribers().await.expect("subscribers").remove(0);
    let saved = hub.store.saved(&stored).await.expect("what it is owed");
    let mut wrong = saved.clone();
    wrong.cursor = EventSeq(1_000_000);
    let done = hub.store.save_deliveries(&stored, &saved, &wrong, &Progress::default()).await;
    assert!(done.expect("it is stored"));
    let found = breaches().await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].invariant, Invariant::I10);
});
