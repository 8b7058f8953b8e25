//! Which golden id each new cluster lives under.
//!
//! Every golden id has an owner, the record that brought it along. A golden id goes where its owner goes; the earliest
//! id that comes to a cluster wins, and the others retire into it. So a merge keeps the earliest id, an unmerge gives
//! the original ids back, and a retired id always resolves to where its owner is.

use super::region::{Region, places};
use super::{Changed, Golden, Resolution, Resolver, Retired};
use crate::domain::cause::Cause;
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::plan::{CrosswalkWrite, EventKind, GoldenState};
use foldhash::{HashMap, HashMapExt, HashSet};

/// The new clusters of a region with the ids that come to them.
struct Claims {
    clusters: Vec<Vec<RecordNo>>,
    places: HashMap<RecordNo, usize>,
    by_cluster: Vec<Vec<GoldenId>>,
}

impl Resolver {
    /// Gives every new cluster its golden id and records what that changes.
    pub(super) fn assign(
        &mut self,
        region: &Region,
        mut clusters: Vec<Vec<RecordNo>>,
        renewed: &HashSet<RecordNo>,
        resolution: &mut Resolution,
    ) {
        for cluster in &mut clusters {
            cluster.sort_unstable_by_key(|&record| self.rank(record));
        }
        let claims = self.claims(region, clusters);
        self.hand_over(region, &claims);
        let winners = self.winners(&claims);
        let changed = self.settle(&claims, &winners, renewed, resolution);
        self.retire(region, &claims, &winners, resolution);
        self.cross(region, &claims, &winners, resolution);
        resolution.changed.extend(changed);
        resolution.changed.sort_by_key(|c| c.golden);
        resolution.retired.sort_by_key(|r| r.golden);
    }

    /// Sends each live golden id of the region to the cluster of its owner, or of most of its members; a retired one comes
    /// along with its owner, so that an unmerge brings it back even where a later id has taken its place meanwhile.
    fn claims(&self, region: &Region, clusters: Vec<Vec<RecordNo>>) -> Claims {
        let places = places(&clusters);
        let owned = |cluster: &Vec<RecordNo>| cluster.iter().flat_map(|&record| self.owned(record)).collect();
        let mut by_cluster: Vec<Vec<GoldenId>> = clusters.iter().map(owned).collect();
        for &golden in &region.goldens {
            if let Some(place) = self.destination(golden, &places) {
                by_cluster[place].push(golden);
            }
        }
        Claims { clusters, places, by_cluster }
    }

    fn destination(&self, golden: GoldenId, places: &HashMap<RecordNo, usize>) -> Option<usize> {
        let owner = self.goldens.get(&golden)?.owner;
        if let Some(place) = places.get(&owner) {
            return Some(*place);
        }
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for place in self.members(golden)?.iter().filter_map(|record| places.get(record)) {
            *counts.entry(*place).or_default() += 1;
        }
        let most = counts.values().copied().max()?;
        // Members are kept in order of rank, so the first of a largest part breaks a draw.
        let members = self.members(golden)?.iter().filter_map(|record| places.get(record));
        members.copied().find(|place| counts.get(place) == Some(&most))
    }

    /// The ids of deleted records pass to the next member of their cluster, so that they keep resolving.
    fn hand_over(&mut self, region: &Region, claims: &Claims) {
        let gone: Vec<RecordNo> = region.records.iter().copied().filter(|&r| !self.slot(r).live).collect();
        for record in gone {
            let Some(golden) = self.slot(record).golden else { continue };
            let Some(place) = self.destination(golden, &claims.places) else { continue };
            let heir = claims.clusters[place][0];
            for owned in self.owned(record) {
                if let Some(entry) = self.goldens.get_mut(&owned) {
                    entry.owner = heir;
                    self.adopted.entry(heir).or_default().push(owned);
                }
            }
            self.adopted.remove(&record);
        }
    }

    /// Published golden ids that a record owns.
    fn owned(&self, record: RecordNo) -> Vec<GoldenId> {
        let own = Some(self.slot(record).anchor);
        let own = own.filter(|anchor| self.goldens.get(anchor).is_some_and(|g| g.owner == record));
        own.into_iter().chain(self.adopted.get(&record).into_iter().flatten().copied()).collect()
    }

    /// The earliest id of each cluster: among those that come to it, else among its members' own.
    fn winners(&self, claims: &Claims) -> Vec<GoldenId> {
        let fresh = |cluster: &[RecordNo]| {
            let own = |&record: &RecordNo| {
                let anchor = self.slot(record).anchor;
                self.goldens.get(&anchor).is_none_or(|g| g.owner == record).then_some(anchor)
            };
            cluster.iter().filter_map(own).min()
        };
        let pairs = claims.clusters.iter().zip(&claims.by_cluster);
        // A live record's anchor is renewed when it is lost, so a cluster always has an id of its own.
        let last_resort = |cluster: &[RecordNo]| self.slot(cluster[0]).anchor;
        let winner = |(cluster, ids): (&Vec<RecordNo>, &Vec<GoldenId>)| {
            ids.iter().min().copied().or_else(|| fresh(cluster)).unwrap_or_else(|| last_resort(cluster))
        };
        pairs.map(winner).collect()
    }

