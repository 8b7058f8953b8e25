//! What people have allowed and refused, record by record.

use super::{Resolution, Resolver};
use crate::domain::consent::Stance;
use crate::domain::ids::RecordNo;
use crate::domain::plan::{Incoming, RecordWrite, StanceWrite, StatementWrite};
use foldhash::{HashSet, HashSetExt};
use std::sync::Arc;

impl Resolver {
    /// Takes the statements of a batch in, those of old states included: what was said was said. Answers which records'
    /// stances are others now. A statement on a record that nobody has sent yet waits for it.
    pub(super) fn take_statements(&mut self, batch: &[Incoming], resolution: &mut Resolution) -> HashSet<RecordNo> {
        let mut changed = HashSet::new();
        for incoming in batch.iter().filter(|incoming| !incoming.statements.is_empty()) {
            let record = self.slot_for(incoming);
            let stance = Arc::make_mut(self.stances.entry(record).or_default());
            for statement in &incoming.statements {
                if stance.add(statement) {
                    changed.insert(record);
                }
                let (delivery, statement) = (incoming.delivery, statement.clone());
                resolution.statements.push(StatementWrite { record, delivery, statement });
            }
        }
        let write = |&record: &RecordNo| StanceWrite { record, stance: self.stances[&record].clone() };
        resolution.stances = changed.iter().map(write).collect();
        resolution.stances.sort_by_key(|write| write.record);
        changed
    }

    /// Writes a place for records that have statements and no state yet: as if they were deleted, in their oldest version.
    pub(super) fn keep_places(&self, resolution: &mut Resolution) {
        let written: HashSet<RecordNo> = resolution.records.iter().map(|write| write.record).collect();
        let mut kept = HashSet::new();
        for statement in &resolution.statements {
            let (record, delivery) = (statement.record, statement.delivery);
            let slot = self.slot(record);
            if slot.version > i64::MIN || written.contains(&record) || !kept.insert(record) {
                continue;
            }
            let (version, content_hash) = (slot.version, slot.content_hash);
            let place = RecordWrite { record, delivery, version, updated_us: 0, content_hash, present: None };
            resolution.records.push(place);
        }
    }

    /// What a record's statements come to.
    pub fn stance(&self, record: RecordNo) -> Option<&Arc<Stance>> {
        self.stances.get(&record)
    }
}
