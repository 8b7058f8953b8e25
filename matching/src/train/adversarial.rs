//! Whatever the patterns and whatever the model to begin with, an estimate consists of probabilities.

use super::*;
use crate::model::Level;
use proptest::prelude::*;

/// A probability, the ends of the scale among them.
fn probability() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), Just(1.0), Just(1e-300), 0.0..=1.0]
}

/// The shipped model with other numbers, good and bad: priors beyond their population, names that nobody has.
fn any_model() -> impl Strategy<Value = Model> {
    let levels = prop::collection::vec([probability(), probability(), probability()], 120);
    let counts = (prop_oneof![Just(1.0), Just(1e12), 1.0..1e7], 0.0..50.0, 0.0..50.0);
    let names = prop::collection::vec((any::<u32>(), prop_oneof![Just(0.0), 0.0..=1.0f32]), 0..6);
    (levels, counts, names).prop_map(|(levels, (population, duplicates, household), names)| {
        let mut model = Model { population, ..Model::default() };
        (model.duplicates_per_record, model.household_per_record) = (duplicates, household);
        let slots: Vec<&mut Level> = model.fields.iter_mut().flat_map(|field| &mut field.levels).collect();
        for (level, [same, household, stranger]) in slots.into_iter().zip(levels.into_iter().cycle()) {
            (level.same, level.household, level.stranger) = (same, household, stranger);
        }
        model.names.given = names.into_iter().collect();
        model.names.given_otherwise = 0.0;
        model
    })
}

fn levels(one: impl Strategy<Value = u8>) -> impl Strategy<Value = [u8; FIELDS.len()]> {
    prop::collection::vec(one, FIELDS.len()).prop_map(|levels| std::array::from_fn(|at| levels[at]))
}

/// Levels may be such as no comparison reaches, and counts such as no table has.
fn any_pattern() -> impl Strategy<Value = (Pattern, u64)> {
    let levels = prop_oneof![
        Just([0; FIELDS.len()]),
        Just([1; FIELDS.len()]),
        Just([u8::MAX; FIELDS.len()]),
        levels(0u8..9),
        levels(any::<u8>()),
    ];
    let count = prop_oneof![Just(0u64), Just(1), Just(1 << 52), 0u64..1_000_000];
    let fields = prop_oneof![Just(0), Just(u32::MAX), any::<u32>()];
    (levels, prop::array::uniform2(any::<i8>()), fields, count)
        .prop_map(|(levels, shares, found_without, count)| (Pattern { levels, shares, found_without }, count))
}

/// Random pairs by field and level; at times all of a field in one level.
fn any_random() -> impl Strategy<Value = Vec<[f64; 16]>> {
    let counts = prop_oneof![
        Just([0.0; 16]),
        (0usize..16).prop_map(|level| std::array::from_fn(|at| if at == level { 1e15 } else { 0.0 })),
        prop::array::uniform16(0.0..1e6),
    ];
    prop::collection::vec(counts, FIELDS.len())
}

fn any_sample() -> impl Strategy<Value = Sample> {
    let patterns = prop::collection::btree_map(any_pattern().prop_map(|entry| entry.0), 0u64..1 << 40, 0..2);
    let many = prop::collection::vec(any_pattern(), 0..40).prop_map(|found| found.into_iter().collect());
    let patterns = prop_oneof![1 => patterns, 3 => many];
    (patterns, any_random(), 0usize..1_000_000).prop_map(|(patterns, random, records)| Sample {
        records,
        patterns,
        random,
        random_pairs: 1,
    })
}

fn probabilities(model: &Model) -> impl Iterator<Item = f64> {
    let levels = model.fields.iter().flat_map(|field| &field.levels);
    levels.flat_map(|level| [level.same, level.household, level.stranger])
}

proptest! {
    #![proptest_config(crate::cases(64))]

    #[test]
    fn estimates_are_probabilities(mut model in any_model(), sample in any_sample()) {
        fit_strangers(&mut model, &sample);
        let (rounds, _) = maximise(&mut model, &sample);
        prop_assert!((1..=ROUNDS_MAX).contains(&rounds));
        for probability in probabilities(&model) {
            prop_assert!((0.0..=1.0).contains(&probability), "{probability}");
        }
        prop_assert!(model.duplicates_per_record.is_finite() && model.duplicates_per_record >= 0.0);
        prop_assert!(model.household_per_record.is_finite() && model.household_per_record >= 0.0);
        let weights = Weights::new(&model);
        for pattern in sample.patterns.keys() {
            let [same, household] = pattern.probabilities(&weights);
            prop_assert!((0.0..=1.0).contains(&same) && (0.0..=1.0).contains(&household), "{same} {household}");
        }
    }

    #[test]
    fn labels_of_any_kind_give_probabilities(labels in prop::collection::vec((0u32..5, 0u32..5, any::<bool>()), 0..30)) {
        let empty = crate::standardise(&crate::Person::default());
        let (index, _) = Index::bulk(std::sync::Arc::new(Model::default()), vec![empty; 3]);
        let taught = fit_labels(&index, &labels);
        prop_assert!(probabilities(&taught).all(|probability| (0.0..=1.0).contains(&probability)));
    }
}
