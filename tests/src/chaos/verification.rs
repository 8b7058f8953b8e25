//! The phase after the chaos. It reads what the hub says the golden records and the feed are, and what each subscriber
//! holds in its own file, folder or stream, and compares.

use super::cast::{Cast, Place, Stage};
use super::senders::Sent;
use super::stewards::Steps;
use hub::domain::ids::EventSeq;
use hub::domain::plan::GoldenState;
use hub::read::profiles::golden_json;
use hub::store::Store;
use serde_json::Value;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;
use tests::nats::NatsServer;
use tests::program::Said;
use tests::receiver::Message;

/// A golden record as the hub has it in the end.
#[derive(Debug)]
struct Golden {
    version: i64,
    /// Nothing once it has vanished.
    values: Option<Value>,
}

/// Compares everything with everything; tells all that is wrong before it fails.
pub async fn verify(mut cast: Cast, acknowledged: &[Sent], steps: &Steps) {
    let url = match &cast.place {
        Place::File(database) => database.url().to_owned(),
        Place::Server(server, _) => server.url(),
    };
    let store = Store::open(&url).await.expect("the store opens");
    let mut wrong = Vec::new();
    let feed_end = store.last_event().await.expect("the feed can be read");
    for sent in acknowledged {
        if sent.once(&cast.stage).await != Some(true) {
            wrong.push(format!("acknowledged and not there: {sent:?}"));
        }
    }
    if store.last_event().await.expect("the feed can be read") != feed_end {
        wrong.push("what was sent again changed something".to_owned());
    }
    wrong.extend(decisions(&cast.stage, steps).await);
    let golden = golden_records(&store).await;
    store.close().await;
    for (who, held) in [
        ("webhook", lines(&fs::read_to_string(cast.folder.path().join("received")).unwrap_or_default())),
        ("files", dropped(&cast.drops().join("warehouse"))),
        ("stream", streamed(&cast.nats).await),
    ] {
        println!("  {who}: {} messages of {} golden records", held.len(), golden.len());
        wrong.extend(compare(&golden, &held).into_iter().map(|what| format!("{who}: {what}")));
    }
    for hub in &mut cast.hubs {
        drop(hub.take());
    }
    let said: Said = cast.program(0).args(["verify", "--json"]).output().expect("the program runs").into();
    if said.code != Some(0) {
        wrong.push(format!("hub verify: {}{}", said.out, said.err));
    }
    println!("  {} acknowledged, {} decided, {} undone", acknowledged.len(), steps.decided.len(), steps.undone.len());
    assert!(golden.len() > 20, "the round was too quiet to prove anything: {} golden records", golden.len());
    assert!(wrong.is_empty(), "{} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// What stewards were told is decided or undone is.
async fn decisions(stage: &Stage, steps: &Steps) -> Vec<String> {
    let mut wrong = Vec::new();
    for decision in &steps.decided {
        let shown = stage.get(&format!("/v1/decisions/{decision}")).await;
        if shown["in_force"].is_null() || (steps.undone.contains(decision) && shown["in_force"] != false) {
            wrong.push(format!("decision {decision}: {shown}"));
        }
    }
    wrong
}

/// Everybody who was ever in the feed, in the state that the store has now; the feed's own versions have no gap.
async fn golden_records(store: &Store) -> BTreeMap<String, Golden> {
    let mut golden: BTreeMap<String, Golden> = BTreeMap::new();
    let mut after = EventSeq(0);
    loop {
        let page = store.events_after(after, 1000).await.expect("the feed can be read");
        let Some(last) = page.last() else { break };
        for event in &page {
            let before = golden.get(&event.golden.to_string()).map_or(0, |known| known.version);
            assert_eq!(i64::from(event.version), before + 1, "a gap in the feed at {}", event.seq.0);
            let profile = store.profile(event.golden).await.expect("the store answers").expect("it was published");
            let values = (profile.state == GoldenState::Live).then(|| {
                let text = golden_json(event.golden, profile.version, profile.changed_us, &profile.body);
                serde_json::from_str(&text).expect("a golden record is JSON")
            });
            golden.insert(event.golden.to_string(), Golden { version: i64::from(event.version), values });
        }
        after = last.seq;
    }
    golden
}

/// Nothing missing, nothing invented, nothing out of order, no version skipped; whole repeats are allowed.
fn compare(golden: &BTreeMap<String, Golden>, held: &[Message]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut seen = HashSet::new();
    let mut newest: BTreeMap<&str, &Message> = BTreeMap::new();
    for message in held.iter().filter(|message| seen.insert(&message.id)) {
        let before = newest.insert(message.golden(), message);
        let (version, sequence) = before.map_or((0, 0), |before| (before.version(), before.sequence()));
        if message.version() != version + 1 || message.sequence() <= sequence {
            let (golden, now) = (message.golden(), message.version());
            wrong.push(format!(
                "{golden}: version {now} after {version}, event {} after {sequence}",
                message.sequence()
            ));
        }
    }
    for (id, golden) in golden {
        let Some(message) = newest.get(id.as_str()) else {
            wrong.push(format!("{id} is missing"));
            continue;
        };
        let has_vanished = matches!(message.kind(), "merged" | "deleted");
        let values = (!has_vanished).then(|| values(&message.event["data"]));
        if message.version() != golden.version || values != golden.values {
            wrong.push(format!("{id} is held as {message:?}, and is {golden:?}"));
        }
    }
    let strangers = newest.keys().filter(|id| !golden.contains_key(**id));
    wrong.extend(strangers.map(|id| format!("{id} is not in the feed")));
    wrong
}

/// The golden record of a message, without what subscribers are told besides.
fn values(data: &Value) -> Value {
    let mut data = data.clone();
    for name in ["changes", "vanished", "appeared", "cause"] {
        data.as_object_mut().expect("data is an object").remove(name);
    }
    data
}

fn lines(text: &str) -> Vec<Message> {
    let message = |line: &str| {
        let event: Value = serde_json::from_str(line).expect("a line is an event");
        Message { id: event["id"].as_str().expect("an id").to_owned(), event, signatures: 1 }
    };
    text.lines().map(message).collect()
}

fn dropped(folder: &Path) -> Vec<Message> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == "ndjson")).collect();
    files.sort();
    files.iter().flat_map(|file| lines(&fs::read_to_string(file).expect("a file"))).collect()
}

async fn streamed(nats: &NatsServer) -> Vec<Message> {
    let mut stream = nats.jetstream().await.get_stream("GOLDEN").await.expect("the stream is there");
    let last = stream.info().await.expect("the server answers").state.last_sequence;
    let mut held = Vec::new();
    for sequence in 1..=last {
        let message = stream.get_raw_message(sequence).await.expect("the message is there");
        held.extend(lines(&String::from_utf8_lossy(&message.payload)));
    }
    held
}
