//! Golden records as channels and service desks ask for them.

use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Hub, person, send};

both!(a_profile_is_cached_by_its_version, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana.silva@example.com")]).await;
    let path = format!("/v1/profiles/{}", hub.golden("1").await);
    let first = hub.get(&path).await;
    assert_eq!((first.status, first.header("etag")), (200, "\"1\""));
    let profile = first.json();
    assert_eq!(profile["records"], json!([{"source": "canonical", "source_key": "1"}]));
    assert_eq!(profile["emails"][0]["value"], "ana.silva@example.com");
    let known = |etag: &'static str| send(hub.request(Method::GET, &path).header("if-none-match", etag));
    let unchanged = known("\"1\"").await;
    assert_eq!((unchanged.status, unchanged.text.as_str(), unchanged.header("etag")), (304, "", "\"1\""));
    let mut changed = person("1", "Ana", "Silva", "ana@example.org");
    changed["version"] = json!(4_000_000_000_000_000i64);
    hub.take_in(&[changed]).await;
    let second = known("\"1\"").await;
    assert_eq!((second.status, second.header("etag")), (200, "\"2\""));
    assert_eq!(second.json()["emails"][0]["value"], "ana@example.org");
    let nobody = "/v1/profiles/019a0000-0000-7000-8000-000000000000";
    hub.get(nobody).await.expect_problem(404, "unknown-profile");
});

both!(a_deleted_person_is_gone_and_comes_back, |db| async move {
    let hub = Hub::start(&db).await;
    let state = |version: i64, deleted: bool| {
        let mut record = person("1", "Ana", "Silva", "ana.silva@example.com");
        record["version"] = json!(version);
        record["deleted"] = json!(deleted);
        record
    };
    hub.take_in(&[state(1, false)]).await;
    let path = format!("/v1/profiles/{}", hub.golden("1").await);
    hub.take_in(&[state(2, true)]).await;
    hub.get(&path).await.expect_problem(410, "profile-gone");
    let crosswalk = hub.get("/v1/crosswalk/canonical/1").await.json();
    assert_eq!((&crosswalk["deleted"], &crosswalk["golden"]), (&json!(true), &Value::Null));
    hub.take_in(&[state(3, false)]).await;
    assert_eq!(hub.get(&path).await.status, 200);
    hub.get("/v1/crosswalk/canonical/2").await.expect_problem(404, "unknown-record");
});

both!(people_are_looked_up_by_one_exact_value, |db| async move {
    let hub = Hub::start(&db).await;
    let mut ana = person("1", "Ana", "Silva", "Ana.Silva@Example.com");
    ana["phones"] = json!([{"value": "020 7946 0018"}]);
    ana["identifiers"] = json!([{"scheme": "loyalty", "value": "LC-0017"}]);
    hub.take_in(&[ana, person("2", "Ben", "Okafor", "ben@example.com")]).await;
    let expected = hub.golden("1").await;
    for (question, found) in [
        (json!({"email": " ana.silva@example.com "}), true),
        (json!({"email": "silva@example.com"}), false),
        (json!({"phone": "+44 20 7946 0018"}), true),
        (json!({"phone": "(020) 7946-0018", "country": "GB"}), true),
        (json!({"phone": "+44 20 7946 0019"}), false),
        (json!({"identifier": {"scheme": "loyalty", "value": "lc 0017"}}), true),
        (json!({"identifier": {"scheme": "tax", "value": "LC-0017"}}), false),
    ] {
        let answer = hub.post("/v1/profiles/lookup", &question).await.json();
        let ids: Vec<&str> =
            answer["profiles"].as_array().into_iter().flatten().filter_map(|p| p["id"].as_str()).collect();
        assert_eq!(ids, if found { vec![expected.as_str()] } else { vec![] }, "{question}");
        assert_eq!(answer["total"], ids.len(), "{question}");
    }
    hub.post("/v1/profiles/lookup", &json!({})).await.expect_problem(400, "malformed-body");
    let both = json!({"email": "a@example.com", "phone": "+44 20 7946 0018"});
    hub.post("/v1/profiles/lookup", &both).await.expect_problem(400, "malformed-body");
});

