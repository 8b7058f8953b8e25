//! What people have allowed and refused: told, merged, parted, asked for, and obeyed.

use super::fixture::{Answer, Hub, person, send};
use hub::domain::ids::DeliveryId;
use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

/// Somebody with statements of consent about marketing by e-mail.
fn with_consent(mut record: Value, state: &str, at: &str) -> Value {
    let consent = json!({"purpose": "marketing", "channel": "email", "state": state, "captured_at": at});
    record["consents"] = json!([consent]);
    record
}

async fn may(hub: &Hub, key: &str, purpose: &str, channel: &str) -> Value {
    let id = hub.golden(key).await;
    let answer = hub.get(&format!("/v1/permissions?id={id}&purpose={purpose}&channel={channel}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

fn answered(permission: &Value) -> (bool, &str) {
    (permission["allowed"] == true, permission["reason"]["code"].as_str().unwrap_or_default())
}

/// Tells the hub what somebody has said, and waits until it counts.
async fn tell(hub: &Hub, body: &Value) -> Answer {
    let answer = hub.post("/v1/consents", body).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    hub.control.reached(DeliveryId(answer.json()["delivery"].as_i64().expect("a number"))).await;
    hub.noticed().await;
    answer
}

both!(a_merge_takes_permissions_and_an_unmerge_gives_them_back, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[
        with_consent(person("1", "Ana", "Silva", "ana@example.com"), "granted", "2024-01-01T00:00:00Z"),
        with_consent(person("2", "Ben", "Okafor", "ben@example.com"), "withdrawn", "2025-01-01T00:00:00Z"),
    ])
    .await;
    assert_eq!(answered(&may(&hub, "1", "marketing", "email").await), (true, "granted"));
    assert_eq!(answered(&may(&hub, "2", "marketing", "email").await), (false, "refused"));
    let before = [hub.profile("1").await, hub.profile("2").await];
    let (first, second) = (hub.golden("1").await, hub.golden("2").await);
    let merged = hub.post(&format!("/v1/profiles/{first}/merge"), &json!({"with": second, "reason": "same"})).await;
    assert_eq!(merged.status, 200, "{}", merged.text);
    hub.noticed().await;
    let together = may(&hub, "1", "marketing", "email").await;
    assert_eq!(answered(&together), (false, "refused"));
    assert_eq!(together["points"].as_array().map(Vec::len), Some(2));
    let entry = &hub.profile("1").await["consents"][0];
    assert_eq!((&entry["state"], &entry["disputed"]), (&json!("withdrawn"), &json!(true)));
    let retired = format!("/v1/permissions?id={second}&purpose=marketing&channel=email");
    let moved = hub.get(&retired).await;
    assert_eq!((moved.status, moved.header("location").contains(&first)), (308, true));

    let undo = json!({"undo": merged.json()["decisions"][0], "reason": "they are two"});
    assert_eq!(hub.post(&format!("/v1/profiles/{first}/unmerge"), &undo).await.status, 200);
    hub.noticed().await;
    let after = [hub.profile("1").await, hub.profile("2").await];
    for (before, after) in before.iter().zip(&after) {
        assert_eq!((&before["id"], &before["consents"]), (&after["id"], &after["consents"]));
    }
    assert_eq!(answered(&may(&hub, "1", "marketing", "email").await), (true, "granted"));
});

both!(statements_are_kept_and_the_newest_counts_in_whatever_order, |db| async move {
    let hub = Hub::start(&db).await;
    // The refusal comes before the record that it is about, and before the permission that it ends.
    let about = json!({"source": "canonical", "source_key": "1"});
    let said = |state: &str, at: &str| {
        json!([{"purpose": "marketing", "channel": "email", "state": state, "captured_at": at, "point": "ana@example.com",
                "form": "footer-3", "receipt": "r-17"}])
    };
    let tells = |consents: Value| json!({"about": about, "source": "preference-centre", "consents": consents});
    tell(&hub, &tells(said("withdrawn", "2025-06-01"))).await;
    assert_eq!(hub.get("/v1/crosswalk/canonical/1").await.json()["golden"], Value::Null);
    hub.take_in(&[person("1", "Ana", "Silva", "Ana@Example.com")]).await;
    tell(&hub, &tells(said("granted", "2025-01-01"))).await;
    assert_eq!(answered(&may(&hub, "1", "marketing", "email").await), (false, "refused"));
    let version = hub.profile("1").await["version"].clone();
    tell(&hub, &tells(said("granted", "2025-01-01"))).await;
    assert_eq!(hub.profile("1").await["version"], version, "said again, it is no news");
    tell(&hub, &tells(said("granted", "2025-07-01"))).await;
    let permission = may(&hub, "1", "marketing", "email").await;
    assert_eq!(answered(&permission), (true, "granted"));
    assert_eq!(permission["reason"]["by"]["source"], "preference-centre");

    let id = hub.golden("1").await;
    let all = hub.get(&format!("/v1/profiles/{id}/consents")).await.json();
    let states = |page: &Value| -> Vec<String> {
        let statements = page["statements"].as_array().expect("a list");
        statements
            .iter()
            .map(|s| format!("{} {}", s["state"].as_str().unwrap_or(""), s["at"].as_str().unwrap_or("")))
            .collect()
    };
    let expected = ["granted 2025-07-01T00:00:00Z", "withdrawn 2025-06-01T00:00:00Z", "granted 2025-01-01T00:00:00Z"];
    assert_eq!(states(&all), expected);
    let first = &all["statements"][0];
    assert_eq!(
        (&first["form"], &first["receipt"], &first["to"]),
        (&json!("footer-3"), &json!("r-17"), &json!("preference-centre"))
    );
    assert_eq!(first["record"], about);
    // Page by page they are the same.
    let mut pages = Vec::new();
    let mut next = Some(String::new());
    while let Some(before) = next {
        let page = hub.get(&format!("/v1/profiles/{id}/consents?limit=1{before}")).await.json();
        pages.extend(states(&page));
        next = page["next_before"].as_str().map(|cursor| format!("&before={cursor}"));
    }
    assert_eq!(pages, expected);
    let record = &hub.get(&format!("/v1/profiles/{id}/consents?format=iso27560")).await.json()["records"][0];
    assert_eq!(record["event"]["event_state"], "https://w3id.org/dpv#ConsentGiven");
    assert_eq!(record["pii_processing"]["purposes"][0]["purpose_type"], "https://w3id.org/dpv#DirectMarketing");
    assert_eq!(record["record_metadata"]["pii_principal_id"], json!(id));
    hub.get(&format!("/v1/profiles/{id}/consents?before=x")).await.expect_problem(400, "malformed-parameter");
    // The stances are what the statements come to, and the values what the stances come to.
    let report = hub::verify::verify(&hub.store, |_| {}).await.expect("the store can be read");
    assert_eq!(report.breaches, []);
});

both!(a_person_with_many_statements_is_read_page_by_page, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana@example.com")]).await;
    let id = hub.golden("1").await;
    for month in 1..=12 {
        let consents: Vec<Value> = (0..50)
            .map(|minute| {
                let at = format!("2024-{month:02}-01T00:{minute:02}:00Z");
                json!({"purpose": "profiling", "state": if minute % 2 == 0 { "granted" } else { "denied" }, "captured_at": at})
            })
            .collect();
        let answer =
            hub.post("/v1/consents", &json!({"about": {"id": id}, "source": "app", "consents": consents})).await;
        hub.control.reached(DeliveryId(answer.json()["delivery"].as_i64().expect("a number"))).await;
    }
    hub.noticed().await;
    let page = hub.get(&format!("/v1/profiles/{id}/consents?limit=400")).await.json();
    assert_eq!(page["statements"].as_array().map(Vec::len), Some(400));
    let before = page["next_before"].as_str().expect("there is more").to_owned();
    let rest = hub.get(&format!("/v1/profiles/{id}/consents?limit=400&before={before}")).await.json();
    assert_eq!((rest["statements"].as_array().map(Vec::len), &rest["next_before"]), (Some(200), &Value::Null));
    assert_eq!(page["effective"].as_array().map(Vec::len), Some(1));
    assert_eq!(answered(&may(&hub, "1", "profiling", "any").await), (false, "refused"));
});

