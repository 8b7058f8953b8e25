//! What systems send by webhook: signed or refused, stored once, and for what it is for.

use connectors::signature::{Request, Scheme};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tests::both;

use super::fixture::{Answer, Hub, SECRET, send};

/// A system whose notices tell their topic, id and version themselves; it sends several at a time.
const TALKER: &str = r#"
name = "talker"
[webhook]
signature = { header = "X-Signature", prefix = "sha256=", encoding = "hex" }
secret = { env = "TALKER" }
topic = { path = "$.type" }
delivery_id = { path = "$.event" }
record = "$.who"
handshake = { echo_body = "$.challenge" }
[webhook.topics]
"person.*" = "customer"
"person.gone" = { purpose = "delete", key = "$.id" }
"person.changed" = { purpose = "fetch", key = "$.id" }
"person.joined" = { purpose = "merge", key = "$.kept" }
[record]
key = "$.id"
version = { sequence = "$.version" }
[map]
birth_date = "$.born"
names = [{ given = "$.given" }]
"#;

/// A system from before JSON, which pings first.
const FORMER: &str = r#"
name = "former"
[webhook]
signature = "woocommerce"
secret = { env = "FORMER" }
form = "payload"
handshake = { ping_form = "webhook_id" }
[webhook.topics]
"*" = "customer"
[record]
key = "$.id"
[map]
names = [{ given = "$.given" }]
"#;

/// The request that a system with this scheme sends.
fn signed(hub: &Hub, source: &str, scheme: &Scheme, body: &str) -> RequestBuilder {
    let path = format!("/v1/sources/{source}/webhook");
    let url = format!("https://hub.example.com{path}");
    let header = |_: &str| None;
    let request = Request { method: "POST", url: &url, header: &header, body: body.as_bytes() };
    let key = scheme.key(SECRET).expect("the secret is one");
    let headers = scheme.sign(&request, &key, 0).expect("it can be signed");
    let request = hub.bare(Method::POST, &path).body(body.to_owned());
    headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))
}

fn talker() -> Scheme {
    Scheme::plain("X-Signature", "sha256=", connectors::signature::Hash::Sha256, connectors::signature::Encoding::Hex)
}

async fn talk(hub: &Hub, body: &Value) -> Value {
    taken(hub, send(signed(hub, "talker", &talker(), &body.to_string())).await).await
}

async fn shopify(hub: &Hub, topic: &str, id: &str, body: &str) -> Value {
    let request = signed(hub, "shopify", &Scheme::named("shopify").expect("it is known"), body);
    let request = request.header("x-shopify-topic", topic).header("x-shopify-webhook-id", id);
    taken(hub, send(request).await).await
}

/// Checks that a webhook was acknowledged, and waits until it is processed.
async fn taken(hub: &Hub, answer: Answer) -> Value {
    assert_eq!(answer.status, 200, "{}", answer.text);
    settled(hub).await;
    answer.json()
}

/// Waits until everything stored is processed, and the readers show it.
async fn settled(hub: &Hub) {
    let newest = hub.store.progress().await.expect("the store answers").1;
    hub.control.reached(newest).await;
    hub.noticed().await;
}

async fn deliveries(hub: &Hub) -> i64 {
    hub.store.counts().await.expect("the store answers").deliveries
}

/// The given name under which a source's record is known, if it lives.
async fn given(hub: &Hub, source: &str, key: &str) -> Option<String> {
    let golden = hub.get(&format!("/v1/crosswalk/{source}/{key}")).await.json()["golden"].as_str()?.to_owned();
    let profile = hub.get(&format!("/v1/profiles/{golden}")).await.json();
    profile["name"]["given"].as_str().map(str::to_owned)
}

const MIRA: &str = r#"{ "id":706405506930370084, "first_name":"Mira","email":"mira@example.com","updated_at":"2026-01-02T03:04:05-05:00" }"#;
const MIRA_KEY: &str = "706405506930370084";

