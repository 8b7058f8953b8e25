//! The feed: in order, without gaps, resumable.

use reqwest::{Method, Response};
use serde_json::{Value, json};
use tests::both;
use tests::schema::check_event;

use super::fixture::{Hub, person, send};

both!(the_feed_is_read_page_by_page, |db| async move {
    let hub = Hub::start(&db).await;
    let names = ["Ana", "Benedict", "Chidi", "Dorothea", "Emeka"];
    let people: Vec<Value> =
        names.iter().map(|name| person(name, name, &format!("{name}sson"), &format!("{name}@example.com"))).collect();
    hub.take_in(&people).await;
    let (mut after, mut seen) = (0, Vec::new());
    loop {
        let page = hub.get(&format!("/v1/changes?after={after}&limit=2")).await.json();
        let events = page["events"].as_array().cloned().unwrap_or_default();
        after = page["next_after"].as_i64().unwrap_or_default();
        if events.is_empty() {
            assert_eq!(page["newest"], after);
            break;
        }
        seen.extend(events);
    }
    let ids: Vec<i64> = seen.iter().filter_map(|e| e["id"].as_str()?.parse().ok()).collect();
    assert_eq!(ids, (1..=after).collect::<Vec<i64>>());
    for event in &seen {
        assert_eq!(check_event(event, "https://hub.example.com"), Ok(()));
        assert_eq!(event["specversion"], "1.0");
        assert_eq!(event["source"], "https://hub.example.com");
        assert_eq!(event["subject"], event["data"]["id"]);
        assert_eq!(event["time"], event["data"]["changed_at"]);
        assert!(event["type"].as_str().is_some_and(|t| t.starts_with("hub.golden.") && t.ends_with(".v1")));
        assert_eq!(event["sequence"].as_str().map(str::len), Some(20));
    }
    // A reader of the feed holds what the hub holds.
    for name in names {
        let profile = hub.profile(name).await;
        assert!(seen.iter().any(|event| event["data"] == profile), "{name}");
    }
});

both!(the_stream_goes_on_and_resumes, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[
        person("1", "Ana", "Silva", "ana.silva@example.com"),
        person("2", "Benedict", "Okafor", "ben@example.com"),
    ])
    .await;
    let open = |last: Option<i64>| {
        let request = hub.request(Method::GET, "/v1/changes").header("accept", "text/event-stream");
        let request =
            last.map_or(request.try_clone().expect("it has no body"), |id| request.header("last-event-id", id));
        async { Stream::new(request.send().await.expect("the hub answers")) }
    };
    let mut stream = open(None).await;
    assert_eq!(stream.next().await.0, 1);
    assert_eq!(stream.next().await.0, 2);
    drop(stream);
    let mut resumed = open(Some(1)).await;
    assert_eq!(resumed.next().await.0, 2);
    hub.take_in(&[json!({"key": "1", "deleted": true, "version": 4_000_000_000_000_000i64})]).await;
    let (id, kind, envelope) = resumed.next().await;
    assert_eq!((id, kind.as_str()), (3, "hub.golden.deleted.v1"));
    assert_eq!(envelope["type"], kind);
    let bad = hub.request(Method::GET, "/v1/changes").header("accept", "text/event-stream");
    send(bad.header("last-event-id", "x")).await.expect_problem(400, "malformed-parameter");
});

/// Server-sent events, taken apart as a browser does it.
struct Stream {
    response: Response,
    text: String,
}

impl Stream {
    fn new(response: Response) -> Stream {
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Stream { response, text: String::new() }
    }

    async fn next(&mut self) -> (i64, String, Value) {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if !event.starts_with(':') {
                    return parse(&event);
                }
                continue;
            }
            let chunk = self.response.chunk().await.expect("the stream goes on").expect("the stream is open");
            self.text.push_str(std::str::from_utf8(&chunk).expect("events are text"));
        }
    }
}

fn parse(event: &str) -> (i64, String, Value) {
    let field =
        |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim().to_owned();
    let id = field("id:").parse().expect("an event has a number");
    (id, field("event:"), serde_json::from_str(&field("data:")).expect("an event is JSON"))
}

both!(schemas_stand_where_the_events_say, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana.silva@example.com")]).await;
    hub.take_in(&[json!({"key": "1", "deleted": true})]).await;
    let page = hub.get("/v1/changes").await.json();
    let events = page["events"].as_array().cloned().unwrap_or_default();
    let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
    assert_eq!(types, ["hub.golden.created.v1", "hub.golden.deleted.v1"]);
    assert_eq!(events[1]["data"]["cause"]["records"][0]["source_key"], "1");
    for event in &events {
        assert_eq!(check_event(event, "https://hub.example.com"), Ok(()));
        let address = event["dataschema"].as_str().unwrap_or_default();
        let path = address.strip_prefix("https://hub.example.com").expect("the hub's own address");
        // Whoever receives events may look it up without a key.
        let answer = send(hub.bare(Method::GET, path)).await;
        assert_eq!(answer.header("content-type"), "application/schema+json");
        assert_eq!(answer.json()["$id"], address);
    }
    hub.get("/v1/schemas/hub.golden.eaten.v1").await.expect_problem(404, "unknown-schema");
});