    /// Records the clusters whose members or values changed.
    fn settle(
        &mut self,
        claims: &Claims,
        winners: &[GoldenId],
        renewed: &HashSet<RecordNo>,
        batch: &Resolution,
    ) -> Vec<Changed> {
        let mut changed = Vec::new();
        for (members, &golden) in claims.clusters.iter().zip(winners) {
            let before = self.goldens.get(&golden).copied();
            let live = before.is_some_and(|g| g.state == GoldenState::Live);
            let same = live && self.clusters.get(&golden) == Some(members);
            if same && !members.iter().any(|record| renewed.contains(record)) {
                continue;
            }
            let kind = match before {
                None => EventKind::Created,
                Some(_) if live => EventKind::Updated,
                Some(_) => EventKind::Restored,
            };
            let owner = before.map_or_else(|| self.anchor_owner(members, golden), |g| g.owner);
            let version = before.map_or(1, |g| g.version + 1);
            let cause = self.why_appeared(batch, golden, members, kind);
            self.goldens.insert(golden, Golden { version, owner, state: GoldenState::Live });
            changed.push(Changed { golden, roster: self.roster(members), version, owner, kind, cause });
        }
        changed
    }

    /// Why an id appeared or is back; the first record of a new person needs no reason.
    fn why_appeared(
        &self,
        batch: &Resolution,
        golden: GoldenId,
        members: &[RecordNo],
        kind: EventKind,
    ) -> Option<Cause> {
        let came_from_another = || members.iter().any(|&r| self.golden_of(r).is_some_and(|former| former != golden));
        match kind {
            EventKind::Restored => Some(self.why_parted(batch, members)),
            EventKind::Created if came_from_another() => Some(self.why_parted(batch, members)),
            _ => None,
        }
    }

    fn anchor_owner(&self, members: &[RecordNo], golden: GoldenId) -> RecordNo {
        members.iter().copied().find(|&record| self.slot(record).anchor == golden).unwrap_or(members[0])
    }

    /// Retires the ids that lost, and points retired ids of the region to where their owners are now.
    fn retire(&mut self, region: &Region, claims: &Claims, winners: &[GoldenId], resolution: &mut Resolution) {
        let mut moved: Vec<(GoldenId, GoldenState)> = Vec::new();
        for &golden in &region.goldens {
            let place = self.goldens.get(&golden).and_then(|g| claims.places.get(&g.owner));
            match place.map(|&p| winners[p]) {
                Some(winner) if winner != golden => moved.push((golden, GoldenState::Retired { into: winner })),
                Some(_) => {}
                None => moved.push((golden, GoldenState::Gone)),
            }
        }
        for (&record, &place) in &claims.places {
            for golden in self.owned(record) {
                let target = GoldenState::Retired { into: winners[place] };
                let state = self.goldens.get(&golden).map(|g| g.state);
                if matches!(state, Some(GoldenState::Retired { .. })) && golden != winners[place] {
                    moved.push((golden, target));
                }
            }
        }
        for (golden, state) in moved {
            self.move_golden(golden, state, claims, resolution);
        }
    }

    fn move_golden(&mut self, golden: GoldenId, state: GoldenState, claims: &Claims, resolution: &mut Resolution) {
        let Some(entry) = self.goldens.get(&golden).copied().filter(|entry| entry.state != state) else { return };
        let former = self.members(golden).map_or_else(|| vec![entry.owner], <[RecordNo]>::to_vec);
        let cause = match claims.places.get(&entry.owner) {
            Some(&place) => self.why_joined(resolution, &former, &claims.clusters[place]),
            None => self.why_gone(&former),
        };
        let version = entry.version + 1;
        self.goldens.insert(golden, Golden { version, state, ..entry });
        resolution.retired.push(Retired { golden, version, owner: entry.owner, state, cause });
    }

    /// Moves the records to their golden ids and writes the crosswalk rows that changed.
    fn cross(&mut self, region: &Region, claims: &Claims, winners: &[GoldenId], resolution: &mut Resolution) {
        for golden in &region.goldens {
            self.clusters.remove(golden);
        }
        for (members, &golden) in claims.clusters.iter().zip(winners) {
            self.clusters.insert(golden, members.clone());
        }
        let mut records: Vec<RecordNo> = region.records.iter().copied().collect();
        records.sort_unstable();
        let written: HashSet<RecordNo> = resolution.records.iter().map(|r| r.record).collect();
        for record in records {
            let golden = claims.places.get(&record).map(|&place| winners[place]);
            let slot = &mut self.slots[record.0 as usize];
            let moved = slot.golden != golden;
            slot.golden = golden;
            let anchor = slot.anchor;
            if moved || written.contains(&record) {
                resolution.crosswalks.push(CrosswalkWrite { record, key: self.key(record), anchor, golden });
            }
        }
    }
}
