//! What systems send: framing, receipts, idempotency, and input that breaks every rule.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::{Value, json};
use tests::both;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::fixture::{Answer, Hub, person, send};

const PATH: &str = "/v1/sources/canonical/records";

async fn post_bytes(hub: &Hub, media: &str, body: Vec<u8>) -> Answer {
    send(hub.request(Method::POST, PATH).header("content-type", media).body(body)).await
}

fn statuses(answer: &Answer) -> Vec<String> {
    let receipts = answer.json()["receipts"].as_array().cloned().unwrap_or_default();
    receipts.iter().map(|r| r["status"].as_str().unwrap_or_default().to_owned()).collect()
}

both!(one_record_an_array_or_a_stream, |db| async move {
    let hub = Hub::start(&db).await;
    let one = person("1", "Ana", "Silva", "ana.silva@example.com");
    assert_eq!(hub.post(PATH, &one).await.status, 202);
    let pretty = serde_json::to_vec_pretty(&person("2", "Ben", "Okafor", "ben@example.com")).expect("it is JSON");
    assert_eq!(statuses(&post_bytes(&hub, "application/json", pretty).await), ["accepted"]);
    let lines = [person("3", "Cleo", "Marsh", "cleo@example.com"), person("4", "Dan", "Weiss", "dan@example.com")];
    let lines: String = lines.iter().map(|record| format!("{record}\n")).collect();
    let answer = post_bytes(&hub, "application/x-ndjson", lines.clone().into_bytes()).await;
    assert_eq!(statuses(&answer), ["accepted", "accepted"]);
    let zipped = post_bytes(&hub, "application/x-ndjson", gzip(lines.as_bytes())).await;
    assert_eq!(statuses(&zipped), ["accepted", "accepted"]);
    hub.settled(&zipped).await;
    for (key, given) in [("1", "Ana"), ("2", "Ben"), ("3", "Cleo"), ("4", "Dan")] {
        assert_eq!(hub.profile(key).await["name"]["given"], given);
    }
    assert_eq!(hub.post(PATH, &json!([])).await.json()["receipts"], json!([]));
});

both!(records_come_in_the_sources_own_shape, |db| async move {
    let hub = Hub::start(&db).await;
    let member = json!({"member_id": "M1", "first_name": "Ines", "last_name": "Rocha", "email": "ines@example.com",
                        "updated_at": "2026-01-05T10:00:00Z", "card_number": "LC-77"});
    let answer = hub.post("/v1/sources/loyalty/records", &member).await;
    hub.settled(&answer).await;
    let canonical = json!({"key": "M2", "names": [{"given": "Ida", "family": "Rocha"}]});
    let answer = hub.post("/v1/sources/loyalty/records?shape=canonical", &canonical).await;
    hub.settled(&answer).await;
    for (key, given) in [("M1", "Ines"), ("M2", "Ida")] {
        let golden = hub.get(&format!("/v1/crosswalk/loyalty/{key}")).await.json()["golden"].clone();
        let profile = hub.get(&format!("/v1/profiles/{}", golden.as_str().unwrap_or_default())).await.json();
        assert_eq!(profile["name"]["given"], given, "{profile}");
    }
});

both!(a_key_makes_a_request_safe_to_repeat, |db| async move {
    let hub = Hub::start(&db).await;
    let lines = |bad: &str| format!("{}\n{bad}\n", person("1", "Ana", "Silva", "ana.silva@example.com"));
    let request = |key: &str, body: String| {
        let request = hub.request(Method::POST, PATH).header("content-type", "application/x-ndjson");
        send(request.header("idempotency-key", key.to_owned()).body(body))
    };
    let first = request("night-1", lines("[1]")).await;
    assert_eq!(statuses(&first), ["accepted", "rejected"]);
    assert_eq!(first.header("idempotency-replayed"), "");
    let again = request("night-1", lines("[1]")).await;
    assert_eq!((again.status, &again.text), (202, &first.text));
    assert_eq!(again.header("idempotency-replayed"), "true");
    request("night-1", lines("[2]")).await.expect_problem(422, "idempotency-key-reused");
    request("", lines("[2]")).await.expect_problem(400, "malformed-parameter");
    let together = tokio::join!(request("night-2", lines("[3]")), request("night-2", lines("[3]")));
    assert_eq!((together.0.status, together.1.status), (202, 202));
    assert_eq!(together.0.text, together.1.text);
    let deliveries = hub.store.counts().await.expect("the store answers").deliveries;
    assert_eq!(deliveries, 4);
});

