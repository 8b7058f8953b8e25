//! Why two records weigh what they weigh.

mod group;
mod text;
mod waterfall;

pub use group::{Bridge, ClusterExplanation, Link};

use crate::compare::{FIELDS, Field, Outcomes};
use crate::features::View;
use crate::model::{Model, Thresholds, Weights};
use crate::score::Sum;
use serde::{Deserialize, Serialize};

/// The three outcomes of weighing a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Held to be one person.
    Same,
    /// A steward should look.
    Perhaps,
    /// Held to be two people.
    Different,
}

/// Why two records weigh what they weigh, field by field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Explanation {
    /// The model that weighed.
    pub model: String,
    /// Log2 of the prior odds, before any field is looked at.
    pub prior: f32,
    /// One line for each field that both records state.
    pub lines: Vec<Line>,
    /// Log2 of the odds that the two are one person.
    pub weight: f32,
    /// The same as a probability.
    pub probability: f32,
    /// What follows from it.
    pub verdict: Verdict,
}

/// What one field says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// The field.
    pub field: Field,
    /// The comparison level that was reached.
    pub level: String,
    /// The values of the first record, standardised.
    pub left: String,
    /// The values of the second record, standardised.
    pub right: String,
    /// What the field adds to the weight, given the fields before it.
    pub weight: f32,
    /// The weight after this field.
    pub running_total: f32,
    /// How probable this level is for two records of one person.
    pub m: f32,
    /// How probable it is for two people of one household.
    pub household: f32,
    /// How probable it is for strangers.
    pub u: f32,
    /// Whether the verdict would be another one without this field.
    pub decides: bool,
}

impl Thresholds {
    /// The outcome that a weight leads to.
    pub fn verdict(&self, weight: f32) -> Verdict {
        match weight {
            weight if weight >= self.link => Verdict::Same,
            weight if weight >= self.review => Verdict::Perhaps,
            _ => Verdict::Different,
        }
    }
}

pub(crate) fn explanation(
    model: &Model,
    weights: &Weights,
    a: View<'_>,
    b: View<'_>,
    outcomes: &Outcomes,
) -> Explanation {
    let weight = crate::score::total(weights, outcomes);
    let verdict = model.thresholds.verdict(weight);
    let mut sum = Sum::prior(weights);
    let mut lines = Vec::new();
    for field in FIELDS {
        let outcome = outcomes[field as usize];
        if outcome.level == 0 {
            continue;
        }
        let before = sum.weight();
        sum.add(&outcome);
        lines.push(Line {
            field,
            level: level_name(model, field, outcome.level),
            left: text::values(field, a),
            right: text::values(field, b),
            weight: sum.weight() - before,
            running_total: sum.weight(),
            m: outcome.same.exp2(),
            household: outcome.household.exp2(),
            u: outcome.stranger.exp2(),
            decides: model.thresholds.verdict(without(weights, outcomes, field)) != verdict,
        });
    }
    Explanation {
        model: model.version.clone(),
        prior: Sum::prior(weights).weight(),
        lines,
        weight,
        probability: Thresholds::probability(weight),
        verdict,
    }
}

fn without(weights: &Weights, outcomes: &Outcomes, field: Field) -> f32 {
    let mut reduced = *outcomes;
    reduced[field as usize] = crate::compare::Outcome::NULL;
    crate::score::total(weights, &reduced)
}

fn level_name(model: &Model, field: Field, level: u8) -> String {
    let levels = model.fields.iter().find(|entry| entry.field == field).map(|entry| &entry.levels);
    let level = levels.and_then(|levels| levels.get(usize::from(level) - 1));
    level.map_or_else(String::new, |level| level.name.clone())
}
