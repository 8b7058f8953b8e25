//! A what-if foretells exactly what the change then does, and changes nothing itself.

use super::{both_changed, laxer, other_rules, stricter};
use hub::domain::ids::{GoldenId, SourceKey};
use hub::domain::policy::Draft;
use hub::domain::what_if::Report;
use hub::pipeline::what_if::what_if;
use hub::store::Store;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use tests::node::Node;
use tests::population::records;
use tests::{Database, both};

/// Everybody in a store, by golden id.
type People = BTreeMap<GoldenId, Value>;
/// Pairs of records that wait for a steward.
type Reviews = BTreeSet<BTreeSet<SourceKey>>;

async fn people(store: &Store) -> People {
    let ids = store.golden_ids_after(None, 100_000).await.expect("ids");
    let bodies = store.bodies_of_goldens(&ids).await.expect("bodies");
    bodies.into_iter().map(|(id, body)| (id, serde_json::from_str(&body).expect("JSON"))).collect()
}

async fn reviews(store: &Store) -> Reviews {
    let rows = store.reviews_after((-1, -1), 100_000).await.expect("reviews");
    rows.into_iter().map(|row| BTreeSet::from([row.left.0, row.right.0])).collect()
}

fn members(body: &Value) -> Vec<SourceKey> {
    serde_json::from_value(body["records"].clone()).expect("records")
}

/// Which golden ids stand for records of each golden id of the other population.
fn spread(from: &People, to: &People) -> BTreeSet<(GoldenId, BTreeSet<GoldenId>)> {
    let places: BTreeMap<SourceKey, GoldenId> =
        to.iter().flat_map(|(id, body)| members(body).into_iter().map(|key| (key, *id))).collect();
    let of_one = |(id, body): (&GoldenId, &Value)| (*id, members(body).iter().map(|key| places[key]).collect());
    from.iter().map(of_one).filter(|(_, ids): &(_, BTreeSet<GoldenId>)| ids.len() > 1).collect()
}

/// Values of those who stay that differ, by golden id and attribute. Whose law counts is told by the permissions that it gives
/// and takes.
fn changed_values(before: &People, after: &People) -> BTreeMap<(GoldenId, String), (Value, Value)> {
    let mut changed = BTreeMap::new();
    for (id, old) in before {
        let Some(new) = after.get(id) else { continue };
        let names = |body: &Value| body.as_object().map(|o| o.keys().cloned().collect::<BTreeSet<_>>());
        for name in names(old)
            .into_iter()
            .chain(names(new))
            .flatten()
            .filter(|name| name != "records" && name != "jurisdictions")
        {
            if old[&name] != new[&name] {
                changed.insert((*id, name.clone()), (old[&name].clone(), new[&name].clone()));
            }
        }
    }
    changed
}

/// The report says what happened between the two states, no more and no less.
fn check(report: &Report, before: &(People, Reviews), after: &(People, Reviews), events: i64) {
    let merges = report.merges.first.iter().map(|m| (m.into.id, m.from.iter().map(|p| p.id).collect()));
    assert_eq!(merges.collect::<BTreeSet<_>>(), spread(&after.0, &before.0));
    let splits = report.splits.first.iter().map(|s| (s.from.id, s.into.iter().map(|p| p.id).collect()));
    assert_eq!(splits.collect::<BTreeSet<_>>(), spread(&before.0, &after.0));
    let values = report.values.first.iter();
    let values = values.map(|v| ((v.golden.id, v.attribute.to_owned()), (v.old.clone(), v.new.clone())));
    assert_eq!(values.collect::<BTreeMap<_, _>>(), changed_values(&before.0, &after.0));
    let pairs = |listed: &[hub::domain::what_if::ReviewChange]| -> Reviews {
        listed.iter().map(|r| BTreeSet::from([r.left.key.clone(), r.right.key.clone()])).collect()
    };
    assert_eq!(pairs(&report.reviews_opened.first), after.1.difference(&before.1).cloned().collect());
    assert_eq!(pairs(&report.reviews_closed.first), before.1.difference(&after.1).cloned().collect());
    assert_eq!(report.change_events as i64, events);
    assert_eq!((report.golden_records_before, report.golden_records_after), (before.0.len(), after.0.len()));
    let names: Vec<&String> = report.merges.first.iter().map(|merge| &merge.into.name).collect();
    assert!(names.iter().all(|name| name.contains(' ')), "people are named: {names:?}");
}

async fn foretell(db: &Database, seed: u64, draft: &Draft) -> Report {
    let node = Node::start(db).await;
    node.take(&records(seed, 400)).await;
    let before = (people(&node.store).await, reviews(&node.store).await);
    let first = node.store.last_event().await.expect("the feed answers");
    let report = what_if(&node.store, draft, usize::MAX, |_| {}).await.expect("a what-if");
    assert_eq!((people(&node.store).await, reviews(&node.store).await), before, "a what-if changes nothing");
    assert_eq!(node.store.policies().await.expect("policies").len(), 1);
    assert_eq!(node.store.last_event().await.expect("the feed answers"), first);
    node.change_to(draft).await;
    let after = (people(&node.store).await, reviews(&node.store).await);
    let last = node.store.last_event().await.expect("the feed answers");
    check(&report, &before, &after, last.0 - first.0);
    node.stop().await;
    report
}

both!(a_what_if_foretells_what_the_change_does, |db| async move {
    let mut found = [0; 5];
    for (seed, draft) in (31..).zip([stricter(), laxer(), other_rules(), both_changed()]) {
        let report = foretell(&db.another().await, seed, &draft).await;
        let counts = [
            report.merges.count,
            report.splits.count,
            report.values.count,
            report.reviews_opened.count,
            report.reviews_closed.count,
        ];
        found.iter_mut().zip(counts).for_each(|(sum, count)| *sum += count);
    }
    assert!(found.iter().all(|count| *count > 0), "every kind of change was seen: {found:?}");
});
