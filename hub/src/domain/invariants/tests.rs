//! Each predicate must see the breach that it is there for.

use super::*;
use crate::domain::decision::{Decision, Verdict};
use crate::domain::ids::{DecisionId, EventSeq, GoldenId, SourceKey};
use crate::domain::plan::{EventKind, GoldenState};
use foldhash::HashMap;
use uuid::Uuid;

fn golden(n: u128) -> GoldenId {
    GoldenId(Uuid::from_u128(n))
}

fn key(name: &str) -> SourceKey {
    SourceKey::new("crm", name)
}

fn check_feed(events: &[(i64, u128, i32, EventKind)], breaches: usize) {
    let mut check = FeedCheck::default();
    let mut last = HashMap::default();
    for &(seq, id, version, kind) in events {
        let into = (kind == EventKind::Merged).then(|| golden(99));
        check.take(FeedEvent { seq: EventSeq(seq), golden: golden(id), version, kind, into });
        let state = match kind {
            EventKind::Merged => GoldenState::Retired { into: golden(99) },
            EventKind::Deleted => GoldenState::Gone,
            _ => GoldenState::Live,
        };
        last.insert(golden(id), FeedState { version, event: EventSeq(seq), state });
    }
    assert_eq!(check.finish(last).len(), breaches, "{events:?}");
}

#[test]
fn feed() {
    use EventKind::*;
    check_feed(&[(1, 1, 1, Created), (2, 1, 2, Updated), (3, 1, 3, Merged), (4, 1, 4, Restored)], 0);
    check_feed(&[(1, 1, 1, Created), (3, 1, 2, Updated)], 1);
    check_feed(&[(1, 1, 1, Created), (2, 1, 3, Updated)], 1);
    check_feed(&[(1, 1, 1, Updated)], 1);
    check_feed(&[(1, 1, 1, Created), (2, 1, 2, Restored)], 1);
}

#[test]
fn feed_that_does_not_lead_to_the_present() {
    let present = FeedState { version: 2, event: EventSeq(2), state: GoldenState::Live };
    assert_eq!(FeedCheck::default().finish([(golden(1), present)]).len(), 1);
}

#[test]
fn membership() {
    let goldens = HashMap::from_iter([(golden(1), GoldenState::Live), (golden(2), GoldenState::Gone)]);
    let stated = HashMap::from_iter([(golden(1), vec![key("a")])]);
    let crossed = |name: &str, golden, deleted| Crossed { key: key(name), golden, deleted };
    let check = |records: &[Crossed], breaches: usize| {
        assert_eq!(check_membership(records, &goldens, &stated).len(), breaches, "{records:?}");
    };
    check(&[crossed("a", Some(golden(1)), false)], 0);
    check(&[crossed("a", Some(golden(1)), false), crossed("b", None, true)], 0);
    check(&[crossed("a", Some(golden(1)), false), crossed("b", Some(golden(1)), false)], 1);
    check(&[crossed("a", Some(golden(1)), false), crossed("b", Some(golden(2)), false)], 1);
    check(&[crossed("a", Some(golden(1)), false), crossed("b", Some(golden(1)), true)], 1);
    check(&[], 1);
}

#[test]
fn decisions() {
    let decision = |verdict| Decision {
        id: DecisionId(Uuid::nil()),
        verdict,
        by: "steward".into(),
        reason: String::new(),
        at_us: 0,
    };
    let always = decision(Verdict::AlwaysLink { records: vec![key("a"), key("b")] });
    let never = decision(Verdict::NeverLink { left: vec![key("a")], right: vec![key("b")] });
    let together = |_: &SourceKey| Some(golden(1));
    let apart = |k: &SourceKey| Some(golden(u128::from(k.key == "a")));
    let breaches = |decision: &Decision, place: &dyn Fn(&SourceKey) -> Option<GoldenId>, contradicted: bool| {
        check_decisions(std::slice::from_ref(decision), place, |_| contradicted).len()
    };
    assert_eq!((breaches(&always, &together, false), breaches(&always, &apart, false)), (0, 1));
    assert_eq!(breaches(&always, &apart, true), 0);
    assert_eq!((breaches(&never, &apart, false), breaches(&never, &together, true)), (0, 1));
}

#[test]
fn redirects() {
    let check = |target: GoldenState, breaches: usize| {
        let retired = GoldenState::Retired { into: golden(2) };
        let goldens = HashMap::from_iter([(golden(1), retired), (golden(2), target)]);
        assert_eq!(check_redirects(&goldens).len(), breaches);
    };
    check(GoldenState::Live, 0);
    check(GoldenState::Gone, 0);
    check(GoldenState::Retired { into: golden(3) }, 2);
}
