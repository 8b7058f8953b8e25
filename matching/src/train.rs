//! Fits a model to the records at hand, without labels.
//!
//! Frequencies of names are counted, agreement among strangers (u) is measured on random pairs, and
//! agreement among records of one person (m) is estimated by expectation maximisation over the distinct
//! comparison patterns of candidate pairs. Everything is a function of the set of records, whatever
//! their order and however many threads there are.

mod patterns;

use crate::compare::{FIELDS, Field};
use crate::features::{Features, Role};
use crate::index::{Index, listed};
use crate::model::{Model, NameFrequencies, Weights};
use patterns::{Pattern, Sample};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// More rounds than this and the estimate is said not to have converged.
const ROUNDS_MAX: usize = 60;

/// Converged when no probability moves by more.
const CHANGE_MAX: f64 = 1e-4;

/// For how many pairs the starting model speaks; data must outnumber it to change much.
const PRIOR_PAIRS: f64 = 100.0;

/// And for what part of all pairs, because expectation maximisation believes itself too readily.
const PRIOR_SHARE: f64 = 0.2;

/// For how many records the starting model speaks on how many duplicates and housemates a record has.
const PRIOR_RECORDS: f64 = 3.0;

/// The same for random pairs, of which far more are looked at.
const PRIOR_RANDOM_PAIRS: f64 = 20_000.0;

/// What a fit did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Fit {
    /// Sides of candidate pairs looked at.
    pub pair_sides: u64,
    /// Distinct comparison patterns among them.
    pub patterns: usize,
    /// Random pairs looked at.
    pub random_pairs: u64,
    /// Of a record, how many others are the same person, as estimated.
    pub duplicates_per_record: f64,
    /// Of a record, how many others are people of its household, as estimated.
    pub household_per_record: f64,
    /// Rounds of expectation maximisation.
    pub rounds: usize,
    /// Whether the estimate settled before the rounds ran out.
    pub converged: bool,
}

/// A copy of the model with the population and the name frequencies of the records.
pub fn fit_frequencies(model: &Model, features: &[Features]) -> Model {
    let mut given: HashMap<u32, u32> = HashMap::new();
    let mut family: HashMap<u32, u32> = HashMap::new();
    let mut records: usize = 0;
    for record in listed(features) {
        records += 1;
        for token in record.view().tokens().filter(|token| token.text.len() > 1) {
            match token.role {
                Role::Given => *given.entry(token.hash).or_default() += 1,
                Role::Family => *family.entry(token.hash).or_default() += 1,
                Role::Middle | Role::Either => {}
            }
        }
    }
    let mut fitted = model.clone();
    fitted.version = format!("{}+fitted", model.version);
    fitted.population = (records as f64).max(1000.0);
    fitted.names = NameFrequencies { given: shares(&given), family: shares(&family), ..fitted.names };
    fitted.names.given_otherwise = 1.0 / fitted.population as f32;
    fitted.names.family_otherwise = 1.0 / fitted.population as f32;
    scale_private_values(&mut fitted, model.population);
    fitted
}

/// With how many strangers a record shares a private value does not grow with the population, so the
/// probability of it falls.
fn scale_private_values(model: &mut Model, population_before: f64) {
    let scale = population_before / model.population;
    for entry in model.fields.iter_mut().filter(|entry| is_private(entry.field)) {
        for level in entry.levels.iter_mut().filter(|level| level.name.starts_with("exact")) {
            level.stranger *= scale;
        }
    }
}

fn is_private(field: Field) -> bool {
    matches!(field, Field::Email | Field::Phone | Field::Identifier | Field::Address)
}

fn shares(counts: &HashMap<u32, u32>) -> BTreeMap<u32, f32> {
    let total: f64 = counts.values().map(|count| f64::from(*count)).sum::<f64>().max(1000.0);
    // A name seen once is as rare as one never seen.
    counts
        .iter()
        .filter(|entry| *entry.1 > 1)
        .map(|(hash, count)| (*hash, ((f64::from(*count) + 1.0) / total) as f32))
        .collect()
}

/// A copy of the index's model whose u and m are estimated from its records.
pub fn fit(index: &Index) -> (Model, Fit) {
    fit_pairs(index, &patterns::pairs_of_sample(index))
}

/// The same from candidate pairs that are known already.
pub(crate) fn fit_pairs(index: &Index, pairs: &[u64]) -> (Model, Fit) {
    let mut model = (**index.model()).clone();
    let sample = Sample::draw(index, pairs);
    fit_strangers(&mut model, &sample);
    let (rounds, converged) = maximise(&mut model, &sample);
    let fit = Fit {
        pair_sides: sample.patterns.values().sum(),
        patterns: sample.patterns.len(),
        random_pairs: sample.random_pairs,
        duplicates_per_record: model.duplicates_per_record,
        household_per_record: model.household_per_record,
        rounds,
        converged,
    };
    (model, fit)
}

