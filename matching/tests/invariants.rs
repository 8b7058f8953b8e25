//! What holds whatever the records and whatever the order in which they come.

mod cases;
mod people;

use cases::cases;
use matching::{
    Edge, Features, Index, Model, Name, Neighbour, Node, Partition, Person, partition, resolve, standardise,
};
use people::{any_person, people};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Below, around and above the number of records up to which everything is compared with everything.
fn compare_all_max() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![0, 8, 2000])
}

fn model(compare_all_max: usize) -> Arc<Model> {
    Arc::new(Model { compare_all_max, ..Model::default() })
}

fn index_of<'a>(all: usize, records: impl IntoIterator<Item = (u32, &'a Person)>) -> Index {
    let mut index = Index::new(model(all));
    index.update(&[], records.into_iter().map(|(id, person)| (id, standardise(person))).collect());
    index
}

fn everything(index: &Index, ids: impl IntoIterator<Item = u32>) -> BTreeMap<u32, Vec<(u32, u32)>> {
    let plain = |found: Vec<Neighbour>| found.into_iter().map(|near| (near.id, near.weight.to_bits())).collect();
    ids.into_iter().map(|id| (id, plain(index.neighbours(id)))).collect()
}

/// A person of a crowd: each has another initial, and an e-mail, a phone or a card that most of them share, one of
/// their own, or both.
fn in_a_crowd((at, (email, phone, card, own)): (u8, &(u8, u8, u8, Option<u8>))) -> Person {
    let both = |choice: u8, shared: &str, own: String| -> Vec<String> {
        [(choice != 1).then(|| shared.to_owned()), (choice != 0).then_some(own)].into_iter().flatten().collect()
    };
    let number = own.unwrap_or(at);
    let name =
        Name { given: Some(format!("{}na", char::from(b'a' + at))), family: Some("Keller".into()), ..Name::default() };
    Person {
        names: vec![name],
        emails: both(*email, "office@shop.example", format!("keller{number}@mail.example")),
        phones: both(*phone, "+442079460000", format!("+4420794601{number:02}")),
        identifiers: both(*card, "L100200", format!("L7{number:05}"))
            .into_iter()
            .map(|value| matching::Identifier { scheme: "loyalty".into(), value })
            .collect(),
        ..Person::default()
    }
}

/// One step of a history: what leaves and what comes.
type Step = (Vec<u32>, Vec<(u32, Person)>);

/// Of any people, or of two who are sent over and over.
fn history() -> impl Strategy<Value = Vec<Step>> {
    fn steps(person: impl Strategy<Value = Person>) -> impl Strategy<Value = Vec<Step>> {
        let step = (prop::collection::vec(0u32..24, 0..8), prop::collection::vec((0u32..24, person), 0..12));
        prop::collection::vec(step, 1..6)
    }
    prop_oneof![
        2 => steps(any_person()),
        1 => (any_person(), any_person()).prop_flat_map(|(one, other)| steps(prop::sample::select(vec![one, other]))),
    ]
}

