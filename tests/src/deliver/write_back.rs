//! Golden values written back to the systems that hold stale ones, and what comes of the echo.

use super::support::caught_up;
use crate::api::fixture::{Hub, eventually};
use hub::domain::ids::{DeliveryId, SourceKey};
use hub::store::Store;
use serde_json::{Value, json};
use tests::both;
use tests::node::sources_of;
use tests::population::Dice;
use tests::receiver::SECRETS;
use tests::written::{System, obedient};

/// Two systems with names of their own for the same things. The south takes no companies, and asks for no revision.
fn manifests(north: &System, south: &System) -> [String; 2] {
    [manifest(north, ["tongue", "tel", "company"], true), manifest(south, ["lang", "phone", "firm"], false)]
}

fn manifest(system: &System, [language, phone, organisation]: [&str; 3], is_strict: bool) -> String {
    let System { name, base, .. } = system;
    let (condition, company) = match is_strict {
        true => ("condition = { header = \"If-Match\", value = \"$.revision\" }", "company = \"$.organisation\""),
        false => ("", ""),
    };
    format!(
        r#"
name = "{name}"
[file]
format = "json"
[record]
key = "$.id"
version = {{ sequence = "$.revision" }}
changed_at = {{ epoch_seconds = "$.changed" }}
[map]
birth_date = "$.born"
language = "$.{language}"
organisation = "$.{organisation}"
[[map.names]]
given = "$.given"
family = "$.family"
[[map.emails]]
value = "$.email"
[[map.phones]]
value = "$.{phone}"
[write_back]
base = "{base}"
path = "/customers/{{key}}"
auth = {{ bearer = {{ env = "HUB_SECRET_FIRST" }} }}
best = ["phones"]
{condition}
[write_back.fields]
{language} = "$.language"
{phone} = "$.phones[0].value"
{company}
"#
    )
}

/// Two systems, the hub between them, and both written to.
struct World {
    hub: Hub,
    north: System,
    south: System,
    paths: Vec<String>,
    manifests: [String; 2],
}

type Policy = fn(&mut serde_json::Map<String, Value>, &serde_json::Map<String, Value>) -> u16;

impl World {
    async fn start(db: &tests::Database, north: Policy) -> World {
        let north = System::start("north", SECRETS[0].1, north).await;
        let south = System::start("south", SECRETS[0].1, obedient).await;
        let manifests = manifests(&north, &south);
        let hub = Hub::with_manifests(db, &[&manifests[0], &manifests[1]]).await;
        let mut paths = Vec::new();
        for source in ["north", "south"] {
            let body = json!({"name": source, "target": {"kind": "write_back", "source": source}, "parallel": 16});
            let answer = hub.post("/v1/subscribers", &body).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
            paths.push(format!("/v1/subscribers/{}", answer.json()["id"].as_str().expect("an id")));
        }
        World { hub, north, south, paths, manifests }
    }

    /// A person whom both systems know.
    fn meet(&self, key: &str) {
        const GIVEN: [&str; 10] =
            ["Ana", "Benedict", "Chidi", "Dorothea", "Emeka", "Fatima", "Gustav", "Hana", "Ivo", "Jolanda"];
        const FAMILY: [&str; 10] =
            ["Keller", "Okafor", "Lindqvist", "Moreau", "Novak", "Petrov", "Quiroga", "Rossi", "Silva", "Tamm"];
        let number: usize = key.parse().expect("a number");
        let (given, family) = (GIVEN[number % 10], FAMILY[number / 10 % 10]);
        let (email, born) =
            (format!("{given}.{family}@example.com"), format!("{}-0{}-1{}", 1900 + number, 1 + number % 9, number % 7));
        for system in [&self.north, &self.south] {
            system.clerk(key, json!({"given": given, "family": family, "email": email, "born": born}), 1_700_000_000);
        }
    }

    /// Passes on what the systems tell.
    async fn tell(&self) -> usize {
        let mut told = 0;
        for system in [&self.north, &self.south] {
            let records = system.told();
            if records.is_empty() {
                continue;
            }
            told += records.len();
            let answer = self.hub.post(&format!("/v1/sources/{}/records", system.name), &json!(records)).await;
            assert_eq!(answer.status, 202, "{}", answer.text);
            let receipts = answer.json()["receipts"].as_array().cloned().unwrap_or_default();
            let last = receipts.iter().filter_map(|receipt| receipt["delivery"].as_i64()).max();
            self.hub.control.reached(DeliveryId(last.expect("receipts"))).await;
        }
        told
    }

