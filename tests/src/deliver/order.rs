//! What arrives, in which order, and how much of it.

use super::support::{caught_up, holds_what_the_hub_holds, moves, subscribe, subscribe_with};
use crate::api::fixture::{Hub, eventually, person};
use serde_json::json;
use tests::both;
use tests::population::Dice;
use tests::receiver::{Receiver, Reply};
use tests::schema::check_event;

both!(changes_arrive_signed_and_in_order, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let mut dice = Dice::new(1);
    moves(&hub, &mut dice, 10).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    for _ in 0..10 {
        moves(&hub, &mut dice, 5).await;
    }
    let end = caught_up(&hub, &path).await;
    holds_what_the_hub_holds(&hub.store, &receiver).await;
    assert_eq!(end["delivered"], receiver.count());
    let first = &receiver.taken()[0];
    assert_eq!(first.event["partitionkey"], first.event["subject"]);
    assert_eq!(first.id, format!("evt_{}", first.sequence()));
    let metrics = hub.get("/metrics").await.text;
    let id = path.rsplit('/').next().unwrap_or_default();
    assert!(metrics.contains(&format!("hub_subscriber_delivered_total{{subscriber=\"{id}\"}} {}", receiver.count())));
});

both!(merges_and_unmerges_say_which_ids_vanish_and_appear, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana@example.com"), person("2", "Ben", "Okafor", "ben@example.com")])
        .await;
    let path = subscribe(&hub, "crm", &receiver).await;
    let (first, second) = (hub.golden("1").await, hub.golden("2").await);
    let keys = json!([{"source": "canonical", "source_key": "2"}]);
    let merge = hub.post(&format!("/v1/profiles/{first}/merge"), &json!({"with": second, "reason": "same"})).await;
    assert_eq!(merge.status, 200, "{}", merge.text);
    hub.noticed().await;
    caught_up(&hub, &path).await;
    let merged = receiver.newest().remove(&second).expect("the second id was told of");
    assert_eq!(merged.kind(), "merged");
    assert_eq!(merged.event["data"]["vanished"], json!([second]));
    assert_eq!(merged.event["data"]["into"], json!(first));
    assert_eq!(merged.event["policy"], "1");
    decided(&hub, &merged.event["data"]["cause"], "always_link").await;
    let unmerge = json!({"records": keys, "reason": "they are two"});
    let unmerge = hub.post(&format!("/v1/profiles/{first}/unmerge"), &unmerge).await;
    assert_eq!(unmerge.status, 200, "{}", unmerge.text);
    hub.noticed().await;
    caught_up(&hub, &path).await;
    let back = receiver.newest().remove(&second).expect("the second id was told of");
    assert_eq!((back.kind(), &back.event["data"]["appeared"]), ("restored", &json!([second])));
    decided(&hub, &back.event["data"]["cause"], "never_link").await;
    holds_what_the_hub_holds(&hub.store, &receiver).await;
});

/// The cause names a decision that can be looked up, and who took it.
async fn decided(hub: &Hub, cause: &serde_json::Value, verdict: &str) {
    assert_eq!(
        [&cause["kind"], &cause["verdict"], &cause["revoked"]],
        [&json!("decision"), &json!(verdict), &json!(false)]
    );
    let decision = hub.get(&format!("/v1/decisions/{}", cause["decision"].as_str().unwrap_or_default())).await.json();
    assert_eq!(decision["by"], cause["by"], "{decision}");
}