both!(a_signed_webhook_becomes_a_golden_record_once, |db| async move {
    let hub = Hub::start(&db).await;
    let first = shopify(&hub, "customers/create", "a-1", MIRA).await;
    assert_eq!((&first["accepted"], &first["duplicates"]), (&json!(1), &json!(0)));
    assert_eq!(given(&hub, "shopify", MIRA_KEY).await.as_deref(), Some("Mira"));
    let again = shopify(&hub, "customers/create", "a-1", MIRA).await;
    assert_eq!(again, json!({"accepted": 0, "duplicates": 1, "deliveries": first["deliveries"]}));
    // A sender that repeats itself in other words means the same delivery.
    let reworded = shopify(&hub, "customers/create", "a-1", &MIRA.replace("Mira", "Mirabel")).await;
    assert_eq!(reworded["duplicates"], 1);
    assert_eq!(deliveries(&hub).await, 1);
    let metrics = hub.get("/metrics").await.text;
    let line = "hub_webhook_notices_total{source=\"shopify\",outcome=\"duplicate\"} 2";
    assert!(metrics.lines().any(|known| known == line), "{metrics}");
});

both!(what_arrives_many_times_at_once_is_stored_once, |db| async move {
    let hub = Hub::start(&db).await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..24 {
        let request = signed(&hub, "shopify", &Scheme::named("shopify").expect("it is known"), MIRA);
        let request = request.header("x-shopify-topic", "customers/create").header("x-shopify-webhook-id", "a-1");
        calls.spawn(send(request));
    }
    let answers = calls.join_all().await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    let accepted: i64 = answers.iter().filter_map(|answer| answer.json()["accepted"].as_i64()).sum();
    assert_eq!((accepted, deliveries(&hub).await), (1, 1));
});

both!(what_is_not_signed_is_refused_and_not_stored, |db| async move {
    let hub = Hub::start(&db).await;
    let scheme = Scheme::named("shopify").expect("it is known");
    let forged = signed(&hub, "shopify", &scheme, MIRA).body(MIRA.replace("Mira", "Mora"));
    let problem = send(forged).await;
    problem.expect_problem(401, "bad-signature");
    assert!(problem.header("www-authenticate").starts_with("Signature"));
    assert!(!problem.text.contains("mira@example.com") && !problem.text.contains(SECRET), "{}", problem.text);
    let bare = hub.bare(Method::POST, "/v1/sources/shopify/webhook").body(MIRA);
    send(bare).await.expect_problem(401, "bad-signature");
    // An API key is no signature.
    let keyed = hub.request(Method::POST, "/v1/sources/shopify/webhook").body(MIRA);
    send(keyed).await.expect_problem(401, "bad-signature");
    let packed = signed(&hub, "shopify", &scheme, MIRA).header("content-encoding", "gzip");
    send(packed).await.expect_problem(415, "unsupported-media-type");
    let long = format!("{{\"id\":1,\"note\":\"{}\"}}", "x".repeat(1 << 20));
    send(signed(&hub, "shopify", &scheme, &long)).await.expect_problem(413, "too-large");
    assert_eq!(deliveries(&hub).await, 0);
    // Nobody learns from the answer which sources there are.
    let [unknown, closed] = ["atlantis", "common-csv"].map(|source| signed(&hub, source, &scheme, MIRA));
    let (unknown, closed) = (send(unknown).await, send(closed).await);
    unknown.expect_problem(404, "no-webhook");
    assert_eq!(unknown.text, closed.text);
});

both!(a_scheme_that_signs_the_address_knows_the_public_one, |db| async move {
    let hub = Hub::start(&db).await;
    let scheme = Scheme::named("square").expect("it is known");
    let body = r#"{"type":"customer.created","event_id":"e1","data":{"object":{"customer":{"id":"SQ1","version":0,"given_name":"Noa"}}}}"#;
    taken(&hub, send(signed(&hub, "square", &scheme, body)).await).await;
    assert_eq!(given(&hub, "square", "SQ1").await.as_deref(), Some("Noa"));
    // The last state and the deletion have one version; whichever comes last, the customer is gone.
    let deleted = body.replace("created", "deleted").replace("e1", "e2");
    taken(&hub, send(signed(&hub, "square", &scheme, &deleted)).await).await;
    assert_eq!(given(&hub, "square", "SQ1").await, None);
    taken(&hub, send(signed(&hub, "square", &scheme, &body.replace("e1", "e3"))).await).await;
    assert_eq!(given(&hub, "square", "SQ1").await, None);
});

