//! What is put into records comes out of the estimate, and nothing makes it nonsense.

use super::*;
use crate::person::{Name, Person};
use crate::standardise::standardise;
use std::sync::Arc;

/// Invented people, each twice; in a share of the second copies the birth date is wrong throughout.
fn doubled(people: u32, wrong_in_ten: u32) -> Vec<Features> {
    let syllables = ["ba", "de", "ki", "lo", "mu", "na", "po", "ra", "si", "tu", "ve", "wo", "za"];
    let word = |mut number: u32, length: usize| {
        let mut text = String::new();
        for _ in 0..length {
            text.push_str(syllables[(number % 13) as usize]);
            number /= 13;
        }
        text
    };
    let record = |at: u32, wrong: bool| {
        let (year, month, day) =
            (1940 + at % 53 + u32::from(wrong) * 7, 1 + at % 12, 1 + at % 28 + u32::from(wrong) * 2);
        Person {
            names: vec![Name {
                given: Some(word(at * 7 % 169, 2)),
                family: Some(word(at * 101, 4)),
                ..Name::default()
            }],
            birth_date: Some(format!("{year}-{month:02}-{day:02}")),
            phones: vec![format!("+4420{:08}", 10_000_019 + at * 7919)],
            ..Person::default()
        }
    };
    (0..people)
        .flat_map(|at| [record(at, false), record(at, at % 10 < wrong_in_ten)])
        .map(|person| standardise(&person))
        .collect()
}

fn fitted(features: &[Features]) -> (Model, Fit) {
    let model = fit_frequencies(&Model::default(), features);
    let (index, pairs) = Index::bulk(Arc::new(model), features.to_vec());
    fit_pairs(&index, &pairs)
}

fn exact_births(model: &Model) -> f64 {
    model.fields.iter().find(|entry| entry.field == Field::Birth).map_or(0.0, |entry| entry.levels[0].same)
}

#[test]
fn finds_how_often_birth_dates_are_wrong() {
    let clean = fitted(&doubled(1500, 0));
    let dirty = fitted(&doubled(1500, 4));
    assert!(clean.1.converged && dirty.1.converged);
    assert!(exact_births(&clean.0) > 0.95, "{}", exact_births(&clean.0));
    assert!((0.55..0.75).contains(&exact_births(&dirty.0)), "{}", exact_births(&dirty.0));
    assert!((clean.1.duplicates_per_record - 1.0).abs() < 0.1);
}

#[test]
fn the_order_of_records_does_not_matter() {
    let mut features = doubled(200, 3);
    let there = fitted(&features);
    features.reverse();
    assert_eq!(there, fitted(&features));
}

#[test]
fn hostile_tables_give_probabilities() {
    let identical = vec![doubled(1, 0)[0].clone(); 50];
    let empty = vec![standardise(&Person::default()); 50];
    for features in [identical, empty, Vec::new(), doubled(1, 1)] {
        let (model, _) = fitted(&features);
        let levels = model.fields.iter().flat_map(|entry| &entry.levels);
        for probability in levels.flat_map(|level| [level.same, level.household, level.stranger]) {
            assert!(probability.is_finite() && (0.0..=1.0).contains(&probability), "{probability}");
        }
        assert!(model.duplicates_per_record.is_finite() && model.household_per_record > 0.0);
    }
}

#[test]
fn labels_teach_what_birth_dates_are_worth() {
    let features = doubled(300, 4);
    let (index, _) = Index::bulk(Arc::new(Model::default()), features);
    let labels: Vec<(u32, u32, bool)> = (0..300).map(|at| (2 * at, 2 * at + 1, true)).collect();
    let taught = fit_labels(&index, &labels);
    assert!(exact_births(&taught) < exact_births(&Model::default()) - 0.1);
    let untaught = exact_births(&fit_labels(&index, &[]));
    assert!((untaught - exact_births(&Model::default())).abs() < 1e-9);
}