both!(people_are_searched_by_what_is_remembered, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[
        person("maria", "María", "García", "mgarcia@example.com"),
        person("marian", "Marian", "Gardner", "marian@example.org"),
        person("jose", "José", "Alves", "jose.alves@example.com"),
        person("oyvind", "Øyvind", "Kristoffersen", "okr@example.net"),
    ])
    .await;
    for (text, first) in [
        ("maria garcia", Some("maria")),
        ("garcia maria", Some("maria")),
        ("Garcia", Some("maria")),
        ("mariaa garsia", Some("maria")),
        ("gard", Some("marian")),
        ("kristofferson oyvind", Some("oyvind")),
        ("jose.alves@example.com", Some("jose")),
        ("alves fairhaven", Some("jose")),
        ("maria garcia zzzzzz", Some("maria")),
        ("quux", None),
        ("  ", None),
    ] {
        let answer = hub.post("/v1/search", &json!({"text": text})).await.json();
        let key = answer["hits"][0]["profile"]["records"][0]["source_key"].as_str();
        assert_eq!(key, first, "{text}: {answer}");
    }
    hub.post("/v1/search", &json!({"text": "x".repeat(300)})).await.expect_problem(413, "too-large");
    hub.post("/v1/search", &json!({"txt": "x"})).await.expect_problem(400, "malformed-body");
});

both!(a_record_is_matched_before_it_is_made, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[
        person("1", "Ana", "Silva", "ana.silva@example.com"),
        person("2", "Benedict", "Okafor", "ben@example.com"),
    ])
    .await;
    let before = hub.store.counts().await.expect("the store answers");
    let mut guest = person("", "Ana", "Silva", "ana.silva@example.com");
    guest.as_object_mut().map(|fields| fields.remove("key"));
    let answer = hub.post("/v1/match", &guest).await;
    let found = answer.json();
    assert_eq!(found["verdict"], "same", "{found}");
    let best = &found["candidates"][0];
    assert_eq!(best["golden"], hub.golden("1").await);
    assert_eq!(best["records"][0]["source_key"], "1");
    assert!(best["explanation"]["lines"].as_array().is_some_and(|lines| lines.len() >= 3), "{best}");
    let stranger = hub.post("/v1/match", &json!({"names": [{"given": "Zoltan", "family": "Nemeth"}]})).await.json();
    assert_eq!((&stranger["verdict"], &stranger["candidates"]), (&json!("different"), &json!([])));
    hub.post("/v1/match", &json!({"birth_date": "2999-01-01"})).await.expect_problem(422, "invalid-record");
    hub.post("/v1/match", &json!({"shoe_size": 41})).await.expect_problem(422, "invalid-record");
    assert_eq!(hub.store.counts().await.expect("the store answers"), before);
});

both!(every_value_can_be_asked_why, |db| async move {
    let hub = Hub::start(&db).await;
    let mut older = person("1", "Ana", "Silva", "ana.silva@example.com");
    older["changed_at"] = json!("2020-01-01T00:00:00Z");
    older["gender"] = json!("female");
    let mut newer = person("2", "Ana", "Silva", "ana.silva@example.com");
    newer["changed_at"] = json!("2026-01-01T00:00:00Z");
    newer["phones"] = json!([{"value": "+44 20 7946 0018"}]);
    hub.take_in(&[older, newer]).await;
    let id = hub.golden("1").await;
    assert_eq!(id, hub.golden("2").await);
    let explained = hub.get(&format!("/v1/profiles/{id}?explain=true")).await.json();
    assert_eq!(explained["profile"]["id"], id);
    assert_eq!(explained["lineage"]["gender"][0]["source_key"], "1");
    assert_eq!(explained["lineage"]["phones"][0]["source_key"], "2");
    assert_eq!(explained["contenders"]["emails"][0]["records"].as_array().map(Vec::len), Some(2), "{explained}");
    assert_eq!(explained["records"].as_array().map(Vec::len), Some(2));
    let both = format!("/v1/profiles/{id}?explain=true&as_of=2026-01-01T00:00:00Z");
    hub.get(&both).await.expect_problem(400, "malformed-parameter");
});

both!(a_profile_can_be_asked_for_as_it_was, |db| async move {
    let hub = Hub::start(&db).await;
    let start = hub.get("/v1/changes").await.header("date").to_owned();
    assert!(!start.is_empty());
    hub.take_in(&[json!({"key": "1", "version": 1, "names": [{"given": "Ana", "family": "Silva"}]})]).await;
    let path = format!("/v1/profiles/{}", hub.golden("1").await);
    let first = hub.get(&path).await.json();
    hub.take_in(&[json!({"key": "1", "version": 2, "names": [{"given": "Ana", "family": "Moreira"}]})]).await;
    let then = first["changed_at"].as_str().unwrap_or_default();
    let as_it_was = hub.get(&format!("{path}?as_of={then}")).await;
    assert_eq!((as_it_was.json(), as_it_was.header("etag")), (first, "\"1\""));
    assert_eq!(hub.get(&path).await.json()["name"]["family"], "Moreira");
    hub.get(&format!("{path}?as_of=2001-01-01T00:00:00Z")).await.expect_problem(404, "unknown-profile");
    hub.get(&format!("{path}?as_of=yesterday")).await.expect_problem(400, "malformed-parameter");
});