both!(a_deleted_customer_stays_deleted, |db| async move {
    let hub = Hub::start(&db).await;
    shopify(&hub, "customers/create", "a-1", MIRA).await;
    shopify(&hub, "customers/delete", "a-2", r#"{"id":706405506930370084}"#).await;
    assert_eq!(given(&hub, "shopify", MIRA_KEY).await, None);
    shopify(&hub, "customers/update", "a-3", MIRA).await;
    assert_eq!(given(&hub, "shopify", MIRA_KEY).await, None, "the update is older than the deletion");
    let soon = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1);
    let back = MIRA.replace("2026-01-02T03:04:05-05:00", &soon.to_string());
    shopify(&hub, "customers/create", "a-4", &back).await;
    assert_eq!(given(&hub, "shopify", MIRA_KEY).await.as_deref(), Some("Mira"));
});

both!(what_is_no_customers_state_is_kept_for_others, |db| async move {
    let hub = Hub::start(&db).await;
    let payload = r#"{"shop_id":954889,"customer":{"id":706405506930370084}}"#;
    let told = shopify(&hub, "customers/redact", "a-1", payload).await;
    shopify(&hub, "orders/paid", "a-2", r#"{"id":12,"customer":{"id":1}}"#).await;
    shopify(&hub, "customers/merge", "a-3", r#"{"kept":"x"}"#).await;
    let listed = hub.get("/v1/notices").await.json();
    let purposes: Vec<&str> =
        listed["notices"].as_array().into_iter().flatten().filter_map(|n| n["purpose"].as_str()).collect();
    assert_eq!(purposes, ["privacy", "keep", "merge"]);
    assert_eq!(listed["notices"][0].get("payload"), None, "lists show no payloads");
    let one = hub.get(&format!("/v1/notices/{}", told["deliveries"][0])).await.json();
    assert_eq!((&one["topic"], &one["payload"]), (&json!("customers/redact"), &json!(payload)));
    let page = hub.get("/v1/notices?source=shopify&limit=2").await.json();
    let rest = hub.get(&format!("/v1/notices?after={}", page["next_after"])).await.json();
    assert_eq!(rest["notices"].as_array().map(Vec::len), Some(1), "{rest}");
    let privacy = hub.get("/v1/notices?purpose=privacy").await.json();
    assert_eq!(privacy["notices"].as_array().map(Vec::len), Some(1), "{privacy}");
    hub.get("/v1/notices/999").await.expect_problem(404, "unknown-notice");
    assert_eq!(hub.get("/v1/dead-letters").await.json()["total"], 0);
});

both!(one_webhook_may_carry_several_notices, |db| async move {
    let hub = Hub::with_manifests(&db, &[TALKER]).await;
    let who = |id: u64, given: &str| json!({"id": id, "version": 1, "given": given});
    let body = json!([
        {"type": "person.new", "event": 9007199254740993u64, "who": who(1, "Ana")},
        {"type": "person.new", "event": 9007199254740993u64, "who": who(1, "Ana")},
        {"type": "person.new", "event": 2, "who": who(2, "Ben")},
        {"type": "person.gone", "event": 3, "id": 2},
        {"type": "person.changed", "event": 4, "id": 9007199254740993u64},
        {"type": "person.joined", "event": 5, "kept": 1, "lost": 2},
        7,
    ]);
    let told = talk(&hub, &body).await;
    assert_eq!((&told["accepted"], &told["duplicates"]), (&json!(6), &json!(1)), "{told}");
    assert_eq!(given(&hub, "talker", "1").await.as_deref(), Some("Ana"));
    assert_eq!(given(&hub, "talker", "2").await, None);
    let notices = hub.get("/v1/notices?source=talker").await.json();
    let about: Vec<(&Value, &Value)> =
        notices["notices"].as_array().into_iter().flatten().map(|n| (&n["purpose"], &n["source_key"])).collect();
    assert_eq!(about, [(&json!("fetch"), &json!("9007199254740993")), (&json!("merge"), &json!("1"))]);
    let letters = hub.get("/v1/dead-letters").await.json();
    assert_eq!((&letters["total"], &letters["dead_letters"][0]["step"]), (&json!(1), &json!("read")));
    let again = talk(&hub, &body).await;
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(1), &json!(6)), "what is unreadable has no id");
    let many: Vec<Value> = (0..1001).map(|n| json!({"type": "other", "event": n})).collect();
    let refused = send(signed(&hub, "talker", &talker(), &json!(many).to_string())).await;
    refused.expect_problem(413, "too-large");
});

