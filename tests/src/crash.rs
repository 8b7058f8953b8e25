//! The process is killed at random moments of a load: nothing acknowledged is lost, nothing is doubled or half-done.

use std::time::Duration;
use tests::node::Node;
use tests::population::{Dice, Record, records};
use tests::program::{Said, Serving, client, hub};
use tests::{Database, both};

/// Kills per engine.
const ROUNDS: u64 = 50;
/// Records of one request.
const BATCH: usize = 20;

both!(killed_fifty_times_during_a_load, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = env!("CARGO_BIN_EXE_hub-under-test");
    let key = key(program, folder.path(), db.url());
    let all = records(11, 4_000);
    let batches: Vec<(&str, Vec<&Record>)> = ["salesforce", "square", "shopify"]
        .iter()
        .flat_map(|source| {
            let own: Vec<&Record> = all.iter().filter(|r| r.source == *source).collect();
            own.chunks(BATCH).map(|chunk| (*source, chunk.to_vec())).collect::<Vec<_>>()
        })
        .collect();
    let mut acknowledged = vec![false; batches.len()];
    let mut dice = Dice::new(5);
    let mut kills = 0;
    while kills < ROUNDS || acknowledged.iter().any(|a| !a) {
        let serving = Serving::start(hub(program, folder.path(), db.url())).await;
        let sender = send(&serving.address, &key, &batches, &mut acknowledged, kills);
        if kills < ROUNDS {
            let patience = Duration::from_millis(5 + dice.below(120));
            let _ = tokio::time::timeout(patience, sender).await;
            kills += 1;
        } else {
            sender.await;
        }
        serving.kill();
    }
    check(&db, &all).await;
});

/// Sends what is not acknowledged yet, each batch under a key of its own, so that a repeated one is recognised.
/// While kills are to come only a share of the load is sent, so that every round has something to lose.
async fn send(address: &str, key: &str, batches: &[(&str, Vec<&Record>)], acknowledged: &mut [bool], round: u64) {
    let client = client();
    let share = batches.len() * (round as usize + 1) / ROUNDS as usize;
    for (n, (source, batch)) in batches.iter().enumerate().take(share) {
        if acknowledged[n] {
            continue;
        }
        let lines: Vec<String> = batch.iter().map(|r| r.payload.to_string()).collect();
        let request = client
            .post(format!("http://{address}/v1/sources/{source}/records?shape=canonical"))
            .bearer_auth(key)
            .header("Content-Type", "application/x-ndjson")
            .header("Idempotency-Key", format!("batch-{n}"))
            .body(lines.join("\n"));
        match request.send().await {
            Ok(answer) if answer.status() == 202 => acknowledged[n] = true,
            Ok(answer) if answer.status() == 429 || answer.status() == 503 => {}
            Ok(answer) => panic!("{}: {}", answer.status(), answer.text().await.unwrap_or_default()),
            Err(_) => return,
        }
    }
}

fn key(program: &str, folder: &std::path::Path, database: &str) -> String {
    let mut command = hub(program, folder, database);
    let said: Said = command
        .args(["keys", "create", "--role", "admin", "--name", "crash test", "--json"])
        .output()
        .expect("the program runs")
        .into();
    assert_eq!(said.code, Some(0), "{}", said.err);
    let answer: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    answer["key"].as_str().expect("a key").to_owned()
}

/// Everything is there once, the invariants hold, and an undisturbed hub holds the same people.
async fn check(db: &Database, all: &[Record]) {
    let survivor = Node::start(db).await;
    let (_, last) = survivor.store.progress().await.expect("progress");
    survivor.control.reached(last).await;
    assert_eq!(last.0, all.len() as i64, "every record was stored exactly once");
    assert_eq!(survivor.verify().await.breaches, []);
    let undisturbed = Database::sqlite().await;
    let calm = Node::start(&undisturbed).await;
    calm.take(all).await;
    let difference = survivor.difference(&calm.store).await;
    assert!(difference.is_none(), "{} by members, {} by values", difference.membership.len(), difference.values.len());
    assert!(difference.golden_records > 100);
    calm.stop().await;
    survivor.stop().await;
}
