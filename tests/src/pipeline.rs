//! The store and the pipeline as a whole, on both engines: the numbered invariants where they are durable.

use hub::domain::command::Command;
use hub::domain::decision::Verdict;
use hub::domain::ids::{DeliveryId, EventSeq, SourceKey};
use hub::domain::plan::{EventKind, GoldenState};
use hub::pipeline::{Outcome, Pipeline, SharedResolver};
use hub::store::inbox::{NewDelivery, Shape};
use hub::store::notices::StoredNotice;
use hub::store::{Store, StoreError};
use hub::verify::{compare, replay};
use serde_json::{Value, json};
use tests::node::{Node, canonical, shipped, sources};
use tests::population::{Dice, Record, records};
use tests::{Database, both};

both!(order_batches_and_repeats_do_not_matter, |db| async move {
    let all = records(1, 300);
    let straight = Node::start(&db).await;
    straight.take(&all).await;
    let other = db.another().await;
    let shuffled = Node::start(&other).await;
    let mut twice: Vec<Record> = all.iter().chain(&all).cloned().collect();
    Dice::new(7).shuffle(&mut twice);
    for batch in twice.chunks(37) {
        shuffled.take(batch).await;
    }
    let difference = straight.difference(&shuffled.store).await;
    assert!(difference.is_none() && difference.golden_records > 50, "{difference:?}");
    assert_eq!(straight.verify().await.breaches, []);
    assert_eq!(shuffled.verify().await.breaches, []);
    straight.stop().await;
    shuffled.stop().await;
});

both!(delivering_again_changes_nothing, |db| async move {
    let node = Node::start(&db).await;
    let all = records(2, 120);
    node.take(&all).await;
    let before = node.store.last_event().await.expect("the feed answers");
    node.take(&all).await;
    assert_eq!(node.store.last_event().await.expect("the feed answers"), before);
    node.stop().await;
});

fn ana(version: u64, family: &str) -> Record {
    person("a", version, "Ana", family, "ana@example.com")
}

fn person(key: &str, version: u64, given: &str, family: &str, email: &str) -> Record {
    let payload = json!({
        "key": key, "version": version, "names": [{"given": given, "family": family}],
        "emails": [{"value": email}], "birth_date": "1980-05-02",
    });
    Record { source: "crm", key: key.into(), payload }
}

async fn family_name(node: &Node, key: &str) -> Value {
    let golden = node.golden("crm", key).await.expect("a golden id");
    let profile = node.store.profile(golden).await.expect("the store answers").expect("a profile");
    let body: Value = serde_json::from_str(&profile.body).expect("JSON");
    body["name"]["family"].clone()
}

both!(an_older_version_never_overwrites_a_newer_one, |db| async move {
    let node = Node::start(&db).await;
    node.take(&[ana(2, "Newer")]).await;
    node.take(&[ana(1, "Older")]).await;
    assert_eq!(family_name(&node, "a").await, "Newer");
    node.take(&[ana(3, "Newest"), ana(2, "Newer")]).await;
    assert_eq!(family_name(&node, "a").await, "Newest");
    node.stop().await;
});

both!(clusters_split_when_the_link_is_no_longer_supported, |db| async move {
    let node = Node::start(&db).await;
    let one = person("a", 1, "Ana", "Silva", "ana.silva@example.com");
    let two = person("b", 1, "Ana", "Silva", "ana.silva@example.com");
    node.take(&[one, two]).await;
    let together = node.golden("crm", "a").await;
    assert_eq!(node.golden("crm", "b").await, together);
    let mut moved = person("b", 2, "Gunnar", "Eriksson", "gunnar@example.org");
    moved.payload["birth_date"] = json!("1951-11-30");
    node.take(&[moved]).await;
    assert_eq!(node.golden("crm", "a").await, together, "the owner keeps the id");
    assert_ne!(node.golden("crm", "b").await, together);
    assert_eq!(node.verify().await.breaches, []);
    node.stop().await;
});

