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
    let (mut found_sizes, mut true_sizes) = (HashMap::<u32, u64>::new(), HashMap::<u32, u64>::new());
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
        ordered.iter().map(|(cell, count)| (count * count) as f64 / sizes[&pick(*cell)] as f64).sum::<f64>() / records
    };
    let (precision, recall) = (share(both, joined), share(both, wanted));
    let (b3_precision, b3_recall) = (squared(&found_sizes, |cell| cell.0), squared(&true_sizes, |cell| cell.1));
    let exact = ordered
        .iter()
        .filter(|((cluster, person), count)| found_sizes[cluster] == *count && true_sizes[person] == *count)
        .count();
    Evaluation {
        precision,
        recall,
        f1: harmonic(precision, recall),
        b3_precision,
        b3_recall,
        b3_f1: harmonic(b3_precision, b3_recall),
        clusters_exact: share(exact as f64, true_sizes.len() as f64),
        largest_cluster: found_sizes.values().max().map_or(0, |count| *count as usize),
        largest_true_cluster: true_sizes.values().max().map_or(0, |count| *count as usize),
    }
}

fn share(part: f64, whole: f64) -> f64 {
    if whole == 0.0 { 1.0 } else { part / whole }
}

fn harmonic(a: f64, b: f64) -> f64 {
    if a + b == 0.0 { 0.0 } else { 2.0 * a * b / (a + b) }
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
pub fn recall_by_tag(found: &[u32], truth: &[u32], tags: &[&[u16]], words: &[String]) -> Vec<TagRecall> {
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
        .map(|(tag, (pairs, joined))| TagRecall { tag: tag.clone(), pairs, recall: share(joined as f64, pairs as f64) })
        .collect()
}

/// How pairs of one range of probability turned out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Lower end of the range.
    pub probability_min: f32,
    /// Pairs in the range.
    pub pairs: u64,
    /// Their mean probability.
    pub expected: f64,
    /// The share of them that is truly one person.
    pub observed: f64,
}

/// Whether probabilities hold: in tenths, what pairs were said to be and what they were.
pub fn reliability(pairs: impl Iterator<Item = (f32, bool)>) -> Vec<Reliability> {
    let mut table: Vec<Reliability> = (0..10u8)
        .map(|tenth| Reliability { probability_min: f32::from(tenth) / 10.0, ..Reliability::default() })
        .collect();
    for (probability, is_true) in pairs {
        let tenth = ((probability * 10.0) as usize).min(9);
        table[tenth].pairs += 1;
        table[tenth].expected += f64::from(probability);
        table[tenth].observed += f64::from(u8::from(is_true));
    }
    for row in &mut table {
        let pairs = row.pairs.max(1) as f64;
        row.expected /= pairs;
        row.observed /= pairs;
    }
    table
}

/// Agreement of single pairs at one threshold, before any clustering.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SweepPoint {
    /// Log2 of the odds from which on a pair counts as one person.
    pub weight_min: f32,
    /// Of the pairs that count, the share that is right.
    pub precision: f64,
    /// Of all true pairs, the share that counts.
    pub recall: f64,
}

/// Precision and recall of single pairs over thresholds; `true_pairs` counts those that were never compared as well.
pub fn sweep(pairs: &[(f32, bool)], true_pairs: u64, thresholds: &[f32]) -> Vec<SweepPoint> {
    let point = |&weight_min: &f32| {
        let counting = || pairs.iter().filter(|pair| pair.0 >= weight_min);
        let right = counting().filter(|pair| pair.1).count() as f64;
        SweepPoint {
            weight_min,
            precision: share(right, counting().count() as f64),
            recall: share(right, true_pairs as f64),
        }
    };
    thresholds.iter().map(point).collect()
}

/// How many pairs of records are truly one person.
pub fn true_pairs(truth: &[u32]) -> u64 {
    let mut sizes = HashMap::<u32, u64>::new();
    truth.iter().for_each(|person| *sizes.entry(*person).or_default() += 1);
    sizes.values().map(|count| count * (count - 1) / 2).sum()
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

    #[test]
    fn sweeps_and_tells_whether_probabilities_hold() {
        let pairs = [(3.0, true), (1.0, false), (-1.0, true)];
        let points = sweep(&pairs, true_pairs(&[1, 1, 1, 1, 2]), &[0.0, -2.0]);
        assert_eq!(
            points.iter().map(|point| (point.precision, point.recall)).collect::<Vec<_>>(),
            [(0.5, 1.0 / 6.0), (2.0 / 3.0, 1.0 / 3.0)]
        );
        let table = reliability([(0.95, true), (0.91, false), (1.0, true), (0.05, false)].into_iter());
        assert_eq!((table[9].pairs, table[9].observed > 0.6, table[0].observed), (3, true, 0.0));
    }
}
