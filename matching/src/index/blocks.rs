//! Blocking keys and the records under them.

use super::{Disturbed, is_oversized};
use crate::compare::{Carriers, GENERIC};
use crate::features::{Features, Role};
use crate::keys::{is_value, rule_of};
use foldhash::fast::FixedState;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};

/// Set in a slot that names a block; a slot without it is the single record under the key.
const BLOCK: u32 = 1 << 31;
/// Many small tables grow without the pause and the peak that one large table has.
const SHARDS: usize = 64;

/// A key in four-byte halves, which saves the padding that eight-byte alignment costs in every entry.
type Halves = [u32; 2];

/// The records under one key.
#[allow(clippy::box_collection, reason = "boxed, a crowd does not make the many small blocks larger")]
enum Ids {
    /// In no order.
    Few(Vec<u32>),
    /// Too many: nobody asks for them, but any of a million may leave at any time.
    Crowd(Box<BTreeSet<u32>>),
}

struct Block {
    ids: Ids,
    people: Carriers,
}

impl Ids {
    fn len(&self) -> usize {
        match self {
            Ids::Few(ids) => ids.len(),
            Ids::Crowd(ids) => ids.len(),
        }
    }

    fn few(&self) -> &[u32] {
        match self {
            Ids::Few(ids) => ids,
            Ids::Crowd(_) => &[],
        }
    }

    fn insert(&mut self, id: u32) {
        match self {
            Ids::Few(ids) => ids.push(id),
            Ids::Crowd(ids) => drop(ids.insert(id)),
        }
    }

    fn remove(&mut self, id: u32) {
        match self {
            Ids::Few(ids) => {
                if let Some(at) = ids.iter().position(|other| *other == id) {
                    ids.swap_remove(at);
                }
            }
            Ids::Crowd(ids) => drop(ids.remove(&id)),
        }
    }

    /// Keeps them as it suits their number; when that is another way than before, it concerns all of them.
    fn settle(&mut self, oversized: bool, concerned: &mut Vec<u32>) {
        match self {
            Ids::Few(ids) if oversized => {
                concerned.extend_from_slice(ids);
                *self = Ids::Crowd(Box::new(std::mem::take(ids).into_iter().collect()));
            }
            Ids::Crowd(ids) if !oversized => {
                concerned.extend(ids.iter());
                *self = Ids::Few(ids.iter().copied().collect());
            }
            Ids::Few(_) | Ids::Crowd(_) => {}
        }
    }
}

impl Default for Block {
    fn default() -> Self {
        Block { ids: Ids::Few(Vec::new()), people: 0 }
    }
}

/// Which records carry which key, and how many people those are.
pub(super) struct Blocks {
    shards: Vec<HashMap<Halves, u32, FixedState>>,
    slab: Vec<Block>,
    free: Vec<u32>,
    touched: Vec<u64>,
}

impl Default for Blocks {
    fn default() -> Self {
        let shards = (0..SHARDS).map(|_| HashMap::with_hasher(FixedState::default())).collect();
        Blocks { shards, slab: Vec::new(), free: Vec::new(), touched: Vec::new() }
    }
}

fn halves(key: u64) -> Halves {
    [key as u32, (key >> 32) as u32]
}

fn shard_of(key: u64) -> usize {
    (key >> 58) as usize % SHARDS
}

impl Blocks {
    pub(super) fn insert(&mut self, id: u32, keys: &[u64]) {
        for &key in keys {
            match self.shards[shard_of(key)].entry(halves(key)) {
                Entry::Vacant(entry) => {
                    entry.insert(id);
                }
                Entry::Occupied(mut entry) if entry.get() & BLOCK == 0 => {
                    let block = Block { ids: Ids::Few(vec![*entry.get(), id]), ..Block::default() };
                    let at = match self.free.pop() {
                        Some(at) => at,
                        None => {
                            self.slab.push(Block::default());
                            self.slab.len() as u32 - 1
                        }
                    };
                    self.slab[at as usize] = block;
                    entry.insert(at | BLOCK);
                    self.touched.push(key);
                }
                Entry::Occupied(entry) => {
                    self.slab[(entry.get() & !BLOCK) as usize].ids.insert(id);
                    self.touched.push(key);
                }
            }
        }
    }

    pub(super) fn remove(&mut self, id: u32, keys: &[u64]) {
        for &key in keys {
            let Some(&slot) = self.shards[shard_of(key)].get(&halves(key)) else {
                continue;
            };
            if slot & BLOCK == 0 {
                self.shards[shard_of(key)].remove(&halves(key));
                continue;
            }
            self.slab[(slot & !BLOCK) as usize].ids.remove(id);
            self.touched.push(key);
        }
    }

