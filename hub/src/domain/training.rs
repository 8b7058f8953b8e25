//! A model fitted to the hub's own records, and how it differs from the one in force.

use matching::{Fit, Index, Model};
use serde::Serialize;
use std::sync::Arc;

/// Pairs of records that stewards have judged: true where the two are one person.
pub type Labels = Vec<(u32, u32, bool)>;

/// A fitted model and what it was fitted to.
#[derive(Clone, Debug)]
pub struct Trained {
    pub model: Model,
    pub fit: Fit,
    /// Judged pairs that it learned from: of one person, and of two.
    pub labels_same: usize,
    pub labels_different: usize,
}

/// Why a fitted model should not come into force.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TrainingError {
    #[error("the fitted model cannot be used: {0}")]
    Nonsense(#[from] matching::ModelError),
    #[error("the estimate had not settled after {rounds} rounds; --activate --force takes it as it is")]
    Unsettled { rounds: usize },
}

/// What one comparison level says in both models.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LevelChange {
    pub field: &'static str,
    pub level: String,
    pub old: Evidence,
    pub new: Evidence,
}

/// Three probabilities, and what they weigh as log2 of their ratios.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Evidence {
    /// Among pairs of one person (m).
    pub same: f64,
    pub household: f64,
    /// Among pairs of strangers (u).
    pub stranger: f64,
    /// For one person against strangers.
    pub weight: f64,
    /// For two people of one household against strangers.
    pub household_weight: f64,
}

/// Fits frequencies, u and m to the records of an index, and then to what stewards have judged.
///
/// It begins with the shipped model, so that fitting twice gives the same and not twice the change; where the three
/// outcomes part stays what it is in `in_force`.
pub fn train(mut index: Index, in_force: &Model, labels: &Labels) -> Trained {
    let start = Model { thresholds: in_force.thresholds, compare_all_max: 0, ..Model::default() };
    let features: Vec<_> = index.ids().into_iter().filter_map(|id| index.features(id).cloned()).collect();
    let counted = matching::fit_frequencies(&start, &features);
    drop(features);
    index.set_model(Arc::new(counted));
    let (mut model, fit) = matching::fit(&index);
    if !labels.is_empty() {
        index.set_model(Arc::new(model));
        model = matching::fit_labels(&index, labels);
    }
    let labels_same = labels.iter().filter(|(_, _, same)| *same).count();
    Trained { model, fit, labels_same, labels_different: labels.len() - labels_same }
}

impl Trained {
    /// Whether the model may come into force; `force` takes an estimate that has not settled.
    pub fn check(&self, force: bool) -> Result<(), TrainingError> {
        self.model.check()?;
        match self.fit.converged || force {
            true => Ok(()),
            false => Err(TrainingError::Unsettled { rounds: self.fit.rounds }),
        }
    }
}

/// Every level of both models, in the order in which fields are compared.
pub fn differences(old: &Model, new: &Model) -> Vec<LevelChange> {
    let mut changes = Vec::new();
    for entry in &new.fields {
        let Some(before) = old.fields.iter().find(|other| other.field == entry.field) else { continue };
        changes.extend(before.levels.iter().zip(&entry.levels).map(|(old, new)| LevelChange {
            field: entry.field.name(),
            level: new.name.clone(),
            old: Evidence::of(old),
            new: Evidence::of(new),
        }));
    }
    changes
}

impl Evidence {
    fn of(level: &matching::Level) -> Evidence {
        let (same, household, stranger) = (level.same, level.household, level.stranger);
        let weight = (same / stranger).log2();
        Evidence { same, household, stranger, weight, household_weight: (household / stranger).log2() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use matching::{Name, Person, standardise};

    /// Everybody twice, letter for letter; the second of every eighth was born on another day.
    fn index() -> Index {
        let person = |n: u32| {
            let person = n / 2;
            let slip = u32::from(n % 2 == 1 && person.is_multiple_of(8));
            let word =
                |seed: u32| -> String { (0..4).map(|at| char::from(b'a' + ((seed >> (at * 4)) % 16) as u8)).collect() };
            let name =
                Name { given: Some(word(person * 7919)), family: Some(word(person * 104_729)), ..Name::default() };
            let birth_date = format!("{}-{:02}-{:02}", 1940 + person % 60, 1 + person % 12, 1 + person % 25 + slip * 2);
            standardise(&Person { names: vec![name], birth_date: Some(birth_date), ..Person::default() })
        };
        let mut index = Index::new(Arc::default());
        index.update(&[], (0..800).map(|n| (n, person(n))).collect());
        index
    }

    #[test]
    fn training_is_repeatable_and_sound() {
        let once = train(index(), &Model::default(), &Vec::new());
        assert_eq!(once.model.check(), Ok(()));
        let twice = train(index(), &once.model, &Vec::new());
        assert_eq!(once.model, twice.model, "what is in force already does not matter");
        assert_ne!(once.model, Model::default());
    }

    #[test]
    fn an_estimate_that_has_not_settled_is_refused_unless_forced() {
        let mut trained = train(index(), &Model::default(), &Vec::new());
        assert_eq!((trained.fit.converged, trained.check(false)), (true, Ok(())));
        trained.fit.converged = false;
        assert_eq!(trained.check(false), Err(TrainingError::Unsettled { rounds: trained.fit.rounds }));
        assert_eq!(trained.check(true), Ok(()));
        trained.model.population = f64::NAN;
        assert!(matches!(trained.check(true), Err(TrainingError::Nonsense(_))));
    }

    #[test]
    fn labels_teach_and_every_level_is_told() {
        let labels: Labels = (0..400).map(|n| (n * 2, n * 2 + 1, true)).chain([(0, 9, false)]).collect();
        let (plain, taught) =
            (train(index(), &Model::default(), &Vec::new()), train(index(), &Model::default(), &labels));
        assert_eq!((taught.labels_same, taught.labels_different), (400, 1));
        let levels: usize = plain.model.fields.iter().map(|entry| entry.levels.len()).sum();
        let told = differences(&plain.model, &taught.model);
        assert_eq!(told.len(), levels);
        assert!(told.iter().any(|change| change.old.same != change.new.same));
        assert!(told.iter().all(|change| change.new.weight.is_finite() && change.new.household_weight.is_finite()));
    }
}
