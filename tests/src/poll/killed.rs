//! The hub is killed between pages and in the middle of them, again and again, and goes on exactly where it stood.

use super::support::{Shop, came_in, each_once, manifest};
use hub::conformance::listen::Manner;
use hub::store::Store;
use std::path::Path;
use std::process::Command;
use std::time::Duration;
use tests::both;
use tests::population::Dice;
use tests::program::{Serving, hub};

const CUSTOMERS: u64 = 240;
const ROUNDS: u64 = 8;

both!(killed_between_pages_nothing_is_lost_or_doubled, |db| async move {
    let manifest = manifest("path = \"/customers\"\nrecords = \"customers\"\npaging = \"link-header\"\n");
    let shop = Shop::start(&manifest, CUSTOMERS).await;
    // Slow enough that a run does not end before it is interrupted.
    shop.fail(|_, well| match well {
        Manner::Whole(reply) => Manner::Slow(reply, Duration::from_millis(20)),
        other => other,
    });
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("shop.toml"), &manifest).expect("a file can be written");
    let mut dice = Dice::new(40);
    let mut positions = Vec::new();
    for _ in 0..ROUNDS {
        let serving = Serving::start(program(folder.path(), db.url(), &shop)).await;
        tokio::time::sleep(Duration::from_millis(100 + dice.below(300))).await;
        serving.kill();
        let store = Store::open(db.url()).await.expect("the store opens");
        let stored = store.poll("shop").await.expect("the store answers");
        positions.push(stored.map_or(0, |stored| stored.standing.pages));
        assert!(came_in(&store).await.values().all(|times| *times == 1), "after {positions:?} pages");
        store.close().await;
    }
    assert!(positions.is_sorted() && positions.iter().any(|pages| (1..80).contains(pages)), "{positions:?}");
    shop.recover();
    let serving = Serving::start(program(folder.path(), db.url(), &shop)).await;
    let store = Store::open(db.url()).await.expect("the store opens");
    for _ in 0..600 {
        let stored = store.poll("shop").await.expect("the store answers");
        if stored.is_some_and(|stored| stored.standing.finished_us.is_some()) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    serving.kill();
    assert_eq!(came_in(&store).await, each_once(CUSTOMERS));
    let stored = store.poll("shop").await.expect("the store answers").expect("it is known");
    assert_eq!((stored.standing.records, stored.standing.unchanged), (CUSTOMERS as i64, 0), "no page was taken twice");
});

fn program(folder: &Path, database: &str, shop: &Shop) -> Command {
    let mut command = hub(env!("CARGO_BIN_EXE_hub-under-test"), folder, database);
    let settings = shop.settings();
    for name in ["SHOP_BASE", "SHOP_SECRET"] {
        command.env(name, settings(name).unwrap_or_default());
    }
    command.env("HUB_ALLOW_TARGETS", "127.0.0.1").env("HUB_MANIFESTS", folder);
    command
}
