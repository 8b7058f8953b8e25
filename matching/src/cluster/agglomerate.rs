//! Joins clusters of one piece, strongest support first.

use super::constraints::Constraints;
use super::{Edges, Judged};

/// Weights are added as integers, so that sums do not depend on the order of adding.
const SCALE: f32 = 1024.0;

/// One pair cannot outweigh everything else: its say is bounded on both sides.
const WEIGHT_MAX: f32 = 12.0;
const WEIGHT_MIN: f32 = -10.0;

/// The pairs between two clusters, summed up.
#[derive(Clone, Copy)]
struct Cross {
    sum: i64,
    pairs: i64,
    strongest: i64,
    apart: bool,
}

impl Cross {
    fn join(self, other: Cross) -> Cross {
        Cross {
            sum: self.sum + other.sum,
            pairs: self.pairs + other.pairs,
            strongest: self.strongest.max(other.strongest),
            apart: self.apart || other.apart,
        }
    }

    /// How much the pairs between two clusters support their being one: the mean, lifted a little towards
    /// the strongest pair, because a record that states little weighs little against anything.
    fn support(self) -> i64 {
        if self.pairs == 0 {
            return i64::MIN;
        }
        let mean = self.sum / self.pairs;
        if self.apart { i64::MIN } else { (mean * 2 + self.strongest) / 3 }
    }
}

/// Clusters one piece and writes each member's cluster into `label`, as the lowest position of the cluster.
/// `judge` compares one node with others.
pub(super) fn agglomerate(
    piece: &[usize],
    edges: &Edges,
    constraints: &Constraints,
    link: f32,
    judge: &impl Fn(usize, &[usize]) -> Vec<Judged>,
    label: &mut [usize],
) {
    let mut matrix = Matrix::new(piece, edges, judge, constraints);
    matrix.join_groups(piece, constraints);
    let link = scaled(link);
    while let Some((a, b)) = matrix.best(link) {
        matrix.join(a, b);
    }
    for (at, cluster) in matrix.cluster_of.iter().enumerate() {
        label[piece[at]] = piece[*cluster];
    }
}

fn scaled(weight: f32) -> i64 {
    (weight * SCALE).round() as i64
}

struct Matrix {
    len: usize,
    cross: Vec<Cross>,
    alive: Vec<usize>,
    cluster_of: Vec<usize>,
}

impl Matrix {
    fn new(
        piece: &[usize],
        edges: &Edges,
        judge: &impl Fn(usize, &[usize]) -> Vec<Judged>,
        constraints: &Constraints,
    ) -> Self {
        let len = piece.len();
        let mut cross = vec![Cross { sum: 0, pairs: 1, strongest: 0, apart: false }; len * len];
        for (row, &a) in piece.iter().enumerate() {
            // A pair that is known to speak for one person need not be compared again.
            let known = |b: usize| edges.get(&(a, b)).copied().filter(|weight| *weight >= 0.0);
            let unknown: Vec<usize> = piece[row + 1..].iter().copied().filter(|&b| known(b).is_none()).collect();
            let mut judged = judge(a, &unknown).into_iter();
            for (column, &b) in piece.iter().enumerate().skip(row + 1) {
                let said = known(b).map(|weight| Judged { weight, silent: false }).or_else(|| judged.next());
                let Some(Judged { weight, silent }) = said else { continue };
                let sum = scaled(weight.clamp(WEIGHT_MIN, WEIGHT_MAX));
                let pairs = i64::from(sum >= 0 || !silent);
                let sum = sum * pairs;
                let entry = Cross { sum, pairs, strongest: sum, apart: constraints.is_apart(a, b) };
                cross[row * len + column] = entry;
                cross[column * len + row] = entry;
            }
        }
        Matrix { len, cross, alive: (0..len).collect(), cluster_of: (0..len).collect() }
    }

    fn join_groups(&mut self, piece: &[usize], constraints: &Constraints) {
        for at in 0..self.len {
            let first = piece.iter().position(|node| constraints.groups[*node] == constraints.groups[piece[at]]);
            if let Some(first) = first.filter(|first| *first < at) {
                self.join(self.cluster_of[first], self.cluster_of[at]);
            }
        }
    }

    /// The pair of clusters with the strongest support; the first such pair by rank.
    fn best(&self, link: i64) -> Option<(usize, usize)> {
        let mut best = None;
        for (at, &a) in self.alive.iter().enumerate() {
            for &b in &self.alive[at + 1..] {
                let support = self.cross[a * self.len + b].support();
                if support >= link && best.is_none_or(|(strongest, _)| support > strongest) {
                    best = Some((support, (a, b)));
                }
            }
        }
        best.map(|found| found.1)
    }

    /// Joins two clusters under the lower of their first members.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (a.min(b), a.max(b));
        if a == b {
            return;
        }
        self.alive.retain(|cluster| *cluster != b);
        for &other in self.alive.iter().filter(|cluster| **cluster != a) {
            let joined = self.cross[a * self.len + other].join(self.cross[b * self.len + other]);
            self.cross[a * self.len + other] = joined;
            self.cross[other * self.len + a] = joined;
        }
        for cluster in self.cluster_of.iter_mut().filter(|cluster| **cluster == b) {
            *cluster = a;
        }
    }
}