both!(who_is_told_for_a_purpose_sees_only_what_it_may_use, |db| async move {
    let hub = Hub::start(&db).await;
    let mut ana = with_consent(person("1", "Ana", "Silva", "ana@example.com"), "granted", "2024-01-01");
    ana["phones"] = json!([{"value": "+442079460018"}]);
    ana["emails"] = json!([{"value": "ana@example.com"}, {"value": "silva@example.org"}]);
    ana["consents"][0]["point"] = json!("ana@example.com");
    hub.take_in(&[ana]).await;
    let id = hub.golden("1").await;
    let bound = hub.key("channel:marketing").await;
    let ask = |path: String| {
        let request = hub.bare(Method::GET, &path).bearer_auth(&bound);
        async move { send(request).await }
    };
    let seen = ask(format!("/v1/profiles/{id}")).await;
    assert_eq!((seen.status, seen.header("etag")), (200, ""));
    assert_eq!(seen.json()["emails"], json!([{"value": "ana@example.com"}]));
    assert!(!seen.text.contains("7946") && !seen.text.contains("silva@example.org"), "{}", seen.text);
    // British law lets the post through unless somebody has refused.
    assert!(seen.json()["addresses"].is_array());
    let found = hub.bare(Method::POST, "/v1/search").bearer_auth(&bound).json(&json!({"text": "Ana Silva"}));
    let found = send(found).await;
    assert!(found.text.contains("Silva") && !found.text.contains("silva@example.org"), "{}", found.text);
    let looked = json!({"email": "silva@example.org"});
    let looked = send(hub.bare(Method::POST, "/v1/profiles/lookup").bearer_auth(&bound).json(&looked)).await;
    assert!(looked.json()["total"] == 1 && !looked.text.contains("silva@example.org"), "{}", looked.text);

    let declared = hub.get(&format!("/v1/profiles/{id}?purpose=service")).await.json();
    assert!(declared["emails"].as_array().is_some_and(|emails| emails.len() == 2) && declared["phones"].is_array());
    ask(format!("/v1/profiles/{id}?purpose=service")).await.expect_problem(403, "forbidden");
    hub.get(&format!("/v1/profiles/{id}?purpose=spying")).await.expect_problem(400, "malformed-parameter");
    hub.get(&format!("/v1/profiles/{id}?purpose=marketing&explain=true"))
        .await
        .expect_problem(400, "malformed-parameter");
    let gone = hub.bare(Method::GET, &format!("/v1/profiles/{id}")).bearer_auth(hub.key("channel:lost").await);
    let gone = send(gone).await;
    assert!(gone.status == 200 && !gone.text.contains('@'), "a purpose that the rules do not know permits nothing");
});

