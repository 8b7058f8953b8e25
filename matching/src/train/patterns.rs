//! Comparison patterns of sampled pairs.

use crate::compare::{FIELDS, Field, Outcomes};
use crate::features::Features;
use crate::hash::mix;
use crate::index::Index;
use crate::keys::{self, Rule};
use crate::model::Weights;
use crate::score;
use rayon::prelude::*;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// Records whose candidates are looked at.
const RECORDS_MAX: usize = 20_000;

/// Random pairs looked at.
const RANDOM_PAIRS: usize = 60_000;

/// One way in which two records can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    pub levels: [u8; FIELDS.len()],
    /// How frequent the given and the family name are, as whole log2 shares.
    pub shares: [i8; 2],
    /// The fields without which the pair would have been found as well, as bits.
    pub found_without: u16,
}

impl Pattern {
    fn new(outcomes: &Outcomes, found_without: u16) -> Self {
        let share =
            |field: Field| outcomes[field as usize].stranger.round().clamp(-40.0, 0.0) as i8;
        Pattern {
            levels: outcomes.map(|outcome| outcome.level),
            shares: [share(Field::Given), share(Field::Family)],
            found_without,
        }
    }

    /// How probable it is that such a pair is one person, and that it is two of one household.
    pub(super) fn probabilities(&self, weights: &Weights) -> [f64; 2] {
        let mut outcomes = FIELDS.map(|field| match self.levels[field as usize] {
            0 => crate::compare::Outcome::NULL,
            level => weights.outcome(field, level),
        });
        for (field, share) in [Field::Given, Field::Family].into_iter().zip(self.shares) {
            if outcomes[field as usize].level > 0 {
                outcomes[field as usize].stranger = f32::from(share);
            }
        }
        score::sum(weights, &outcomes).probabilities()
    }
}

/// What was drawn from an index.
pub(super) struct Sample {
    /// How many records were looked at.
    pub records: usize,
    /// For each pattern how many sides of pairs showed it.
    pub patterns: BTreeMap<Pattern, u64>,
    pub random: Vec<[f64; 16]>,
    pub random_pairs: u64,
}

impl Sample {
    /// Draws by content, so that the same set of records gives the same sample in whatever order it came.
    pub(super) fn draw(index: &Index) -> Self {
        let mut order: Vec<(u64, u32)> = index
            .ids()
            .into_par_iter()
            .filter_map(|id| Some((content(index.features(id)?), id)))
            .collect();
        order.par_sort_unstable();
        let sampled = &order[..order.len().min(RECORDS_MAX)];
        let last = sampled.last().map_or(0, |entry| entry.0);
        let found: Vec<Vec<(Pattern, u64)>> = sampled
            .par_iter()
            .map(|&(hash, id)| candidates(index, hash, last, id))
            .collect();
        let mut patterns = BTreeMap::new();
        for (pattern, sides) in found.into_iter().flatten() {
            *patterns.entry(pattern).or_default() += sides;
        }
        let (random, random_pairs) = random(index, &order);
        Sample {
            records: sampled.len(),
            patterns,
            random,
            random_pairs,
        }
    }
}

fn content(features: &Features) -> u64 {
    xxh3_64(&features.0)
}

/// Patterns of a record with its candidates, each pair once, with the number of its sides that are in the sample.
fn candidates(index: &Index, hash: u64, last: u64, id: u32) -> Vec<(Pattern, u64)> {
    let Some(features) = index.features(id) else {
        return Vec::new();
    };
    let mut own = Vec::new();
    keys::keys(features.view(), &mut own);
    let mut theirs = Vec::new();
    let others = index.candidates(features.view(), 0, |other| other != id);
    let patterns = others.into_iter().filter_map(|other| {
        let other = index.features(other)?;
        let sides = match content(other) {
            content if content < hash => return None,
            content if content <= last => 2,
            _ => 1,
        };
        keys::keys(other.view(), &mut theirs);
        Some((
            Pattern::new(
                &index.outcomes(features, other),
                found_without(&own, &theirs),
            ),
            sides,
        ))
    });
    patterns.collect()
}

/// The fields that some shared key does not rest on.
fn found_without(own: &[u64], theirs: &[u64]) -> u16 {
    let all = (1u16 << FIELDS.len()) - 1;
    let shared = own.iter().filter(|key| theirs.binary_search(key).is_ok());
    shared.fold(0, |fields, key| {
        fields | (all & !rests_on(keys::rule_of(*key)))
    })
}

fn rests_on(rule: Rule) -> u16 {
    let bits = |fields: &[Field]| {
        fields
            .iter()
            .fold(0u16, |bits, field| bits | 1 << *field as u16)
    };
    match rule {
        Rule::Email | Rule::Mailbox | Rule::MailboxStart | Rule::MailboxEnd => {
            bits(&[Field::Email])
        }
        Rule::Phone => bits(&[Field::Phone]),
        Rule::Identifier => bits(&[Field::Identifier]),
        Rule::Address => bits(&[Field::Address]),
        Rule::Family => bits(&[Field::Family]),
        Rule::Name | Rule::Sound => bits(&[Field::Given, Field::Family]),
        Rule::NameYear => bits(&[Field::Given, Field::Family, Field::Birth]),
        Rule::NamePostcode
        | Rule::SoundPostcode
        | Rule::NameCity
        | Rule::SoundCity
        | Rule::NameStreet => bits(&[Field::Given, Field::Family, Field::Address]),
        Rule::FamilyPostcode => bits(&[Field::Family, Field::Address]),
        Rule::GivenPostcode => bits(&[Field::Given, Field::Address]),
        Rule::GivenBirth => bits(&[Field::Given, Field::Birth]),
        Rule::SoundBirth => bits(&[Field::Family, Field::Birth]),
        Rule::BirthPostcode | Rule::BirthCity | Rule::YearCity => bits(&[Field::Birth, Field::Address]),
    }
}

fn random(index: &Index, order: &[(u64, u32)]) -> (Vec<[f64; 16]>, u64) {
    let mut counts = vec![[0.0f64; 16]; FIELDS.len()];
    if order.len() < 2 {
        return (counts, 0);
    }
    let pick = |seed: u64, at: u64| (mix(seed, at, 0) % order.len() as u64) as usize;
    let pairs: Vec<(usize, usize)> = (0..RANDOM_PAIRS as u64)
        .map(|at| (pick(11, at), pick(12, at)))
        .filter(|(a, b)| a != b)
        .collect();
    let outcomes: Vec<Outcomes> = pairs
        .par_iter()
        .filter_map(|&(a, b)| {
            Some(index.outcomes(index.features(order[a].1)?, index.features(order[b].1)?))
        })
        .collect();
    for outcome in &outcomes {
        let [same, household] = score::sum(index.weights(), outcome).probabilities();
        for field in FIELDS {
            counts[field as usize][usize::from(outcome[field as usize].level) & 15] +=
                1.0 - same - household;
        }
    }
    (counts, outcomes.len() as u64)
}
