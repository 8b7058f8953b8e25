//! How the records of a forgotten person leave the population.

use super::Resolver;
use crate::domain::ids::{DeliveryId, GoldenId, RecordNo};
use crate::domain::plan::{Content, Incoming};
use crate::domain::privacy::erased_key;
use uuid::Uuid;

impl Resolver {
    /// The same as if the source had deleted them: the last word of their present version.
    pub fn deletions(&self, records: &[RecordNo]) -> Vec<Incoming> {
        let live = records.iter().filter(|record| self.slot(**record).live);
        let deletion = |&record: &RecordNo| Incoming {
            key: self.key(record),
            delivery: DeliveryId(0),
            version: self.slot(record).version,
            updated_us: 0,
            versioned: true,
            content_hash: u64::MAX,
            content: Content::Deleted,
            anchor: GoldenId(Uuid::nil()),
            echo: false,
            statements: Vec::new(),
        };
        live.map(deletion).collect()
    }

    /// Takes the names of records away that are deleted; they keep their numbers.
    pub fn forget(&mut self, records: &[RecordNo]) {
        for &record in records {
            let mut key = self.key(record);
            self.by_rank.remove(&key.rank());
            self.stances.remove(&record);
            key.key = erased_key(record);
            let rank = key.rank();
            self.by_rank.insert(rank, record);
            let slot = self.slot_mut(record);
            slot.key = key.key.as_str().into();
            slot.rank = rank;
            slot.version = i64::MAX;
        }
    }
}
