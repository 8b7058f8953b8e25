//! Adds up what the fields say.

use crate::compare::{Outcomes, Probe, compare};
use crate::features::View;
use crate::model::Weights;

/// Running sums of the three hypotheses as log2 probabilities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sum {
    same: f32,
    household: f32,
    stranger: f32,
}

impl Sum {
    pub(crate) fn prior(weights: &Weights) -> Self {
        Sum { same: weights.same_prior, household: weights.household_prior, stranger: 0.0 }
    }

    pub(crate) fn add(&mut self, outcome: &crate::compare::Outcome) {
        self.same += outcome.same;
        self.household += outcome.household;
        self.stranger += outcome.stranger;
    }

    /// The probabilities of one person and of two people of one household.
    pub(crate) fn probabilities(self) -> [f64; 2] {
        let highest = self.same.max(self.household).max(self.stranger);
        let [same, household, stranger] =
            [self.same, self.household, self.stranger].map(|sum| f64::from(sum - highest).exp2());
        let total = same + household + stranger;
        [same / total, household / total]
    }

    /// Log2 of how much likelier two of one household, and strangers, are than one person.
    pub(crate) fn odds(self) -> [f32; 2] {
        [self.household - self.same, self.stranger - self.same]
    }

    /// Log2 of the odds of one person against the two others together.
    pub(crate) fn weight(self) -> f32 {
        let (high, low) = (self.household.max(self.stranger), self.household.min(self.stranger));
        self.same - high - (1.0 + (low - high).exp2()).log2()
    }
}

/// The weight of a pair.
pub(crate) fn weigh(weights: &Weights, probe: &Probe<'_>, other: View<'_>) -> f32 {
    total(weights, &compare(weights, probe, other))
}

pub(crate) fn total(weights: &Weights, outcomes: &Outcomes) -> f32 {
    sum(weights, outcomes).weight()
}

pub(crate) fn sum(weights: &Weights, outcomes: &Outcomes) -> Sum {
    let mut sum = Sum::prior(weights);
    for outcome in outcomes {
        sum.add(outcome);
    }
    sum
}
