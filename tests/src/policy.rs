//! Changes of policy on both engines: foretold exactly, carried through between batches, taken up again after a kill.

mod foretold;
mod interrupted;
mod program;

use crate::pipeline::run;
use hub::domain::policy::Draft;
use hub::domain::rules::RuleSet;
use hub::pipeline::what_if::what_if;
use hub::store::inbox::NewDelivery;
use hub::store::{Store, StoreError};
use hub::verify::{compare, replay};
use std::sync::Arc;
use tests::node::{Node, canonical, shipped, sources};
use tests::population::{Record, records};
use tests::{Database, both};

/// A model that links less readily.
fn stricter() -> Draft {
    shipped().linking_from(9.0).expect("a weight above the review threshold")
}

/// A model that links more readily.
fn laxer() -> Draft {
    shipped().linking_from(-1.5).expect("a weight above the review threshold")
}

/// Rules under which the till is believed before all others.
fn other_rules() -> Draft {
    let text = shipped().rules.text.replacen("[source.square]\ntrust = 45", "[source.square]\ntrust = 99", 1);
    let text = text.replace("[\"complete\", \"frequent\", \"trust\"", "[\"trust\", \"complete\", \"frequent\"");
    Draft { rules: RuleSet::parse(&text).expect("valid rules"), ..shipped() }
}

/// Another model and other rules together.
fn both_changed() -> Draft {
    Draft { model: stricter().model, ..other_rules() }
}

/// A fresh store that knows no other policy ends with the same people and values.
async fn check_replay(node: &Node, db: &Database) {
    let other = db.another().await;
    let (target, _) = Store::migrate(other.url()).await.expect("the schema can be made");
    replay(&node.store, &target, sources(), |_| {}).await.expect("a replay");
    let difference = compare(&node.store, &target).await.expect("both can be read");
    assert!(difference.is_none() && difference.golden_records > 20, "{difference:?}");
    target.close().await;
}

both!(a_change_ends_as_a_replay_does, |db| async move {
    for draft in [stricter(), laxer(), other_rules(), both_changed()] {
        let fresh = db.another().await;
        let node = Node::start(&fresh).await;
        node.take(&records(21, 300)).await;
        let before = node.store.last_event().await.expect("the feed answers");
        let number = node.change_to(&draft).await;
        let after = node.store.last_event().await.expect("the feed answers");
        assert!(after > before, "the draft changes something");
        let report = node.verify().await;
        assert_eq!((report.policy, report.renewing, report.breaches), (number, None, vec![]));
        check_replay(&node, &fresh).await;
        let events = node.store.events_after(before, 1000).await.expect("events");
        assert!(events.iter().all(|event| event.policy == number));
        node.stop().await;
    }
});

both!(records_come_in_meanwhile, |db| async move {
    let node = Node::start(&db).await;
    let all = records(22, 600);
    let (first, later) = all.split_at(300);
    node.take(first).await;
    let asked = hub::domain::command::Mandate { by: "a test".into(), reason: "to see".into(), at_us: 0 };
    node.store.ask_for_policy(&both_changed(), &asked, false).await.expect("the store takes it");
    for batch in later.chunks(20) {
        node.take(batch).await;
    }
    node.settled().await;
    assert_eq!(node.verify().await.breaches, []);
    check_replay(&node, &db).await;
    node.stop().await;
});

both!(everything_tells_its_policy, |db| async move {
    use hub::domain::command::Command;
    use hub::domain::decision::Verdict;
    use hub::domain::ids::{PolicyNo, SourceKey};
    let node = Node::start(&db).await;
    node.take(&records(23, 200)).await;
    let number = node.change_to(&stricter()).await;
    assert_eq!(number, PolicyNo(2));
    let keys = |n: usize| SourceKey::new(["salesforce", "square", "shopify"][n % 3], format!("r{n}"));
    node.command(Command::Decide {
        verdict: Verdict::AlwaysLink { records: vec![keys(1), keys(2)] },
        seen: Vec::new(),
    })
    .await;
    let decisions = node.store.decisions_recorded().await.expect("decisions");
    assert_eq!(decisions[0].policy, number);
    let reviews = node.store.reviews_after((-1, -1), 1000).await.expect("reviews");
    assert!(reviews.iter().any(|review| review.policy == number));
    let [newest, first] = &node.store.policies().await.expect("policies")[..] else { panic!("two policies") };
    assert_eq!((newest.asked.by.as_str(), newest.asked.reason.as_str()), ("a test", "to see"));
    assert!(newest.in_force_us.is_some() && newest.settled_us >= newest.in_force_us);
    assert_eq!(first.rules, newest.rules, "the same rules are kept once");
    assert_ne!(first.model, newest.model);
    node.stop().await;
});