both!(deleting_and_returning, |db| async move {
    let node = Node::start(&db).await;
    node.take(&[ana(1, "Silva")]).await;
    let id = node.golden("crm", "a").await.expect("a golden id");
    let gone = json!({"key": "a", "version": 2, "deleted": true});
    node.take(&[Record { source: "crm", key: "a".into(), payload: gone }]).await;
    assert_eq!(node.golden("crm", "a").await, None);
    let profile = node.store.profile(id).await.expect("the store answers").expect("it stays known");
    assert_eq!(profile.state, GoldenState::Gone);
    node.take(&[ana(1, "Silva")]).await;
    assert_eq!(node.golden("crm", "a").await, None, "an older version does not bring it back");
    node.take(&[ana(3, "Silva")]).await;
    assert_eq!(node.golden("crm", "a").await, Some(id));
    let kinds: Vec<EventKind> = node.store.history(id).await.expect("a history").iter().map(|e| e.kind).collect();
    assert_eq!(kinds, [EventKind::Created, EventKind::Deleted, EventKind::Restored]);
    assert_eq!(node.verify().await.breaches, []);
    node.stop().await;
});

both!(merge_undo_unmerge_and_a_restart_in_between, |db| async move {
    let node = Node::start(&db).await;
    let (one, mut two) = (ana(1, "Silva"), person("b", 1, "Gunnar", "Eriksson", "gunnar@example.org"));
    two.payload["birth_date"] = json!("1951-11-30");
    node.take(&[one, two]).await;
    let (a, b) = (node.golden("crm", "a").await.expect("a"), node.golden("crm", "b").await.expect("b"));
    let merge = Command::Merge { golden: b, with: a, expected_version: Some(1) };
    let Outcome::Done { decisions, .. } = node.command(merge).await else { panic!("the merge is carried out") };
    assert_eq!(node.golden("crm", "b").await, Some(a), "the earliest id wins");
    let retired = node.store.profile(b).await.expect("the store answers").expect("it stays known");
    assert_eq!(retired.state, GoldenState::Retired { into: a });
    node.stop().await;

    let node = Node::start(&db).await;
    let stale = Command::Unmerge { golden: a, records: vec![SourceKey::new("crm", "b")], expected_version: Some(1) };
    assert!(matches!(node.command(stale).await, Outcome::Refused { code, .. } if code == "version_mismatch"));
    node.command(Command::Undo { decision: decisions[0] }).await;
    assert_eq!((node.golden("crm", "a").await, node.golden("crm", "b").await), (Some(a), Some(b)));
    node.command(Command::Merge { golden: a, with: b, expected_version: None }).await;
    node.command(Command::Unmerge { golden: a, records: vec![SourceKey::new("crm", "b")], expected_version: None })
        .await;
    assert_eq!((node.golden("crm", "a").await, node.golden("crm", "b").await), (Some(a), Some(b)));
    let again = node.command(Command::Merge { golden: a, with: b, expected_version: None }).await;
    assert!(matches!(again, Outcome::Refused { code, .. } if code == "kept_apart"));
    assert_eq!(node.verify().await.breaches, []);
    node.stop().await;
});

both!(pins_survive_a_restart_and_lift_when_the_source_changes, |db| async move {
    let node = Node::start(&db).await;
    node.take(&[ana(1, "Silva")]).await;
    let golden = node.golden("crm", "a").await.expect("a golden id");
    let pin = Command::Pin {
        golden,
        attribute: hub::domain::rules::Attribute::Name,
        value: json!({"given": "Ana", "family": "Pinned"}),
        until_not: Some(json!({"given": "Ana", "family": "Silva"})),
        expected_version: None,
    };
    node.command(pin).await;
    assert_eq!(family_name(&node, "a").await, "Pinned");
    node.stop().await;
    let node = Node::start(&db).await;
    let mut same_name = ana(2, "Silva");
    same_name.payload["gender"] = json!("female");
    node.take(&[same_name]).await;
    assert_eq!(family_name(&node, "a").await, "Pinned");
    node.take(&[ana(3, "Santos")]).await;
    assert_eq!(family_name(&node, "a").await, "Santos");
    assert_eq!(node.verify().await.breaches, []);
    node.stop().await;
});

both!(decisions_and_a_replay_from_the_log_alone, |db| async move {
    let node = Node::start(&db).await;
    node.take(&records(3, 200)).await;
    node.deliver(vec![canonical("crm", "{\"key\": 7, \"birth_date\": \"2999-01-01\"}")]).await;
    let keys = |n: &[usize]| {
        n.iter().map(|n| SourceKey::new(["salesforce", "square", "shopify"][n % 3], format!("r{n}"))).collect()
    };
    node.command(Command::Decide { verdict: Verdict::AlwaysLink { records: keys(&[1, 2, 3]) }, seen: Vec::new() })
        .await;
    node.command(Command::Decide {
        verdict: Verdict::NeverLink { left: keys(&[4]), right: keys(&[5, 6]) },
        seen: Vec::new(),
    })
    .await;
    let other = db.another().await;
    let (target, _) = Store::migrate(other.url()).await.expect("the schema can be made");
    replay(&node.store, &target, sources(), |_| {}).await.expect("a replay");
    let difference = compare(&node.store, &target).await.expect("both can be read");
    assert!(difference.is_none() && difference.golden_records > 50, "{difference:?}");
    assert_eq!(target.dead_letter_count().await.expect("a count"), 1);
    target.close().await;
    node.stop().await;
});

