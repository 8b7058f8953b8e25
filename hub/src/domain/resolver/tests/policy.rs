//! A change of policy ends where a population ends that never knew another one, whatever comes between.

use super::*;
use proptest::collection::vec;

/// Another model and other rules, by a few dials.
#[derive(Clone, Debug)]
struct Other {
    link: f32,
    field: usize,
    level: usize,
    factor: f64,
    trust: u8,
    by_trust: bool,
}

impl Other {
    fn model(&self) -> Model {
        let mut model = Model::default();
        model.thresholds.link = self.link;
        model.thresholds.review = model.thresholds.review.min(self.link);
        model.thresholds.floor = model.thresholds.floor.min(model.thresholds.review);
        let fields = model.fields.len();
        let levels = &mut model.fields[self.field % fields].levels;
        let level = self.level % levels.len();
        levels[level].same = (levels[level].same * self.factor).min(1.0);
        model
    }

    fn rules(&self) -> String {
        let text = format!("{SHIPPED}\n[source.till]\ntrust = {}\n", self.trust);
        match self.by_trust {
            true => text.replace("[\"complete\", \"frequent\", \"trust\"", "[\"trust\", \"frequent\", \"complete\""),
            false => text,
        }
    }
}

fn other() -> impl Strategy<Value = Other> {
    let factor = prop::sample::select(vec![0.001, 0.1, 1.0, 20.0]);
    (-2.0f32..8.0, any::<usize>(), any::<usize>(), factor, 0u8..100, any::<bool>())
        .prop_map(|(link, field, level, factor, trust, by_trust)| Other { link, field, level, factor, trust, by_trust })
}

impl World {
    /// Carries everybody over to another policy in small slices; batches come in between.
    fn carry_over(&mut self, other: &Other, between: &mut impl Iterator<Item = Vec<Said>>) {
        let policy = World::under(other.model(), &other.rules()).policy;
        self.resolver.begin_draft(policy.model.clone());
        while !self.resolver.weigh_draft(3).is_complete() {
            between.next().into_iter().for_each(|batch| self.take(&batch));
        }
        self.resolver.adopt();
        self.policy = Policy { number: PolicyNo(2), ..policy };
        while self.renew_part() {
            between.next().into_iter().for_each(|batch| self.take(&batch));
        }
    }

    fn renew_part(&mut self) -> bool {
        let Some(part) = self.resolver.next_part(2) else { return false };
        let stored = self.goldens.iter().map(|(id, (_, body))| (*id, body.as_str().into())).collect();
        let outdated = part.outdated(&stored, &self.bodies, &self.policy.rules);
        let resolution = self.resolver.renew(part, &outdated);
        self.finish(resolution);
        true
    }

    /// What the store would hold is written off, and everything derived from it is loaded again.
    fn crash(&mut self, next: usize, of: usize) {
        let old = std::mem::replace(&mut self.resolver, Resolver::new(self.policy.model.clone()));
        let loaded = old.slots.iter().enumerate().map(|(record, slot)| LoadedRecord {
            record: RecordNo(record as u32),
            key: old.key(RecordNo(record as u32)),
            version: slot.version,
            content_hash: slot.content_hash,
            anchor: slot.anchor,
            golden: slot.golden,
            features: old.index.features(record as u32).cloned(),
            stance: old.stance(RecordNo(record as u32)).map(|stance| stance.as_ref().clone()),
        });
        self.resolver.load_records(loaded.collect());
        for (id, golden) in &old.goldens {
            let (version, owner, state) = (golden.version, golden.owner, golden.state);
            self.resolver.load_golden(LoadedGolden { id: *id, version, owner, state });
        }
        for (a, b, weight, reason) in old.reviews.rows() {
            self.resolver.load_review(a, b, weight, reason);
        }
        self.resolver.loaded(old.next_seq);
        self.resolver.resume_renewal(next, of, true);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// I4: people, values and reviews follow from the records and the policy in force, not from the one before.
    #[test]
    fn a_change_ends_as_if_there_had_been_no_other(
        before in vec(said(), 1..25),
        between in vec(vec(said(), 1..4), 0..8),
        other in other(),
    ) {
        let mut changed = World::new();
        changed.take(&before);
        let mut batches = between.clone().into_iter();
        changed.carry_over(&other, &mut batches);
        batches.for_each(|batch| changed.take(&batch));
        let mut fresh = World::under(other.model(), &other.rules());
        fresh.take(&before);
        between.iter().for_each(|batch| fresh.take(batch));
        changed.check_against_fresh();
        prop_assert_eq!(changed.people(), fresh.people());
        prop_assert_eq!(changed.reviews(), fresh.reviews());
        changed.check_invariants();
    }

    /// The same when the process dies in the middle of it, and twice the same policy changes nothing.
    #[test]
    fn an_interrupted_change_is_taken_up_again(
        before in vec(said(), 1..25),
        parts in 0usize..6,
        other in other(),
    ) {
        let mut changed = World::new();
        changed.take(&before);
        changed.carry_over(&Other { link: 30.0, ..other.clone() }, &mut std::iter::empty());
        changed.resolver.begin_draft(Arc::new(other.model()));
        while !changed.resolver.weigh_draft(usize::MAX).is_complete() {}
        changed.resolver.adopt();
        changed.policy = World::under(other.model(), &other.rules()).policy;
        let of = changed.resolver.len();
        let done = (0..parts).take_while(|_| changed.renew_part()).count();
        changed.crash((done * 2).min(of), of);
        while changed.renew_part() {}
        let mut fresh = World::under(other.model(), &other.rules());
        fresh.take(&before);
        prop_assert_eq!(changed.people(), fresh.people());
        prop_assert_eq!(changed.reviews(), fresh.reviews());
        let events = changed.resolver.next_seq;
        changed.carry_over(&other, &mut std::iter::empty());
        prop_assert_eq!(changed.resolver.next_seq, events, "nothing changes twice");
        changed.check_against_fresh();
        changed.check_invariants();
    }

    /// Each golden id changes at most once, so that receivers see no state in between.
    #[test]
    fn nothing_changes_twice_on_the_way(before in vec(said(), 1..30), other in other()) {
        let mut changed = World::new();
        changed.take(&before);
        let versions = |world: &World| -> BTreeMap<GoldenId, i32> {
            world.goldens.iter().map(|(id, (state, _))| (*id, state.version)).collect()
        };
        let earlier = versions(&changed);
        changed.carry_over(&other, &mut std::iter::empty());
        for (id, version) in versions(&changed) {
            prop_assert!(version <= earlier.get(&id).map_or(1, |earlier| earlier + 1), "{id} changed twice");
        }
    }
}
