//! Merge, unmerge, decide, pin: each undone without a trace, none carried out on a state that nobody looked at.

use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Answer, Hub, person, send};

/// Two people who have nothing in common, and their golden ids.
async fn two_strangers(hub: &Hub) -> (String, String) {
    hub.take_in(&[
        json!({"key": "1", "names": [{"given": "Ana", "family": "Silva"}], "birth_date": "1980-05-02"}),
        json!({"key": "2", "names": [{"given": "Benedict", "family": "Okafor"}], "birth_date": "1971-11-30"}),
    ])
    .await;
    (hub.golden("1").await, hub.golden("2").await)
}

async fn merge(hub: &Hub, one: &str, other: &str) -> Answer {
    hub.post(&format!("/v1/profiles/{one}/merge"), &json!({"with": other, "reason": "said so on the phone"})).await
}

both!(a_merge_redirects_and_an_unmerge_gives_everything_back, |db| async move {
    let hub = Hub::start(&db).await;
    let (one, other) = two_strangers(&hub).await;
    let paths = [format!("/v1/profiles/{one}"), format!("/v1/profiles/{other}")];
    let before = [hub.get(&paths[0]).await.json(), hub.get(&paths[1]).await.json()];
    let done = merge(&hub, &other, &one).await;
    assert_eq!(done.status, 200, "{}", done.text);
    let decision = done.json()["decisions"][0].as_str().unwrap_or_default().to_owned();
    let (survivor, retired) = if one < other { (0, 1) } else { (1, 0) };
    let moved = hub.get(&paths[retired]).await;
    assert_eq!((moved.status, moved.header("location")), (308, paths[survivor].as_str()));
    assert_eq!(hub.get(&paths[survivor]).await.json()["records"].as_array().map(Vec::len), Some(2));
    let explained = hub.get(&format!("{}?explain=true", paths[survivor])).await.json();
    assert_eq!(explained["decisions"][0]["reason"], "said so on the phone");
    let shown = hub.get(&format!("/v1/decisions/{decision}")).await.json();
    assert_eq!((&shown["in_force"], &shown["by"]), (&json!(true), &json!("admin")));
    let undo = json!({"undo": decision, "reason": "it was her sister"});
    let undone = hub.post(&format!("{}/unmerge", paths[survivor]), &undo).await;
    assert_eq!(undone.status, 200, "{}", undone.text);
    for (path, before) in paths.iter().zip(before) {
        let after = hub.get(path).await;
        assert_eq!(after.status, 200, "{}", after.text);
        assert_eq!(values(after.json()), values(before));
    }
    assert_eq!(hub.get(&format!("/v1/decisions/{decision}")).await.json()["in_force"], false);
    hub.post(&format!("/v1/decisions/{decision}/undo"), &json!({"reason": "twice"}))
        .await
        .expect_problem(404, "unknown-decision");
});

/// A profile without what a merge and its undoing may change.
fn values(mut profile: Value) -> Value {
    for field in ["version", "changed_at"] {
        profile.as_object_mut().map(|fields| fields.remove(field));
    }
    profile
}

both!(history_shows_the_merge_at_its_time, |db| async move {
    let hub = Hub::start(&db).await;
    let (one, other) = two_strangers(&hub).await;
    let (survivor, retired) = if one < other { (one, other) } else { (other, one) };
    let before = hub.get(&format!("/v1/profiles/{retired}")).await.json();
    merge(&hub, &survivor, &retired).await;
    let then = before["changed_at"].as_str().unwrap_or_default();
    let as_it_was = hub.get(&format!("/v1/profiles/{retired}?as_of={then}")).await;
    assert_eq!(as_it_was.json(), before);
    let late = hub.get(&format!("/v1/profiles/{retired}?as_of=2999-01-01T00:00:00Z")).await;
    let expected = format!("/v1/profiles/{survivor}?as_of=2999-01-01T00:00:00Z");
    assert_eq!((late.status, late.header("location")), (308, expected.as_str()));
});