/// Any people, or a few who are there many times over.
fn people_or_copies(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Person>> {
    let copies = (people(1..3), prop::collection::vec(any::<prop::sample::Index>(), count.clone()));
    let copies = copies.prop_map(|(of, picks)| picks.iter().map(|pick| pick.get(&of).clone()).collect());
    prop_oneof![2 => people(count), 1 => copies]
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn history_leaves_no_trace_and_update_names_every_change(history in history(), all in compare_all_max()) {
        let mut index = Index::new(model(all));
        let mut stored: BTreeMap<u32, Person> = BTreeMap::new();
        for (removed, added) in history {
            let before = everything(&index, stored.keys().copied());
            for id in &removed {
                stored.remove(id);
            }
            stored.extend(added.iter().cloned());
            let dirty: BTreeSet<u32> = index.update(&removed, added.iter().map(|(id, person)| (*id, standardise(person))).collect()).into_iter().collect();
            let after = everything(&index, stored.keys().copied());
            prop_assert_eq!(&after, &everything(&index_of(all, stored.iter().map(|(id, person)| (*id, person))), stored.keys().copied()));
            prop_assert!(dirty.iter().all(|id| stored.contains_key(id)));
            prop_assert!(added.iter().all(|(id, _)| dirty.contains(id)));
            for (id, near) in &after {
                prop_assert!(dirty.contains(id) || before.get(id) == Some(near), "record {} changed unnamed", id);
            }
        }
    }

    #[test]
    fn weights_are_symmetric_and_search_foretells(records in people_or_copies(2..20), all in compare_all_max()) {
        let index = index_of(all, (0u32..).zip(&records));
        for a in 0..records.len() as u32 {
            for near in index.neighbours(a) {
                prop_assert!(index.neighbours(near.id).iter().any(|back| back.id == a && back.weight.to_bits() == near.weight.to_bits()));
            }
            for b in 0..records.len() as u32 {
                prop_assert_eq!(index.weigh(a, b).to_bits(), index.weigh(b, a).to_bits());
            }
        }
        let (last, others) = records.split_last().unwrap();
        let without = index_of(all, (0u32..).zip(others));
        prop_assert_eq!(without.search(&standardise(last)), index.neighbours(others.len() as u32));
    }

    #[test]
    fn a_value_of_too_many_people_speaks_for_nobody_on_either_side(
        crowd in prop::collection::vec((0u8..3, 0u8..3, 0u8..3, prop::option::of(0u8..3)), 6..16),
    ) {
        let records: Vec<Person> = (0u8..).zip(&crowd).map(in_a_crowd).collect();
        let index = index_of(0, (0u32..).zip(&records));
        let count = records.len() as u32;
        for (a, b) in (0..count).flat_map(|a| (0..count).map(move |b| (a, b))) {
            prop_assert_eq!(index.weigh(a, b).to_bits(), index.weigh(b, a).to_bits());
        }
        let (last, others) = records.split_last().unwrap();
        let mut grown = index_of(0, (0u32..).zip(others));
        prop_assert_eq!(grown.search(&standardise(last)), index.neighbours(count - 1));
        grown.update(&[], vec![(count - 1, standardise(last))]);
        prop_assert_eq!(everything(&grown, 0..count), everything(&index, 0..count));
    }

    #[test]
    fn explanations_add_up(records in people(2..3)) {
        let index = index_of(0, (0u32..).zip(&records));
        let (a, b) = (index.features(0).unwrap(), index.features(1).unwrap());
        let explanation = index.explain(a, b);
        let sum: f32 = explanation.prior + explanation.lines.iter().map(|line| line.weight).sum::<f32>();
        prop_assert!((sum - explanation.weight).abs() < 0.01);
        prop_assert!((explanation.weight - index.weigh(0, 1)).abs() < 0.01);
        prop_assert!((0.0..=1.0).contains(&explanation.probability));
    }

    #[test]
    fn partition_depends_on_ranks_and_decisions_alone(
        records in people(2..14),
        must in prop::collection::vec((0u32..14, 0u32..14), 0..4),
        cannot in prop::collection::vec((0u32..14, 0u32..14), 0..4),
        shift in 0u32..14,
        all in compare_all_max(),
    ) {
        let count = records.len() as u32;
        let renamed = |id: u32| if id < count { (id + shift) % count } else { id };
        let plain = clustered(&index_of(all, (0u32..).zip(&records)), count, |id| id, &must, &cannot);
        let index = index_of(all, (0u32..).zip(&records).map(|(id, person)| (renamed(id), person)));
        let pairs = |pairs: &[(u32, u32)]| pairs.iter().rev().map(|(a, b)| (renamed(*b), renamed(*a))).collect::<Vec<_>>();
        let back = |id: u32| (id + count - shift % count) % count;
        let moved = clustered(&index, count, back, &pairs(&must), &pairs(&cannot));
        let clusters: Vec<Vec<u32>> = moved.clusters.iter().map(|cluster| cluster.iter().map(|id| back(*id)).collect()).collect();
        prop_assert_eq!(&plain.clusters, &clusters);
        prop_assert_eq!(plain.doubts.len(), moved.doubts.len());
        decisions_hold(&plain, &must, &cannot, count)?;
    }

    #[test]
    fn bulk_equals_one_by_one(records in people_or_copies(2..40), all in compare_all_max()) {
        let count = records.len() as u32;
        let features: Vec<Features> = records.iter().map(standardise).collect();
        let ranks: Vec<u128> = (0..u128::from(count)).collect();
        let bulk = resolve(model(all), features, &ranks);
        let single = clustered(&index_of(all, (0u32..).zip(&records)), count, |id| id, &[], &[]);
        let mut labels = vec![0; records.len()];
        for cluster in &single.clusters {
            cluster.iter().for_each(|id| labels[*id as usize] = cluster[0]);
        }
        prop_assert_eq!(bulk.labels, labels);
    }
}

fn clustered(
    index: &Index,
    count: u32,
    rank: impl Fn(u32) -> u32,
    must: &[(u32, u32)],
    cannot: &[(u32, u32)],
) -> Partition {
    let nodes: Vec<Node> = (0..count).map(|id| Node { id, rank: u128::from(rank(id)) }).collect();
    let edges: Vec<Edge> = (0..count)
        .flat_map(|a| index.neighbours(a).into_iter().map(move |near| Edge { a, b: near.id, weight: near.weight }))
        .filter(|edge| edge.a < edge.b)
        .collect();
    partition(&nodes, &edges, must, cannot, index)
}

/// Never-link pairs are apart, and always-link pairs together unless their group holds a never-link pair.
fn decisions_hold(
    found: &Partition,
    must: &[(u32, u32)],
    cannot: &[(u32, u32)],
    count: u32,
) -> Result<(), TestCaseError> {
    let cluster_of = |id: u32| found.clusters.iter().position(|cluster| cluster.contains(&id));
    let known = |pair: &&(u32, u32)| pair.0 < count && pair.1 < count && pair.0 != pair.1;
    let mut group: Vec<u32> = (0..count).collect();
    for _ in 0..count {
        for (a, b) in must.iter().filter(known) {
            let low = group[*a as usize].min(group[*b as usize]);
            (group[*a as usize], group[*b as usize]) = (low, low);
        }
    }
    let suspended: BTreeSet<u32> = cannot
        .iter()
        .filter(known)
        .filter(|(a, b)| group[*a as usize] == group[*b as usize])
        .map(|(a, _)| group[*a as usize])
        .collect();
    for (a, b) in cannot.iter().filter(known) {
        prop_assert_ne!(cluster_of(*a), cluster_of(*b));
    }
    for (a, b) in must.iter().filter(known).filter(|(a, _)| !suspended.contains(&group[*a as usize])) {
        prop_assert_eq!(cluster_of(*a), cluster_of(*b));
    }
    prop_assert_eq!(found.clusters.iter().map(Vec::len).sum::<usize>(), count as usize);
    Ok(())
}

#[test]
fn a_value_that_crosses_its_limit_and_back_leaves_no_trace() {
    let sharing = |at: u32| Person {
        emails: vec!["shared@example.org".into()],
        phones: vec![format!("020794{at:05}")],
        ..Person::default()
    };
    let records: Vec<Person> = (0..300).map(sharing).collect();
    let mut index = index_of(0, (0u32..).zip(&records[..200]));
    let before = everything(&index, 0..200);
    let dirty = index.update(&[], (200u32..300).map(|id| (id, standardise(&records[id as usize]))).collect());
    assert_eq!(dirty.len(), 300, "crossing the limit touches every carrier");
    assert!(index.neighbours(0).is_empty());
    index.update(&(200u32..300).collect::<Vec<_>>(), Vec::new());
    assert_eq!(before, everything(&index, 0..200));
}