both!(notices_are_replayed_and_backed_up_under_their_topics, |db| async move {
    let node = Node::start(&db).await;
    let notice = |topic: &str, payload: &str| NewDelivery {
        source: "shopify".to_owned(),
        shape: Shape::Notice { topic: topic.to_owned() },
        payload: payload.as_bytes().to_vec(),
        repairs: None,
        rejected: None,
    };
    let kept = [notice("customers/redact", "{\"shop_id\":1}"), notice("orders/paid", "{\"id\":9007199254740993}")];
    let customers = [notice("customers/create", "{\"id\":1}"), notice("customers/create", "{\"id\":2}")];
    let gone = notice("customers/delete", "{\"id\":2}");
    node.deliver(kept.into_iter().chain(customers).chain([gone, notice("customers/update", "{\"id\":")]).collect())
        .await;
    let told = |notices: Vec<StoredNotice>| -> Vec<(i64, String, String, Vec<u8>)> {
        notices.into_iter().map(|n| (n.delivery.0, n.topic, n.purpose, n.payload)).collect()
    };
    let of = async |store: &Store| told(store.notices_after(DeliveryId(0), None, None, 10).await.expect("a page"));
    let original = of(&node.store).await;
    assert_eq!(original.iter().map(|n| n.2.as_str()).collect::<Vec<_>>(), ["privacy", "keep"]);
    assert!(node.golden("shopify", "1").await.is_some() && node.golden("shopify", "2").await.is_none());
    let (replayed, copied) = (db.another().await, db.another().await);
    let (target, _) = Store::migrate(replayed.url()).await.expect("the schema can be made");
    replay(&node.store, &target, sources(), |_| {}).await.expect("a replay");
    let (copy, _) = Store::migrate(copied.url()).await.expect("the schema can be made");
    node.store.copy_into(&copy, |_| {}).await.expect("a copy");
    for store in [&target, &copy] {
        assert_eq!(of(store).await, original);
        assert!(node.difference(store).await.is_none());
        assert_eq!(store.dead_letter_count().await.expect("a count"), 1);
        let read = store.deliveries_after(DeliveryId(4), 1).await.expect("a delivery");
        assert_eq!(read[0].shape, Shape::Notice { topic: "customers/delete".to_owned() });
    }
    node.stop().await;
});

both!(a_backup_is_restored_on_either_engine, |db| async move {
    let node = Node::start(&db).await;
    node.take(&records(4, 150)).await;
    for target in [Database::sqlite().await, Database::postgres().await] {
        let (copy, _) = Store::migrate(target.url()).await.expect("the schema can be made");
        node.store.copy_into(&copy, |_| {}).await.expect("a copy");
        assert!(matches!(node.store.copy_into(&copy, |_| {}).await, Err(StoreError::NotEmpty)));
        assert!(node.difference(&copy).await.is_none());
        assert_eq!(copy.counts().await.expect("counts"), node.store.counts().await.expect("counts"));
        copy.close().await;
        let restored = Node::start(&target).await;
        restored.take(&records(5, 60)).await;
        assert_eq!(restored.verify().await.breaches, []);
        restored.stop().await;
    }
    node.stop().await;
});

both!(one_resolves_at_a_time_and_a_replaced_one_is_fenced_off, |db| async move {
    let (store, _) = Store::migrate(db.url()).await.expect("the schema can be made");
    let first = shipped();
    let start = || Pipeline::start(store.clone(), &first, SharedResolver::default());
    let mut first = start().await.expect("nobody else resolves");
    assert!(matches!(start().await, Err(StoreError::LeaderElsewhere)));
    store.queue_command(&undo_request()).await.expect("queued");
    raise_epoch(&db).await;
    assert!(matches!(first.apply_command().await, Err(StoreError::Fenced)));
    drop(first);
    // The server takes a closed session's lock back a moment later.
    let second = loop {
        match start().await {
            Err(StoreError::LeaderElsewhere) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
            started => break started,
        }
    };
    assert!(second.expect("the place is free").apply_command().await.expect("carried out"));
    store.close().await;
});

