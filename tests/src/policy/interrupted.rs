//! A change of policy that dies in the middle is taken up again and ends the same.

use super::{both_changed, check_replay, laxer, stricter};
use hub::domain::command::Mandate;
use hub::domain::policy::Draft;
use hub::pipeline::SharedResolver;
use hub::pipeline::policies::Slices;
use hub::store::Store;
use std::time::Duration;
use tests::node::{Node, lead};
use tests::population::{Dice, records};
use tests::program::{Serving, hub};
use tests::{Database, both};

const SLICES: Slices = Slices { weigh: 60, renew: 25 };

/// Kills per engine.
const ROUNDS: usize = 12;

async fn ask(store: &Store, draft: &Draft) {
    let asked = Mandate { by: "a test".into(), reason: "to see".into(), at_us: 0 };
    store.ask_for_policy(draft, &asked, false).await.expect("the store takes it");
}

/// Lets go of the pipeline after so many slices, as a process that dies between two transactions does, and again until
/// nothing is left to be done. Returns how often it died.
async fn die_every(db: &Database, slices: usize, draft: &Draft) -> usize {
    let (store, _) = Store::migrate(db.url()).await.expect("the schema can be made");
    ask(&store, draft).await;
    let mut deaths = 0;
    loop {
        let mut pipeline = lead(&store, &SharedResolver::default()).await.in_slices(SLICES);
        let mut busy = true;
        for _ in 0..slices {
            busy = busy && pipeline.change_policy().await.expect("a slice");
        }
        drop(pipeline);
        if store.policy_under_way().await.expect("the store answers").is_none() {
            store.close().await;
            return deaths;
        }
        deaths += 1;
    }
}

both!(a_change_that_dies_between_any_two_slices_ends_the_same, |db| async move {
    for slices in [9, 12] {
        let fresh = db.another().await;
        let node = Node::start(&fresh).await;
        node.take(&records(41, 300)).await;
        node.stop().await;
        let deaths = die_every(&fresh, slices, &both_changed()).await;
        assert!(deaths > 0, "it died on the way");
        let node = Node::start(&fresh).await;
        assert_eq!(node.verify().await.breaches, []);
        check_replay(&node, &fresh).await;
        node.stop().await;
    }
});

both!(a_program_killed_while_it_changes_policy_takes_it_up_again, |db| async move {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = env!("CARGO_BIN_EXE_hub-under-test");
    let node = Node::start(&db).await;
    node.take(&records(42, 9_000)).await;
    node.stop().await;
    let mut dice = Dice::new(3);
    let mut amid = 0;
    for round in 0..ROUNDS {
        let store = Store::open(db.url()).await.expect("the store opens");
        if store.policy_under_way().await.expect("the store answers").is_none() {
            ask(&store, &[stricter(), laxer()][round % 2]).await;
        }
        let serving = Serving::start(hub(program, folder.path(), db.url())).await;
        tokio::time::sleep(Duration::from_millis(dice.below(150 * (1 + round as u64)))).await;
        serving.kill();
        amid += usize::from(store.policy_under_way().await.expect("the store answers").is_some());
        store.close().await;
    }
    let node = Node::start(&db).await;
    node.settled().await;
    assert!(amid > 0, "no kill met a change under way");
    assert_eq!(node.verify().await.breaches, []);
    check_replay(&node, &db).await;
    node.stop().await;
});