both!(a_signal_refuses_and_never_permits, |db| async move {
    let hub = Hub::start(&db).await;
    let mut ana = person("1", "Ana", "Silva", "ana@example.com");
    ana["addresses"][0]["country"] = json!("US");
    hub.take_in(&[ana]).await;
    assert_eq!(answered(&may(&hub, "1", "sharing", "any").await), (true, "not_refused"));
    let id = hub.golden("1").await;
    tell(&hub, &json!({"about": {"id": id}, "source": "web-shop", "signals": ["gpc"]})).await;
    assert_eq!(answered(&may(&hub, "1", "sharing", "any").await), (false, "refused"));
    assert_eq!(answered(&may(&hub, "1", "advertising", "web").await), (false, "refused"));
    assert_eq!(answered(&may(&hub, "1", "marketing", "email").await), (true, "not_refused"));
    assert_eq!(answered(&may(&hub, "1", "service", "email").await), (true, "not_needed"));
});

both!(a_list_of_whom_not_to_write_to, |db| async move {
    let hub = Hub::start(&db).await;
    let mut moved = with_consent(person("3", "Cai", "Brandt", "new@example.com"), "withdrawn", "2024-01-01");
    moved["consents"][0]["point"] = json!("Old@Example.com");
    hub.take_in(&[
        with_consent(person("1", "Ana", "Silva", "ana@example.com"), "granted", "2024-01-01"),
        person("2", "Ben", "Okafor", "ben@example.com"),
        moved,
        // Shares her address and has not been asked.
        person("4", "Dora", "Lund", "dora@example.com"),
        with_consent(person("5", "Emil", "Strand", "dora@example.com"), "granted", "2024-01-01"),
    ])
    .await;
    let list = hub.get("/v1/consents/suppression?purpose=marketing&channel=email").await;
    let mut lines: Vec<&str> = list.text.lines().collect();
    assert_eq!((lines.first(), lines.last()), (Some(&"contact_point"), Some(&"end")));
    lines.sort_unstable();
    let expected =
        ["ben@example.com", "contact_point", "dora@example.com", "end", "new@example.com", "old@example.com"];
    assert_eq!(lines, expected);
    let hashed = hub.get("/v1/consents/suppression?purpose=marketing&channel=email&form=sha256").await.text;
    assert!(
        !hashed.contains('@')
            && hashed.lines().all(|line| line.len() == 64 || ["contact_point", "end"].contains(&line))
    );
    assert_eq!(hashed.lines().count(), 6);
    hub.get("/v1/consents/suppression?purpose=marketing&channel=web").await.expect_problem(400, "malformed-parameter");
    hub.get("/v1/consents/suppression?purpose=hats&channel=email").await.expect_problem(400, "malformed-parameter");
});