    /// Passes on what is told until nobody says anything any more, and nothing is waited for.
    async fn silence(&self) {
        eventually("silence", || async {
            let told = self.tell().await;
            for path in &self.paths {
                caught_up_or_told(&self.hub, path, &self.north, &self.south).await;
            }
            Some(()).filter(|()| told == 0)
        })
        .await;
        let mut quiet = 0;
        while quiet < 3 {
            let before = (self.north.count(), self.south.count(), self.events().await);
            quiet = if self.tell().await == 0 { quiet + 1 } else { 0 };
            for path in &self.paths {
                caught_up(&self.hub, path).await;
            }
            if before != (self.north.count(), self.south.count(), self.events().await) {
                quiet = 0;
            }
        }
    }

    async fn events(&self) -> i64 {
        self.hub.store.last_event().await.expect("the feed can be read").0
    }

    async fn golden(&self, source: &str, key: &str) -> Value {
        let answer = self.hub.get(&format!("/v1/crosswalk/{source}/{key}")).await;
        let id = answer.json()["golden"].as_str().unwrap_or_else(|| panic!("{}", answer.text)).to_owned();
        self.hub.get(&format!("/v1/profiles/{id}")).await.json()
    }

    /// Both systems hold what is golden, as far as they take it.
    async fn holds(&self, key: &str) {
        let golden = self.golden("north", key).await;
        assert_eq!(golden["records"].as_array().map(Vec::len), Some(2), "{golden}");
        let (north, south) = (self.north.record(key), self.south.record(key));
        let phone = &golden["phones"][0]["value"];
        let expected = [&golden["language"], phone, &golden["organisation"]];
        assert_eq!([&north["tongue"], &north["tel"], &north["company"]], expected, "north {key}");
        assert_eq!([&south["lang"], &south["phone"]], expected[..2], "south {key}");
    }
}

/// Waits until a subscriber has caught up, or until a system has something to tell that it may wait for.
async fn caught_up_or_told(hub: &Hub, path: &str, north: &System, south: &System) {
    eventually("the subscriber goes on", || async {
        let found = hub.get(path).await.json();
        let rests = found["lag"] == 0 && found["people_waiting"] == 0;
        (rests || north.has_news() || south.has_news()).then_some(())
    })
    .await;
}

both!(only_what_is_stale_is_written_and_the_echo_ends, |db| async move {
    let world = World::start(&db, obedient).await;
    world.meet("1");
    world.north.clerk("1", json!({"tongue": "de", "tel": "+44 20 7946 0001", "company": "Acorn"}), 1_700_000_100);
    world.silence().await;
    world.holds("1").await;
    assert_eq!(world.north.count(), 0, "{:?}", world.north.requests());
    let requests = world.south.requests();
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert_eq!(Value::Object(requests[0].body.clone()), json!({"lang": "de", "phone": "+44 20 7946 0001"}));
    // The record has come back with a revision of its own, and nobody was told of it.
    let record = world.hub.store.source_record(&SourceKey::new("south", "1")).await;
    let record = record.expect("the store answers").expect("the record is known");
    assert_eq!(record.customer.language.as_deref(), Some("de"));
    assert_eq!(record.updated_us, 1_700_000_000_000_000, "what was written is no news of the person");
    let golden = world.golden("north", "1").await;
    assert_eq!(golden["version"], world.events().await, "one golden record, whose every version is an event");
    let history = world.events().await;
    world.south.clerk("1", json!({"firm": "Birch"}), 1_700_000_200);
    world.silence().await;
    assert_eq!(world.events().await, history + 1, "a clerk's change is one event, and its echo none");
    assert_eq!(world.north.record("1")["company"], "Birch");
    world.holds("1").await;
});

both!(a_newer_record_is_waited_for_and_not_overwritten, |db| async move {
    let world = World::start(&db, obedient).await;
    world.meet("1");
    world.silence().await;
    // The north changes the phone before the hub hears of it, and the south the language meanwhile.
    world.north.clerk("1", json!({"tel": "+44 20 7946 0007"}), 1_700_000_300);
    world.south.clerk("1", json!({"lang": "fr"}), 1_700_000_200);
    let answer = world.hub.post("/v1/sources/south/records", &json!(world.south.told())).await;
    world.hub.settled(&answer).await;
    eventually("the north refuses", || async { (world.north.count() > 0).then_some(()) }).await;
    assert_eq!(world.north.requests()[0].status, 412);
    assert_eq!(world.north.record("1")["tongue"], Value::Null);
    let waiting = eventually("the person waits", || async {
        let found = world.hub.get(&world.paths[0]).await.json();
        (found["people_waiting"] == 1).then_some(found)
    });
    let waiting = waiting.await;
    assert_eq!((&waiting["state"], &waiting["failed_attempts"]), (&json!("active"), &json!(0)), "{waiting}");
    assert_eq!(world.north.count(), 1, "nobody asks again before there is news");
    world.silence().await;
    world.holds("1").await;
    assert_eq!(world.north.record("1")["tel"], "+44 20 7946 0007");
});

