//! Senders that are wrong, late, slow or hostile: each is refused with a reason, and nobody else notices.

use super::fixture::{Answer, Hub, SECRET, person, send};
use connectors::signature::{Request, Scheme};
use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::time::Duration;
use tests::program::{Said, Serving, client, hub};
use tests::{Database, both};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const HOUR_SECS: i64 = 3600;
const PATH: &str = "/v1/sources/canonical/records";
/// More than the hub unpacks of one body.
const BOMB_BYTES: u64 = (1 << 30) + (1 << 20);

/// A system that signs the time.
const TIMED: &str = r#"
name = "timed"
[webhook]
signature = "standard-webhooks"
secret = { env = "TIMED" }
topic = { path = "$.type" }
delivery_id = { header = "webhook-id" }
record = "$.who"
[webhook.topics]
"*" = "customer"
[record]
key = "$.id"
[map]
names = [{ given = "$.given" }]
"#;

/// What a sender gets for a webhook that it signed so many seconds from now, and how much of it is new.
struct Case {
    what: &'static str,
    id: &'static str,
    secs_from_now: i64,
    secret: &'static str,
    /// Whether another body takes the place of the one that was signed.
    is_forged: bool,
    status: u16,
    accepted: i64,
}

const OTHER_SECRET: &str = "whsec_YW5vdGhlciBrZXkgb2YgdGhpcnR5LXR3byBieXRlcy4u";

const CASES: [Case; 9] = [
    case("in time", "a", 0, SECRET, false, 200, 1),
    case("replayed at once", "a", 0, SECRET, false, 200, 0),
    case("replayed within the window", "a", -240, SECRET, false, 200, 0),
    case("replayed outside of it", "a", -HOUR_SECS, SECRET, false, 401, 0),
    case("new, its clock four minutes ahead", "b", 240, SECRET, false, 200, 1),
    case("new, its clock an hour behind", "c", -HOUR_SECS, SECRET, false, 401, 0),
    case("new, its clock an hour ahead", "d", HOUR_SECS, SECRET, false, 401, 0),
    case("signed by another", "e", 0, OTHER_SECRET, false, 401, 0),
    case("another body", "f", 0, SECRET, true, 401, 0),
];

const fn case(
    what: &'static str,
    id: &'static str,
    secs_from_now: i64,
    secret: &'static str,
    is_forged: bool,
    status: u16,
    accepted: i64,
) -> Case {
    Case { what, id, secs_from_now, secret, is_forged, status, accepted }
}

both!(signatures_count_once_and_in_their_time, |db| async move {
    let hub = Hub::with_manifests(&db, &[TIMED]).await;
    for case in &CASES {
        let answer = case.send(&hub).await;
        assert_eq!(answer.status, case.status, "{}: {}", case.what, answer.text);
        match case.status {
            200 => assert_eq!(answer.json()["accepted"], case.accepted, "{}: {}", case.what, answer.text),
            _ => drop(answer.expect_problem(401, "bad-signature")),
        }
    }
    let expected: i64 = CASES.iter().map(|case| case.accepted).sum();
    assert_eq!(hub.store.counts().await.expect("the store answers").deliveries, expected);
});

impl Case {
    async fn send(&self, hub: &Hub) -> Answer {
        let scheme = Scheme::named("standard-webhooks").expect("it is known");
        let body = json!({"type": "person.new", "who": {"id": self.id, "given": "Ana"}}).to_string();
        let header = |name: &str| (name == "webhook-id").then_some(self.id);
        let request = Request { method: "POST", url: "", header: &header, body: body.as_bytes() };
        let key = scheme.key(self.secret).expect("the secret is one");
        let at_secs = Timestamp::now().as_second() + self.secs_from_now;
        let headers = scheme.sign(&request, &key, at_secs).expect("it can be signed");
        let sent = if self.is_forged { body.replace("Ana", "Eve") } else { body.clone() };
        let request = hub.bare(Method::POST, "/v1/sources/timed/webhook").header("webhook-id", self.id).body(sent);
        send(headers.into_iter().fold(request, |request, (name, value)| request.header(name, value))).await
    }
}

both!(a_state_from_the_next_century_is_a_dead_letter, |db| async move {
    let hub = Hub::start(&db).await;
    let mut record = person("1", "Ana", "Silva", "ana.silva@example.com");
    record["changed_at"] = json!("2099-03-01T12:00:00Z");
    hub.take_in(&[record]).await;
    let letters = hub.get("/v1/dead-letters").await.json();
    let reason = letters["dead_letters"][0]["reason"].as_str().unwrap_or_default();
    assert!(reason.contains("ahead") && reason.contains("clock"), "{letters}");
    hub.take_in(&[person("1", "Ana", "Silva", "ana.silva@example.com")]).await;
    assert_eq!(hub.profile("1").await["name"]["given"], "Ana");
});

both!(a_source_whose_clock_is_an_hour_ahead_wins_for_an_hour_only, |db| async move {
    let hub = Hub::start(&db).await;
    let said = |key: &str, gender: &str, at: &str| {
        let mut record = person(key, "Ana", "Silva", "ana.silva@example.com");
        record["gender"] = json!(gender);
        record["changed_at"] = json!(at);
        record
    };
    // The first source says noon, and means eleven; the second has the right time.
    hub.take_in(&[said("ahead", "female", "2026-03-01T12:00:00Z")]).await;
    hub.take_in(&[said("right", "male", "2026-03-01T11:30:00Z")]).await;
    assert_eq!(hub.golden("ahead").await, hub.golden("right").await);
    assert_eq!(hub.profile("right").await["gender"], "female", "for now the one ahead seems to be newer");
    let mut later = said("right", "male", "2026-03-01T12:00:01Z");
    later["phones"] = json!([{"value": "+44 20 7946 0018"}]);
    hub.take_in(&[later]).await;
    assert_eq!(hub.profile("right").await["gender"], "male", "what is said after the hour counts");
});

