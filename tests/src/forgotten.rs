//! The hub is killed again and again while people are being forgotten: each is forgotten whole or not yet, and in the end all
//! are, and what a replay makes of the log is what the hub holds.

use hub::store::Store;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tests::both;
use tests::population::{Dice, Record, records};
use tests::program::{Caller, Said, Serving, hub};
use tokio::task::JoinSet;

const ROUNDS: u64 = 6;
const PEOPLE: usize = 60;

both!(killed_in_the_middle_everybody_is_forgotten_whole, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = || hub(env!("CARGO_BIN_EXE_hub-under-test"), folder.path(), db.url());
    let key = key(folder.path(), db.url());
    let mut dice = Dice::new(41);
    let mut requests: Vec<String> = Vec::new();
    for round in 0..=ROUNDS {
        let serving = Serving::start(program()).await;
        let caller = Caller::of(&serving, &key);
        if round == 0 {
            requests = ask_for_people(&caller, &records(40, 300)).await;
        }
        let mut asked: JoinSet<()> = requests.iter().cloned().map(|id| carry_out(caller.clone(), id)).collect();
        if round < ROUNDS {
            tokio::time::sleep(Duration::from_millis(60 + dice.below(400))).await;
        } else {
            while asked.join_next().await.is_some() {}
            for id in &requests {
                until_done(&caller, id).await;
            }
        }
        serving.kill();
    }
    let store = Store::open(db.url()).await.expect("the store opens");
    assert_eq!(hub::verify::verify(&store, |_| {}).await.expect("the store can be read").breaches, []);
    let (mut live, mut gone) = (0, 0);
    for id in &requests {
        let request = store.request(id.parse().expect("an id")).await.expect("the store answers").expect("a request");
        let profile = store.profile(request.golden).await.expect("the store answers").expect("it was published");
        match profile.state {
            hub::domain::plan::GoldenState::Live => live += 1,
            _ => gone += 1,
        }
    }
    assert_eq!((live, gone), (0, PEOPLE));
});

fn key(folder: &Path, database: &str) -> String {
    let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database);
    let create = ["keys", "create", "--role", "admin", "--name", "privacy", "--json"];
    let said: Said = command.args(create).output().expect("the program runs").into();
    let answer: Value = serde_json::from_str(&said.out).expect("JSON");
    answer["key"].as_str().expect("a key").to_owned()
}

/// Takes records in, and records requests for some of the people that they are, verified.
async fn ask_for_people(caller: &Caller, all: &[Record]) -> Vec<String> {
    caller.send(all).await;
    while caller.get("/readyz").await["backlog"] != 0 {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut people: Vec<String> = Vec::new();
    for record in all {
        let key = record.payload["key"].as_str().expect("a key");
        let found = caller.get(&format!("/v1/crosswalk/{}/{key}", record.source)).await;
        if let Some(golden) = found["golden"].as_str().filter(|golden| !people.iter().any(|known| known == golden)) {
            people.push(golden.to_owned());
        }
    }
    let mut requests = Vec::new();
    for person in people.into_iter().take(PEOPLE) {
        let asked = caller.post("/v1/privacy/requests", &json!({"kind": "erasure", "person": person})).await;
        let id = asked["id"].as_str().expect("an id").to_owned();
        let verify = json!({"step": "verify", "how": "signed in"});
        caller.post(&format!("/v1/privacy/requests/{id}/steps"), &verify).await;
        requests.push(id);
    }
    assert_eq!(requests.len(), PEOPLE);
    requests
}

/// Asks for it; the hub may be killed meanwhile, and one that is done already says so.
async fn carry_out(caller: Caller, id: String) {
    let path = format!("{}/v1/privacy/requests/{id}/steps", caller.base);
    let _ = caller.client.post(path).bearer_auth(&caller.key).json(&json!({"step": "carry_out"})).send().await;
}

async fn until_done(caller: &Caller, id: &str) {
    for _ in 0..600 {
        if caller.get(&format!("/v1/privacy/requests/{id}")).await["state"] == "done" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("a request does not end");
}
