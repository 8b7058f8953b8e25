//! The same candidates and carriers as the index finds, by sorting instead of looking up.
//!
//! For a whole table this is several times quicker than filling hash tables, and needs less memory.

use super::blocks::{self, people_class};
use super::copies::{Copies, LISTED_MAX, alike, by_content};
use super::is_oversized;
use crate::compare::{Carriers, GENERIC};
use crate::features::Features;
use crate::keys::{self, Reach, is_value, rule_of};
use foldhash::fast::FixedState;
use rayon::prelude::*;
use std::collections::HashMap;

const SHARDS: usize = 64;
const CHUNK_RECORDS: usize = 32_768;

/// A key in two halves and the record that carries it.
type Entry = [u32; 3];

/// How widely shared values are, for those known of more than one person.
pub(super) type People = HashMap<u64, Carriers, FixedState>;

/// A pair of candidates, lower id first, in one number that sorts by both.
pub(crate) fn pair_of(packed: u64) -> (u32, u32) {
    ((packed >> 32) as u32, packed as u32)
}

fn pack(a: u32, b: u32) -> u64 {
    u64::from(a) << 32 | u64::from(b)
}

/// The pairs of one shard and the classes of its values.
type Shared = (Vec<u64>, Vec<(u64, Carriers)>);

/// What is known of a whole table.
pub(super) struct Gathered {
    /// All candidate pairs, sorted.
    pub(super) pairs: Vec<u64>,
    pub(super) people: People,
    pub(super) copies: Copies,
}

/// Finds all candidate pairs, and how widely values are shared.
pub(super) fn gather(features: &[Option<Features>], reach: Reach) -> Gathered {
    let order = by_content(features.par_iter().map(Option::as_ref));
    let (between_copies, copies) = (between_copies(&order), Copies::of_table(&order));
    drop(order);
    let mut shards = entries(features, &copies, reach);
    let found: Vec<Shared> = shards.par_iter_mut().map(|parts| of_shard(std::mem::take(parts), features)).collect();
    let count = found.iter().map(|shard| shard.0.len()).sum::<usize>() + between_copies.len();
    let mut pairs = Vec::with_capacity(count);
    pairs.extend(between_copies);
    let mut people = People::default();
    for (shard_pairs, shard_people) in found {
        pairs.extend(shard_pairs);
        people.extend(shard_people);
    }
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs.shrink_to_fit();
    Gathered { pairs, people, copies }
}

/// The pairs that copies of one record make.
fn between_copies(order: &[(u64, u32)]) -> Vec<u64> {
    let mut pairs = Vec::new();
    for equal in alike(order) {
        let (listed, others) = equal.split_at(equal.len().min(LISTED_MAX));
        for (at, a) in listed.iter().enumerate() {
            pairs.extend(listed[at + 1..].iter().map(|b| pack(a.1, b.1)));
        }
        pairs.extend(others.iter().map(|other| pack(listed[0].1, other.1)));
    }
    pairs
}

/// All keys of all records by shard, each shard in one part for every chunk of records.
fn entries(features: &[Option<Features>], copies: &Copies, reach: Reach) -> Vec<Vec<Vec<Entry>>> {
    let chunks: Vec<Vec<Vec<Entry>>> = features
        .par_chunks(CHUNK_RECORDS)
        .enumerate()
        .map(|(at, chunk)| of_chunk(at * CHUNK_RECORDS, chunk, copies, reach))
        .collect();
    let mut shards: Vec<Vec<Vec<Entry>>> = (0..SHARDS).map(|_| Vec::with_capacity(chunks.len())).collect();
    for chunk in chunks {
        for (shard, part) in shards.iter_mut().zip(chunk) {
            shard.push(part);
        }
    }
    shards
}

fn of_chunk(first: usize, chunk: &[Option<Features>], copies: &Copies, reach: Reach) -> Vec<Vec<Entry>> {
    let mut shards: Vec<Vec<Entry>> = (0..SHARDS).map(|_| Vec::with_capacity(chunk.len() / 3)).collect();
    let mut found = Vec::new();
    for (at, features) in chunk.iter().enumerate() {
        let Some(features) = features.as_ref().filter(|_| copies.is_listed((first + at) as u32)) else { continue };
        keys::keys(features.view(), reach, &mut found);
        for key in &found {
            shards[(key >> 58) as usize % SHARDS].push([(key >> 32) as u32, *key as u32, (first + at) as u32]);
        }
    }
    shards
}

fn of_shard(parts: Vec<Vec<Entry>>, features: &[Option<Features>]) -> Shared {
    let mut entries: Vec<Entry> = Vec::with_capacity(parts.iter().map(Vec::len).sum());
    for part in parts {
        entries.extend(part);
    }
    entries.sort_unstable();
    let (mut pairs, mut people) = (Vec::new(), Vec::new());
    for block in entries.chunk_by(|a, b| a[..2] == b[..2]).filter(|block| block.len() > 1) {
        let key = u64::from(block[0][0]) << 32 | u64::from(block[0][1]);
        let oversized = is_oversized(rule_of(key), block.len());
        if is_value(rule_of(key)) {
            people.extend(class_of(block, oversized, features).map(|class| (key, class)));
        }
        if !oversized {
            for (at, a) in block.iter().enumerate() {
                pairs.extend(block[at + 1..].iter().map(|b| pack(a[2], b[2])));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    (pairs, people)
}

/// The class of a value, unless it is the one that values have which are not listed.
fn class_of(block: &[Entry], oversized: bool, features: &[Option<Features>]) -> Option<Carriers> {
    if oversized {
        return Some(GENERIC);
    }
    let names = |entry: &Entry| blocks::names(features.get(entry[2] as usize).and_then(Option::as_ref));
    let class = people_class(block.iter().fold(0, |found, entry| found | names(entry)));
    (class > 0).then_some(class)
}