both!(an_unmerge_parts_records_for_good, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[
        person("1", "Ana", "Silva", "ana.silva@example.com"),
        person("2", "Ana", "Silva", "ana.silva@example.com"),
    ])
    .await;
    let id = hub.golden("1").await;
    assert_eq!(id, hub.golden("2").await, "the records are alike");
    let path = format!("/v1/profiles/{id}/unmerge");
    let record = json!([{"source": "canonical", "source_key": "2"}]);
    let parted = hub.post(&path, &json!({"records": record, "reason": "mother and daughter"})).await;
    assert_eq!(parted.status, 200, "{}", parted.text);
    assert_ne!(hub.golden("1").await, hub.golden("2").await);
    let mut again = person("2", "Ana", "Silva", "ana.silva@example.com");
    again["phones"] = json!([{"value": "+44 20 7946 0018"}]);
    again["version"] = json!(4_000_000_000_000_000i64);
    hub.take_in(&[again]).await;
    assert_ne!(hub.golden("1").await, hub.golden("2").await, "the decision holds");
    let whole = hub.golden("1").await;
    let nothing_left = json!({"records": [{"source": "canonical", "source_key": "1"}], "reason": "all of it"});
    hub.post(&format!("/v1/profiles/{whole}/unmerge"), &nothing_left).await.expect_problem(422, "invalid-command");
    let merged = merge(&hub, &hub.golden("1").await, &hub.golden("2").await).await;
    merged.expect_problem(409, "conflict");
});

both!(commands_are_refused_with_a_reason, |db| async move {
    let hub = Hub::start(&db).await;
    let (one, other) = two_strangers(&hub).await;
    let nobody = "019a0000-0000-7000-8000-000000000000";
    merge(&hub, &one, nobody).await.expect_problem(404, "unknown-profile");
    merge(&hub, &one, &one).await.expect_problem(422, "invalid-command");
    let path = format!("/v1/profiles/{one}/merge");
    let body = json!({"with": other, "reason": "looked alike"});
    let conditional = |etag: &'static str| send(hub.request(Method::POST, &path).header("if-match", etag).json(&body));
    conditional("\"7\"").await.expect_problem(412, "version-mismatch");
    conditional("seven").await.expect_problem(400, "malformed-parameter");
    hub.post(&path, &json!({"with": other, "reason": "  "})).await.expect_problem(422, "invalid-command");
    hub.post(&path, &json!({"with": other})).await.expect_problem(400, "malformed-body");
    assert_eq!(conditional("\"1\"").await.status, 200);
    let (survivor, retired) = if one < other { (&one, &other) } else { (&other, &one) };
    merge(&hub, retired, survivor).await.expect_problem(409, "conflict");
    hub.post(&format!("/v1/profiles/{one}/unmerge"), &json!({"reason": "x"}))
        .await
        .expect_problem(422, "invalid-command");
});

both!(a_pinned_value_stays_until_it_is_undone_or_outdated, |db| async move {
    let hub = Hub::start(&db).await;
    let said = |version: i64, gender: &str| {
        [json!({"key": "1", "version": version, "gender": gender, "names": [{"given": "Robin"}]})]
    };
    hub.take_in(&said(1, "male")).await;
    let id = hub.golden("1").await;
    let pins = format!("/v1/profiles/{id}/pins");
    let gender = || async { hub.get(&format!("/v1/profiles/{id}")).await.json()["gender"].clone() };
    let pin = json!({"attribute": "gender", "value": "female", "until": "source_changes", "reason": "she said so"});
    let done = hub.post(&pins, &pin).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(gender().await, "female");
    hub.take_in(&said(2, "male")).await;
    assert_eq!(gender().await, "female", "the same value again changes nothing");
    hub.take_in(&said(3, "other")).await;
    assert_eq!(gender().await, "other", "the pin lifts");
    let forever = json!({"attribute": "gender", "value": "female", "reason": "she said so again"});
    let done = hub.post(&pins, &forever).await.json();
    hub.take_in(&said(4, "other")).await;
    assert_eq!(gender().await, "female");
    let decision = done["decisions"][0].as_str().unwrap_or_default();
    hub.post(&format!("/v1/decisions/{decision}/undo"), &json!({"reason": "typing error"})).await;
    assert_eq!(gender().await, "other");
    let misfit = json!({"attribute": "emails", "value": "ana@example.com", "reason": "x"});
    hub.post(&pins, &misfit).await.expect_problem(422, "invalid-command");
});

