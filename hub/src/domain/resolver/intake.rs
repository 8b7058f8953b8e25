//! Which deliveries count: the newest version of each source record, once.

use super::{Resolution, Resolver, Slot};
use crate::domain::ids::{GoldenId, RecordNo};
use crate::domain::plan::{Content, Incoming, Present, RecordWrite};
use foldhash::{HashMap, HashMapExt, HashSet};
use matching::Features;

/// Changes to the match index that a batch asks for.
#[derive(Default)]
struct IndexChange {
    removed: Vec<u32>,
    added: Vec<(u32, Features)>,
}

impl Resolver {
    /// Takes the batch into slots, index and edges; returns every record whose surroundings changed.
    pub(super) fn take_in(&mut self, batch: Vec<Incoming>, resolution: &mut Resolution) -> HashSet<RecordNo> {
        let mut touched = self.take_statements(&batch, resolution);
        let told: Vec<_> = batch.iter().map(|incoming| (incoming.key.rank(), incoming.delivery)).collect();
        let newest = self.newest(batch, resolution);
        let mut change = IndexChange::default();
        touched.reserve(newest.len());
        for incoming in newest {
            let echo = incoming.echo;
            let record = self.accept(incoming, &mut change, resolution);
            touched.insert(record);
            if echo {
                resolution.echoes.insert(record);
            }
        }
        let trace = |(rank, delivery)| self.by_rank.get(&rank).map(|record| (*record, delivery));
        resolution.traces = told.into_iter().filter_map(trace).collect();
        self.keep_places(resolution);
        let disturbed = self.index.replace(&change.removed, change.added);
        self.unsettle_draft(&change.removed, &disturbed);
        touched.extend(self.rescore(&change.removed, &disturbed, resolution));
        // Clusters weigh all their pairs, also those that are no links, so a changed weight alone can change them, and
        // the pairs between clusters that wait for a review.
        let paired = disturbed.pairs.into_iter().flat_map(|(a, b)| [a, b]);
        let weighed = disturbed.records.into_iter().chain(paired).map(RecordNo);
        touched.extend(weighed.filter(|&record| !self.edges.of(record).is_empty()));
        touched
    }

    /// Leaves the newest content per record that is also newer than what is known.
    fn newest(&self, batch: Vec<Incoming>, resolution: &mut Resolution) -> Vec<Incoming> {
        let mut best: HashMap<_, Incoming> = HashMap::with_capacity(batch.len());
        for incoming in batch {
            if matches!(incoming.content, Content::Nothing) {
                resolution.tally.statements += 1;
                continue;
            }
            let rank = incoming.key.rank();
            let known = self.by_rank.get(&rank).map(|r| self.slot(*r)).map(|s| (s.version, s.content_hash));
            let rival = best.get(&rank).map(|b| (b.version, b.content_hash));
            let bar = known.max(rival);
            let mine = Some((incoming.version, incoming.content_hash));
            // Without a version of its own a re-sent content would look newer than itself.
            let resent = !incoming.versioned && bar.is_some_and(|(_, hash)| hash == incoming.content_hash);
            if mine == bar || resent {
                resolution.tally.unchanged += 1;
            } else if mine < bar || best.insert(rank, incoming).is_some() {
                resolution.tally.stale += 1;
            }
        }
        let mut newest: Vec<Incoming> = best.into_values().collect();
        newest.sort_by_key(|incoming| incoming.delivery);
        newest
    }

    fn accept(&mut self, incoming: Incoming, change: &mut IndexChange, resolution: &mut Resolution) -> RecordNo {
        let record = self.slot_for(&incoming);
        let was_live = self.slot(record).live;
        if was_live {
            change.removed.push(record.0);
        }
        let slot = self.slot_mut(record);
        slot.version = incoming.version;
        slot.content_hash = incoming.content_hash;
        let present = match incoming.content {
            Content::Present { customer, canonical, features } => {
                slot.live = true;
                if !was_live {
                    self.renew_anchor(record, incoming.anchor);
                }
                change.added.push((record.0, features));
                resolution.tally.accepted += 1;
                Some(Present { customer, canonical })
            }
            Content::Deleted | Content::Nothing => {
                slot.live = false;
                resolution.tally.deleted += 1;
                None
            }
        };
        resolution.records.push(RecordWrite {
            record,
            delivery: incoming.delivery,
            version: incoming.version,
            updated_us: incoming.updated_us,
            content_hash: incoming.content_hash,
            present,
        });
        record
    }

    pub(super) fn slot_for(&mut self, incoming: &Incoming) -> RecordNo {
        let rank = incoming.key.rank();
        if let Some(record) = self.by_rank.get(&rank) {
            return *record;
        }
        let record = RecordNo(self.slots.len() as u32);
        let source = self.intern(&incoming.key.source);
        self.slots.push(Slot {
            rank,
            key: incoming.key.key.as_str().into(),
            source,
            live: false,
            version: i64::MIN,
            content_hash: 0,
            anchor: incoming.anchor,
            golden: None,
        });
        self.by_rank.insert(rank, record);
        record
    }

    /// A record that comes back after its deletion takes its own id again, unless others live under it now.
    fn renew_anchor(&mut self, record: RecordNo, fresh: GoldenId) {
        let anchor = self.slot(record).anchor;
        let lost = self.goldens.get(&anchor).is_some_and(|golden| golden.owner != record);
        if lost {
            self.slot_mut(record).anchor = fresh;
        }
    }
}
