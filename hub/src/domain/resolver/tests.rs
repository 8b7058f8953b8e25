//! I4 to I8 over random histories: the same population ends the same, whatever way it came about.

mod policy;

use super::*;
use crate::domain::command::{Command, Mandate, evaluate};
use crate::domain::consent::{Consent, Origin, Statement};
use crate::domain::customer::Customer;
use crate::domain::decision::Verdict;
use crate::domain::ids::{DecisionId, DeliveryId, PolicyNo};
use crate::domain::invariants::{FeedCheck, FeedEvent, FeedState};
use crate::domain::plan::{Content, EventKind, Plan};
use crate::domain::policy::Policy;
use crate::domain::rules::{Rules, SHIPPED};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// One state of one source record, from small pools, so that records do meet.
#[derive(Clone, Debug)]
struct Said {
    key: u8,
    version: i64,
    given: u8,
    family: u8,
    email: Option<u8>,
    phone: Option<u8>,
    birth: Option<u8>,
    deleted: bool,
    /// A statement of consent: its state, and whether it has a time.
    consent: Option<u8>,
}

const GIVEN: [&str; 6] = ["Anna", "Bernhard", "Clara", "Dimitri", "Anne", "B."];
const FAMILY: [&str; 5] = ["Keller", "Okafor", "Lindqvist", "Moreau", "Kellner"];

impl Said {
    fn customer(&self) -> Customer {
        let value = serde_json::json!({
            "names": [{"given": GIVEN[self.given as usize % 6], "family": FAMILY[self.family as usize % 5]}],
            "emails": self.email.map(|e| vec![serde_json::json!({"value": format!("person{e}@mail{}.example.com", e % 3)})]).unwrap_or_default(),
            "phones": self.phone.map(|p| vec![serde_json::json!({"value": format!("+4930901820{:02}", p % 20)})]).unwrap_or_default(),
        });
        let mut customer = Customer::checked(&value, "2026-11-23").expect("a valid test record");
        customer.birth_date = self.birth.map(|b| format!("19{:02}-0{}-1{}", 40 + b % 50, 1 + b % 9, b % 9));
        customer
    }

    fn source_key(&self) -> SourceKey {
        SourceKey::new(["crm", "till", "shop"][self.key as usize % 3], format!("k{}", self.key))
    }

    fn incoming(&self, delivery: i64) -> Incoming {
        let customer = self.customer();
        let canonical = serde_json::to_string(&customer).expect("serialisable");
        let statements = self.statements(&customer);
        let key = self.source_key();
        let content = match self.deleted {
            true => Content::Deleted,
            false => Content::Present {
                features: matching::standardise(&customer.to_person(&key.source)),
                customer: Arc::new(customer),
                canonical: canonical.clone(),
            },
        };
        Incoming {
            key,
            delivery: DeliveryId(delivery),
            version: self.version,
            updated_us: self.version,
            versioned: true,
            content_hash: if self.deleted { 0 } else { xxhash_rust::xxh3::xxh3_64(canonical.as_bytes()) },
            content,
            anchor: GoldenId(Uuid::from_u128(delivery as u128 + 1)),
            echo: false,
            statements,
        }
    }

    fn statements(&self, customer: &Customer) -> Vec<Statement> {
        let Some(choice) = self.consent.filter(|_| !self.deleted) else { return Vec::new() };
        let state = ["granted", "denied", "withdrawn"][usize::from(choice % 3)];
        let mut consent = serde_json::json!({"purpose": "marketing", "channel": "email", "state": state});
        if choice > 5 {
            consent["captured_at"] = format!("2024-01-0{}", choice - 5).into();
        }
        let consent: Consent = serde_json::from_value(consent).expect("the contract's shape");
        let by = ["crm", "till", "shop"][self.key as usize % 3];
        let (version, received_us) = (self.version, 1_900_000_000_000_000);
        let origin = Origin { by, version, changed_us: version, received_us, customer };
        vec![consent.understood(origin).expect("a valid statement")]
    }
}

/// A population with the values and the feed that a store would hold.
struct World {
    resolver: Resolver,
    bodies: foldhash::HashMap<RecordNo, Body>,
    goldens: BTreeMap<GoldenId, (FeedState, String)>,
    feed: FeedCheck,
    policy: Policy,
    deliveries: i64,
    decisions: u128,
}

impl World {
    fn new() -> World {
        World::comparing_all_up_to(Model::default().compare_all_max)
    }

    fn comparing_all_up_to(compare_all_max: usize) -> World {
        World::under(Model { compare_all_max, ..Model::default() }, SHIPPED)
    }

