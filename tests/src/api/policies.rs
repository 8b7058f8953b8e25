//! Policies over HTTP: looked at, tried out, brought into force, taken back.

use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Hub, eventually, person, send};

async fn settled(hub: &Hub, number: i64) -> Value {
    eventually("the policy is settled", || async {
        let all = hub.get("/v1/policies").await.json();
        let rows = all["policies"].as_array().cloned().unwrap_or_default();
        rows.into_iter().find(|row| row["number"] == number && row["stage"] == "settled")
    })
    .await
}

/// Two pairs who are one person each, by e-mail, name and birth date.
async fn four(hub: &Hub) {
    let people = [
        person("a", "Ana", "Silva", "ana.silva@example.com"),
        person("b", "Ana", "Silva", "ana.silva@example.com"),
        person("c", "Gunnar", "Eriksson", "gunnar@example.com"),
        person("d", "Gunnar", "Eriksson", "gunnar@example.com"),
    ];
    hub.take_in(&people).await;
}

async fn what_if(hub: &Hub, change: Value) -> Value {
    let begun = hub.post("/v1/what-if", &json!({ "change": change })).await;
    assert_eq!(begun.status, 202, "{}", begun.text);
    let id = begun.json()["id"].as_str().expect("an id").to_owned();
    eventually("the what-if ends", || async {
        let answer = hub.get(&format!("/v1/what-if/{id}")).await.json();
        (answer["status"] != "running").then_some(answer)
    })
    .await
}

both!(a_what_if_tells_who_could_be_reached_no_longer, |db| async move {
    let hub = Hub::start(&db).await;
    let mut ana = person("a", "Ana", "Silva", "ana@example.com");
    ana["addresses"][0]["country"] = json!("US");
    ana["consents"] = json!([{"purpose": "sharing", "state": "denied", "captured_at": "2024-01-01"}]);
    hub.take_in(&[ana, person("b", "Ben", "Okafor", "ben@example.com")]).await;
    let shipped = hub::domain::rules::SHIPPED;
    let law = "countries = [\"US\"]\nchannels = [\"email\", \"phone\"]\nregime = \"opt_out\"";
    assert!(shipped.contains(law));
    let strict = shipped.replacen(law, &law.replace("opt_out", "opt_in"), 1);
    let told = what_if(&hub, json!({"rules": strict})).await;
    let report = &told["report"];
    assert_eq!((&report["permissions_lost"]["count"], &report["permissions_gained"]["count"]), (&json!(1), &json!(0)));
    let lost = &report["permissions_lost"]["first"][0];
    assert_eq!((&lost["golden"]["name"], &lost["point"]), (&json!("Ana Silva"), &json!("ana@example.com")));
    assert_eq!(report["change_events"], 0, "what is said stays; only what it permits is another");
    let lenient = shipped.replacen("regime = \"opt_in\"", "regime = \"opt_out\"", 1);
    let told = what_if(&hub, json!({"rules": lenient})).await;
    assert_eq!(told["report"]["permissions_lost"]["count"], 0);
    // British law on e-mail stands for itself; what has no law of its own goes by the purpose: any, app and web of both.
    assert_eq!(told["report"]["permissions_gained"]["count"], 6, "{told}");
});

both!(a_policy_is_tried_activated_and_rolled_back, |db| async move {
    let hub = Hub::start(&db).await;
    four(&hub).await;
    let together = hub.golden("a").await;
    assert_eq!(hub.golden("b").await, together);
    let told = what_if(&hub, json!({"link_weight": 90.0})).await;
    assert_eq!(told["status"], "done", "{told}");
    assert_eq!((&told["report"]["splits"]["count"], &told["report"]["merges"]["count"]), (&json!(2), &json!(0)));
    let from = &told["report"]["splits"]["first"];
    assert!(from.as_array().is_some_and(|all| all.iter().any(|split| split["from"]["name"] == "Ana Silva")), "{told}");
    assert_eq!(hub.golden("b").await, together, "a what-if changes nothing");

    let body = json!({"change": {"link_weight": 90.0}, "reason": "one shop sends strangers as one"});
    let asked = hub.post("/v1/policies", &body).await;
    assert_eq!((asked.status, &asked.json()["number"]), (202, &json!(2)), "{}", asked.text);
    let policy = settled(&hub, 2).await;
    assert_eq!((&policy["by"], &policy["records_done"]), (&json!("admin"), &json!(4)));
    assert_eq!(policy["reason"], "one shop sends strangers as one");
    hub.noticed().await;
    assert_ne!(hub.golden("a").await, hub.golden("b").await);
    let id = hub.golden("a").await;
    assert_eq!(hub.get(&format!("/v1/profiles/{id}?explain=true")).await.json()["policy"], 2);
    let changes = hub.get("/v1/changes?limit=1000").await.json();
    assert_eq!(changes["events"].as_array().and_then(|all| all.last()).map(|e| e["policy"].clone()), Some(json!("2")));
    hub.post("/v1/policies", &body).await.expect_problem(409, "conflict");

    let back = hub.post("/v1/policies/rollback", &json!({"reason": "it was one person after all"})).await;
    assert_eq!((back.status, &back.json()["number"]), (202, &json!(3)), "{}", back.text);
    settled(&hub, 3).await;
    assert_eq!(hub.golden("b").await, together, "the golden id comes back");
    let [first, third] = [1, 3].map(|number| format!("/v1/policies/{number}"));
    let (first, third) = (hub.get(&first).await.json(), hub.get(&third).await.json());
    assert_eq!((&first["rules_text"], &first["model_content"]), (&third["rules_text"], &third["model_content"]));
    assert!(first["rules_text"].as_str().is_some_and(|text| text.contains("[attribute.name]")));
});

both!(drafts_that_cannot_be_used_are_refused, |db| async move {
    let hub = Hub::start(&db).await;
    for (change, part) in [
        (json!({"rules": "version = 7"}), "rules"),
        (json!({"model": {"version": "empty"}}), "missing field"),
        (json!({"link_weight": -99.0}), "review threshold"),
    ] {
        let problem = hub.post("/v1/what-if", &json!({"change": change})).await.expect_problem(422, "invalid-policy");
        assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains(part)), "{problem}");
        let body = json!({"change": change, "reason": "to see"});
        hub.post("/v1/policies", &body).await.expect_problem(422, "invalid-policy");
    }
    hub.post("/v1/policies", &json!({"change": {}, "reason": " "})).await.expect_problem(422, "invalid-command");
    hub.post("/v1/policies/rollback", &json!({"reason": "back"})).await.expect_problem(404, "unknown-policy");
    hub.get("/v1/policies/7").await.expect_problem(404, "unknown-policy");
    let unknown = format!("/v1/what-if/{}", uuid::Uuid::nil());
    hub.get(&unknown).await.expect_problem(404, "unknown-what-if");
    let engineer = hub.key("engineer").await;
    for (method, path, status) in
        [(Method::GET, "/v1/policies", 200), (Method::POST, "/v1/policies", 403), (Method::POST, "/v1/what-if", 403)]
    {
        let request = hub.bare(method, path).bearer_auth(&engineer).json(&json!({}));
        assert_eq!(send(request).await.status, status, "{path}");
    }
});