/// A hub in a process of its own, with a key.
async fn serving(db: &Database, folder: &std::path::Path) -> (Serving, String) {
    let program = || {
        let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, db.url());
        command.env("HUB_SHOPIFY_WEBHOOK_SECRET", SECRET);
        command
    };
    let create = ["keys", "create", "--role", "admin", "--name", "abuse", "--json"];
    let said: Said = program().args(create).output().expect("the program runs").into();
    assert_eq!(said.code, Some(0), "{}", said.err);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    (Serving::start(program()).await, answer["key"].as_str().expect("a key").to_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn large_bodies_and_zip_bombs_are_refused_and_not_held_in_memory() {
    const LARGE: usize = 10 << 20;
    let (db, folder) = (Database::sqlite().await, tempfile::tempdir().expect("a temporary folder"));
    let (serving, key) = serving(&db, folder.path()).await;
    let client = client();
    let before_kib = serving.memory_peak_kib();
    for path in ["/v1/sources/shopify/webhook", "/v1/profiles/lookup", "/v1/decisions", PATH] {
        let mut answers = Vec::new();
        for _ in 0..100 {
            if answers.len() == 10 {
                break;
            }
            let body = format!("{{\"key\": \"{}\"}}", "x".repeat(LARGE));
            let request = client.post(format!("http://{}{path}", serving.address)).bearer_auth(&key);
            // The hub may answer and close before it has read everything.
            let media = if path == PATH { "application/x-ndjson" } else { "application/json" };
            if let Ok(answer) = request.header("content-type", media).body(body).send().await {
                answers.push(answer.status().as_u16());
            }
        }
        // Among many records one that is too large is a dead letter; anywhere else it is the request.
        let expected = if path == PATH { 202 } else { 413 };
        assert!(!answers.is_empty() && answers.iter().all(|status| *status == expected), "{path}: {answers:?}");
    }
    let url = format!("http://{}{PATH}", serving.address);
    let request = client.post(url).bearer_auth(&key).header("content-type", "application/gzip");
    let answer = request.body(bomb()).send().await.expect("the hub answers");
    let (status, text) = (answer.status().as_u16(), answer.text().await.expect("a text"));
    // The record, and the blanks, which are too long for one and become a dead letter.
    assert!(status == 413 && text.contains("unpacks") && text.contains("\"accepted\":2"), "{status} {text}");
    let grown_kib = serving.memory_peak_kib() - before_kib;
    assert!(grown_kib < 150 << 10, "memory has grown by {grown_kib} KiB");
    let ready = client.get(format!("http://{}/readyz", serving.address)).send().await.expect("the hub lives");
    assert!(ready.status().is_success());
}

/// A good record, and blanks without end, in a few megabytes.
fn bomb() -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let record = format!("{}\n", person("1", "Ana", "Silva", "ana.silva@example.com"));
    encoder.write_all(record.as_bytes()).expect("memory takes bytes");
    std::io::copy(&mut std::io::repeat(b' ').take(BOMB_BYTES), &mut encoder).expect("memory takes bytes");
    encoder.finish().expect("memory takes bytes")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn senders_that_stop_in_the_middle_are_cut_off_and_delay_nobody() {
    /// More than long bodies that are received at the same time.
    const SLOW: usize = 40;
    let db = Database::sqlite().await;
    let hub = Hub::impatient(&db, Duration::from_secs(2)).await;
    let key = hub.key("source").await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer {key}\r\ncontent-type: application/x-ndjson\r\n"
    );
    let starts = [
        head.clone(),
        format!("{head}content-length: 100\r\n\r\n{{\"key\""),
        format!("{head}transfer-encoding: chunked\r\n\r\n10\r\n{{\"key\""),
    ];
    let mut slow = Vec::new();
    for start in &starts {
        for _ in 0..SLOW {
            let mut stream = TcpStream::connect(hub.address()).await.expect("the hub listens");
            stream.write_all(start.as_bytes()).await.expect("the hub reads");
            slow.push(stream);
        }
    }
    // Others drip: always something, and never enough.
    let mut dripping = Vec::new();
    for _ in 0..SLOW {
        let (address, start) = (hub.address().to_owned(), starts[2].clone());
        dripping.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.expect("the hub listens");
            stream.write_all(start.as_bytes()).await.expect("the hub reads");
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        }));
    }
    hub.take_in(&[person("1", "Ana", "Silva", "ana.silva@example.com")]).await;
    assert_eq!(hub.profile("1").await["name"]["given"], "Ana");
    // A long body has to wait for a place, and gets one.
    let long: Vec<Value> =
        (0..4000).map(|n| person(&format!("l{n}"), "Ben", &format!("Osei{n}"), "b@example.com")).collect();
    let last = hub.take_in(&long).await;
    assert_eq!(last.len(), long.len());
    for dripping in dripping {
        dripping.await.expect("it is cut off");
    }
    for (number, stream) in slow.iter_mut().enumerate() {
        let mut answer = Vec::new();
        // It ends, or the test does not.
        let _ = stream.read_to_end(&mut answer).await;
        let text = String::from_utf8_lossy(&answer);
        assert!(text.is_empty() || text.starts_with("HTTP/1.1 4"), "{number}: {text}");
    }
    assert_eq!(hub.store.counts().await.expect("the store answers").deliveries, 1 + long.len() as i64);
}