both!(a_system_that_keeps_nothing_is_left_alone, |db| async move {
    // It says yes, counts a revision, and changes nothing.
    let world = World::start(&db, |_, _| 200).await;
    world.meet("1");
    world.south.clerk("1", json!({"lang": "fr"}), 1_700_000_200);
    world.silence().await;
    assert_eq!(world.north.count(), 5);
    assert_eq!(world.golden("north", "1").await["language"], "fr");
});

both!(a_refused_field_is_tried_again_until_it_is_taken, |db| async move {
    let world = World::start(&db, |record, change| match change.get("tongue") {
        Some(_) if record.get("company").is_none() => 422,
        _ => obedient(record, change),
    })
    .await;
    world.meet("1");
    world.silence().await;
    world.south.clerk("1", json!({"lang": "fr"}), 1_700_000_200);
    world.tell().await;
    eventually("it is refused", || async {
        let found = world.hub.get(&world.paths[0]).await.json();
        (found["failures"][0]["what"] == "status 422").then_some(())
    })
    .await;
    world.north.clerk("1", json!({"company": "Acorn"}), 1_700_000_300);
    world.silence().await;
    world.holds("1").await;
});

both!(two_systems_end_in_silence, |db| async move {
    const PEOPLE: u64 = 100;
    const CHANGES: i64 = 10_000;
    let world = World::start(&db, obedient).await;
    (0..PEOPLE).for_each(|n| world.meet(&n.to_string()));
    let mut dice = Dice::new(77);
    for change in 0..CHANGES {
        let key = dice.below(PEOPLE).to_string();
        let (system, names) = match dice.below(2) {
            0 => (&world.north, ["tongue", "tel", "company"]),
            _ => (&world.south, ["lang", "phone", "firm"]),
        };
        let values = match dice.below(3) {
            // Some values come again and again, so that one may come back while it is being overwritten.
            0 => json!({names[0]: (["de", "en", "fr", "pt"][dice.below(4) as usize])}),
            1 => json!({names[1]: (format!("+44 20 {change:08}"))}),
            _ => json!({names[2]: (format!("Company {}", dice.below(50)))}),
        };
        system.clerk(&key, values, 1_700_001_000 + change);
        if dice.below(50) == 0 {
            world.tell().await;
        }
    }
    world.silence().await;
    for n in 0..PEOPLE {
        world.holds(&n.to_string()).await;
    }
    let writes = world.north.count() + world.south.count();
    assert!(writes > 1000, "{writes} writes");
    let report = hub::verify::verify(&world.hub.store, |_| {}).await.expect("the store can be checked");
    assert_eq!(report.breaches, []);
    follows_from_the_log(&db, &world).await;
});

/// What the store holds is what its log of deliveries and requests leads to, whatever the batches were.
async fn follows_from_the_log(db: &tests::Database, world: &World) {
    let other = db.another().await;
    let (again, _) = Store::migrate(other.url()).await.expect("the schema is made");
    let sources = sources_of(&[&world.manifests[0], &world.manifests[1]]);
    hub::verify::replay(&world.hub.store, &again, sources, |_| {}).await.expect("the log is replayed");
    let difference = hub::verify::compare(&world.hub.store, &again).await.expect("both stores can be read");
    assert!(difference.is_none(), "{difference:?}");
}

both!(what_cannot_be_written_to_is_refused, |db| async move {
    let hub = Hub::start(&db).await;
    let cases = [
        ("nobody", "no manifest is named nobody"),
        ("canonical", "no [write_back] section"),
        ("hubspot", "HUB_HUBSPOT_TOKEN"),
        ("shopify", "HUB_SHOPIFY_BASE"),
    ];
    for (source, part) in cases {
        let body = json!({"name": source, "target": {"kind": "write_back", "source": source}});
        let problem = hub.post("/v1/subscribers", &body).await.expect_problem(422, "invalid-command");
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(detail.contains(part), "{source}: {detail}");
    }
});
