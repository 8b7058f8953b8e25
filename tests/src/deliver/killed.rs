//! The hub is killed in the middle of deliveries, again and again, while the receiver forgets to answer.

use super::support::holds_what_the_hub_holds;
use hub::store::Store;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tests::both;
use tests::population::{Dice, records};
use tests::program::{Caller, Said, Serving, hub};
use tests::receiver::{Receiver, Reply, SECRETS};

const ROUNDS: u64 = 10;

both!(killed_in_the_middle_nothing_is_skipped, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut luck = Dice::new(30);
    let receiver = Receiver::start("HUB_SECRET_FIRST", move |_| match luck.below(20) {
        0 => Reply::TakeInSilence,
        1 => Reply::Refuse(500),
        _ => Reply::Take,
    })
    .await;
    let key = key(folder.path(), db.url());
    let all = records(31, 600);
    let mut dice = Dice::new(32);
    for round in 0..ROUNDS {
        let serving = Serving::start(program(folder.path(), db.url())).await;
        let caller = Caller::of(&serving, &key);
        if round == 0 {
            let target = json!({"kind": "webhook", "url": receiver.url, "secret": "first"});
            caller.post("/v1/subscribers", &json!({"name": "crm", "target": target, "start": "beginning"})).await;
        }
        let share = all.len() / ROUNDS as usize;
        caller.send(&all[round as usize * share..(round as usize + 1) * share]).await;
        tokio::time::sleep(Duration::from_millis(dice.below(600))).await;
        serving.kill();
    }
    receiver.answer(|_| Reply::Take);
    let serving = Serving::start(program(folder.path(), db.url())).await;
    let caller = Caller::of(&serving, &key);
    everything_arrives(&caller).await;
    serving.kill();
    let store = Store::open(db.url()).await.expect("the store opens");
    holds_what_the_hub_holds(&store, &receiver).await;
    let newest = store.last_event().await.expect("the feed can be read").0;
    assert!(newest > 300 && receiver.count() as i64 >= newest, "{newest} events, {} taken", receiver.count());
});

fn program(folder: &Path, database: &str) -> Command {
    let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database);
    command.env("HUB_ALLOW_TARGETS", "127.0.0.1").envs(SECRETS);
    command
}

fn key(folder: &Path, database: &str) -> String {
    let mut command = program(folder, database);
    let said: Said = command
        .args(["keys", "create", "--role", "admin", "--name", "deliveries", "--json"])
        .output()
        .expect("the program runs")
        .into();
    assert_eq!(said.code, Some(0), "{}", said.err);
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    answer["key"].as_str().expect("a key").to_owned()
}

/// Waits until the pipeline is done and nothing is owed; whoever waits for a later attempt is tried at once.
async fn everything_arrives(caller: &Caller) {
    let listed = caller.get("/v1/subscribers").await;
    let path = format!("/v1/subscribers/{}", listed["subscribers"][0]["id"].as_str().expect("a subscriber"));
    for round in 0..600 {
        let (ready, found) = (caller.get("/readyz").await, caller.get(&path).await);
        let is_read = ready["backlog"] == 0 && ready["feed_lag"] == 0 && found["lag"] == 0;
        if is_read && found["people_waiting"] == 0 {
            return;
        }
        // Each time deliveries begin anew from what is stored, so they need a moment in between.
        if round % 50 == 10 {
            caller.post(&format!("{path}/resume"), &json!({})).await;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("deliveries do not end: {}", caller.get(&path).await);
}