both!(decisions_name_records, |db| async move {
    let hub = Hub::start(&db).await;
    two_strangers(&hub).await;
    let record = |key: &str| json!({"source": "canonical", "source_key": key});
    let always = json!({"kind": "always_link", "records": [record("1"), record("2")], "reason": "one passport"});
    let done = hub.post("/v1/decisions", &always).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(hub.golden("1").await, hub.golden("2").await);
    let never = json!({"kind": "never_link", "left": [record("1")], "right": [record("2")], "reason": "two passports"});
    assert_eq!(hub.post("/v1/decisions", &never).await.status, 200);
    let reviews = hub.get("/v1/reviews").await.json();
    assert_eq!(
        (&reviews["total"], &reviews["reviews"][0]["reason"]),
        (&json!(1), &json!("contradiction")),
        "{reviews}"
    );
    let alone = json!({"kind": "always_link", "records": [record("1")], "reason": "x"});
    hub.post("/v1/decisions", &alone).await.expect_problem(422, "invalid-command");
    hub.post("/v1/decisions", &json!({"kind": "guess"})).await.expect_problem(400, "malformed-body");
    hub.get("/v1/decisions/019a0000-0000-7000-8000-000000000000").await.expect_problem(404, "unknown-decision");
});

both!(reviews_show_both_sides_and_why, |db| async move {
    let hub = Hub::start(&db).await;
    let record = |key: &str| json!({"source": "canonical", "source_key": key});
    let people: Vec<Value> = (0..3).map(|i| person(&i.to_string(), "Ana", "Silva", "ana.silva@example.com")).collect();
    hub.take_in(&people).await;
    // Held apart although everything speaks for one person: each such pair is a doubt that outweighs.
    for (left, right) in [("0", "1"), ("0", "2"), ("1", "2")] {
        let never =
            json!({"kind": "never_link", "left": [record(left)], "right": [record(right)], "reason": "triplets"});
        assert_eq!(hub.post("/v1/decisions", &never).await.status, 200);
        let always = json!({"kind": "always_link", "records": [record(left), record(right)], "reason": "no, one"});
        assert_eq!(hub.post("/v1/decisions", &always).await.status, 200);
    }
    let all = hub.get("/v1/reviews?limit=1000").await.json();
    let total = all["total"].as_u64().unwrap_or_default();
    assert!(total >= 1, "{all}");
    let mut seen = Vec::new();
    let mut path = "/v1/reviews?limit=1".to_owned();
    loop {
        let page = hub.get(&path).await.json();
        assert_eq!(page["total"], total);
        seen.extend(
            page["reviews"].as_array().into_iter().flatten().map(|r| r["id"].as_str().unwrap_or_default().to_owned()),
        );
        let Some(next) = page["next_after"].as_str() else { break };
        path = format!("/v1/reviews?limit=1&after={next}");
    }
    assert_eq!(seen.len() as u64, total);
    let doubt = hub.get(&format!("/v1/reviews/{}", seen[0])).await.json();
    assert_eq!(doubt["left"]["source"], "canonical");
    assert_eq!(doubt["left_record"]["names"][0]["family"], "Silva");
    assert!(doubt["explanation"]["lines"].as_array().is_some_and(|lines| !lines.is_empty()), "{doubt}");
    let drawn = hub.request(Method::GET, &format!("/v1/reviews/{}", seen[0])).header("accept", "image/svg+xml");
    let drawn = send(drawn).await;
    assert_eq!((drawn.status, drawn.header("content-type")), (200, "image/svg+xml"), "{}", drawn.text);
    assert!(drawn.text.starts_with("<svg") && drawn.text.contains("family name"), "{}", drawn.text);
    hub.get("/v1/reviews/7-9").await.expect_problem(404, "unknown-review");
    hub.get("/v1/reviews/x").await.expect_problem(400, "malformed-parameter");
});
