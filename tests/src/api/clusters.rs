//! Why source records are one golden record, as data and as a picture.

use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Answer, Hub, person, send};

/// Two records that are alike and a third that knows only the phone of one of them, joined by a steward.
async fn three_of_one(hub: &Hub) -> String {
    let mut second = person("2", "Ana", "Silva", "ana.silva@example.com");
    second["phones"] = json!([{"value": "+44 20 7946 0018"}]);
    let third = json!({"key": "3", "names": [{"given": "Beatriz", "family": "Okafor"}], "birth_date": "1951-12-30"});
    hub.take_in(&[person("1", "Ana", "Silva", "ana.silva@example.com"), second, third]).await;
    let (one, other) = (hub.golden("1").await, hub.golden("3").await);
    assert_ne!(one, other);
    let merge = json!({"with": other, "reason": "she married"});
    let done = hub.post(&format!("/v1/profiles/{one}/merge"), &merge).await;
    assert_eq!(done.status, 200, "{}", done.text);
    hub.noticed().await;
    hub.golden("1").await
}

fn keys(pair: &Value) -> [&str; 2] {
    ["left", "right"].map(|side| pair[side]["source_key"].as_str().unwrap_or_default())
}

async fn picture(hub: &Hub, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = hub.request(method, path).header("accept", "image/svg+xml");
    send(match body {
        Some(body) => request.json(body),
        None => request,
    })
    .await
}

both!(a_golden_record_says_what_holds_it_together, |db| async move {
    let hub = Hub::start(&db).await;
    let id = three_of_one(&hub).await;
    let found = hub.get(&format!("/v1/profiles/{id}/cluster")).await.json();
    assert_eq!(
        (&found["golden"], &found["records"], &found["compared"]),
        (&json!(id), &json!(3), &json!(3)),
        "{found}"
    );
    assert_eq!(keys(&found["weakest"])[0], "3", "{found}");
    assert_eq!(keys(&found["bridges"][0]), ["1", "2"], "{found}");
    assert_eq!((found["bridges"].as_array().map(Vec::len), &found["against_total"]), (Some(1), &json!(2)), "{found}");
    let threshold = found["link_weight_min"].as_f64().unwrap_or_default();
    for pair in found["against"].as_array().into_iter().flatten() {
        assert!(keys(pair).contains(&"3") && pair["weight"].as_f64() < Some(threshold), "{pair}");
        assert!(pair["probability"].as_f64() < Some(0.5), "{pair}");
    }
});

both!(only_live_golden_records_have_a_cluster, |db| async move {
    let hub = Hub::start(&db).await;
    let lone = json!({"key": "9", "names": [{"given": "Zoltan", "family": "Nemeth"}], "version": 1});
    hub.take_in(std::slice::from_ref(&lone)).await;
    let path = format!("/v1/profiles/{}/cluster", hub.golden("9").await);
    let alone = hub.get(&path).await.json();
    assert_eq!((&alone["records"], &alone["weakest"], &alone["against"]), (&json!(1), &Value::Null, &json!([])));
    hub.take_in(&[json!({"key": "9", "deleted": true, "version": 2})]).await;
    hub.get(&path).await.expect_problem(410, "profile-gone");
    let nobody = "/v1/profiles/019a0000-0000-7000-8000-000000000000/cluster";
    hub.get(nobody).await.expect_problem(404, "unknown-profile");
    let channel = hub.key("channel").await;
    let refused = send(hub.bare(Method::GET, nobody).bearer_auth(channel)).await;
    refused.expect_problem(403, "forbidden");

    hub.take_in(&[
        json!({"key": "1", "names": [{"given": "Ana", "family": "Silva"}], "birth_date": "1980-05-02"}),
        json!({"key": "2", "names": [{"given": "Benedict", "family": "Okafor"}], "birth_date": "1971-11-30"}),
    ])
    .await;
    let (one, other) = (hub.golden("1").await, hub.golden("2").await);
    hub.post(&format!("/v1/profiles/{one}/merge"), &json!({"with": other, "reason": "said so"})).await;
    let (survivor, retired) = if one < other { (one, other) } else { (other, one) };
    let moved = hub.get(&format!("/v1/profiles/{retired}/cluster")).await;
    assert_eq!((moved.status, moved.header("location")), (308, format!("/v1/profiles/{survivor}/cluster").as_str()));
});

both!(explanations_are_drawn_on_request, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana.silva@example.com")]).await;
    let guest =
        json!({"names": [{"given": "Ana", "family": "<Silva>"}], "emails": [{"value": "ana.silva@example.com"}]});
    let drawn = picture(&hub, Method::POST, "/v1/match", Some(&guest)).await;
    assert_eq!((drawn.status, drawn.header("content-type")), (200, "image/svg+xml"), "{}", drawn.text);
    assert!(drawn.text.starts_with("<svg") && drawn.text.contains("e-mail"), "{}", drawn.text);
    assert!(drawn.header("content-security-policy").contains("default-src 'none'"));
    assert_eq!(hub.post("/v1/match", &guest).await.header("content-type"), "application/json");
    let stranger = json!({"names": [{"given": "Zoltan", "family": "Nemeth"}]});
    picture(&hub, Method::POST, "/v1/match", Some(&stranger)).await.expect_problem(404, "unknown-profile");
    picture(&hub, Method::GET, "/v1/reviews/7-9", None).await.expect_problem(404, "unknown-review");
});