both!(without_an_id_a_version_tells_what_was_sent_again, |db| async move {
    let hub = Hub::with_manifests(&db, &[TALKER, FORMER]).await;
    let body = json!({"type": "person.new", "who": {"id": 1, "version": 4, "given": "Ana"}});
    talk(&hub, &body).await;
    assert_eq!(talk(&hub, &body).await["duplicates"], 1);
    // Without a version, going back to an earlier content is a change like any other.
    let scheme = Scheme::named("woocommerce").expect("it is known");
    for name in ["Ana", "Bea", "Ana"] {
        let payload = format!("payload=%7B%22id%22%3A7%2C%22given%22%3A%22{name}%22%7D");
        let told = taken(&hub, send(signed(&hub, "former", &scheme, &payload)).await).await;
        assert_eq!(told["accepted"], 1);
    }
    assert_eq!(given(&hub, "former", "7").await.as_deref(), Some("Ana"));
});

both!(handshakes_are_answered_and_nothing_is_stored, |db| async move {
    let hub = Hub::with_manifests(&db, &[TALKER, FORMER]).await;
    let ping = send(hub.bare(Method::POST, "/v1/sources/former/webhook").body("webhook_id=7")).await;
    assert_eq!((ping.status, ping.text.as_str()), (200, ""));
    let challenge = json!({"challenge": "3eZbrw1aB"}).to_string();
    let echo = send(signed(&hub, "talker", &talker(), &challenge)).await;
    assert_eq!((echo.status, echo.text.as_str()), (200, "3eZbrw1aB"));
    assert!(
        echo.header("content-type").starts_with("text/plain") && echo.header("x-content-type-options") == "nosniff"
    );
    let unsigned = send(hub.bare(Method::POST, "/v1/sources/talker/webhook").body(challenge)).await;
    unsigned.expect_problem(401, "bad-signature");
    let asked = TALKER.replace("echo_body = \"$.challenge\"", "echo_query = \"token\"").replace("talker", "asker");
    let other = db.another().await;
    let hub = Hub::with_manifests(&other, &[&asked]).await;
    for method in [Method::GET, Method::POST] {
        let echo = send(hub.bare(method, "/v1/sources/asker/webhook?token=a%20b")).await;
        assert_eq!((echo.status, echo.text.as_str()), (200, "a b"));
    }
    send(hub.bare(Method::GET, "/v1/sources/asker/webhook")).await.expect_problem(400, "malformed-parameter");
    assert_eq!(deliveries(&hub).await, 0);
});

both!(a_notice_that_cannot_be_used_is_repaired_under_its_topic, |db| async move {
    let hub = Hub::with_manifests(&db, &[TALKER]).await;
    let body = |born: &str| json!({"type": "person.new", "event": 1, "who": {"id": 1, "given": "Ana", "born": born}});
    let id = talk(&hub, &body("2999-01-01")).await["deliveries"][0].clone();
    let letter = hub.get(&format!("/v1/dead-letters/{id}")).await.json();
    assert_eq!((&letter["shape"], &letter["step"]), (&json!("notice"), &json!("contract")));
    let repaired = hub.post(&format!("/v1/dead-letters/{id}/repair"), &body("1999-01-01")).await;
    assert_eq!(repaired.status, 202, "{}", repaired.text);
    settled(&hub).await;
    assert_eq!(given(&hub, "talker", "1").await.as_deref(), Some("Ana"));
    assert_eq!(hub.get("/v1/dead-letters").await.json()["total"], 0);
    let gone = talk(&hub, &json!({"type": "person.gone", "event": 2})).await["deliveries"][0].clone();
    hub.post(&format!("/v1/dead-letters/{gone}/repair"), &json!({"type": "person.gone", "id": 1})).await;
    settled(&hub).await;
    assert_eq!(given(&hub, "talker", "1").await, None, "a repaired deletion deletes");
});