both!(what_the_sources_say_joins_and_parts_and_is_told_as_the_cause, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let (ana, ben) = (person("1", "Ana", "Silva", "ana@example.com"), person("2", "Ben", "Okafor", "ben@example.com"));
    hub.take_in(&[ana.clone(), ben.clone()]).await;
    let second = hub.golden("2").await;
    let path = subscribe(&hub, "crm", &receiver).await;
    let narrow = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    subscribe_with(&hub, "narrow", &narrow, json!({"attributes": ["name"]})).await;
    let mut same = ana.clone();
    same["key"] = json!("2");
    hub.take_in(&[same]).await;
    caught_up(&hub, &path).await;
    let cause = receiver.newest()[&second].event["data"]["cause"].clone();
    let keys = |cause: &serde_json::Value| -> Vec<String> {
        let records = cause["records"].as_array().into_iter().flatten();
        let mut keys: Vec<String> = records.map(|r| r["source_key"].as_str().unwrap_or_default().to_owned()).collect();
        keys.sort();
        keys
    };
    assert_eq!(
        (cause["kind"].as_str(), keys(&cause)),
        (Some("match"), vec!["1".to_owned(), "2".to_owned()]),
        "{cause}"
    );
    assert!(cause["weight"].as_f64() > Some(5.0), "{cause}");
    hub.take_in(&[ben]).await;
    caught_up(&hub, &path).await;
    let back = receiver.newest()[&second].clone();
    let cause = &back.event["data"]["cause"];
    assert_eq!((back.kind(), cause["kind"].as_str(), keys(cause)), ("restored", Some("records"), vec!["2".to_owned()]));
    // Whoever may not see the source records is not told of them as a cause either.
    let told = eventually("the other is told as well", || async {
        narrow.newest().remove(&second).filter(|m| m.version() == back.version())
    })
    .await;
    assert_eq!(told.event["data"]["cause"], json!({"kind": "records"}));
    holds_what_the_hub_holds(&hub.store, &receiver).await;
});

both!(whoever_has_a_purpose_learns_of_a_refusal_by_what_is_gone, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let all = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let refused =
        json!({"name": "x", "target": {"kind": "webhook", "url": receiver.url, "secret": "first"}, "purpose": "hats"});
    hub.post("/v1/subscribers", &refused).await.expect_problem(400, "malformed-parameter");
    let path = subscribe_with(&hub, "mailer", &receiver, json!({"purpose": "marketing"})).await;
    let other = subscribe(&hub, "crm", &all).await;
    assert_eq!(hub.get(&path).await.json()["purpose"], "marketing");
    let mut ana = person("1", "Ana", "Silva", "ana@example.com");
    ana["emails"] = json!([{"value": "ana@example.com"}, {"value": "silva@example.org"}]);
    ana["consents"] = json!([{"purpose": "marketing", "channel": "email", "state": "granted", "captured_at": "2025-01-01",
        "point": "ana@example.com"}]);
    // Somebody whose country one of two records does not tell.
    let mut stray = person("2", "Ana", "Silva", "ana@example.com");
    stray["addresses"][0].as_object_mut().expect("an address").remove("country");
    stray["phones"] = json!([{"value": "+44 20 7946 0123"}]);
    hub.take_in(&[ana.clone(), stray]).await;
    caught_up(&hub, &path).await;
    let first = receiver.newest().remove(&hub.golden("1").await).expect("she is told of");
    assert_eq!(first.event["data"]["emails"], json!([{"value": "ana@example.com"}]));
    assert!(first.event["data"].get("phones").is_none() && !first.event.to_string().contains("silva@example.org"));
    ana["consents"] =
        json!([{"purpose": "marketing", "channel": "email", "state": "withdrawn", "captured_at": "2025-02-01"}]);
    hub.take_in(&[ana]).await;
    caught_up(&hub, &path).await;
    let then = receiver.newest().remove(&hub.golden("1").await).expect("she is told of");
    assert!(then.version() > first.version() && then.event["data"].get("emails").is_none(), "{}", then.event);
    let gone = then.event["data"]["changes"].as_array().into_iter().flatten();
    let gone = gone.filter(|change| change["attribute"] == "emails").cloned().collect::<Vec<_>>();
    assert_eq!(gone, [json!({"attribute": "emails", "old": [{"value": "ana@example.com"}], "new": null})]);
    caught_up(&hub, &other).await;
    for message in all.taken().iter().chain(&receiver.taken()) {
        assert_eq!(check_event(&message.event, "https://hub.example.com"), Ok(()));
    }
    assert!(all.taken().iter().any(|message| message.event["data"].get("jurisdictions").is_some()));
    holds_what_the_hub_holds(&hub.store, &all).await;
});