both!(other_callers_may_use_the_same_key, |db| async move {
    let hub = Hub::start(&db).await;
    for role in ["source", "source:canonical"] {
        let key = hub.key(role).await;
        let request = hub.bare(Method::POST, PATH).bearer_auth(key).header("idempotency-key", "same");
        let answer = send(request.json(&json!({"key": role, "names": [{"given": "Ana"}]}))).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (202, ""), "{}", answer.text);
    }
});

both!(what_cannot_be_taken_in_is_said_at_once, |db| async move {
    let hub = Hub::start(&db).await;
    let answer = hub.post("/v1/sources/atlantis/records", &json!({"key": "1"})).await;
    answer.expect_problem(404, "unknown-source");
    post_bytes(&hub, "text/plain", b"{}".to_vec()).await.expect_problem(415, "unsupported-media-type");
    post_bytes(&hub, "application/json", Vec::new()).await.expect_problem(400, "malformed-body");
    post_bytes(&hub, "application/json", b"hello".to_vec()).await.expect_problem(400, "malformed-body");
    let answer = hub.post(&format!("{PATH}?shape=round"), &json!({})).await;
    answer.expect_problem(400, "malformed-parameter");
    let head = announced(&hub, (64 << 20) + 1).await;
    assert!(head.starts_with("HTTP/1.1 413") && head.contains("application/problem+json"), "{head}");
    assert_eq!(hub.store.counts().await.expect("the store answers").deliveries, 0);
});

/// Announces a body of so many bytes, sends none of them, and gives the head of the answer.
async fn announced(hub: &Hub, bytes: usize) -> String {
    let key = hub.key("source").await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer {key}\r\ncontent-type: application/json\r\n\
         content-length: {bytes}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(hub.address()).await.expect("the hub listens");
    stream.write_all(head.as_bytes()).await.expect("the hub reads");
    let mut answer = vec![0; 4096];
    let length = stream.read(&mut answer).await.expect("the hub answers");
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

both!(a_body_without_an_end_is_cut_off, |db| async move {
    let hub = Hub::start(&db).await;
    let line = format!("{}\n", person("1", "Ana", "Silva", "ana.silva@example.com"));
    let key = hub.key("source").await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer {key}\r\ncontent-type: application/x-ndjson\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{line}\r\n{:x}\r\n",
        line.len(),
        70 << 20,
    );
    let mut stream = TcpStream::connect(hub.address()).await.expect("the hub listens");
    stream.write_all(head.as_bytes()).await.expect("the hub reads");
    let (mut reader, mut writer) = stream.into_split();
    let blank = vec![b'\n'; 1 << 20];
    let flood = tokio::spawn(async move { while writer.write_all(&blank).await.is_ok() {} });
    let mut answer = vec![0; 4096];
    let length = reader.read(&mut answer).await.expect("the hub answers");
    let answer = String::from_utf8_lossy(&answer[..length]).into_owned();
    flood.abort();
    assert!(answer.starts_with("HTTP/1.1 413") && answer.contains("\"accepted\":1"), "{answer}");
});

