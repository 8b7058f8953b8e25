//! Systems that answer badly: nothing is lost, nothing is stored twice, and whoever is down is left alone.

use super::support::{Shop, came_in, each_once, manifest, read_again, read_first, state};
use crate::api::fixture::{Hub, eventually};
use hub::conformance::listen::Manner;
use serde_json::json;
use std::time::Duration;
use tests::{Database, both};

const CUSTOMERS: u64 = 10;
const POLL: &str = "path = \"/customers\"\nrecords = \"customers\"\npaging = \"link-header\"\n";

/// The third request fails in some way, and a second time.
async fn check(database: &Database, fault: impl Fn(Manner) -> Manner + Send + 'static, reason: &str) {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, CUSTOMERS).await;
    shop.fail(move |count, well| if count == 3 || count == 4 { fault(well) } else { well });
    let hub = shop.hub(database, &manifest).await;
    let state = read_first(&hub).await;
    assert_eq!(came_in(&hub.store).await, each_once(CUSTOMERS));
    assert_eq!((&state["failures"], &state["last_failure"]), (&json!(0), &json!(reason)), "{state}");
    assert_eq!(shop.requests(), 4 + 2);
}

fn refused(well: Manner, status: u16, headers: &[(&str, &str)]) -> Manner {
    let Manner::Whole(mut reply) = well else { panic!("the shop answers well") };
    reply.status = status;
    reply.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Manner::Whole(reply)
}

both!(too_many_requests, |db| async move {
    check(&db, |well| refused(well, 429, &[("Retry-After", "1")]), "status 429").await;
});

both!(an_error_of_the_system, |db| async move {
    check(&db, |well| refused(well, 500, &[]), "status 500").await;
});

both!(a_page_that_was_cut_off, |db| async move {
    let cut = |well| match well {
        Manner::Whole(reply) => Manner::Cut(reply, 150),
        other => other,
    };
    check(&db, cut, "the answer was cut off").await;
});

both!(a_connection_that_breaks_off, |db| async move {
    let torn = |well| match well {
        Manner::Whole(reply) => Manner::Torn(reply),
        other => other,
    };
    check(&db, torn, "the connection broke off").await;
});

both!(a_place_that_is_gone_begins_a_new_run, |db| async move {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, CUSTOMERS).await;
    shop.fail(|count, well| if count == 3 { refused(well, 410, &[]) } else { well });
    let hub = shop.hub(&db, &manifest).await;
    let state = read_first(&hub).await;
    assert_eq!(came_in(&hub.store).await, each_once(CUSTOMERS));
    // Two pages were read twice; what they said was known.
    assert_eq!((&state["records"], &state["unchanged"], &state["pages"]), (&json!(10), &json!(6), &json!(6)));
});

both!(a_system_that_is_down_is_held_also_by_the_next_hub, |db| async move {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, CUSTOMERS).await;
    shop.fail(|_, well| refused(well, 503, &[("Retry-After", "0")]));
    let hub = shop.hub(&db, &manifest).await;
    let is_open = async |hub: &Hub| {
        eventually("the circuit opens", || async {
            let state = state(hub).await;
            (state["circuit"] == "open").then_some(state)
        })
        .await
    };
    assert_eq!(is_open(&hub).await["last_failure"], "status 503");
    shop.fail(|_, well| refused(well, 503, &[("Retry-After", "3600")]));
    let failures = eventually("the system asks for an hour", || async {
        let stored = hub.store.poll("shop").await.expect("the store answers")?;
        let hour_us = 3_000_000_000;
        (stored.standing.failed_us? + hour_us < stored.standing.held_us).then_some(stored.standing.failures)
    })
    .await;
    drop(hub);
    let (asked, another) = (shop.requests(), shop.hub(&db, &manifest).await);
    assert_eq!(is_open(&another).await["failures"], failures);
    assert_eq!(shop.requests(), asked, "nothing is asked while it is held");
    shop.recover();
    assert_eq!(another.post("/v1/connectors/shop/run", &json!({})).await.status, 200);
    eventually("the shop is read", || async { (state(&another).await["circuit"] == "closed").then_some(()) }).await;
    eventually("to its end", || async { state(&another).await.get("finished_at").cloned() }).await;
    assert_eq!(came_in(&another.store).await, each_once(CUSTOMERS));
});

both!(a_slow_system_delays_no_other, |db| async move {
    let quick = manifest(POLL);
    let slow = quick.replace("name = \"shop\"", "name = \"slow\"").replace("SHOP_BASE", "SLOW_BASE");
    let (shop, mill) = (Shop::start(&quick, CUSTOMERS).await, Shop::start(&slow, CUSTOMERS).await);
    mill.fail(|_, well| match well {
        Manner::Whole(reply) => Manner::Slow(reply, Duration::from_secs(3600)),
        other => other,
    });
    let (settings, base) = (shop.settings(), mill.listening.base.clone());
    let both = move |name: &str| if name == "SLOW_BASE" { Some(base.clone()) } else { settings(name) };
    let hub = Hub::with_settings(&db, &[&quick, &slow], both).await;
    eventually("the slow one is asked", || async { (mill.requests() > 0).then_some(()) }).await;
    read_first(&hub).await;
    for _ in 0..3 {
        read_again(&hub).await;
    }
    assert_eq!(came_in(&hub.store).await, each_once(CUSTOMERS));
    assert_eq!(mill.requests(), 1);
});

both!(records_that_cannot_be_used_are_dead_letters_once, |db| async move {
    let manifest = manifest(POLL);
    let shop = Shop::start(&manifest, 2).await;
    shop.fake.lock().expect("nobody panicked").records[1].body["changed"] = json!("yesterday");
    let hub = shop.hub(&db, &manifest).await;
    read_first(&hub).await;
    let state = read_again(&hub).await;
    assert_eq!((&state["records"], &state["unchanged"]), (&json!(2), &json!(2)));
    let letters = eventually("the dead letter is there", || async {
        let letters = hub.get("/v1/dead-letters").await.json()["dead_letters"].as_array().cloned()?;
        (!letters.is_empty()).then_some(letters)
    })
    .await;
    assert_eq!(letters.len(), 1, "{letters:?}");
});