both!(filters_and_projections_keep_the_rest_away, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let more = json!({"filter": {"events": ["updated"], "attributes": ["phones"]}, "attributes": ["phones", "name"]});
    let path = subscribe_with(&hub, "dialler", &receiver, more).await;
    let ana = person("1", "Ana", "Silva", "ana@example.com");
    hub.take_in(std::slice::from_ref(&ana)).await;
    let mut called = ana.clone();
    called["phones"] = json!([{"value": "+44 20 7946 0123"}]);
    hub.take_in(&[called.clone()]).await;
    // A change that this subscriber may not learn of, and does not care for.
    called["gender"] = json!("f");
    hub.take_in(&[called]).await;
    caught_up(&hub, &path).await;
    let taken = receiver.taken();
    assert_eq!(taken.len(), 1, "{taken:?}");
    let data = &taken[0].event["data"];
    let told: Vec<&str> = data.as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    assert_eq!(told, ["id", "version", "changed_at", "name", "phones", "changes", "vanished", "appeared"]);
    assert_eq!(data["changes"].as_array().map(Vec::len), Some(1));
    assert_eq!(data["changes"][0]["attribute"], "phones");
    assert_eq!(data["changes"][0]["old"], json!(null));
    assert_eq!(data["changes"][0]["new"], data["phones"]);
});

both!(sent_again_is_one_range_or_all, |db| async move {
    let hub = Hub::start(&db).await;
    let receiver = Receiver::start("HUB_SECRET_FIRST", |_| Reply::Take).await;
    let mut dice = Dice::new(2);
    moves(&hub, &mut dice, 8).await;
    moves(&hub, &mut dice, 8).await;
    let path = subscribe(&hub, "crm", &receiver).await;
    caught_up(&hub, &path).await;
    let all = receiver.taken();
    let again = |body| {
        let (hub, path, receiver) = (&hub, &path, &receiver);
        async move {
            let before = receiver.count();
            let answer = hub.post(&format!("{path}/resend"), &body).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
            caught_up(hub, path).await;
            let mut sequences: Vec<i64> = receiver.taken()[before..].iter().map(|m| m.sequence()).collect();
            sequences.sort_unstable();
            sequences
        }
    };
    let first = &all[0];
    let of_the_first: Vec<i64> = all.iter().filter(|m| m.golden() == first.golden()).map(|m| m.sequence()).collect();
    assert_eq!(again(json!({"from": first.sequence()})).await, of_the_first, "one, and what the person had since");
    let last = all.len() as i64;
    assert_eq!(again(json!({"after": last - 3})).await, [last - 2, last - 1, last]);
    assert_eq!(again(json!({"from": 1, "to": last})).await, (1..=last).collect::<Vec<_>>());
    assert_eq!(again(json!({"after": 0})).await, (1..=last).collect::<Vec<_>>());
    holds_what_the_hub_holds(&hub.store, &receiver).await;
    hub.post(&format!("{path}/resend"), &json!({"from": 3, "to": 2})).await.expect_problem(422, "invalid-command");
});

both!(a_file_drop_holds_the_same_events, |db| async move {
    let hub = Hub::start(&db).await;
    moves(&hub, &mut Dice::new(3), 20).await;
    let body = json!({"name": "warehouse", "target": {"kind": "files", "folder": "lake"}, "start": "beginning"});
    let answer = hub.post("/v1/subscribers", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let path = format!("/v1/subscribers/{}", answer.json()["id"].as_str().expect("an id"));
    caught_up(&hub, &path).await;
    moves(&hub, &mut Dice::new(4), 20).await;
    caught_up(&hub, &path).await;
    let mut files: Vec<_> = std::fs::read_dir(hub.drops.path().join("lake"))
        .expect("the folder is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    assert_eq!(files.len(), 2, "{files:?}");
    let text: String = files.iter().map(|file| std::fs::read_to_string(file).expect("a file")).collect();
    let ids: Vec<i64> = text
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line is JSON"))
        .inspect(|event| assert_eq!(check_event(event, "https://hub.example.com"), Ok(())))
        .filter_map(|event| event["id"].as_str()?.parse().ok())
        .collect();
    let newest = hub.store.last_event().await.expect("the feed can be read").0;
    assert_eq!(ids, (1..=newest).collect::<Vec<_>>());
});
