//! Messages of a NATS stream in, by the program itself.

use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::consumer::PullConsumer;
use hub::domain::ids::DeliveryId;
use hub::store::Store;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tests::both;
use tests::nats::{NatsServer, PASSWORD};
use tests::program::{Said, Serving, hub};

const STREAM: &str = "[[streams]]\nsource = \"canonical\"\nserver = \"main\"\nstream = \"CRM\"\nsubject = \"crm.>\"\n";
const PEOPLE: usize = 40;

fn program(folder: &Path, database: &str) -> Command {
    let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database);
    command.env("HUB_SECRET_NATS", PASSWORD);
    command
}

/// What a system without versions of its own says: only the order tells which state is the newest.
fn record(number: usize) -> String {
    let key = number % PEOPLE;
    let name = json!({"given": format!("Ana{number}"), "family": format!("Silva{key}")});
    json!({"key": key.to_string(), "names": [name]}).to_string()
}

async fn publish(jetstream: &Context, body: String, id: Option<&str>) {
    let mut headers = HeaderMap::new();
    if let Some(id) = id {
        headers.insert("Nats-Msg-Id", id);
    }
    let sent = jetstream.publish_with_headers("crm.customers", headers, body.into()).await.expect("it is sent");
    sent.await.expect("the server stores it");
}

/// Waits until the server has nothing left for the hub, and the hub nothing left in its inbox.
async fn drained(jetstream: &Context, store: &Store) {
    for _ in 0..600 {
        let consumer: Option<PullConsumer> =
            jetstream.get_consumer_from_stream("customer-hub-canonical", "CRM").await.ok();
        if let Some(mut consumer) = consumer
            && let Ok(info) = consumer.info().await
            && (info.num_pending, info.num_ack_pending) == (0, 0)
        {
            let (done, last) = store.progress().await.expect("the store answers");
            if done == last {
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("the stream is not taken in");
}

/// The given names of everybody, by family name.
fn exported(folder: &Path, database: &str) -> Vec<(String, String)> {
    let said: Said = program(folder, database).arg("export").output().expect("the program runs").into();
    let mut names: Vec<(String, String)> = said
        .out
        .lines()
        .map(|line| {
            let golden: Value = serde_json::from_str(line).expect("a golden record is JSON");
            let part = |part: &str| golden["name"][part].as_str().unwrap_or_default().to_owned();
            (part("family"), part("given"))
        })
        .collect();
    names.sort();
    names
}

both!(each_message_is_taken_once_and_in_order_whoever_is_killed, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut nats = NatsServer::start().await;
    std::fs::write(folder.path().join("hub.toml"), format!("{}{STREAM}", nats.settings())).expect("a file");
    nats.make_stream("CRM", "crm.>").await;
    let (store, _) = Store::migrate(db.url()).await.expect("the schema can be made");
    let mut number = 0;
    for round in 0..4 {
        let serving = Serving::start(program(folder.path(), db.url())).await;
        let jetstream = nats.jetstream().await;
        for _ in 0..150 {
            publish(&jetstream, record(number), None).await;
            number += 1;
        }
        if round % 2 == 0 {
            nats.kill();
            nats.start_again().await;
        }
        // Long enough for what the killed one held to be overdue, and then in the middle of taking it in.
        tokio::time::sleep(Duration::from_millis(3500 + 40 * round)).await;
        serving.kill();
    }
    let serving = Serving::start(program(folder.path(), db.url())).await;
    drained(&nats.jetstream().await, &store).await;
    serving.kill();
    assert_eq!(store.progress().await.expect("the store answers").1, DeliveryId(number as i64), "each is there once");
    let newest = |key: usize| (number - 1) - (number - 1 - key) % PEOPLE;
    let mut expected: Vec<(String, String)> =
        (0..PEOPLE).map(|key| (format!("Silva{key}"), format!("Ana{}", newest(key)))).collect();
    expected.sort();
    assert_eq!(exported(folder.path(), db.url()), expected);
});

both!(what_cannot_be_read_is_a_dead_letter_and_does_not_come_back, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let nats = NatsServer::start().await;
    std::fs::write(folder.path().join("hub.toml"), format!("{}{STREAM}", nats.settings())).expect("a file");
    let jetstream = nats.make_stream("CRM", "crm.>").await;
    let (store, _) = Store::migrate(db.url()).await.expect("the schema can be made");
    for body in ["", "no record", "[1]"] {
        publish(&jetstream, body.to_owned(), None).await;
    }
    publish(&jetstream, record(1), Some("first")).await;
    let serving = Serving::start(program(folder.path(), db.url())).await;
    drained(&jetstream, &store).await;
    assert_eq!(store.dead_letter_count().await.expect("a count"), 3);
    // The stream was lost, and its sender sends everything again: numbers begin anew, names are known.
    jetstream.delete_stream("CRM").await.expect("it is deleted");
    nats.make_stream("CRM", "crm.>").await;
    publish(&jetstream, record(1), Some("first")).await;
    publish(&jetstream, record(2), Some("second")).await;
    for _ in 0..600 {
        if store.progress().await.expect("the store answers").1 == DeliveryId(5) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drained(&jetstream, &store).await;
    serving.kill();
    assert_eq!(store.progress().await.expect("the store answers").1, DeliveryId(5), "only the second is new");
});

#[test]
fn mistakes_in_the_settings_name_their_remedy() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let main = "[nats.main]\nurl = \"nats://127.0.0.1:4222\"\n";
    for (text, remedy) in [
        ("[nats.main]\nurl = \"http://127.0.0.1\"\n".to_owned(), "nats://127.0.0.1:4222"),
        ("[nats.main]\nurl = \"nats://me:sesame@127.0.0.1\"\n".to_owned(), "`user` and `secret`"),
        (STREAM.to_owned(), "[nats.main]"),
        (format!("{main}{}", STREAM.replace("crm.>", "crm >")), "subject"),
        (format!("{main}{}", STREAM.replace("\"canonical\"", "\"atlantis\"")), "no source is named atlantis"),
    ] {
        std::fs::write(folder.path().join("hub.toml"), &text).expect("a file");
        let mut command = program(folder.path(), &format!("sqlite:{}", folder.path().join("hub.db").display()));
        let said: Said = command.args(["serve", "--listen", "127.0.0.1:0"]).output().expect("the program runs").into();
        assert!(said.code == Some(1) && said.err.contains(remedy), "{text}{}", said.err);
        assert!(!said.err.contains("sesame"), "{}", said.err);
    }
}