/// A copy of the index's model fitted to pairs that stewards have judged: true where the two are one person.
///
/// Pairs judged to be two people teach what people of one household look like, because stewards are shown pairs that
/// look alike; strangers in general are not touched.
pub fn fit_labels(index: &Index, labels: &[(u32, u32, bool)]) -> Model {
    let start = index.model();
    let mut model = (**start).clone();
    let (mut same, mut household) = (vec![[0.0f64; 16]; FIELDS.len()], vec![[0.0f64; 16]; FIELDS.len()]);
    for &(a, b, is_same) in labels {
        let (Some(a), Some(b)) = (index.features(a), index.features(b)) else {
            continue;
        };
        let sums = if is_same { &mut same } else { &mut household };
        for (sums, outcome) in sums.iter_mut().zip(index.outcomes(a, b)).filter(|entry| entry.1.level > 0) {
            sums[usize::from(outcome.level) & 15] += 1.0;
        }
    }
    for (entry, prior) in model.fields.iter_mut().zip(&start.fields).filter(|entry| entry.0.field != Field::NameOrder) {
        let blended = |probability: f64, counts: &[f64; 16], at: usize| {
            (probability * PRIOR_PAIRS + counts[at + 1]) / (PRIOR_PAIRS + counts.iter().sum::<f64>())
        };
        for (at, level) in entry.levels.iter_mut().enumerate() {
            level.same = blended(prior.levels[at].same, &same[entry.field as usize], at);
            level.household = blended(prior.levels[at].household, &household[entry.field as usize], at);
        }
    }
    model.version = format!("{}+labels", model.version);
    model
}

/// Agreement among strangers, from random pairs.
fn fit_strangers(model: &mut Model, sample: &Sample) {
    for entry in &mut model.fields {
        let counts = &sample.random[entry.field as usize];
        let compared: f64 = counts.iter().skip(1).sum();
        if entry.field == Field::NameOrder || compared == 0.0 {
            continue;
        }
        // Of sources nothing is known beforehand.
        let prior_pairs = if entry.field == Field::Source { 1.0 } else { PRIOR_RANDOM_PAIRS };
        // Sharing a private value by chance is too rare to be measured on a sample.
        let is_private = is_private(entry.field);
        let measured = entry
            .levels
            .iter_mut()
            .zip(&counts[1..])
            .filter(|(level, _)| !is_private || !level.name.starts_with("exact"));
        for (level, count) in measured {
            level.stranger = (level.stranger * prior_pairs + *count) / (prior_pairs + compared);
        }
        if entry.field == Field::Source {
            entry.levels.iter_mut().for_each(|level| (level.same, level.household) = (level.stranger, level.stranger));
        }
    }
}

/// Agreement among records of one person, by expectation maximisation.
fn maximise(model: &mut Model, sample: &Sample) -> (usize, bool) {
    let start = model.clone();
    for round in 1..=ROUNDS_MAX {
        let weights = Weights::new(model);
        let mut sums = [vec![[0.0f64; 16]; FIELDS.len()], vec![[0.0f64; 16]; FIELDS.len()]];
        let mut totals = [0.0; 2];
        for (pattern, sides) in &sample.patterns {
            let expected = pattern.probabilities(&weights).map(|probability| probability * *sides as f64);
            for (kind, expected) in expected.into_iter().enumerate() {
                totals[kind] += expected;
                add(&mut sums[kind], pattern, expected);
            }
        }
        let records = PRIOR_RECORDS + sample.records as f64;
        model.duplicates_per_record = (start.duplicates_per_record * PRIOR_RECORDS + totals[0]) / records;
        model.household_per_record = (start.household_per_record * PRIOR_RECORDS + totals[1]) / records;
        let change = update(model, &start, &sums);
        if change < CHANGE_MAX {
            return (round, true);
        }
    }
    (ROUNDS_MAX, false)
}

/// A field learns only from pairs that were found without it; those found by it agree on it of necessity.
fn add(sums: &mut [[f64; 16]], pattern: &Pattern, expected: f64) {
    for field in FIELDS {
        let level = pattern.levels[field as usize];
        if level > 0 && pattern.found_without & (1 << field as u32) != 0 {
            sums[field as usize][usize::from(level) & 15] += expected;
        }
    }
}

fn update(model: &mut Model, start: &Model, [same, household]: &[Vec<[f64; 16]>; 2]) -> f64 {
    let mut change: f64 = 0.0;
    for (entry, prior) in model.fields.iter_mut().zip(&start.fields).filter(|entry| entry.0.field != Field::NameOrder) {
        let same = Counts::new(&same[entry.field as usize]);
        let household = is_shared_at_home(entry.field).then(|| Counts::new(&household[entry.field as usize]));
        for (at, (level, prior)) in entry.levels.iter_mut().zip(&prior.levels).enumerate() {
            let fitted = same.blended(at, prior.same);
            change = change.max((fitted - level.same).abs());
            level.same = fitted;
            if let Some(household) = &household {
                level.household = household.blended(at, prior.household);
            }
        }
    }
    change
}

/// What people of one household have in common is written down with the same slips as what one person says twice, so it
/// is estimated as well. What tells them apart is what makes them a household of several, and stays as it is.
fn is_shared_at_home(field: Field) -> bool {
    matches!(field, Field::Family | Field::Address | Field::Phone | Field::Email | Field::Identifier | Field::Country)
}

/// How often each level of one field is expected, with what the starting model says of it.
struct Counts<'a> {
    counts: &'a [f64; 16],
    total: f64,
}

impl<'a> Counts<'a> {
    fn new(counts: &'a [f64; 16]) -> Self {
        Counts { counts, total: counts.iter().sum() }
    }

    fn blended(&self, at: usize, prior: f64) -> f64 {
        let prior_pairs = PRIOR_PAIRS + PRIOR_SHARE * self.total;
        (prior * prior_pairs + self.counts[at + 1]) / (prior_pairs + self.total)
    }
}

#[cfg(test)]
mod adversarial;
#[cfg(test)]
mod tests;
