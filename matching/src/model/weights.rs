//! A model made ready for scoring: logarithms taken, tables flat.

use super::Model;
use crate::compare::{FIELDS, Field, Outcome};
use foldhash::fast::FixedState;
use std::collections::HashMap;

const LEVELS_MAX: usize = 16;

/// Log2 probabilities by field and level, priors and name frequencies.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    levels: [[Outcome; LEVELS_MAX]; FIELDS.len()],
    pub same_prior: f32,
    pub household_prior: f32,
    given: HashMap<u32, f32, FixedState>,
    family: HashMap<u32, f32, FixedState>,
    given_otherwise: f32,
    family_otherwise: f32,
}

impl Weights {
    pub(crate) fn new(model: &Model) -> Self {
        let mut levels = [[Outcome::NULL; LEVELS_MAX]; FIELDS.len()];
        for field in &model.fields {
            for (slot, level) in levels[field.field as usize].iter_mut().skip(1).zip(&field.levels) {
                *slot = Outcome {
                    level: 0,
                    same: log2(level.same),
                    household: log2(level.household),
                    stranger: log2(level.stranger),
                };
            }
        }
        Weights {
            levels,
            same_prior: log2(model.duplicates_per_record / model.population),
            household_prior: log2(model.household_per_record / model.population),
            given: model.names.given.iter().map(|(hash, share)| (*hash, share_log2(*share))).collect(),
            family: model.names.family.iter().map(|(hash, share)| (*hash, share_log2(*share))).collect(),
            given_otherwise: share_log2(model.names.given_otherwise),
            family_otherwise: share_log2(model.names.family_otherwise),
        }
    }

    /// What a level of a field says, before any frequency of the value.
    pub(crate) fn outcome(&self, field: Field, level: u8) -> Outcome {
        let level_index = usize::from(level).min(LEVELS_MAX - 1);
        Outcome { level, ..self.levels[field as usize][level_index] }
    }

    /// A level of the given name. Agreement on a frequent name is likelier among strangers.
    pub(crate) fn given(&self, level: u8, a: u32, b: u32) -> Outcome {
        use crate::compare::given_levels as given;
        let plain = self.outcome(Field::Given, level);
        let share = |hash: u32| self.given.get(&hash).copied().unwrap_or(self.given_otherwise);
        let stranger = match level {
            given::EXACT | given::BY_MIDDLE => share(a),
            given::NICKNAME | given::TYPO | given::SIMILAR => plain.stranger.max(share(a).max(share(b)) - 2.0),
            _ => plain.stranger,
        };
        Outcome { stranger, ..plain }
    }

    /// A level of the family name, likewise.
    pub(crate) fn family(&self, level: u8, a: u32, b: u32) -> Outcome {
        use crate::compare::family_levels as family;
        let plain = self.outcome(Field::Family, level);
        let share = |hash: u32| self.family.get(&hash).copied().unwrap_or(self.family_otherwise);
        let stranger = match level {
            family::EXACT | family::PART => share(a).max(share(b)),
            family::TYPO | family::SIMILAR => plain.stranger.max(share(a).max(share(b)) - 2.0),
            _ => plain.stranger,
        };
        Outcome { stranger, ..plain }
    }
}

/// A share of zero would outweigh everything else, so there is a smallest one.
fn share_log2(share: f32) -> f32 {
    share.max(1e-12).log2()
}

fn log2(probability: f64) -> f32 {
    probability.max(1e-12).log2() as f32
}
