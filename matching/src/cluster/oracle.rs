//! The clustering again, slow and plain, to check the quick one against.

use super::agglomerate::agglomerate;
use super::constraints::Constraints;
use super::{Judged, Node, Order, TRAITS};
use proptest::prelude::*;

fn scaled(weight: f32) -> i64 {
    (weight * 1024.0).round() as i64
}

fn weight(odds: [i64; 2]) -> i64 {
    let [a, b] = odds.map(|odds| odds as f32 / 1024.0);
    scaled(-a.max(b) - (1.0 + (a.min(b) - a.max(b)).exp2()).log2())
}

/// What the pairs between two clusters say together; `None` when they say nothing.
fn support(said: &[Judged]) -> Option<i64> {
    let bounded = |odds: [f32; 2]| {
        let odds = odds.map(scaled);
        let excess = weight(odds) - weight(odds).clamp(scaled(-10.0), scaled(12.0));
        odds.map(|odds| odds + excess)
    };
    let counts = |judged: &&Judged| weight(judged.odds.map(scaled)) >= 0 || !judged.silent;
    let counted: Vec<[i64; 2]> = said.iter().filter(counts).map(|judged| bounded(judged.odds)).collect();
    if counted.is_empty() {
        return None;
    }
    let pairs = counted.len() as i64;
    // A pair that does not count stands at nothing at all, which may be more than the others have.
    let nothing = (counted.len() < said.len()).then_some([0, 0]);
    let strongest = counted.iter().copied().chain(nothing).max_by_key(|odds| (weight(*odds), *odds))?;
    let total = |of: &dyn Fn(usize) -> i64| [of(0), of(1)];
    let mean = total(&|at| counted.iter().map(|odds| odds[at]).sum::<i64>() / pairs);
    let mut odds = [0, 1].map(|at| (mean[at] * 2 + strongest[at]) / 3);
    for lasting in 0..TRAITS {
        let compared: Vec<[i64; 2]> =
            said.iter().filter_map(|judged| judged.traits[lasting]).map(|odds| odds.map(scaled)).collect();
        let count = compared.len() as i64;
        if count == 0 {
            continue;
        }
        let sum = total(&|at| compared.iter().map(|odds| odds[at]).sum::<i64>());
        if weight(sum.map(|sum| sum / count)) < 0 {
            odds = [0, 1].map(|at| odds[at] + (sum[at] / count - sum[at] / pairs.max(count)).max(0));
        }
    }
    Some(weight(odds))
}

/// Everything between two clusters is added up anew before every step.
fn slow(len: usize, judge: &dyn Fn(usize, usize) -> Judged, constraints: &Constraints, link: f32) -> Vec<usize> {
    let mut clusters: Vec<Vec<usize>> = Vec::new();
    for at in 0..len {
        match clusters.iter_mut().find(|cluster| constraints.groups[cluster[0]] == constraints.groups[at]) {
            Some(cluster) => cluster.push(at),
            None => clusters.push(vec![at]),
        }
    }
    loop {
        let mut best: Option<(i64, usize, usize)> = None;
        for a in 0..clusters.len() {
            for b in a + 1..clusters.len() {
                let pairs = || clusters[a].iter().flat_map(|x| clusters[b].iter().map(move |y| (*x.min(y), *x.max(y))));
                if pairs().any(|(x, y)| constraints.is_apart(x, y)) {
                    continue;
                }
                let said: Vec<Judged> = pairs().map(|(x, y)| judge(x, y)).collect();
                let Some(support) = support(&said) else { continue };
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
        said in prop::collection::vec(judged(), 81),
        must in prop::collection::vec((0u32..9, 0u32..9), 0..3),
        cannot in prop::collection::vec((0u32..9, 0u32..9), 0..3),
    ) {
        let nodes: Vec<Node> = (0..len as u32).map(|id| Node { id, rank: u128::from(id) }).collect();
        let order = Order::new(&nodes);
        let constraints = Constraints::new(&order, &must, &cannot);
        let said = |a: usize, b: usize| said[a * 9 + b];
        let mut label: Vec<usize> = constraints.groups.clone();
        let piece: Vec<usize> = (0..len).collect();
        let judge = |a: usize, others: &[usize]| -> Vec<Judged> {
            others.iter().map(|&b| said(a, b)).collect()
        };
        agglomerate(&piece, &constraints, 0.0, &judge, &mut label);
        prop_assert_eq!(label, slow(len, &said, &constraints, 0.0));
    }
}

fn judged() -> impl Strategy<Value = Judged> {
    let odds = || (-16i8..14, -16i8..14).prop_map(|(a, b)| [f32::from(a), f32::from(b)]);
    let traits = prop::collection::vec(prop::option::weighted(0.3, odds()), TRAITS);
    (odds(), traits, any::<bool>()).prop_map(|(odds, traits, silent)| {
        let mut slots = [None; TRAITS];
        slots.copy_from_slice(&traits);
        Judged { odds, traits: slots, silent }
    })
}
