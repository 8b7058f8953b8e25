//! Why a cluster holds together, and where it would break.

use crate::index::Index;
use serde::Serialize;
use std::collections::HashMap;

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
        ClusterExplanation { members: ids.len(), weakest: weakest(ids, &pairs), bridges: bridges(ids, &links), against }
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

/// Every link whose ends lose each other without it. One walk through all members finds them: a link to a member that
/// was first reached over it is a bridge when nothing beyond it leads back before it.
fn bridges(ids: &[u32], links: &[Link]) -> Vec<Bridge> {
    let walk = Walk::through(ids, links);
    let is_bridge = |link: &&Link| walk.beyond(link).is_some_and(|far| walk.earliest[far] == walk.reached[far]);
    links
        .iter()
        .filter(is_bridge)
        .filter_map(|link| Some(Bridge { link: *link, side: walk.side(ids, link)? }))
        .collect()
}

/// A depth-first walk: members by place, in the order in which they were reached.
struct Walk {
    place: HashMap<u32, usize>,
    /// When each member was reached.
    reached: Vec<usize>,
    /// From where it was reached; itself where a walk began.
    parent: Vec<usize>,
    /// The earliest member to which it or one beyond it leads back.
    earliest: Vec<usize>,
    /// Members in the order of being reached; those beyond a member follow it without a gap.
    order: Vec<usize>,
    /// How many those are, the member itself included.
    size: Vec<usize>,
    /// Where the walk began that reached it.
    root: Vec<usize>,
}

impl Walk {
    fn through(ids: &[u32], links: &[Link]) -> Walk {
        let place: HashMap<u32, usize> = ids.iter().enumerate().map(|(place, id)| (*id, place)).collect();
        let mut near: Vec<Vec<usize>> = vec![Vec::new(); ids.len()];
        for link in links {
            if let (Some(&a), Some(&b)) = (place.get(&link.a), place.get(&link.b)) {
                near[a].push(b);
                near[b].push(a);
            }
        }
        let count = ids.len();
        let all: Vec<usize> = (0..count).collect();
        let mut walk = Walk {
            place,
            reached: vec![usize::MAX; count],
            parent: all.clone(),
            earliest: vec![usize::MAX; count],
            order: Vec::with_capacity(count),
            size: vec![1; count],
            root: all,
        };
        for start in 0..count {
            if walk.reached[start] == usize::MAX {
                walk.from(start, &near);
            }
        }
        walk
    }

    fn from(&mut self, start: usize, near: &[Vec<usize>]) {
        self.reach(start, start, start);
        let mut path = vec![(start, 0)];
        while let Some((here, next)) = path.last_mut() {
            let (member, link) = (*here, *next);
            *next += 1;
            match near[member].get(link) {
                Some(&other) if self.reached[other] == usize::MAX => {
                    self.reach(other, member, start);
                    path.push((other, 0));
                }
                Some(&other) if other != self.parent[member] => {
                    self.earliest[member] = self.earliest[member].min(self.reached[other]);
                }
                Some(_) => {}
                None => {
                    path.pop();
                    let parent = self.parent[member];
                    if parent != member {
                        self.earliest[parent] = self.earliest[parent].min(self.earliest[member]);
                        self.size[parent] += self.size[member];
                    }
                }
            }
        }
    }

    fn reach(&mut self, member: usize, parent: usize, root: usize) {
        self.reached[member] = self.order.len();
        self.earliest[member] = self.order.len();
        self.parent[member] = parent;
        self.root[member] = root;
        self.order.push(member);
    }

    /// The end of a link that was reached over it.
    fn beyond(&self, link: &Link) -> Option<usize> {
        let (a, b) = (*self.place.get(&link.a)?, *self.place.get(&link.b)?);
        [(a, b), (b, a)].into_iter().find(|(far, here)| far != here && self.parent[*far] == *here).map(|ends| ends.0)
    }

    /// The members on the smaller side of a bridge, in their order; of two equal sides the one of its first end.
    fn side(&self, ids: &[u32], link: &Link) -> Option<Vec<u32>> {
        let far = self.beyond(link)?;
        let beyond = self.reached[far]..self.reached[far] + self.size[far];
        let whole = self.size[self.root[far]];
        let is_far = 2 * self.size[far] < whole || (2 * self.size[far] == whole && ids[far] == link.a);
        let on_side =
            |member: &usize| self.root[*member] == self.root[far] && beyond.contains(&self.reached[*member]) == is_far;
        Some((0..ids.len()).filter(on_side).map(|member| ids[member]).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn links(pairs: &[(u32, u32)]) -> Vec<Link> {
        pairs.iter().map(|&(a, b)| Link { a, b, weight: 1.0 }).collect()
    }

    fn check(ids: &[u32], pairs: &[(u32, u32)], expected: &[(u32, u32, &[u32])]) {
        let links = links(pairs);
        let found = bridges(ids, &links);
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

    /// Bridges by trying: without the link, its ends no longer reach each other.
    fn bridges_by_trying(ids: &[u32], links: &[Link]) -> Vec<(u32, u32, Vec<u32>)> {
        let reach = |start: u32, without: usize| {
            let mut found = vec![start];
            let mut next = 0;
            while let Some(here) = found.get(next).copied() {
                next += 1;
                for link in links.iter().enumerate().filter(|(at, _)| *at != without).map(|(_, link)| link) {
                    for (from, to) in [(link.a, link.b), (link.b, link.a)] {
                        if from == here && !found.contains(&to) {
                            found.push(to);
                        }
                    }
                }
            }
            found
        };
        let one = |(at, link): (usize, &Link)| {
            let (left, right) = (reach(link.a, at), reach(link.b, at));
            let side = if left.len() <= right.len() { &left } else { &right };
            let side = ids.iter().copied().filter(|id| side.contains(id)).collect();
            (!left.contains(&link.b)).then_some((link.a, link.b, side))
        };
        links.iter().enumerate().filter_map(one).collect()
    }

    proptest! {
        #![proptest_config(crate::cases(128))]

        #[test]
        fn one_walk_finds_what_trying_finds(pairs in prop::collection::btree_set((0u32..9, 0u32..9), 0..14)) {
            let ids = [4, 0, 8, 2, 6, 1, 7, 3, 5];
            let pairs: Vec<(u32, u32)> = pairs.into_iter().filter(|(a, b)| a < b).collect();
            let links = links(&pairs);
            let found: Vec<(u32, u32, Vec<u32>)> =
                bridges(&ids, &links).into_iter().map(|bridge| (bridge.link.a, bridge.link.b, bridge.side)).collect();
            prop_assert_eq!(found, bridges_by_trying(&ids, &links));
        }
    }

    #[test]
    fn the_weakest_hangs_on_the_least() {
        let pairs = [(1, 2, 9.0), (2, 3, 4.0), (1, 3, 2.0)].map(|(a, b, weight)| Link { a, b, weight });
        assert_eq!(weakest(&[1, 2, 3], &pairs), Some(Link { a: 3, b: 2, weight: 4.0 }));
        assert_eq!(weakest(&[1], &[]), None);
    }
}
