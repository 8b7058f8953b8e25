//! A source that sends all its events again, in reverse: nobody is told anything new, and the order of arrival leaves no trace.
//!
//! `REPEATED_RECORDS` says how many events there are.

use std::env;
use tests::both;
use tests::node::Node;
use tests::population::records;

/// Events of the ordinary test run.
const RECORDS: usize = 20_000;
/// Events that enter together.
const BATCH: usize = 1_000;

both!(the_same_events_twice_and_in_reverse_change_nothing, |db| async move {
    let count =
        env::var("REPEATED_RECORDS").map_or(RECORDS, |text| text.parse().expect("REPEATED_RECORDS is a number"));
    let mut all = records(51, count);
    let orderly = Node::start(&db).await;
    for batch in all.chunks(BATCH) {
        orderly.take(batch).await;
    }
    let told = orderly.store.last_event().await.expect("the feed can be read");
    assert!(told.0 as usize > count / 4, "{} events of {count} records", told.0);
    all.reverse();
    for batch in all.chunks(BATCH) {
        orderly.take(batch).await;
    }
    assert_eq!(
        orderly.store.last_event().await.expect("the feed can be read"),
        told,
        "subscribers are told nothing new"
    );
    assert_eq!(orderly.verify().await.breaches, []);
    let other = db.another().await;
    let reversed = Node::start(&other).await;
    for batch in all.chunks(BATCH) {
        reversed.take(batch).await;
    }
    let difference = orderly.difference(&reversed.store).await;
    assert!(difference.is_none(), "{} by members, {} by values", difference.membership.len(), difference.values.len());
    assert!(difference.golden_records as usize > count / 10);
    orderly.stop().await;
    reversed.stop().await;
});
