//! Every route with every role: what is not permitted is denied.

use reqwest::Method;
use serde_json::json;
use tests::both;

use super::fixture::{Hub, send};

const ROLES: [&str; 9] =
    ["source", "channel", "subscriber", "viewer", "steward", "lead", "engineer", "privacy", "admin"];

/// Method, path, and who may call it. Written apart from the hub's own table, so that a change there is noticed here.
const ROUTES: [(&str, &str, &[&str]); 35] = [
    ("POST", "/v1/sources/canonical/records", &["source", "engineer", "admin"]),
    ("GET", "/v1/profiles/ID", &["channel", "viewer", "steward", "lead", "privacy", "admin"]),
    ("GET", "/v1/profiles/ID?explain=true", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("GET", "/v1/crosswalk/canonical/1", &["channel", "viewer", "steward", "lead", "privacy", "admin"]),
    ("POST", "/v1/profiles/lookup", &["channel", "viewer", "steward", "lead", "privacy", "admin"]),
    ("POST", "/v1/search", &["channel", "viewer", "steward", "lead", "privacy", "admin"]),
    ("POST", "/v1/match", &["channel", "steward", "lead", "admin"]),
    ("GET", "/v1/changes", &["subscriber", "admin"]),
    ("POST", "/v1/profiles/ID/merge", &["steward", "lead", "admin"]),
    ("POST", "/v1/profiles/ID/unmerge", &["steward", "lead", "admin"]),
    ("POST", "/v1/profiles/ID/pins", &["steward", "lead", "admin"]),
    ("POST", "/v1/decisions", &["steward", "lead", "admin"]),
    ("POST", "/v1/decisions/ID/undo", &["steward", "lead", "admin"]),
    ("GET", "/v1/decisions/ID", &["viewer", "steward", "lead", "privacy", "admin"]),
    ("GET", "/v1/reviews", &["viewer", "steward", "lead", "admin"]),
    ("GET", "/v1/reviews/0-1", &["viewer", "steward", "lead", "admin"]),
    ("POST", "/v1/sources/canonical/reconcile", &["engineer", "admin"]),
    ("GET", "/v1/notices", &["engineer", "privacy", "admin"]),
    ("GET", "/v1/notices/1", &["engineer", "privacy", "admin"]),
    ("GET", "/v1/dead-letters", &["engineer", "admin"]),
    ("GET", "/v1/dead-letters/groups", &["engineer", "admin"]),
    ("GET", "/v1/dead-letters/1", &["engineer", "admin"]),
    ("POST", "/v1/dead-letters/1/repair", &["engineer", "admin"]),
    ("POST", "/v1/dead-letters/retry", &["engineer", "admin"]),
    ("GET", "/v1/connectors/canonical/drift", &["viewer", "engineer", "admin"]),
    ("POST", "/v1/connectors/canonical/drift/accept", &["engineer", "admin"]),
    ("GET", "/v1/operator-events", &["engineer", "admin"]),
    ("GET", "/v1/subscribers", &["engineer", "admin"]),
    ("POST", "/v1/subscribers", &["engineer", "admin"]),
    ("GET", "/v1/subscribers/ID", &["engineer", "admin"]),
    ("DELETE", "/v1/subscribers/ID", &["engineer", "admin"]),
    ("POST", "/v1/subscribers/ID/pause", &["engineer", "admin"]),
    ("POST", "/v1/subscribers/ID/resume", &["engineer", "admin"]),
    ("POST", "/v1/subscribers/ID/rotate", &["engineer", "admin"]),
    ("POST", "/v1/subscribers/ID/resend", &["engineer", "admin"]),
];

both!(each_role_reaches_its_routes_and_no_others, |db| async move {
    let hub = Hub::start(&db).await;
    let mut keys = Vec::new();
    for role in ROLES {
        keys.push((role, hub.key(role).await));
    }
    for (method, path, permitted) in ROUTES {
        let path = path.replace("ID", "019a0000-0000-7000-8000-000000000000");
        let request = || hub.bare(method.parse().expect("a method"), &path).json(&json!({}));
        send(request()).await.expect_problem(401, "missing-key");
        for (role, key) in &keys {
            let answer = send(request().bearer_auth(key)).await;
            let denied = answer.status == 403;
            assert_eq!(denied, !permitted.contains(role), "{role} {method} {path}: {} {}", answer.status, answer.text);
            assert_ne!(answer.status, 401, "{role} {method} {path}");
        }
    }
});

both!(keys_are_checked, |db| async move {
    let hub = Hub::start(&db).await;
    let asked = |key: &str| send(hub.bare(Method::GET, "/v1/changes").header("authorization", key));
    asked("Bearer hub_00").await.expect_problem(401, "unknown-key");
    asked("Basic aHViOmh1Yg==").await.expect_problem(401, "missing-key");
    let answer = asked("Bearer").await;
    answer.expect_problem(401, "missing-key");
    assert!(answer.header("www-authenticate").starts_with("Bearer"));
});

both!(a_key_can_be_bound_to_one_source, |db| async move {
    let hub = Hub::start(&db).await;
    let key = hub.key("source:canonical").await;
    let send_to = |source: &str| {
        let path = format!("/v1/sources/{source}/records");
        send(hub.bare(Method::POST, &path).bearer_auth(&key).json(&json!([{"key": "1"}])))
    };
    assert_eq!(send_to("canonical").await.status, 202);
    send_to("shopify").await.expect_problem(403, "forbidden");
    send_to("nobody").await.expect_problem(403, "forbidden");
});

both!(some_routes_are_open, |db| async move {
    let hub = Hub::start(&db).await;
    for path in ["/healthz", "/readyz", "/openapi.json", "/docs", "/docs/style.css", "/problems/forbidden", "/metrics"]
    {
        let answer = send(hub.bare(Method::GET, path)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    // Behind a proxy nobody is local.
    let proxied = || hub.bare(Method::GET, "/metrics").header("x-forwarded-for", "192.0.2.7");
    send(proxied()).await.expect_problem(401, "missing-key");
    send(proxied().bearer_auth(hub.key("channel").await)).await.expect_problem(403, "forbidden");
    assert_eq!(send(proxied().bearer_auth(hub.key("viewer").await)).await.status, 200);
});

both!(paths_and_methods_that_do_not_exist_are_problems_too, |db| async move {
    let hub = Hub::start(&db).await;
    hub.get("/v1/nothing").await.expect_problem(404, "no-such-route");
    hub.get("/nothing").await.expect_problem(404, "no-such-route");
    let answer = send(hub.request(Method::DELETE, "/v1/changes")).await;
    answer.expect_problem(405, "method-not-allowed");
    assert!(answer.header("allow").contains("GET"), "{:?}", answer.headers);
    hub.get("/v1/profiles/not-an-id").await.expect_problem(400, "malformed-parameter");
    hub.get("/v1/changes?before=3").await.expect_problem(400, "malformed-parameter");
    hub.get("/problems/nothing").await.expect_problem(404, "unknown-problem");
});
