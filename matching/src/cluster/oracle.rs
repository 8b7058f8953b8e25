//! The clustering again, slow and plain, to check the quick one against.

use super::agglomerate::agglomerate;
use super::constraints::Constraints;
use super::{Edges, Judged, Node, Order};
use proptest::prelude::*;

/// Weights between positions; everything between two clusters is added up anew before every step.
fn slow(
    len: usize,
    weight: &dyn Fn(usize, usize) -> f32,
    silent: &dyn Fn(usize, usize) -> bool,
    constraints: &Constraints,
    link: f32,
) -> Vec<usize> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for at in 0..len {
        match clusters.iter_mut().find(|cluster| constraints.groups[cluster[0]] == constraints.groups[at]) {
            Some(cluster) => cluster.push(at),
            None => clusters.push(vec![at]),
        }
    }
    let scaled = |weight: f32| (weight * 1024.0).round() as i64;
    loop {
        let mut best: Option<(i64, usize, usize)> = None;
        for a in 0..clusters.len() {
            for b in a + 1..clusters.len() {
                let pairs = || clusters[a].iter().flat_map(|x| clusters[b].iter().map(move |y| (*x.min(y), *x.max(y))));
                if pairs().any(|(x, y)| constraints.is_apart(x, y)) {
                    continue;
                }
                let said: Vec<i64> = pairs()
                    .map(|(x, y)| (scaled(weight(x, y).clamp(-10.0, 12.0)), silent(x, y)))
                    .filter(|(sum, silent)| *sum >= 0 || !silent)
                    .map(|said| said.0)
                    .collect();
                let strongest =
                    pairs()
                        .map(|(x, y)| {
                            if weight(x, y) < 0.0 && silent(x, y) { 0 } else { scaled(weight(x, y).clamp(-10.0, 12.0)) }
                        })
                        .max();
                let (Some(strongest), false) = (strongest, said.is_empty()) else {
                    continue;
                };
                let support = (said.iter().sum::<i64>() / said.len() as i64 * 2 + strongest) / 3;
                if support >= scaled(link) && best.is_none_or(|found| support > found.0) {
                    best = Some((support, a, b));
                }
            }
        }
        let Some((_, a, b)) = best else { break };
        let joined = clusters.remove(b);
        clusters[a].extend(joined);
        clusters[a].sort_unstable();
        clusters.sort_unstable();
    }
    let mut label = vec![0; len];
    for cluster in clusters {
        cluster.iter().for_each(|at| label[*at] = cluster[0]);
    }
    label
}

proptest! {
    #[test]
    fn equals_the_slow_oracle(
        len in 2usize..9,
        weights in prop::collection::vec((-14i32..16, any::<bool>()), 81),
        must in prop::collection::vec((0u32..9, 0u32..9), 0..3),
        cannot in prop::collection::vec((0u32..9, 0u32..9), 0..3),
    ) {
        let nodes: Vec<Node> = (0..len as u32).map(|id| Node { id, rank: u128::from(id) }).collect();
        let order = Order::new(&nodes);
        let constraints = Constraints::new(&order, &must, &cannot);
        let weight = |a: usize, b: usize| weights[a * 9 + b].0 as f32;
        let silent = |a: usize, b: usize| weights[a * 9 + b].1;
        let mut label: Vec<usize> = constraints.groups.clone();
        let piece: Vec<usize> = (0..len).collect();
        let judge = |a: usize, others: &[usize]| -> Vec<Judged> {
            others.iter().map(|&b| Judged { weight: weight(a, b), silent: silent(a, b) }).collect()
        };
        agglomerate(&piece, &Edges::new(), &constraints, 0.0, &judge, &mut label);
        prop_assert_eq!(label, slow(len, &weight, &silent, &constraints, 0.0));
    }
}