fn undo_request() -> String {
    let id = uuid::Uuid::nil();
    json!({"command": "undo", "decision": id, "mandate": {"by": "a test", "reason": "", "at_us": 0}}).to_string()
}

async fn raise_epoch(db: &Database) {
    run(db, "UPDATE leader SET epoch = epoch + 1").await;
}

/// Runs a text of statements behind the hub's back.
pub async fn run(db: &Database, text: &'static str) {
    use sqlx::Connection;
    match db.engine() {
        tests::Engine::Sqlite => {
            let mut connection = sqlx::SqliteConnection::connect(db.url()).await.expect("the file opens");
            sqlx::raw_sql(text).execute(&mut connection).await.expect("valid SQL");
        }
        tests::Engine::Postgres => {
            let mut connection = sqlx::PgConnection::connect(db.url()).await.expect("the server answers");
            sqlx::raw_sql(text).execute(&mut connection).await.expect("valid SQL");
        }
    }
}

/// Every kind of damage that `hub verify` is there for, and the invariant that it must name.
const DAMAGE: [(&str, &str); 6] = [
    ("DELETE FROM delivery WHERE id = 5", "I1"),
    ("UPDATE change_event SET body = '{\"records\": []}' WHERE seq = (SELECT MAX(seq) FROM change_event)", "I4"),
    ("UPDATE crosswalk SET golden = NULL WHERE record = 3", "I5"),
    ("UPDATE golden SET state = 'retired', into_id = id WHERE state = 'live' AND owner = 0", "I8"),
    ("DELETE FROM change_event WHERE seq = 4", "I9"),
    ("UPDATE golden SET version = version + 1 WHERE owner = 2", "I9"),
];

both!(verify_names_every_kind_of_damage, |db| async move {
    for (damage, invariant) in DAMAGE {
        let damaged = db.another().await;
        let node = Node::start(&damaged).await;
        node.take(&records(6, 40)).await;
        assert_eq!(node.verify().await.breaches, []);
        run(&damaged, damage).await;
        let named: Vec<String> = node.verify().await.breaches.iter().map(|b| format!("{:?}", b.invariant)).collect();
        assert!(named.iter().any(|name| name == invariant), "{damage}: {named:?}");
        node.stop().await;
    }
});

both!(a_million_times_the_same_email_is_bounded_work, |db| async move {
    let node = Node::start(&db).await;
    let people: Vec<Record> = (0..2_000)
        .map(|n| person(&format!("k{n}"), 1, &format!("Given{n}"), &format!("Family{}", n * 7), "noreply@example.com"))
        .collect();
    node.take(&people).await;
    let (_, largest) = node.resolver.read().expect("not poisoned").as_ref().expect("loaded").shape();
    assert!(largest < 50, "one shared e-mail joined {largest} people");
    assert_eq!(node.store.progress().await.expect("progress").0, DeliveryId(2_000));
    node.stop().await;
});

both!(a_key_that_no_database_takes_costs_only_itself, |db| async move {
    let node = Node::start(&db).await;
    let bad = canonical("crm", "{\"key\": \"a\\u0000b\", \"names\": [{\"given\": \"Ana\"}]}");
    let long = canonical("crm", format!("{{\"key\": \"{}\"}}", "k".repeat(600)));
    let good = canonical("crm", "{\"key\": \"a\", \"names\": [{\"given\": \"Ana\\u0000\", \"family\": \"Silva\"}]}");
    node.deliver(vec![bad, long, good]).await;
    assert_eq!(node.store.dead_letter_count().await.expect("a count"), 2);
    assert!(node.golden("crm", "a").await.is_some());
    assert_eq!(node.verify().await.breaches, []);
    node.stop().await;
});

both!(the_feed_replayed_is_the_present, |db| async move {
    let node = Node::start(&db).await;
    node.take(&records(8, 100)).await;
    let mut state = std::collections::BTreeMap::new();
    let mut after = EventSeq(0);
    loop {
        let page = node.store.events_after(after, 7).await.expect("a page");
        let Some(last) = page.last() else { break };
        after = last.seq;
        for event in page {
            match event.kind {
                EventKind::Merged | EventKind::Deleted => state.remove(&event.golden),
                _ => state.insert(event.golden, event.body),
            };
        }
    }
    let ids = node.store.golden_ids_after(None, 10_000).await.expect("ids");
    let present: std::collections::BTreeMap<_, _> =
        node.store.bodies_of_goldens(&ids).await.expect("bodies").into_iter().collect();
    assert_eq!(state, present);
    node.stop().await;
});
