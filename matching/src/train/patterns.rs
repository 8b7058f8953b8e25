//! Comparison patterns of sampled pairs.

use crate::compare::{FIELDS, Field, Outcomes};
use crate::features::Features;
use crate::hash::mix;
use crate::index::{Index, pair_of};
use crate::keys::{self, Rule};
use crate::model::Weights;
use crate::score;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// Records whose candidates are looked at.
const RECORDS_MAX: usize = 20_000;

/// Every field as a bit.
const ALL_FIELDS: u32 = (1 << FIELDS.len()) - 1;

/// Random pairs looked at, at most.
const RANDOM_PAIRS_MAX: usize = 400_000;

/// Random pairs a record. In a small table more would find duplicates that nobody recognises among the strangers.
const RANDOM_PAIRS_PER_RECORD: usize = 50;

/// One way in which two records can compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern {
    pub levels: [u8; FIELDS.len()],
    /// How frequent the given and the family name are, as whole log2 shares.
    pub shares: [i8; 2],
    /// The fields without which the pair would have been found as well, as bits.
    pub found_without: u32,
}

impl Pattern {
    fn new(outcomes: &Outcomes, found_without: u32) -> Self {
        let share = |field: Field| outcomes[field as usize].stranger.round().clamp(-40.0, 0.0) as i8;
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
#[derive(Debug)]
pub(super) struct Sample {
    /// How many records were looked at.
    pub records: usize,
    /// For each pattern how many sides of pairs showed it.
    pub patterns: BTreeMap<Pattern, u64>,
    pub random: Vec<[f64; 16]>,
    pub random_pairs: u64,
}

impl Sample {
    /// Draws from all candidate pairs of an index.
    pub(super) fn draw(index: &Index, pairs: &[u64]) -> Self {
        let order = by_content(index);
        let sampled = sampled(&order);
        let mut is_sampled = vec![false; order.iter().map(|entry| entry.1 as usize + 1).max().unwrap_or(0)];
        sampled.iter().for_each(|entry| is_sampled[entry.1 as usize] = true);
        let sides = |a: u32, b: u32| u64::from(is_sampled[a as usize]) + u64::from(is_sampled[b as usize]);
        let is_listed = |&(a, b): &(u32, u32)| index.is_listed(a) && index.is_listed(b);
        let patterns = pairs
            .par_iter()
            .map(|packed| pair_of(*packed))
            .filter(is_listed)
            .filter(|&(a, b)| sides(a, b) > 0)
            .filter_map(|(a, b)| Some((pattern(index.features(a)?, index.features(b)?, index), sides(a, b))))
            .fold(BTreeMap::new, add)
            .reduce(BTreeMap::new, |left, right| right.into_iter().fold(left, add));
        let (random, random_pairs) = random(index, &order);
        Sample { records: sampled.len(), patterns, random, random_pairs }
    }
}

/// Ids by content, so that the same set of records gives the same sample in whatever order it came.
fn by_content(index: &Index) -> Vec<(u64, u32)> {
    // The many copies of one record say the same thing over and over.
    let ids = index.ids().into_par_iter().filter(|id| index.is_listed(*id));
    let mut order: Vec<(u64, u32)> = ids.filter_map(|id| Some((index.features(id)?.content(), id))).collect();
    order.par_sort_unstable();
    order
}

/// The records whose pairs are looked at; of equal records either all or none.
fn sampled(order: &[(u64, u32)]) -> &[(u64, u32)] {
    match order.get(RECORDS_MAX) {
        Some(next) => &order[..order.partition_point(|entry| entry.0 < next.0)],
        None => order,
    }
}

/// All candidate pairs in which a sampled record stands, from an index that looks candidates up.
pub(super) fn pairs_of_sample(index: &Index) -> Vec<u64> {
    let order = by_content(index);
    let of_one = |&(_, id): &(u64, u32)| {
        let others = index.features(id).map(|features| index.candidates(id, features)).unwrap_or_default();
        others.into_iter().map(move |other| u64::from(id.min(other)) << 32 | u64::from(id.max(other)))
    };
    let mut pairs: Vec<u64> = sampled(&order).par_iter().flat_map_iter(of_one).collect();
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs
}

fn add(mut patterns: BTreeMap<Pattern, u64>, (pattern, sides): (Pattern, u64)) -> BTreeMap<Pattern, u64> {
    *patterns.entry(pattern).or_default() += sides;
    patterns
}

fn pattern(a: &Features, b: &Features, index: &Index) -> Pattern {
    // Where everything is compared, no field was needed to find a pair.
    if index.compares_all(0) {
        return Pattern::new(&index.outcomes(a, b), ALL_FIELDS);
    }
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    let reach = index.model().reach;
    keys::keys(a.view(), reach, &mut own);
    keys::keys(b.view(), reach, &mut theirs);
    Pattern::new(&index.outcomes(a, b), found_without(&own, &theirs))
}

/// The fields that some shared key does not rest on.
fn found_without(own: &[u64], theirs: &[u64]) -> u32 {
    let shared = own.iter().filter(|key| theirs.binary_search(key).is_ok());
    shared.fold(0, |fields, key| fields | (ALL_FIELDS & !rests_on(keys::rule_of(*key))))
}

fn rests_on(rule: Rule) -> u32 {
    let bits = |fields: &[Field]| fields.iter().fold(0u32, |bits, field| bits | 1 << *field as u32);
    match rule {
        Rule::Email | Rule::Mailbox | Rule::MailboxStart | Rule::MailboxEnd => bits(&[Field::Email]),
        Rule::Phone | Rule::PhoneStart | Rule::PhoneEnd => bits(&[Field::Phone]),
        Rule::Identifier | Rule::IdentifierStart | Rule::IdentifierEnd => bits(&[Field::Identifier]),
        Rule::Address | Rule::House | Rule::HousePostcode | Rule::Postcode => bits(&[Field::Address]),
        Rule::GivenBirthPlace => bits(&[Field::Given, Field::BirthPlace]),
        Rule::SoundBirthPlace => bits(&[Field::Family, Field::BirthPlace]),
        Rule::Birth => bits(&[Field::Birth]),
        Rule::Given => bits(&[Field::Given]),
        Rule::Family => bits(&[Field::Family]),
        Rule::Name | Rule::Sound => bits(&[Field::Given, Field::Family]),
        Rule::NameYear => bits(&[Field::Given, Field::Family, Field::Birth]),
        Rule::NamePostcode | Rule::SoundPostcode | Rule::NameCity | Rule::SoundCity | Rule::NameStreet => {
            bits(&[Field::Given, Field::Family, Field::Address])
        }
        Rule::FamilyPostcode => bits(&[Field::Family, Field::Address]),
        Rule::StreetSound => bits(&[Field::Family, Field::Address]),
        Rule::GivenPostcode | Rule::GivenCity | Rule::StreetGiven => bits(&[Field::Given, Field::Address]),
        Rule::GivenBirth | Rule::GivenYear | Rule::GivenBirthday => bits(&[Field::Given, Field::Birth]),
        Rule::SoundBirth | Rule::SoundYear | Rule::SoundBirthday => bits(&[Field::Family, Field::Birth]),
        Rule::BirthPostcode | Rule::BirthCity | Rule::YearCity | Rule::BirthdayCity | Rule::StreetYear => {
            bits(&[Field::Birth, Field::Address])
        }
    }
}

fn random(index: &Index, order: &[(u64, u32)]) -> (Vec<[f64; 16]>, u64) {
    let mut counts = vec![[0.0f64; 16]; FIELDS.len()];
    if order.len() < 2 {
        return (counts, 0);
    }
    let pick = |seed: u64, at: u64| (mix(seed, at, 0) % order.len() as u64) as usize;
    let draws = RANDOM_PAIRS_MAX.min(order.len() * RANDOM_PAIRS_PER_RECORD.min(order.len() / 2));
    let pairs: Vec<(usize, usize)> =
        (0..draws as u64).map(|at| (pick(11, at), pick(12, at))).filter(|(a, b)| a != b).collect();
    let outcomes: Vec<Outcomes> = pairs
        .par_iter()
        .filter_map(|&(a, b)| Some(index.outcomes(index.features(order[a].1)?, index.features(order[b].1)?)))
        .collect();
    for outcome in &outcomes {
        let [same, household] = score::sum(index.weights(), outcome).probabilities();
        for field in FIELDS {
            counts[field as usize][usize::from(outcome[field as usize].level) & 15] += 1.0 - same - household;
        }
    }
    (counts, outcomes.len() as u64)
}
