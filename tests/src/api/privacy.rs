//! To see what is held, and to be forgotten: nothing of a forgotten person is left in any file, and nobody brings them back.

use super::fixture::{Answer, Hub, eventually, person, send};
use hub::domain::ids::DeliveryId;
use reqwest::Method;
use serde_json::{Value, json};
use std::path::Path;
use tests::node::sources_of;
use tests::{Database, both};

/// Somebody whose every value is found again among the bytes of a file.
struct Planted {
    n: usize,
}

impl Planted {
    /// A word that no other person has, nor one like it.
    fn word(&self) -> String {
        let mut rest = (self.n as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut letter = || {
            let letter = b'a' + (rest % 26) as u8;
            rest /= 26;
            char::from(letter)
        };
        (0..9).map(|_| letter()).collect()
    }

    fn family(&self) -> String {
        self.word()
    }

    fn email(&self) -> String {
        format!("{}.mail@example.com", self.word())
    }

    fn old_email(&self) -> String {
        format!("{}.former@example.org", self.word())
    }

    fn phone(&self) -> String {
        format!("+4420{:08}", 70_000_000 + (self.n as u64 + 1) * 7_919_317 % 10_000_000)
    }

    fn card(&self) -> String {
        format!("LC{}", self.word().to_uppercase())
    }

    fn key(&self, part: &str) -> String {
        format!("{}key{part}", self.word())
    }

    fn record(&self, part: &str, email: &str, at: &str) -> Value {
        let word = self.word();
        let mut record = person(&self.key(part), &word[..5], &self.family(), email);
        record["updated_at"] = json!(at);
        record["phones"] = json!([{"value": self.phone()}]);
        record["identifiers"] = json!([{"scheme": "loyalty", "value": self.card()}]);
        record["addresses"] = json!([{"lines": [format!("{} {word}lane", self.n + 1)], "city": format!("{word}town")}]);
        record["extensions"] = json!({"note": format!("{word}note")});
        record["consents"] = json!([{"purpose": "marketing", "channel": "email", "state": "granted",
            "point": email, "captured_at": "2025-01-01T00:00:00Z", "wording": format!("{word}wording")}]);
        record
    }

    /// Everything that must not be found afterwards.
    fn values(&self) -> Vec<String> {
        let word = self.word();
        let mut values = vec![self.email(), self.old_email(), self.card(), self.key("a"), self.key("b")];
        values.extend(["lane", "town", "note", "wording", "pin"].map(|what| format!("{word}{what}")));
        values.extend([word, self.phone().trim_start_matches('+').to_owned()]);
        values
    }
}

/// Takes people in with two records each, of which one has an earlier state, a pinned value, points, and a delivery that was
/// never understood. Answers their golden ids.
async fn plant(hub: &Hub, people: &[Planted]) -> Vec<String> {
    let mut first = Vec::new();
    for planted in people {
        let mut dead = planted.record("c", &planted.email(), "2026-01-01T00:00:00Z");
        dead["consents"][0]["captured_at"] = json!("2099-01-01T00:00:00Z");
        first.extend([planted.record("a", &planted.old_email(), "2025-01-01T00:00:00Z"), dead]);
    }
    hub.take_in(&first).await;
    let newer =
        |planted: &Planted| ["a", "b"].map(|part| planted.record(part, &planted.email(), "2026-01-01T00:00:00Z"));
    hub.take_in(&people.iter().flat_map(newer).collect::<Vec<_>>()).await;
    let mut ids = Vec::new();
    for planted in people {
        let id = hub.golden(&planted.key("a")).await;
        assert_eq!(id, hub.golden(&planted.key("b")).await, "one person");
        assert!(!ids.contains(&id), "and nobody else");
        let value = format!("{}pin", planted.word());
        let pin = json!({"attribute": "organisation", "value": value, "reason": "she said so"});
        assert_eq!(hub.post(&format!("/v1/profiles/{id}/pins"), &pin).await.status, 200);
        let entry = json!({"id": format!("e{}", planted.n), "member": planted.card(), "kind": "earn", "points": 10,
            "at": "2026-01-01T00:00:00Z"});
        let entries = json!({"source": "till", "entries": [entry]});
        assert_eq!(hub.post("/v1/loyalty/loyalty/entries", &entries).await.status, 200);
        ids.push(id);
    }
    ids
}

async fn request(hub: &Hub, kind: &str, person: &str) -> String {
    let recorded = hub.post("/v1/privacy/requests", &json!({"kind": kind, "person": person})).await;
    assert_eq!(recorded.status, 201, "{}", recorded.text);
    let id = recorded.json()["id"].as_str().expect("an id").to_owned();
    let verified = step(hub, &id, json!({"step": "verify", "how": "signed in to her account"})).await;
    assert_eq!(verified.status, 200, "{}", verified.text);
    id
}

async fn step(hub: &Hub, id: &str, step: Value) -> Answer {
    hub.post(&format!("/v1/privacy/requests/{id}/steps"), &step).await
}

async fn forget(hub: &Hub, person: &str) -> String {
    let id = request(hub, "erasure", person).await;
    let done = step(hub, &id, json!({"step": "carry_out"})).await;
    assert_eq!((done.status, &done.json()["state"]), (200, &json!("done")), "{}", done.text);
    id
}

/// The planted values that the bytes of some files hold.
fn found(folder: &Path, values: &[String]) -> Vec<String> {
    let mut all = Vec::new();
    for entry in walk(folder) {
        let bytes = std::fs::read(&entry).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        let name = entry.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        all.extend(
            values.iter().filter(|value| text.contains(&value.to_lowercase())).map(|v| format!("{v} in {name}")),
        );
    }
    all
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = std::fs::read_dir(folder).expect("the folder can be read").flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

/// What a backup made now holds, and on SQLite the database's own files.
async fn left(hub: &Hub, db: &Database, index: &Path, values: &[String]) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a folder can be made");
    let url = format!("sqlite://{}", folder.path().join("backup.db").display());
    let (backup, _) = hub::store::Store::migrate(&url).await.expect("the schema is made");
    hub.store.copy_into(&backup, |_| {}).await.expect("the store can be copied");
    backup.close().await;
    let mut all = found(folder.path(), values);
    all.extend(found(index, values));
    if let Some(folder) = db.folder() {
        all.extend(found(folder, values));
    }
    all
}

both!(of_a_forgotten_person_no_byte_is_left, |db| async move {
    const PEOPLE: usize = 24;
    let index = tempfile::tempdir().expect("a folder can be made");
    let hub = Hub::searching_in(&db, index.path()).await;
    let people: Vec<Planted> = (0..PEOPLE).map(|n| Planted { n }).collect();
    let values: Vec<String> = people.iter().flat_map(Planted::values).collect();
    assert!(values.len() > 200);
    let ids = plant(&hub, &people).await;
    // Merged with a stranger and parted again: the stranger's history holds what was shown meanwhile.
    hub.take_in(&[person("stranger", "Ben", "Okafor", "ben@example.net")]).await;
    let stranger = hub.golden("stranger").await;
    let merge = json!({"with": stranger, "reason": "the same, perhaps"});
    let merged = hub.post(&format!("/v1/profiles/{}/merge", ids[0]), &merge).await;
    let undo = json!({"undo": merged.json()["decisions"][0], "reason": "they are two"});
    assert_eq!(hub.post(&format!("/v1/profiles/{}/unmerge", ids[0]), &undo).await.status, 200);
    hub.noticed().await;
    let before = left(&hub, &db, index.path(), &values).await;
    for value in &values {
        assert!(before.iter().any(|found| found.starts_with(value.as_str())), "{value} is not even planted");
    }
    let mut requests = Vec::new();
    for id in &ids {
        requests.push(forget(&hub, id).await);
        assert_eq!(hub.get(&format!("/v1/profiles/{id}")).await.status, 410);
    }
    hub.noticed().await;
    let gone = eventually("the files are purged", || async {
        let rest = left(&hub, &db, index.path(), &values).await;
        rest.is_empty().then_some(rest)
    });
    match tokio::time::timeout(std::time::Duration::from_secs(90), gone).await {
        Ok(_) => {}
        Err(_) => panic!("{:?}", left(&hub, &db, index.path(), &values).await),
    }
    let shown = hub.get(&format!("/v1/privacy/requests/{}", requests[0])).await.json();
    assert_eq!((&shown["erased"]["records"], &shown["erased"]["ledger_entries"]), (&json!(2), &json!(1)), "{shown}");
    assert!(hub.get(&format!("/v1/profiles/{stranger}")).await.status == 200);

    // Sent again: by its key, its e-mail, its phone or its card, in other spellings.
    let again: Vec<Value> = people
        .iter()
        .flat_map(|planted| {
            let fresh = |part: &str| person(&format!("fresh{}{part}", planted.n), "Someone", "Else", "");
            let (mut email, mut phone, mut card) = (fresh("e"), fresh("p"), fresh("c"));
            email["emails"] = json!([{"value": planted.email().to_uppercase()}]);
            phone["emails"] = json!([]);
            phone["phones"] = json!([{"value": format!("0{}", &planted.phone()[3..])}]);
            phone["country"] = json!("GB");
            card["emails"] = json!([]);
            card["identifiers"] =
                json!([{"scheme": "loyalty", "value": planted.card().replace("LC", "lc-").to_lowercase()}]);
            let key = person(&planted.key("b"), "Another", "Name", "another@example.com");
            [key, email, phone, card]
        })
        .collect();
    hub.take_in(&again).await;
    let shown = hub.get(&format!("/v1/privacy/requests/{}", requests[0])).await.json();
    assert_eq!(shown["refused"], 4, "{shown}");
    assert_eq!(hub.store.counts().await.expect("counts").golden_records, 1, "the stranger alone");
    let entry =
        json!({"id": "late", "member": people[0].card(), "kind": "earn", "points": 1, "at": "2026-01-02T00:00:00Z"});
    let late = hub.post("/v1/loyalty/loyalty/entries", &json!({"source": "till", "entries": [entry]})).await.json();
    assert_eq!((&late["posted"], &late["refused"][0]["reason"]), (&json!(0), &json!("the member was forgotten")));
    let rest = eventually("what was refused is purged", || async {
        let rest = left(&hub, &db, index.path(), &values).await;
        rest.is_empty().then_some(rest)
    });
    assert!(tokio::time::timeout(std::time::Duration::from_secs(90), rest).await.is_ok());
    assert_eq!(hub::verify::verify(&hub.store, |_| {}).await.expect("the store can be read").breaches, []);
});

both!(what_others_state_too_refuses_nobody, |db| async move {
    let hub = Hub::start(&db).await;
    let with_phone = |key: &str, given: &str, family: &str| {
        let mut record = person(key, given, family, &format!("{given}@example.com"));
        record["phones"] = json!([{"value": "+442079460018"}]);
        record
    };
    hub.take_in(&[with_phone("1", "Ana", "Silva"), with_phone("2", "Ben", "Okafor")]).await;
    let (ana, ben) = (hub.golden("1").await, hub.golden("2").await);
    assert_ne!(ana, ben);
    forget(&hub, &ana).await;
    hub.take_in(&[with_phone("2", "Benjamin", "Okafor"), with_phone("3", "Cleo", "Adams")]).await;
    assert_eq!(hub.profile("2").await["name"]["given"], "Benjamin");
    assert_eq!(hub.get("/v1/crosswalk/canonical/3").await.status, 200);
    // She wants to be a customer again.
    let back = with_phone("4", "Ana", "Silva");
    hub.take_in(std::slice::from_ref(&back)).await;
    assert_eq!(hub.get("/v1/crosswalk/canonical/4").await.status, 404, "refused by her e-mail");
    let readmit = json!({"emails": ["ANA@example.com"], "reason": "she registered anew"});
    assert_eq!(hub.post("/v1/privacy/readmissions", &readmit).await.status, 200);
    hub.post("/v1/privacy/readmissions", &readmit).await.expect_problem(404, "unknown-record");
    hub.take_in(&[back]).await;
    assert_eq!(hub.profile("4").await["name"]["given"], "Ana");
});

both!(a_request_goes_step_by_step, |db| async move {
    let hub = Hub::start(&db).await;
    let planted = Planted { n: 7 };
    let id = plant(&hub, std::slice::from_ref(&planted)).await.remove(0);
    let nobody = "019a0000-0000-7000-8000-000000000000";
    for (body, status, slug) in [
        (json!({"kind": "erasure", "person": nobody}), 404, "unknown-profile"),
        (json!({"kind": "erasure", "person": id, "received_at": "2099-01-01T00:00:00Z"}), 422, "invalid-command"),
        (json!({"kind": "forget", "person": id}), 400, "malformed-body"),
    ] {
        hub.post("/v1/privacy/requests", &body).await.expect_problem(status, slug);
    }
    let body = json!({"kind": "erasure", "person": id, "received_at": "2026-01-31T10:00:00Z"});
    let recorded = hub.post("/v1/privacy/requests", &body).await.json();
    assert_eq!((&recorded["due_at"], &recorded["overdue"]), (&json!("2026-02-28T10:00:00Z"), &json!(true)));
    let erasure = recorded["id"].as_str().expect("an id");
    let refused = [json!({"step": "carry_out"}), json!({"step": "release"})];
    for wrong in refused {
        step(&hub, erasure, wrong).await.expect_problem(409, "conflict");
    }
    step(&hub, erasure, json!({"step": "verify", "how": " "})).await.expect_problem(422, "invalid-command");
    assert_eq!(step(&hub, erasure, json!({"step": "verify", "how": "passport seen"})).await.status, 200);
    assert_eq!(step(&hub, erasure, json!({"step": "hold", "reason": "an open claim"})).await.status, 200);
    step(&hub, erasure, json!({"step": "carry_out"})).await.expect_problem(409, "conflict");
    assert_eq!(step(&hub, erasure, json!({"step": "release"})).await.json()["state"], "verified");

    let access = request(&hub, "access", &id).await;
    let document = hub.get(&format!("/v1/privacy/requests/{access}/document")).await;
    assert_eq!(document.status, 200, "{}", document.text);
    for value in planted.values() {
        assert!(document.text.to_lowercase().contains(&value.to_lowercase()), "{value} is held and not shown");
    }
    hub.get(&format!("/v1/privacy/requests/{erasure}/document")).await.expect_problem(409, "conflict");
    assert_eq!(step(&hub, &access, json!({"step": "carry_out"})).await.json()["state"], "done");

    // Merged into somebody else meanwhile: whom it is about has to be looked at again.
    hub.take_in(&[person("later", "Ben", "Okafor", "ben@example.net")]).await;
    let later = hub.golden("later").await;
    let about_later = request(&hub, "erasure", &later).await;
    let merged = hub.post(&format!("/v1/profiles/{id}/merge"), &json!({"with": later, "reason": "same"})).await;
    assert_eq!(merged.status, 200, "{}", merged.text);
    let problem = step(&hub, &about_later, json!({"step": "carry_out"})).await.expect_problem(409, "conflict");
    assert_eq!(problem["code"], "retired_golden_record");
    assert_eq!(hub.get(&format!("/v1/profiles/{id}")).await.status, 200, "nobody was forgotten");
    // The one that is about the survivor ends both.
    assert_eq!(step(&hub, erasure, json!({"step": "carry_out"})).await.status, 200);
    assert_eq!(hub.get(&format!("/v1/profiles/{id}")).await.status, 410);
    for (role, status) in [("steward", 403), ("viewer", 403), ("privacy", 200)] {
        let asked = hub.bare(Method::GET, "/v1/privacy/requests").bearer_auth(hub.key(role).await);
        assert_eq!(send(asked).await.status, status, "{role}");
    }
    hub.get(&format!("/v1/privacy/requests/{nobody}")).await.expect_problem(404, "unknown-request");
});

both!(every_party_is_asked_until_it_confirms, |db| async move {
    let hub = Hub::start(&db).await;
    let planted = Planted { n: 9 };
    let id = plant(&hub, std::slice::from_ref(&planted)).await.remove(0);
    let drop = json!({"name": "mailing", "target": {"kind": "files", "folder": "mailing"}});
    let created = hub.post("/v1/subscribers", &drop).await;
    assert_eq!(created.status, 201, "{}", created.text);
    let erasure = forget(&hub, &id).await;
    let path = format!("/v1/privacy/requests/{erasure}");
    let shown = hub.get(&path).await.json();
    assert_eq!(
        (&shown["all_confirmed"], shown["parties"].as_array().map(Vec::len)),
        (&json!(false), Some(2)),
        "{shown}"
    );
    // The source removes her record and says so with its own deletion.
    hub.take_in(&[json!({"key": planted.key("a"), "deleted": true})]).await;
    let shown = eventually("all confirm", || async {
        let shown = hub.get(&path).await.json();
        (shown["all_confirmed"] == true).then_some(shown)
    })
    .await;
    assert!(shown["parties"].as_array().is_some_and(|all| all.iter().all(|one| one["confirmed"] == true)), "{shown}");
    let again = hub.post(&format!("{path}/acknowledgements"), &json!({"source": "canonical"})).await;
    again.expect_problem(409, "conflict");
    let dropped: String =
        walk(hub.drops.path()).iter().map(|file| std::fs::read_to_string(file).unwrap_or_default()).collect();
    assert!(dropped.contains("\"erasure\"") && dropped.contains(&id), "{dropped}");
});

both!(who_was_taken_for_one_with_them_keeps_what_is_theirs, |db| async move {
    let hub = Hub::start(&db).await;
    let ben = |phone: &str| {
        let mut record = person("2", "Ben", "Okafor", "ben@example.com");
        record["phones"] = json!([{"value": phone}]);
        record
    };
    let mut ana = person("1", "Ana", "Silva", "ana@example.com");
    ana["phones"] = json!([{"value": "+442079460018"}]);
    // Once they had one telephone; now it is hers alone.
    hub.take_in(&[ana, ben("+442079460018")]).await;
    hub.take_in(&[ben("+441632960001")]).await;
    let (one, other) = (hub.golden("1").await, hub.golden("2").await);
    let merged = hub.post(&format!("/v1/profiles/{one}/merge"), &json!({"with": other, "reason": "same"})).await;
    let together = hub.golden("1").await;
    let refusal = json!({"about": {"id": together}, "source": "centre",
        "consents": [{"purpose": "marketing", "channel": "email", "state": "denied"}]});
    let told = hub.post("/v1/consents", &refusal).await;
    assert_eq!(told.status, 202, "{}", told.text);
    hub.control.reached(DeliveryId(told.json()["delivery"].as_i64().expect("a number"))).await;
    let undo = json!({"undo": merged.json()["decisions"][0], "reason": "they are two"});
    assert_eq!(hub.post(&format!("/v1/profiles/{together}/unmerge"), &undo).await.status, 200);
    hub.noticed().await;
    forget(&hub, &hub.golden("1").await).await;
    hub.noticed().await;

    let consents = hub.profile("2").await["consents"].clone();
    assert_eq!(consents[0]["state"], "denied", "{consents}");
    let again = db.another().await;
    let (copy, _) = hub::store::Store::migrate(again.url()).await.expect("the schema is made");
    hub::verify::replay(&hub.store, &copy, sources_of(&[]), |_| {}).await.expect("the log can be replayed");
    let difference = hub::verify::compare(&hub.store, &copy).await.expect("both can be read");
    assert!(difference.is_none() && difference.golden_records == 1, "{difference:?}");
});
