//! The same candidates and carriers as the index finds, by sorting instead of looking up.
//!
//! For a whole table this is several times quicker than filling hash tables, and needs less memory.

use super::{blocks, is_oversized, people_class};
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

/// The pairs of one shard and the classes of its values.
type Shared = (Vec<u64>, Vec<(u64, Carriers)>);

/// All candidate pairs, sorted, and how widely values are shared.
pub(super) fn gather(features: &[Option<Features>], reach: Reach) -> (Vec<u64>, People) {
    let mut shards = entries(features, reach);
    let found: Vec<Shared> = shards.par_iter_mut().map(|parts| of_shard(std::mem::take(parts), features)).collect();
    let mut pairs = Vec::with_capacity(found.iter().map(|shard| shard.0.len()).sum());
    let mut people = People::default();
    for (shard_pairs, shard_people) in found {
        pairs.extend(shard_pairs);
        people.extend(shard_people);
    }
    pairs.par_sort_unstable();
    pairs.dedup();
    pairs.shrink_to_fit();
    (pairs, people)
}

/// All keys of all records by shard, each shard in one part for every chunk of records.
fn entries(features: &[Option<Features>], reach: Reach) -> Vec<Vec<Vec<Entry>>> {
    let chunks: Vec<Vec<Vec<Entry>>> = features
        .par_chunks(CHUNK_RECORDS)
        .enumerate()
        .map(|(at, chunk)| of_chunk(at * CHUNK_RECORDS, chunk, reach))
        .collect();
    let mut shards: Vec<Vec<Vec<Entry>>> = (0..SHARDS).map(|_| Vec::with_capacity(chunks.len())).collect();
    for chunk in chunks {
        for (shard, part) in shards.iter_mut().zip(chunk) {
            shard.push(part);
        }
    }
    shards
}

fn of_chunk(first: usize, chunk: &[Option<Features>], reach: Reach) -> Vec<Vec<Entry>> {
    let mut shards: Vec<Vec<Entry>> = (0..SHARDS).map(|_| Vec::with_capacity(chunk.len() / 3)).collect();
    let mut found = Vec::new();
    for (at, features) in chunk.iter().enumerate() {
        let Some(features) = features else { continue };
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
                pairs.extend(block[at + 1..].iter().map(|b| u64::from(a[2]) << 32 | u64::from(b[2])));
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
    let initials = |entry: &Entry| blocks::initials(features.get(entry[2] as usize).and_then(Option::as_ref));
    let class = people_class(block.iter().fold(0, |letters, entry| letters | initials(entry)));
    (class > 0).then_some(class)
}