both!(statements_that_make_no_sense_change_nothing, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana@example.com")]).await;
    let id = hub.golden("1").await;
    let about = json!({"id": id});
    let one = |consent: Value| json!({"about": about, "source": "centre", "consents": [consent]});
    let yes = json!({"purpose": "marketing", "channel": "email", "state": "granted", "point": "ana@example.com"});
    let with = |name: &str, value: Value| {
        let mut consent = yes.clone();
        consent[name] = value;
        one(consent)
    };
    let nobody = json!({"id": "019a0000-0000-7000-8000-000000000000"});
    for (body, status, slug) in [
        (with("captured_at", json!("2099-01-01")), 422, "invalid-command"),
        (with("captured_at", json!("yesterday")), 422, "invalid-command"),
        (with("purpose", json!("hats")), 422, "invalid-command"),
        (with("point", Value::Null), 422, "invalid-command"),
        (with("wording", json!("x".repeat(200_000))), 422, "invalid-command"),
        (with("state", json!("maybe")), 400, "malformed-body"),
        (json!({"about": about, "source": "centre"}), 422, "invalid-command"),
        (json!({"about": about, "source": "centre", "signals": ["dnt"]}), 422, "invalid-command"),
        (json!({"about": about, "consents": [yes]}), 422, "invalid-command"),
        (json!({"about": about, "source": "a b", "consents": [yes]}), 422, "invalid-command"),
        (json!({"about": nobody, "source": "centre", "consents": [yes]}), 404, "unknown-profile"),
    ] {
        let problem = hub.post("/v1/consents", &body).await.expect_problem(status, slug);
        assert!(!problem.to_string().contains("ana@"), "{problem}");
    }
    // Of a body far too large the answer may be lost, because the hub does not read it to its end.
    let document = with("wording", json!("x".repeat(5 << 20)));
    let mut answers = Vec::new();
    while answers.is_empty() {
        answers.extend(hub.request(Method::POST, "/v1/consents").json(&document).send().await);
    }
    assert_eq!(answers[0].status().as_u16(), 413);
    // What a source sends with its records becomes a dead letter, whole, and can be repaired.
    hub.take_in(&[with_consent(person("2", "Ben", "Okafor", "ben@example.com"), "granted", "2099-01-01")]).await;
    let letters = hub.get("/v1/dead-letters").await.json();
    assert!(letters["dead_letters"][0]["reason"].as_str().is_some_and(|r| r.contains("captured_at")), "{letters}");
    assert_eq!(answered(&may(&hub, "1", "marketing", "email").await), (false, "never_granted"));
    // The same request twice is one; another one with its key is refused.
    let send_with_key = |body: Value| {
        let request = hub.request(Method::POST, "/v1/consents").header("idempotency-key", "k1").json(&body);
        async move { send(request).await }
    };
    let first = send_with_key(one(yes.clone())).await;
    assert_eq!((first.status, &send_with_key(one(yes.clone())).await.text), (202, &first.text));
    send_with_key(with("state", json!("denied"))).await.expect_problem(422, "idempotency-key-reused");
    // A key of one source speaks for no other, and a channel tells nothing at all.
    for (role, status) in [("source:till", 403), ("channel", 403), ("source:centre", 202), ("privacy", 202)] {
        let request = hub.bare(Method::POST, "/v1/consents").bearer_auth(hub.key(role).await).json(&one(yes.clone()));
        assert_eq!(send(request).await.status, status, "{role}");
    }
});
