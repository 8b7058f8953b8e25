//! Joins clusters of one piece, strongest support first.

use super::constraints::Constraints;
use super::{Judged, TRAITS};

/// Weights are added as integers, so that sums do not depend on the order of adding.
const SCALE: f32 = 1024.0;

/// One pair cannot outweigh everything else: its say is bounded on both sides.
const WEIGHT_MAX: f32 = 12.0;
const WEIGHT_MIN: f32 = -10.0;

/// How much less likely something is for two of one household, and for strangers, than for one person.
type Odds = [i64; 2];

/// The pairs between two clusters, taken together.
#[derive(Clone, Copy, Default)]
struct Cross {
    /// The sum over the pairs that count, how many they are, and the strongest of them.
    sum: Odds,
    pairs: i64,
    strongest: Odds,
    /// Each lasting trait: the sum over the pairs that compare it, and how many they are.
    traits: [(Odds, i64); TRAITS],
    apart: bool,
    support: i64,
}

impl Cross {
    fn of(judged: &Judged, apart: bool) -> Self {
        let traits = judged.traits.map(|odds| odds.map_or(([0; 2], 0), |odds| (odds.map(scaled), 1)));
        let all = judged.odds.map(scaled);
        let excess = weight(all) - weight(all).clamp(scaled(WEIGHT_MIN), scaled(WEIGHT_MAX));
        let pairs = i64::from(weight(all) >= 0 || !judged.silent);
        let all = if pairs == 0 { [0; 2] } else { all.map(|odds| odds + excess) };
        Cross { sum: all, pairs, strongest: all, traits, apart, support: 0 }.supported()
    }

    fn join(&self, other: &Cross) -> Cross {
        let add = |a: Odds, b: Odds| [a[0] + b[0], a[1] + b[1]];
        let mut traits = self.traits;
        for (own, other) in traits.iter_mut().zip(other.traits) {
            *own = (add(own.0, other.0), own.1 + other.1);
        }
        let strongest = if (weight(other.strongest), other.strongest) > (weight(self.strongest), self.strongest) {
            other.strongest
        } else {
            self.strongest
        };
        let (sum, pairs, apart) = (add(self.sum, other.sum), self.pairs + other.pairs, self.apart || other.apart);
        Cross { sum, pairs, strongest, traits, apart, support: 0 }.supported()
    }

    /// How much the pairs between two clusters support their being one: their mean, lifted a little towards the strongest
    /// pair, because a record that states little weighs little against anything.
    ///
    /// A lasting trait that speaks against it counts in full, however few members state it: one senior and one junior among
    /// twenty records of one name and address are two people.
    fn supported(mut self) -> Self {
        self.support = if self.pairs == 0 || self.apart {
            i64::MIN
        } else {
            let mut odds = [0, 1].map(|at| (self.sum[at] / self.pairs * 2 + self.strongest[at]) / 3);
            for (sum, compared) in self.traits.iter().filter(|entry| entry.1 > 0) {
                let mean = sum.map(|sum| sum / compared);
                if weight(mean) < 0 {
                    odds = [0, 1].map(|at| odds[at] + (mean[at] - sum[at] / self.pairs.max(*compared)).max(0));
                }
            }
            weight(odds)
        };
        self
    }
}

/// The weight that odds against both other hypotheses come to.
fn weight(odds: Odds) -> i64 {
    let (high, low) = (odds[0].max(odds[1]) as f32 / SCALE, odds[0].min(odds[1]) as f32 / SCALE);
    scaled(-high - (1.0 + (low - high).exp2()).log2())
}

/// Clusters one piece and writes each member's cluster into `label`, as the lowest position of the cluster.
/// `judge` compares one node with others.
pub(super) fn agglomerate(
    piece: &[usize],
    constraints: &Constraints,
    link: f32,
    judge: &impl Fn(usize, &[usize]) -> Vec<Judged>,
    label: &mut [usize],
) {
    let mut matrix = Matrix::new(piece, judge, constraints);
    matrix.join_groups(piece, constraints);
    let link = scaled(link);
    let mut nearest = Nearest::new(&matrix);
    while let Some((a, b)) = nearest.best(&matrix, link) {
        matrix.join(a, b);
        nearest.joined(&matrix, a, b);
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
    fn new(piece: &[usize], judge: &impl Fn(usize, &[usize]) -> Vec<Judged>, constraints: &Constraints) -> Self {
        let len = piece.len();
        let mut cross = vec![Cross::default(); len * len];
        for (row, &a) in piece.iter().enumerate() {
            for (column, judged) in (row + 1..).zip(judge(a, &piece[row + 1..])) {
                let entry = Cross::of(&judged, constraints.is_apart(a, piece[column]));
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

    fn support(&self, a: usize, b: usize) -> i64 {
        self.cross[a * self.len + b].support
    }

    /// Joins two clusters under the lower of their first members.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (a.min(b), a.max(b));
        if a == b {
            return;
        }
        self.alive.retain(|cluster| *cluster != b);
        for &other in self.alive.iter().filter(|cluster| **cluster != a) {
            let joined = self.cross[a * self.len + other].join(&self.cross[b * self.len + other]);
            self.cross[a * self.len + other] = joined;
            self.cross[other * self.len + a] = joined;
        }
        for cluster in self.cluster_of.iter_mut().filter(|cluster| **cluster == b) {
            *cluster = a;
        }
    }
}

/// For each cluster the one after it that it has the strongest support with, the first such; remembered, because a join
/// changes few of them.
struct Nearest(Vec<Option<(i64, usize)>>);

impl Nearest {
    fn new(matrix: &Matrix) -> Self {
        let mut nearest = Nearest(vec![None; matrix.len]);
        matrix.alive.iter().for_each(|&a| nearest.look(matrix, a));
        nearest
    }

    /// The pair of clusters with the strongest support; the first such pair by rank.
    fn best(&self, matrix: &Matrix, link: i64) -> Option<(usize, usize)> {
        let mut best = None;
        for &a in &matrix.alive {
            if let Some((support, b)) = self.0[a]
                && support >= link
                && best.is_none_or(|(strongest, _)| support > strongest)
            {
                best = Some((support, (a, b)));
            }
        }
        best.map(|found| found.1)
    }

    /// Cluster `b` has become part of `a`, which stands before it.
    fn joined(&mut self, matrix: &Matrix, a: usize, b: usize) {
        self.0[b] = None;
        for &other in matrix.alive.iter().take_while(|other| **other < b) {
            match self.0[other] {
                Some((_, near)) if near != a && near != b && other != a => {
                    if other < a {
                        self.offer(other, (matrix.support(other, a), a));
                    }
                }
                _ => self.look(matrix, other),
            }
        }
    }

    fn offer(&mut self, a: usize, (support, b): (i64, usize)) {
        if self.0[a].is_none_or(|(strongest, near)| support > strongest || (support == strongest && b < near)) {
            self.0[a] = Some((support, b));
        }
    }

    fn look(&mut self, matrix: &Matrix, a: usize) {
        self.0[a] = None;
        let after = matrix.alive.partition_point(|other| *other <= a);
        for &b in &matrix.alive[after..] {
            self.offer(a, (matrix.support(a, b), b));
        }
    }
}