    fn under(model: Model, rules: &str) -> World {
        let model = Arc::new(model);
        let rules = Arc::new(Rules::parse(rules).expect("valid rules"));
        World {
            resolver: Resolver::new(model.clone()),
            bodies: foldhash::HashMap::default(),
            goldens: BTreeMap::new(),
            feed: FeedCheck::default(),
            policy: Policy { number: PolicyNo(1), model, rules },
            deliveries: 0,
            decisions: 0,
        }
    }

    fn take(&mut self, batch: &[Said]) {
        let start = self.deliveries;
        self.deliveries += batch.len() as i64;
        let incoming = (start..).zip(batch).map(|(id, said)| said.incoming(id)).collect();
        let resolution = self.resolver.resolve(incoming, Vec::new());
        self.finish(resolution);
    }

    fn command(&mut self, command: Command) -> Option<Vec<DecisionId>> {
        let mandate = Mandate { by: "steward".into(), reason: "test".into(), at_us: self.decisions as i64 };
        let counter = &mut self.decisions;
        let fresh = || {
            *counter += 1;
            DecisionId(Uuid::from_u128(*counter))
        };
        let changes = evaluate(&self.resolver, command, &mandate, fresh).ok()?;
        let taken = changes.iter().filter_map(|change| match change {
            DecisionChange::Take(decision) => Some(decision.id),
            DecisionChange::Revoke { .. } => None,
        });
        let taken = taken.collect();
        let resolution = self.resolver.resolve(Vec::new(), changes);
        self.finish(resolution);
        Some(taken)
    }

    fn finish(&mut self, resolution: Resolution) {
        for record in resolution.missing() {
            assert!(self.bodies.contains_key(&record), "a member's values are unknown");
        }
        let plan: Plan = compose(resolution, self.bodies.clone(), &self.policy);
        for write in &plan.records {
            match &write.present {
                Some(p) => {
                    let body = Body { updated_us: write.updated_us, customer: p.customer.clone() };
                    self.bodies.insert(write.record, body);
                }
                None => drop(self.bodies.remove(&write.record)),
            }
        }
        for (event, golden) in plan.events.iter().zip(&plan.goldens) {
            assert_eq!((event.golden, event.seq), (golden.id, golden.event));
            let into = match golden.state {
                GoldenState::Retired { into } => Some(into),
                _ => None,
            };
            let (seq, kind) = (event.seq, event.kind);
            self.feed.take(FeedEvent { seq, golden: event.golden, version: event.version, kind, into });
            let state = FeedState { version: golden.version, event: golden.event, state: golden.state };
            self.goldens.insert(golden.id, (state, event.body.clone()));
            assert!(kind != EventKind::Merged || into.is_some());
        }
    }

    /// Index, edges and clusters are what one built afresh from the same records has.
    fn check_against_fresh(&self) {
        let index = &self.resolver.index;
        let live: Vec<u32> =
            (0..self.resolver.slots.len() as u32).filter(|&r| self.resolver.slot(RecordNo(r)).live).collect();
        let mut fresh = Index::new(index.model().clone());
        let features = live.iter().map(|&r| (r, index.features(r).expect("features").clone())).collect();
        fresh.update(&[], features);
        for &a in &live {
            assert_eq!(index.neighbours(a), fresh.neighbours(a), "neighbours of {a}");
            let edges: Vec<(u32, f32)> = self.resolver.edges.of(RecordNo(a)).iter().map(|(r, w)| (r.0, *w)).collect();
            let now: Vec<(u32, f32)> = fresh.neighbours(a).iter().map(|n| (n.id, n.weight)).collect();
            assert_eq!(edges, now, "edges of {a}");
            for &b in &live {
                assert_eq!(index.weigh(a, b), fresh.weigh(a, b), "weight of {a} and {b}");
            }
        }
        let everybody = self.resolver.region(live.into_iter().map(RecordNo).collect());
        let mut again: Vec<BTreeSet<RecordNo>> =
            self.resolver.partition(&everybody).clusters.into_iter().map(|c| c.into_iter().collect()).collect();
        let mut present: Vec<BTreeSet<RecordNo>> =
            self.resolver.clusters().map(|(_, members)| members.iter().copied().collect()).collect();
        again.sort();
        present.sort();
        assert_eq!(present, again, "clusters");
    }

    /// Members and values of every live golden record; ids left out.
    fn people(&self) -> BTreeMap<BTreeSet<SourceKey>, String> {
        let clusters = self.resolver.clusters();
        let person = |(golden, members): (GoldenId, &[RecordNo])| {
            let keys = members.iter().map(|&record| self.resolver.key(record)).collect();
            (keys, self.goldens[&golden].1.clone())
        };
        clusters.map(person).collect()
    }

    fn reviews(&self) -> BTreeSet<BTreeSet<SourceKey>> {
        let pair = |(a, b): (RecordNo, RecordNo)| BTreeSet::from([self.resolver.key(a), self.resolver.key(b)]);
        self.resolver.reviews.pairs().map(pair).collect()
    }

