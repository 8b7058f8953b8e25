//! Who did what: written down before it is done, and nobody touches it unnoticed.

use super::fixture::{Hub, eventually, person, send};
use crate::ui::visitor::{PASSWORD, Visitor, sign_in};
use hub::domain::audit::Broken;
use hub::store::Store;
use reqwest::Method;
use serde_json::{Value, json};
use std::process::Command;
use tests::program::hub as program;
use tests::{Database, both};

async fn entries(hub: &Hub, query: &str) -> Vec<Value> {
    let answer = hub.get(&format!("/v1/audit?limit=1000{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()["entries"].as_array().cloned().unwrap_or_default()
}

async fn broken(store: &Store) -> Vec<Broken> {
    hub::verify::audit(store, Vec::new()).await.expect("the chain can be read").1
}

both!(deeds_are_written_down, |db| async move {
    let hub = Hub::start(&db).await;
    hub.take_in(&[person("1", "Ana", "Silva", "ana@example.com"), person("2", "Ben", "Okafor", "ben@example.com")])
        .await;
    let (one, other) = (hub.golden("1").await, hub.golden("2").await);
    let steward = hub.key("steward").await;
    let merge = json!({"with": other, "reason": "the same"});
    let path = format!("/v1/profiles/{one}/merge");
    assert_eq!(send(hub.bare(Method::POST, &path).bearer_auth(&steward).json(&merge)).await.status, 200);
    let viewer = hub.key("viewer").await;
    assert_eq!(send(hub.bare(Method::POST, &path).bearer_auth(&viewer).json(&merge)).await.status, 403);
    for query in ["", "?explain=true"] {
        let asked = hub.bare(Method::GET, &format!("/v1/profiles/{one}{query}")).bearer_auth(&viewer);
        assert!([200, 308].contains(&send(asked).await.status));
    }
    // Looks are written down a moment later: the explanation, and not the present profile.
    let looked = || async {
        let looks = entries(&hub, "&actor=viewer&action=GET").await;
        (!looks.is_empty()).then_some(looks)
    };
    assert_eq!(eventually("the look is written down", looked).await.len(), 1);
    assert_eq!(sign_in(&hub, "nobody@example.com", PASSWORD).await.status, 401);
    let mira = Visitor::of(&hub, "lead").await;
    assert_eq!(sign_in(&hub, "lead", "not the password").await.status, 401);
    assert_eq!(mira.get(&format!("/people/{one}")).await.status, 200);
    assert_eq!(mira.get("/audit").await.status, 403);

    let merges = entries(&hub, "&action=merge").await;
    let told: Vec<(&str, &str, &str)> = merges
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap_or_default();
            (text("actor"), text("subject"), text("outcome"))
        })
        .collect();
    assert_eq!(told, [("viewer", path.as_str(), "denied"), ("steward", path.as_str(), "permitted")]);
    let doors = entries(&hub, "&action=sign-in").await;
    let outcomes: Vec<(&str, &str)> = doors
        .iter()
        .map(|entry| (entry["actor"].as_str().unwrap_or_default(), entry["outcome"].as_str().unwrap_or_default()))
        .collect();
    assert_eq!(outcomes, [("lead", "denied"), ("lead", "permitted"), ("", "denied")]);
    let looked = || async {
        let looks = entries(&hub, &format!("&subject=/people/{one}&actor=lead")).await;
        (!looks.is_empty()).then_some(looks)
    };
    assert_eq!(eventually("the look is written down", looked).await.len(), 1);
    let page = hub.get("/v1/audit?limit=1").await.json();
    let older = hub.get(&format!("/v1/audit?limit=1&before={}", page["next_before"])).await.json();
    assert_eq!(older["entries"][0]["seq"].as_i64().map(|seq| seq + 1), page["entries"][0]["seq"].as_i64());
    let everything = hub.get("/v1/audit?limit=1000").await.text;
    assert!(!everything.contains("ana@") && !everything.contains("nobody@") && !everything.contains("Silva"));
    let pia = Visitor::of(&hub, "privacy").await;
    let found = pia.page("/audit?action=merge&actor=viewer").await;
    assert!(found.contains("denied") && !found.contains("<b>steward</b>"), "{found}");
    assert_eq!(broken(&hub.store).await, []);
});

both!(whoever_touches_the_chain_is_noticed, |db| async move {
    let hub = Hub::start(&db).await;
    for _ in 0..6 {
        let undo = json!({"reason": "none"});
        hub.post("/v1/decisions/019a0000-0000-7000-8000-000000000000/undo", &undo)
            .await
            .expect_problem(404, "unknown-decision");
    }
    assert_eq!(broken(&hub.store).await, []);
    let anchor = hub.store.audit_head().await.expect("a head");
    for (touch, put_right, expected) in [
        (
            "UPDATE audit_entry SET actor = 'other' WHERE seq = 3",
            "UPDATE audit_entry SET actor = 'admin' WHERE seq = 3",
            Broken::Changed(3),
        ),
        (
            "UPDATE audit_entry SET at_us = at_us + 1 WHERE seq = 2",
            "UPDATE audit_entry SET at_us = at_us - 1 WHERE seq = 2",
            Broken::Changed(2),
        ),
        (
            "UPDATE audit_entry SET seq = 400 WHERE seq = 4",
            "UPDATE audit_entry SET seq = 4 WHERE seq = 400",
            Broken::Missing(4),
        ),
    ] {
        db.run(touch).await;
        assert!(broken(&hub.store).await.contains(&expected), "{touch}");
        db.run(put_right).await;
        assert_eq!(broken(&hub.store).await, [], "{put_right}");
    }
    // The end cut off: only an anchor tells.
    db.run("DELETE FROM audit_entry WHERE seq >= 5").await;
    assert_eq!(broken(&hub.store).await, []);
    let held = hub::verify::audit(&hub.store, vec![anchor]).await.expect("the chain can be read").1;
    assert_eq!(held, [Broken::Cut(anchor.seq)]);
});

#[tokio::test]
async fn the_command_line_is_written_down_and_verified() {
    let db = Database::sqlite().await;
    let folder = tempfile::tempdir().expect("a folder can be made");
    let run = |args: &[&str]| {
        let mut command: Command = program(env!("CARGO_BIN_EXE_hub-under-test"), folder.path(), db.url());
        let output = command.args(args).output().expect("the program runs");
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    assert_eq!(run(&["keys", "create", "--role", "viewer", "--name", "till"]).0, Some(0));
    assert_eq!(run(&["audit", "anchor", "--to", "anchors.txt"]).0, Some(0));
    assert_eq!(run(&["users", "create", "mira", "--role", "steward"]).0, Some(0));
    let (code, told) = run(&["audit", "verify", "--anchors", "anchors.txt"]);
    assert_eq!((code, told.contains("2 entries, 1 anchors, 0 faults")), (Some(0), true), "{told}");
    db.run("DELETE FROM audit_entry WHERE seq = 1").await;
    let (code, told) = run(&["audit", "verify", "--anchors", "anchors.txt"]);
    assert_eq!((code, told.contains("entry 1 is missing")), (Some(3), true), "{told}");
    let (code, told) = run(&["verify"]);
    assert_eq!((code, told.contains("I14")), (Some(3), true), "{told}");
}
