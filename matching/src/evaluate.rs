//! How well a clustering agrees with the truth.

use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Agreement of a clustering with the truth.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Of the pairs joined, the share that is right.
    pub precision: f64,
    /// Of the true pairs, the share that was joined.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
    /// B-cubed precision, recall and F1: the same seen from each record.
    pub b3_precision: f64,
    /// See [`Evaluation::b3_precision`].
    pub b3_recall: f64,
    /// See [`Evaluation::b3_precision`].
    pub b3_f1: f64,
    /// The share of true clusters that were found exactly.
    pub clusters_exact: f64,
    /// Records in the largest cluster found.
    pub largest_cluster: usize,
    /// Records in the largest true cluster.
    pub largest_true_cluster: usize,
}

/// Compares two clusterings given as one label per record.
pub fn evaluate(found: &[u32], truth: &[u32]) -> Evaluation {
    let mut cells: HashMap<(u32, u32), u64> = HashMap::new();
    let (mut found_sizes, mut true_sizes) =
        (HashMap::<u32, u64>::new(), HashMap::<u32, u64>::new());
    for (&cluster, &person) in found.iter().zip(truth) {
        *cells.entry((cluster, person)).or_default() += 1;
        *found_sizes.entry(cluster).or_default() += 1;
        *true_sizes.entry(person).or_default() += 1;
    }
    let pairs = |count: u64| (count * count.saturating_sub(1) / 2) as f64;
    let both: f64 = cells.values().map(|count| pairs(*count)).sum();
    let joined: f64 = found_sizes.values().map(|count| pairs(*count)).sum();
    let wanted: f64 = true_sizes.values().map(|count| pairs(*count)).sum();
    let records = found.len().min(truth.len()).max(1) as f64;
    let mut ordered: Vec<_> = cells.into_iter().collect();
    ordered.sort_unstable();
    let squared = |sizes: &HashMap<u32, u64>, pick: fn((u32, u32)) -> u32| {
        ordered
            .iter()
            .map(|(cell, count)| (count * count) as f64 / sizes[&pick(*cell)] as f64)
            .sum::<f64>()
            / records
    };
    let (precision, recall) = (share(both, joined), share(both, wanted));
    let (b3_precision, b3_recall) = (
        squared(&found_sizes, |cell| cell.0),
        squared(&true_sizes, |cell| cell.1),
    );
    let exact = ordered
        .iter()
        .filter(|((cluster, person), count)| {
            found_sizes[cluster] == *count && true_sizes[person] == *count
        })
        .count();
    Evaluation {
        precision,
        recall,
        f1: harmonic(precision, recall),
        b3_precision,
        b3_recall,
        b3_f1: harmonic(b3_precision, b3_recall),
        clusters_exact: share(exact as f64, true_sizes.len() as f64),
        largest_cluster: found_sizes
            .values()
            .max()
            .map_or(0, |count| *count as usize),
        largest_true_cluster: true_sizes.values().max().map_or(0, |count| *count as usize),
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 1.0 } else { part / whole }
}

fn harmonic(a: f64, b: f64) -> f64 {
    if a + b == 0.0 {
        0.0
    } else {
        2.0 * a * b / (a + b)
    }
}

/// Recall of one kind of record: of the true pairs with a record that carries the tag, how many were joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TagRecall {
    /// The tag.
    pub tag: String,
    /// True pairs that involve it.
    pub pairs: u64,
    /// The share of them that was joined.
    pub recall: f64,
}

/// Recall by tag; `tags` gives for each record the tags it carries.
pub fn recall_by_tag(
    found: &[u32],
    truth: &[u32],
    tags: &[&[u16]],
    words: &[String],
) -> Vec<TagRecall> {
    let mut people: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, person) in truth.iter().enumerate() {
        people.entry(*person).or_default().push(at);
    }
    let mut counts = vec![(0u64, 0u64); words.len()];
    for members in people.values() {
        for (at, &a) in members.iter().enumerate() {
            for &b in &members[at + 1..] {
                let joined = u64::from(found[a] == found[b]);
                let shared = tags[b].iter().filter(|tag| !tags[a].contains(tag));
                for &tag in tags[a].iter().chain(shared) {
                    let count = &mut counts[usize::from(tag)];
                    *count = (count.0 + 1, count.1 + joined);
                }
            }
        }
    }
    let entries = words.iter().zip(counts);
    entries
        .map(|(tag, (pairs, joined))| TagRecall {
            tag: tag.clone(),
            pairs,
            recall: share(joined as f64, pairs as f64),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_pairs_and_records() {
        let check = |found: &[u32], truth: &[u32], want: (f64, f64, f64)| {
            let got = evaluate(found, truth);
            assert_eq!((got.precision, got.recall, got.clusters_exact), want);
        };
        check(&[1, 1, 2, 2], &[7, 7, 8, 8], (1.0, 1.0, 1.0));
        check(&[1, 1, 1, 1], &[7, 7, 8, 8], (1.0 / 3.0, 1.0, 0.0));
        check(&[1, 2, 3, 3], &[7, 7, 8, 8], (1.0, 0.5, 0.5));
        check(&[1, 2], &[7, 8], (1.0, 1.0, 1.0));
    }
}
