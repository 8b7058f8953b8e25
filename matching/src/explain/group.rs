//! Why a cluster holds together, and where it would break.

use crate::index::Index;
use serde::Serialize;

/// Clusters larger than this are explained by their first members alone.
const MEMBERS_MAX: usize = 400;

/// What holds a cluster together.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ClusterExplanation {
    /// How many members were looked at.
    pub members: usize,
    /// The member that the others support least, with its strongest link; none in a cluster of one.
    pub weakest: Option<Link>,
    /// Links whose removal alone would part the cluster in two.
    pub bridges: Vec<Bridge>,
    /// Pairs that speak against being one person, strongest first.
    pub against: Vec<Link>,
}

/// A pair of members.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Link {
    /// One record; of the weakest link, the record that hangs on it.
    pub a: u32,
    /// The other.
    pub b: u32,
    /// Log2 of the odds that the two are one person.
    pub weight: f32,
}

/// A link that everything on its two sides depends on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bridge {
    /// The link.
    pub link: Link,
    /// The members on its smaller side.
    pub side: Vec<u32>,
}

impl Index {
    /// Explains what holds these records together. Only links of at least the model's threshold count as such.
    pub fn explain_cluster(&self, ids: &[u32]) -> ClusterExplanation {
        let ids = &ids[..ids.len().min(MEMBERS_MAX)];
        let threshold = self.model().thresholds.link;
        let mut pairs = Vec::new();
        for (at, &a) in ids.iter().enumerate() {
            pairs.extend(ids[at + 1..].iter().map(|&b| Link { a, b, weight: self.weigh(a, b) }));
        }
        let links: Vec<Link> = pairs.iter().copied().filter(|pair| pair.weight >= threshold).collect();
        let mut against: Vec<Link> = pairs.iter().copied().filter(|pair| pair.weight < threshold).collect();
        against.sort_by(|x, y| x.weight.total_cmp(&y.weight).then((x.a, x.b).cmp(&(y.a, y.b))));
        ClusterExplanation {
            members: ids.len(),
            weakest: weakest(ids, &pairs),
            bridges: links.iter().filter_map(|link| bridge(ids, &links, *link)).collect(),
            against,
        }
    }
}

fn weakest(ids: &[u32], pairs: &[Link]) -> Option<Link> {
    let strongest = |id: u32| {
        let own = pairs.iter().filter(|pair| pair.a == id || pair.b == id);
        let best = own.max_by(|x, y| x.weight.total_cmp(&y.weight))?;
        Some(Link { a: id, b: if best.a == id { best.b } else { best.a }, weight: best.weight })
    };
    ids.iter().filter_map(|id| strongest(*id)).min_by(|x, y| x.weight.total_cmp(&y.weight))
}

/// The link as a bridge, if its ends lose each other without it.
fn bridge(ids: &[u32], links: &[Link], link: Link) -> Option<Bridge> {
    let reached = reach(links, link.a, link);
    if reached.contains(&link.b) {
        return None;
    }
    let other = reach(links, link.b, link);
    let side = if reached.len() <= other.len() { reached } else { other };
    Some(Bridge { link, side: ids.iter().copied().filter(|id| side.contains(id)).collect() })
}

fn reach(links: &[Link], start: u32, without: Link) -> Vec<u32> {
    let mut found = vec![start];
    let mut next = 0;
    while next < found.len() {
        let here = found[next];
        for link in links.iter().filter(|link| **link != without) {
            let other = match (link.a == here, link.b == here) {
                (true, _) => link.b,
                (_, true) => link.a,
                _ => continue,
            };
            if !found.contains(&other) {
                found.push(other);
            }
        }
        next += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(pairs: &[(u32, u32)]) -> Vec<Link> {
        pairs.iter().map(|&(a, b)| Link { a, b, weight: 1.0 }).collect()
    }

    fn check(ids: &[u32], pairs: &[(u32, u32)], expected: &[(u32, u32, &[u32])]) {
        let links = links(pairs);
        let found: Vec<Bridge> = links.iter().filter_map(|link| bridge(ids, &links, *link)).collect();
        let found: Vec<(u32, u32, &[u32])> =
            found.iter().map(|bridge| (bridge.link.a, bridge.link.b, bridge.side.as_slice())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn only_what_parts_the_cluster_is_a_bridge() {
        check(&[1, 2, 3], &[(1, 2), (2, 3), (1, 3)], &[]);
        check(&[1, 2, 3, 4], &[(1, 2), (2, 3), (1, 3), (3, 4)], &[(3, 4, &[4])]);
        check(&[1, 2], &[(1, 2)], &[(1, 2, &[1])]);
    }

    #[test]
    fn the_weakest_hangs_on_the_least() {
        let pairs = [(1, 2, 9.0), (2, 3, 4.0), (1, 3, 2.0)].map(|(a, b, weight)| Link { a, b, weight });
        assert_eq!(weakest(&[1, 2, 3], &pairs), Some(Link { a: 3, b: 2, weight: 4.0 }));
        assert_eq!(weakest(&[1], &[]), None);
    }
}
