//! What agreement and disagreement are worth.
//!
//! A pair is weighed under three hypotheses: one person, two people of one household, strangers. The
//! household is what makes address, family name, shared phone and shared e-mail hang together; with a
//! hypothesis of its own for it, agreement on all four is not counted four times.

mod check;
mod shipped;
mod weights;

pub use check::ModelError;
pub(crate) use weights::Weights;

use crate::compare::Field;
use crate::keys::Reach;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A model: probabilities of every comparison level, priors, frequencies and thresholds.
///
/// [`Model::default`] is the shipped one, which works from the first record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Names this model; stored with every decision made under it.
    pub version: String,
    /// How many records the population is taken to hold; the rarer a chance agreement, the more it proves.
    pub population: f64,
    /// Of a record, how many others in the population are the same person.
    pub duplicates_per_record: f64,
    /// Of a record, how many others in the population belong to other people of its household.
    pub household_per_record: f64,
    /// Up to so many records are all candidates of each other, so that no blocking rule can miss a pair; beyond that,
    /// blocking rules find the candidates. For tables: a population that grows would lose links as it passes the limit.
    pub compare_all_max: usize,
    /// Which blocking rules find candidates beyond that.
    pub reach: Reach,
    /// Where the three outcomes part.
    pub thresholds: Thresholds,
    /// Comparison levels of each field, the worst last; level 0, a missing value, is not listed.
    pub fields: Vec<FieldModel>,
    /// How frequent single names are.
    pub names: NameFrequencies,
}

/// Where the three outcomes part, as log2 of the odds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// From here on two records are held to be one person.
    pub link: f32,
    /// From here on a steward is asked.
    pub review: f32,
    /// Below this a pair is not kept at all.
    pub floor: f32,
}

impl Thresholds {
    /// The thresholds with the least expected cost, where a wrong merge is as bad as so many missed duplicates, and a review
    /// costs this share of a missed duplicate.
    ///
    /// Joining a pair of probability p costs `(1 - p) * wrong_merge`, leaving it apart costs `p`. The two are equal at odds
    /// of `wrong_merge` to one; around that point a review is cheaper than either. Both costs must be positive.
    ///
    /// ```
    /// let careful = matching::Thresholds::for_costs(16.0, 0.2);
    /// assert_eq!((careful.link, careful.review), (4.0, -2.0));
    /// ```
    pub fn for_costs(wrong_merge: f32, review: f32) -> Self {
        let review_odds = review / (1.0 - review.min(0.999));
        let link = wrong_merge.log2();
        let review = review_odds.log2().min(link);
        Thresholds { link, review, floor: review.min(link - 2.0) - 1.0 }
    }

    /// The probability that stands for a weight.
    pub fn probability(weight: f32) -> f32 {
        1.0 / (1.0 + (-weight).exp2())
    }
}

/// All levels of one field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldModel {
    /// The field.
    pub field: Field,
    /// Its levels, from the strongest agreement to difference.
    pub levels: Vec<Level>,
}

/// One comparison level: how often it is seen among pairs of each kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// What the level is called in explanations.
    pub name: String,
    /// Probability among pairs of one person (m).
    pub same: f64,
    /// Probability among pairs of two people of one household.
    pub household: f64,
    /// Probability among pairs of strangers (u).
    pub stranger: f64,
}

/// How frequent single names are, by hash of the standardised name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameFrequencies {
    /// Share of people with a given name.
    pub given: BTreeMap<u32, f32>,
    /// Share of people with a family name.
    pub family: BTreeMap<u32, f32>,
    /// Share assumed for a given name that is not listed.
    pub given_otherwise: f32,
    /// Share assumed for a family name that is not listed.
    pub family_otherwise: f32,
}

impl Default for Model {
    fn default() -> Self {
        shipped::model()
    }
}