both!(a_newer_wish_replaces_an_older_one, |db| async move {
    use hub::domain::command::Mandate;
    use hub::domain::policy::Stage;
    use hub::pipeline::policies::{Asked, ask, ask_back};
    let node = Node::start(&db).await;
    node.take(&records(24, 100)).await;
    node.stop().await;
    let store = Store::open(db.url()).await.expect("the store opens");
    let asked = Mandate { by: "a test".into(), reason: "to see".into(), at_us: 0 };
    assert_eq!(ask(&store, &shipped(), &asked, false).await.expect("asked"), Asked::InForce);
    assert_eq!(ask_back(&store, None, &asked).await.expect("asked"), Asked::NoneBefore);
    ask(&store, &laxer(), &asked, false).await.expect("asked");
    assert_eq!(ask(&store, &shipped(), &asked, false).await.expect("asked"), Asked::Withdrawn);
    ask(&store, &laxer(), &asked, false).await.expect("asked");
    ask(&store, &stricter(), &asked, false).await.expect("asked");
    store.close().await;
    let node = Node::start(&db).await;
    node.settled().await;
    let back = ask_back(&node.store, None, &asked).await.expect("asked");
    assert!(matches!(back, Asked::For(_)), "{back:?}");
    node.settled().await;
    let stages: Vec<Stage> = node.store.policies().await.expect("policies").iter().map(|row| row.stage).collect();
    use Stage::{Settled, Superseded};
    assert_eq!(stages, [Settled, Settled, Superseded, Superseded, Settled]);
    assert_eq!(node.verify().await.breaches, []);
    check_replay(&node, &db).await;
    node.stop().await;
});

both!(a_frozen_store_sees_one_state_and_cannot_write, |db| async move {
    let node = Node::start(&db).await;
    let all: Vec<Record> = records(25, 80);
    node.take(&all[..40]).await;
    let frozen = node.store.frozen().await.expect("it opens");
    let seen = frozen.counts().await.expect("counts");
    node.take(&all[40..]).await;
    assert_eq!(frozen.counts().await.expect("counts"), seen);
    assert_ne!(node.store.counts().await.expect("counts"), seen);
    let delivery: Vec<NewDelivery> = vec![canonical("crm", "{\"key\": \"x\"}")];
    assert!(matches!(frozen.append(delivery, 0, Vec::new()).await, Err(StoreError::Database(_))));
    frozen.close().await;
    node.stop().await;
});

both!(a_what_if_waits_for_a_change_under_way, |db| async move {
    let node = Node::start(&db).await;
    node.take(&records(26, 60)).await;
    node.stop().await;
    let store = Store::open(db.url()).await.expect("the store opens");
    run(&db, "UPDATE policy SET stage = 'renewing', weighs = TRUE, position = 20, total = 60").await;
    let refused = what_if(&store, &stricter(), 10, |_| {}).await;
    assert!(matches!(refused, Err(StoreError::Renewing { policy: 1 })));
    let report = hub::verify::verify(&store, |_| {}).await.expect("a report");
    assert_eq!(report.renewing.map(|renewing| (renewing.records, renewing.of)), Some((20, 60)));
    store.close().await;
});

// A database from before policies were numbered is carried over once.
both!(what_was_decided_before_becomes_the_first_policy, |db| async move {
    let node = Node::start(&db).await;
    node.take(&records(27, 120)).await;
    let events = node.store.last_event().await.expect("the feed answers");
    node.stop().await;
    run(&db, "DELETE FROM policy; DELETE FROM edge WHERE a < 20").await;
    let node = Node::start(&db).await;
    node.settled().await;
    assert_eq!(node.store.last_event().await.expect("the feed answers"), events, "it changes nobody");
    let report = node.verify().await;
    assert_eq!((report.policy.0, report.breaches), (1, vec![]));
    node.take(&records(28, 60)).await;
    assert_eq!(node.verify().await.breaches, []);
    node.stop().await;
});

// A model in force that this program cannot work by, as after an upgrade that compares by other levels.
both!(a_model_of_another_program_is_replaced_on_request, |db| async move {
    let node = Node::start(&db).await;
    node.take(&records(29, 80)).await;
    node.stop().await;
    run(&db, "UPDATE matching_model SET body = '{\"version\": \"of another program\"}'").await;
    let (store, _) = Store::migrate(db.url()).await.expect("the store opens");
    let started = hub::pipeline::Pipeline::start(store.clone(), &shipped(), Arc::default()).await;
    let message = started.err().map(|error| error.to_string()).unwrap_or_default();
    assert!(message.contains("hub policy activate --shipped-model"), "{message}");
    let asked = hub::domain::command::Mandate { by: "a test".into(), reason: "upgraded".into(), at_us: 0 };
    store.ask_for_policy(&laxer(), &asked, false).await.expect("the store takes it");
    store.close().await;
    let node = Node::start(&db).await;
    node.settled().await;
    assert_eq!(node.verify().await.breaches, []);
    check_replay(&node, &db).await;
    node.stop().await;
});