    fn check_invariants(self) {
        let present: Vec<_> = self.goldens.iter().map(|(id, (state, _))| (*id, *state)).collect();
        let states = present.iter().map(|(id, s)| (*id, s.state)).collect();
        assert_eq!(crate::domain::invariants::check_redirects(&states), []);
        assert_eq!(self.feed.finish(present), []);
    }
}

fn said() -> impl Strategy<Value = Said> {
    let optional = || prop::option::weighted(0.6, any::<u8>().prop_map(|v| v % 12));
    (
        0u8..14,
        0i64..4,
        any::<u8>(),
        any::<u8>(),
        optional(),
        optional(),
        optional(),
        prop::bool::weighted(0.12),
        optional(),
    )
        .prop_map(|(key, version, given, family, email, phone, birth, deleted, consent)| Said {
            key,
            version,
            given,
            family,
            email,
            phone,
            birth,
            deleted,
            consent,
        })
}

/// Below, around and above the number of records up to which everything is compared with everything.
fn few() -> impl Strategy<Value = usize> {
    prop::sample::select(vec![0, 8, 2000])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// I2, I3, I4: any order, any batching, any re-sending gives the same people, values and reviews.
    #[test]
    fn order_and_batching_do_not_matter(
        all in prop::collection::vec(said(), 1..40),
        order in prop::collection::vec(any::<u32>(), 80),
        cuts in prop::collection::vec(1usize..9, 1..40),
        few in few(),
    ) {
        let mut sorted = World::comparing_all_up_to(few);
        sorted.take(&all);
        let mut twice: Vec<(u32, Said)> = all.iter().chain(&all).cloned().zip(order).map(|(s, o)| (o, s)).collect();
        twice.sort_by_key(|(place, _)| *place);
        let mut shuffled = World::comparing_all_up_to(few);
        let mut rest: Vec<Said> = twice.into_iter().map(|(_, s)| s).collect();
        for cut in cuts.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let tail = rest.split_off((*cut).min(rest.len()));
            shuffled.take(&rest);
            rest = tail;
        }
        sorted.check_against_fresh();
        shuffled.check_against_fresh();
        prop_assert_eq!(sorted.people(), shuffled.people());
        prop_assert_eq!(sorted.reviews(), shuffled.reviews());
        sorted.check_invariants();
        shuffled.check_invariants();
    }

    /// I7: undoing a merge restores members, values and the golden ids.
    #[test]
    fn undo_after_merge_is_the_identity(
        all in prop::collection::vec(said(), 2..30),
        pick in any::<prop::sample::Index>(),
        other in any::<prop::sample::Index>(),
        few in few(),
    ) {
        let mut world = World::comparing_all_up_to(few);
        world.take(&all);
        let ids: Vec<GoldenId> = world.resolver.clusters().map(|(id, _)| id).collect::<BTreeSet<_>>().into_iter().collect();
        prop_assume!(ids.len() > 1);
        let (golden, with) = (*pick.get(&ids), *other.get(&ids));
        let before = (world.people(), world.reviews());
        let live_before = ids.clone();
        let joined: Vec<RecordNo> =
            [golden, with].iter().flat_map(|id| world.resolver.members(*id).unwrap_or_default().to_vec()).collect();
        let merge = Command::Merge { golden, with, expected_version: None };
        if let Some(decisions) = world.command(merge) {
            // What the two say together may convince the resolver of a third, so only these records are certain.
            let together: BTreeSet<_> = joined.iter().map(|&record| world.resolver.golden_of(record)).collect();
            prop_assert_eq!(together.len(), 1);
            prop_assert!(together.first().is_some_and(|id| *id <= Some(golden.min(with))), "the earliest id survives");
            world.command(Command::Undo { decision: decisions[0] });
            let mut ids: Vec<GoldenId> = world.resolver.clusters().map(|(id, _)| id).collect();
            ids.sort();
            prop_assert_eq!(ids, live_before);
            prop_assert_eq!((world.people(), world.reviews()), before);
        }
        world.check_invariants();
    }

    /// I6 and I7: an unmerge parts exactly the named records, and they stay apart.
    #[test]
    fn unmerge_parts_the_records(
        all in prop::collection::vec(said(), 2..30),
        pick in any::<prop::sample::Index>(),
        few in few(),
    ) {
        let mut world = World::comparing_all_up_to(few);
        world.take(&all);
        let big: BTreeMap<GoldenId, Vec<RecordNo>> =
            world.resolver.clusters().filter(|(_, m)| m.len() > 1).map(|(id, m)| (id, m.to_vec())).collect();
        prop_assume!(!big.is_empty());
        let ids: Vec<GoldenId> = big.keys().copied().collect();
        let golden = *pick.get(&ids);
        let parted = world.resolver.key(big[&golden][0]);
        let rest: Vec<SourceKey> = big[&golden][1..].iter().map(|&r| world.resolver.key(r)).collect();
        world.command(Command::Unmerge { golden, records: vec![parted.clone()], expected_version: None });
        let place = |world: &World, key: &SourceKey| world.resolver.record(key).and_then(|r| world.resolver.golden_of(r));
        let alone = place(&world, &parted);
        prop_assert!(rest.iter().all(|key| place(&world, key) != alone));
        world.take(&all);
        prop_assert!(rest.iter().all(|key| place(&world, key) != alone), "they stay apart when sent again");
        world.check_invariants();
    }
}