/// Sends hostile bytes between two good records and checks that the good ones come through.
async fn check_amid_good(hub: &Hub, hostile: &[u8], expected_reason: &str) {
    let good = |key: &str| format!("{}\n", person(key, "Ana", "Silva", "ana.silva@example.com")).into_bytes();
    let body = [good("before"), hostile.to_vec(), b"\n".to_vec(), good("after")].concat();
    let answer = post_bytes(hub, "application/x-ndjson", body).await;
    assert_eq!(statuses(&answer), ["accepted", "rejected", "accepted"], "{}", answer.text);
    let reason = answer.json()["receipts"][1]["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains(expected_reason), "{reason}");
    let ids = hub.settled(&answer).await;
    let letter = hub.get(&format!("/v1/dead-letters/{}", ids[1])).await.json();
    assert_eq!((&letter["shape"], &letter["reason"]), (&json!("unreadable"), &json!(reason)));
    hub.golden("before").await;
    hub.golden("after").await;
}

both!(hostile_lines_cost_only_themselves, |db| async move {
    let hub = Hub::start(&db).await;
    check_amid_good(&hub, b"{\"key\": \"1\", \"x\": \"\xff\xfe\"}", "UTF-8").await;
    check_amid_good(&hub, format!("{{\"key\": \"{}\"}}", "x".repeat(50 << 20)).as_bytes(), "bytes").await;
    let deep = format!("{{\"key\": {}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    check_amid_good(&hub, deep.as_bytes(), "nested").await;
    check_amid_good(&hub, b"[1, 2]", "object").await;
    check_amid_good(&hub, b"{\"key\": ", "JSON").await;
});

both!(a_truncated_gzip_keeps_what_came_before, |db| async move {
    let hub = Hub::start(&db).await;
    let record = |i: usize| format!("{}\n", person(&format!("z{i}"), "Ana", "Silva", &format!("a{i}@example.com")));
    let whole: String = (0..5000).map(record).collect();
    let mut zipped = gzip(whole.as_bytes());
    zipped.truncate(zipped.len() / 2);
    let answer = post_bytes(&hub, "application/gzip", zipped.clone()).await;
    let (accepted, rejected) = (answer.json()["accepted"].as_u64(), answer.json()["rejected"].as_u64());
    assert!(accepted.is_some_and(|n| n > 100) && rejected == Some(1), "{accepted:?} {rejected:?}");
    let last = answer.json()["receipts"].as_array().and_then(|all| all.last().cloned()).unwrap_or_default();
    assert!(last["reason"].as_str().is_some_and(|r| r.contains("gzip")), "{last}");
    hub.settled(&answer).await;
    hub.golden("z0").await;
    let nothing = post_bytes(&hub, "application/gzip", zipped[..12].to_vec()).await;
    nothing.expect_problem(400, "malformed-body");
});

both!(records_that_break_the_contract_become_dead_letters, |db| async move {
    let hub = Hub::start(&db).await;
    let cases: [(Value, &str); 4] = [
        (json!({"names": [{"given": "Ana"}]}), "key"),
        (json!({"key": "future", "birth_date": "2999-01-01"}), "future"),
        (json!({"key": "types", "birth_date": "ana.silva@example.com"}), "birth_date"),
        (json!({"key": "k".repeat(600)}), "key"),
    ];
    let records: Vec<Value> = cases.iter().map(|(record, _)| record.clone()).collect();
    let ids = hub.take_in(&records).await;
    for (id, (_, expected)) in ids.iter().zip(&cases) {
        let letter = hub.get(&format!("/v1/dead-letters/{id}")).await.json();
        let reason = letter["reason"].as_str().unwrap_or_else(|| panic!("{expected}: {letter}"));
        assert!(reason.contains(expected) && !reason.contains("ana.silva"), "{reason}");
    }
});

both!(an_older_version_changes_nothing, |db| async move {
    let hub = Hub::start(&db).await;
    let state = |version: i64, given: &str| json!({"key": "1", "version": version, "names": [{"given": given}]});
    hub.take_in(&[state(7, "Beatrice")]).await;
    hub.take_in(&[state(3, "Bea")]).await;
    hub.take_in(&[state(7, "Beatrice")]).await;
    let profile = hub.profile("1").await;
    assert_eq!((&profile["name"]["given"], &profile["version"]), (&json!("Beatrice"), &json!(1)));
});

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}
