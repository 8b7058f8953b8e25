//! Cuts the graph into pieces small enough to be clustered with care.

use super::Edges;
use super::constraints::{Constraints, Union};
use std::collections::BTreeMap;

/// Clustering looks at every pair of a piece, so pieces are bounded.
pub(super) const PIECE_LEN_MAX: usize = 400;

/// By how much more a link must weigh each time a piece is still too large.
const STEP: f32 = 2.0;

/// Above this weight there is nothing left to tell apart; what is larger still is cut by rank.
const WEIGHT_MAX: f32 = 64.0;

/// Connected components over links of at least `link`, lone nodes left out; oversized ones are cut where they
/// are weakest. Members are sorted. Always-link groups are never cut.
pub(super) fn pieces(len: usize, edges: &Edges, constraints: &Constraints, link: f32) -> Vec<Vec<usize>> {
    let everything: Vec<usize> = (0..len).collect();
    let mut done = Vec::new();
    let mut open = vec![(everything, link)];
    while let Some((nodes, weight_min)) = open.pop() {
        for piece in components(&nodes, edges, constraints, weight_min) {
            if piece.len() <= PIECE_LEN_MAX {
                done.push(piece);
            } else if weight_min > WEIGHT_MAX {
                done.extend(piece.chunks(PIECE_LEN_MAX).map(<[usize]>::to_vec));
            } else {
                open.push((piece, weight_min + STEP));
            }
        }
    }
    done.sort_unstable();
    done
}

fn components(nodes: &[usize], edges: &Edges, constraints: &Constraints, weight_min: f32) -> Vec<Vec<usize>> {
    let place: BTreeMap<usize, usize> = nodes.iter().enumerate().map(|(place, node)| (*node, place)).collect();
    let mut union = Union::new(nodes.len());
    for node in nodes {
        if let (Some(&a), Some(&b)) = (place.get(node), place.get(&constraints.groups[*node])) {
            union.join(a, b);
        }
        for (&(_, other), _) in edges.range((*node, 0)..(*node + 1, 0)).filter(|entry| *entry.1 >= weight_min) {
            if let (Some(&a), Some(&b)) = (place.get(node), place.get(&other)) {
                union.join(a, b);
            }
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, node) in nodes.iter().enumerate() {
        members.entry(union.find(at)).or_default().push(*node);
    }
    members.into_values().filter(|piece| piece.len() > 1).collect()
}
