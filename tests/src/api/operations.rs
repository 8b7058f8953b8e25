//! What operators look at, and the API's own description.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Hub, person, send};

both!(health_and_readiness, |db| async move {
    let hub = Hub::start(&db).await;
    assert_eq!(hub.get("/healthz").await.json(), json!({"status": "ok"}));
    let ready = hub.get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert_eq!((&ready.json()["store"], &ready.json()["resolver"]), (&json!(true), &json!("yes")));
});

both!(metrics_count_by_route_and_hold_no_personal_data, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("unusual-key", "Ana", "Silva", "ana.silva@example.com")]).await;
    hub.profile("unusual-key").await;
    hub.post("/v1/search", &json!({"text": "Silva"})).await;
    // A batch can be read a moment before the worker has counted it.
    let mut text = hub.get("/metrics").await.text;
    for _ in 0..500 {
        if text.contains("hub_pipeline_position 1\n") {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        text = hub.get("/metrics").await.text;
    }
    for line in [
        "hub_pipeline_position 1",
        "hub_pipeline_backlog 0",
        "hub_feed_position 1",
        "hub_deliveries_accepted_total 1",
        "hub_http_requests_total{method=\"GET\",route=\"/v1/profiles/{id}\",status=\"200\"} 1",
    ] {
        assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
    }
    assert!(text.contains("hub_http_request_duration_seconds_bucket"));
    for secret in ["unusual-key", "Silva", "example.com"] {
        assert!(!text.contains(secret), "{secret}");
    }
});

both!(request_ids_come_back, |db| async move {
    let hub = Hub::start(&db).await;
    let given = send(hub.request(Method::GET, "/healthz").header("x-request-id", "trace-7")).await;
    assert_eq!(given.header("x-request-id"), "trace-7");
    assert_ne!(hub.get("/healthz").await.header("x-request-id"), "");
});

both!(the_description_covers_every_route, |db| async move {
    let hub = Hub::start(&db).await;
    let document = hub.get("/openapi.json").await.json();
    assert_eq!(document["openapi"], "3.1.0");
    let described: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, _)| (method.to_uppercase(), path.clone()))
        })
        .collect();
    let served: BTreeSet<(String, String)> = hub::api::access::ROUTES
        .iter()
        .filter(|(_, path, _)| *path != "/docs/style.css")
        .map(|(method, path, _)| (method.to_string(), (*path).to_owned()))
        .collect();
    assert_eq!(described, served);
    let mut missing = BTreeSet::new();
    references(&document, &document, &mut missing);
    assert_eq!(missing, BTreeSet::new(), "every reference leads somewhere");
});

fn references(document: &Value, value: &Value, missing: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
                let found = document.pointer(reference.trim_start_matches('#'));
                missing.extend(found.is_none().then(|| reference.to_owned()));
            }
            fields.values().for_each(|field| references(document, field, missing));
        }
        Value::Array(items) => items.iter().for_each(|item| references(document, item, missing)),
        _ => {}
    }
}

both!(the_page_needs_nothing_from_elsewhere, |db| async move {
    let hub = Hub::start(&db).await;
    let page = hub.get("/docs").await;
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    for part in ["/v1/profiles/{id}", "Idempotency-Key", "href=\"/docs/style.css\"", "id=\"problem-forbidden\""] {
        assert!(page.text.contains(part), "{part}");
    }
    for foreign in ["<script", "http://", "https://", "style=\""] {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
    assert!(hub.get("/docs/style.css").await.text.contains("prefers-color-scheme: dark"));
});
