//! Given names that stand for each other.

use crate::hash::hash32;
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

/// One line a group: the full name first, then what people make of it. A short form may stand in several groups.
const GROUPS: &str = include_str!("nicknames.txt");

struct Table {
    root: HashMap<u32, u32>,
    pairs: HashSet<(u32, u32)>,
}

fn table() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(build)
}

fn build() -> Table {
    let mut table = Table { root: HashMap::new(), pairs: HashSet::new() };
    for line in GROUPS.lines().filter(|line| !line.starts_with('#')) {
        let hashes: Vec<u32> =
            line.split_whitespace().map(|name| hash32(super::text::collapse(name).as_bytes())).collect();
        for (at, &a) in hashes.iter().enumerate() {
            table.root.entry(a).or_insert(hashes[0]);
            for &b in &hashes[..at] {
                table.pairs.insert((a.min(b), a.max(b)));
            }
        }
    }
    table
}

/// The name under which all its forms are filed; the name itself when it has no others.
pub(crate) fn root(hash: u32) -> u32 {
    table().root.get(&hash).copied().unwrap_or(hash)
}

/// Whether two given names are forms of one name.
pub(crate) fn related(a: u32, b: u32) -> bool {
    table().pairs.contains(&(a.min(b), a.max(b)))
}