fn person(key: u8, given: u8, email: u8) -> Said {
    Said {
        key,
        version: 1,
        given,
        family: given,
        email: Some(email),
        phone: Some(email),
        birth: Some(email),
        consent: None,
        deleted: false,
    }
}

/// Merge AB and CD, then ABCD; unmerging C gives C back under its own id, and ABD stays.
#[test]
fn unmerging_one_of_four_gives_its_own_id_back() {
    let mut world = World::new();
    let four: Vec<Said> = (0..4).map(|n| person(n, n, n)).collect();
    world.take(&four);
    let key = |n: usize| four[n].source_key();
    let id = |world: &World, n: usize| {
        world.resolver.record(&key(n)).and_then(|r| world.resolver.golden_of(r)).expect("a golden id")
    };
    let [a, b, c, d] = [0, 1, 2, 3].map(|n| id(&world, n));
    assert_eq!(BTreeSet::from([a, b, c, d]).len(), 4);
    let merge = |golden, with| Command::Merge { golden, with, expected_version: None };
    world.command(merge(a, b)).expect("AB");
    world.command(merge(c, d)).expect("CD");
    world.command(merge(c, a)).expect("ABCD");
    assert_eq!([0, 1, 2, 3].map(|n| id(&world, n)), [a; 4]);
    world.command(Command::Unmerge { golden: a, records: vec![key(2)], expected_version: None }).expect("C leaves");
    assert_eq!([0, 1, 2, 3].map(|n| id(&world, n)), [a, a, c, a]);
    assert_eq!(world.resolver.state(d), Some(GoldenState::Retired { into: a }));
    world.check_invariants();
}

/// Contradicting decisions are a review, and the never-link holds meanwhile.
#[test]
fn contradicting_decisions_are_a_review() {
    let mut world = World::new();
    let three: Vec<Said> = (0..3).map(|n| person(n, n, n)).collect();
    world.take(&three);
    let key = |n: usize| three[n].source_key();
    let always = |records| Command::Decide { verdict: Verdict::AlwaysLink { records }, seen: Vec::new() };
    world.command(always(vec![key(0), key(1)])).expect("0 is 1");
    world.command(always(vec![key(1), key(2)])).expect("1 is 2");
    assert_eq!(world.resolver.clusters().count(), 1);
    let never = Verdict::NeverLink { left: vec![key(0)], right: vec![key(2)] };
    world.command(Command::Decide { verdict: never, seen: Vec::new() }).expect("0 is not 2");
    let place = |n: usize| world.resolver.record(&key(n)).and_then(|r| world.resolver.golden_of(r));
    assert_ne!(place(0), place(2));
    assert!(world.resolver.open_reviews() > 0);
    world.check_invariants();
}

/// The ids of a deleted record keep resolving, and it comes back under an id of its own.
#[test]
fn deleting_the_owner_hands_its_id_over() {
    let mut world = World::new();
    let (one, two) = (person(0, 0, 0), person(1, 0, 0));
    world.take(&[one.clone(), two.clone()]);
    let golden = |world: &World, said: &Said| {
        world.resolver.record(&said.source_key()).and_then(|r| world.resolver.golden_of(r))
    };
    let id = golden(&world, &one).expect("a golden id");
    assert_eq!(golden(&world, &two), Some(id), "the two are one person");
    world.take(&[Said { version: 2, deleted: true, ..one.clone() }]);
    assert_eq!((golden(&world, &one), golden(&world, &two)), (None, Some(id)));
    world.take(&[Said { version: 1, ..one.clone() }]);
    assert_eq!(golden(&world, &one), None, "an older version does not bring it back");
    world.take(&[Said { version: 3, ..one.clone() }]);
    assert_eq!(golden(&world, &one), Some(id));
    world.take(&[Said { version: 4, deleted: true, ..one }, Said { version: 4, deleted: true, ..two }]);
    assert_eq!(world.resolver.state(id), Some(GoldenState::Gone));
    world.check_invariants();
}