    /// Brings the touched blocks up to date and tells whom that concerns.
    pub(super) fn settle(&mut self, records: &[Option<Features>]) -> Disturbed {
        let mut touched = std::mem::take(&mut self.touched);
        touched.sort_unstable();
        touched.dedup();
        let mut disturbed = Disturbed::default();
        for key in touched {
            self.settle_one(key, records, &mut disturbed);
        }
        disturbed
    }

    fn settle_one(&mut self, key: u64, records: &[Option<Features>], disturbed: &mut Disturbed) {
        let shard = &mut self.shards[shard_of(key)];
        let Some(&slot) = shard.get(&halves(key)) else {
            return;
        };
        if slot & BLOCK == 0 {
            return;
        }
        let at = slot & !BLOCK;
        let block = &mut self.slab[at as usize];
        let (rule, people_before, known) = (rule_of(key), block.people, disturbed.records.len());
        block.ids.settle(is_oversized(rule, block.ids.len()), &mut disturbed.records);
        let few = block.ids.few();
        block.people = match block.ids {
            Ids::Crowd(_) => GENERIC,
            Ids::Few(_) if is_value(rule) => people_class(names_of(few, records)),
            Ids::Few(_) => 0,
        };
        if disturbed.records.len() > known {
            // They are concerned already.
        } else if (people_before == GENERIC) != (block.people == GENERIC) {
            disturbed.records.extend_from_slice(few);
        } else if people_before != block.people {
            // How many share a value matters only between two who share it.
            for (at, &a) in few.iter().enumerate() {
                disturbed.pairs.extend(few[at + 1..].iter().map(|&b| (a.min(b), a.max(b))));
            }
        }
        if block.ids.len() < 2 {
            match few.first() {
                Some(&id) => shard.insert(halves(key), id),
                None => shard.remove(&halves(key)),
            };
            *block = Block::default();
            self.free.push(at);
        }
    }

    fn ids(&self, key: u64) -> (&[u32], Option<&Block>) {
        self.shards[shard_of(key)].get(&halves(key)).map_or((&[], None), |slot| match slot & BLOCK {
            0 => (std::slice::from_ref(slot), None),
            _ => {
                let block = &self.slab[(slot & !BLOCK) as usize];
                (block.ids.few(), Some(block))
            }
        })
    }

    /// The records under an active key, were `guests` more records to carry it.
    pub(super) fn carriers(&self, key: u64, guests: usize) -> &[u32] {
        // Of a key with too many there are none to begin with.
        let ids = self.ids(key).0;
        if is_oversized(rule_of(key), ids.len() + guests) { &[] } else { ids }
    }

    /// Whether a key is too widely shared to find candidates by.
    pub(super) fn is_cut(&self, key: u64) -> bool {
        self.ids(key).1.is_some_and(|block| matches!(block.ids, Ids::Crowd(_)))
    }

    /// How many different people carry a value, as a class.
    pub(super) fn people(&self, key: u64) -> Carriers {
        self.ids(key).1.map_or(0, |block| block.people)
    }

    /// The same, were one more record to carry it, whose names are given.
    pub(super) fn people_with(&self, key: u64, guest: u64, records: &[Option<Features>]) -> Carriers {
        let (ids, block) = self.ids(key);
        match block {
            Some(block) if is_oversized(rule_of(key), block.ids.len() + 1) => GENERIC,
            _ => people_class(guest | names_of(ids, records)),
        }
    }
}

fn names_of(ids: &[u32], records: &[Option<Features>]) -> u64 {
    ids.iter().fold(0, |found, id| found | names(records.get(*id as usize).and_then(Option::as_ref)))
}

/// How many bits of [`names`] are for initials.
const LETTERS: u32 = 26;

/// What a record calls its person, to be laid over what others do: a bit for the initial of the first given name, and one
/// of the rest by the name itself. Where no given name is known, another name has to do.
pub(super) fn names(features: Option<&Features>) -> u64 {
    let Some(features) = features else { return 0 };
    let tokens = || features.view().tokens();
    let given = tokens().find(|token| token.role == Role::Given);
    let letter = given.and_then(|token| token.text.first().copied()).filter(u8::is_ascii_lowercase);
    let name = given.or_else(|| tokens().next()).map(|token| 1 << (LETTERS + token.canon % (u64::BITS - LETTERS)));
    letter.map_or(0, |letter| 1 << (letter - b'a')) | name.unwrap_or(0)
}

/// How many people stand behind a value, as a class. They are told apart by the initials of their given names, which
/// spelling mistakes and changes of the family name rarely meddle with; or by the names, of which one person may show
/// several.
pub(super) fn people_class(names: u64) -> Carriers {
    let initials = (names & ((1 << LETTERS) - 1)).count_ones();
    match initials.max((names >> LETTERS).count_ones() / NAMES_OF_ONE) {
        0 | 1 => 0,
        2 => 1,
        3 | 4 => 2,
        5..=8 => 3,
        _ => GENERIC,
    }
}

/// So many names may be one person, misspelt and shortened.
const NAMES_OF_ONE: u32 = 3;
