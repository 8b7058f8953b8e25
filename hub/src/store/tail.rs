//! The newest deliveries that this process made durable, kept for its own pipeline, which need not read them back.

use super::inbox::Delivery;
use crate::domain::ids::DeliveryId;
use crate::domain::limits::TAIL_BYTES_MAX;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Runs of deliveries by their first id; each holds every id from there on without a gap.
#[derive(Default)]
pub struct Tail {
    /// Absent until somebody reads deliveries in this process: one that only appends keeps nothing.
    kept: Mutex<Option<Kept>>,
}

#[derive(Default)]
struct Kept {
    runs: BTreeMap<i64, Vec<Delivery>>,
    bytes: usize,
}

impl Tail {
    /// Whether a run of this size would be kept; the copy is made only then.
    pub fn wants(&self, bytes: usize) -> bool {
        self.with(|kept| kept.as_ref().is_some_and(|kept| kept.bytes + bytes <= TAIL_BYTES_MAX))
    }

    /// Keeps a run that is durable.
    pub fn keep(&self, run: Vec<Delivery>) {
        let Some(first) = run.first().map(|delivery| delivery.id.0) else { return };
        self.with(|kept| {
            if let Some(kept) = kept {
                kept.bytes += bytes(&run);
                kept.runs.insert(first, run);
            }
        });
    }

    /// The deliveries right after a position, if they are here; forgets everything up to them.
    pub fn take_after(&self, after: DeliveryId, limit: usize) -> Option<Vec<Delivery>> {
        self.with(|kept| kept.get_or_insert_default().take_after(after.0, limit))
    }

    fn with<T>(&self, work: impl FnOnce(&mut Option<Kept>) -> T) -> T {
        work(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Kept {
    fn take_after(&mut self, after: i64, limit: usize) -> Option<Vec<Delivery>> {
        let mut taken: Vec<Delivery> = Vec::new();
        while let Some((&first, _)) = self.runs.first_key_value() {
            let next = taken.last().map_or(after, |delivery| delivery.id.0) + 1;
            if first > next || taken.len() == limit {
                break;
            }
            let Some((_, mut run)) = self.runs.pop_first() else { break };
            self.bytes -= bytes(&run);
            // What was read from the database meanwhile is not wanted twice.
            run.drain(..run.len().min((next - first) as usize));
            let rest = run.split_off(run.len().min(limit - taken.len()));
            taken.append(&mut run);
            if let Some(first) = rest.first().map(|delivery| delivery.id.0) {
                self.bytes += bytes(&rest);
                self.runs.insert(first, rest);
            }
        }
        (!taken.is_empty()).then_some(taken)
    }
}

/// What a run occupies, about.
fn bytes(run: &[Delivery]) -> usize {
    run.iter().map(|delivery| delivery.payload.len() + size_of::<Delivery>()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::inbox::Shape;

    fn run(ids: std::ops::Range<i64>) -> Vec<Delivery> {
        let delivery = |id| Delivery {
            id: DeliveryId(id),
            source: "crm".to_owned(),
            shape: Shape::Manifest,
            received_us: 0,
            repairs: None,
            payload: vec![0; 10],
        };
        ids.map(delivery).collect()
    }

    fn taken(tail: &Tail, after: i64, limit: usize) -> Option<Vec<i64>> {
        tail.take_after(DeliveryId(after), limit).map(|run| run.iter().map(|delivery| delivery.id.0).collect())
    }

    #[test]
    fn it_answers_only_without_a_gap() {
        let tail = Tail::default();
        tail.keep(run(1..3));
        assert_eq!(taken(&tail, 0, 10), None, "nobody had read before");
        tail.keep(run(6..9));
        tail.keep(run(3..6));
        assert_eq!(taken(&tail, 1, 10), None, "delivery 2 is elsewhere");
        assert_eq!(taken(&tail, 2, 4), Some(vec![3, 4, 5, 6]));
        assert_eq!(taken(&tail, 7, 4), Some(vec![8]), "delivery 7 was read elsewhere");
        assert_eq!(taken(&tail, 8, 4), None);
    }

    #[test]
    fn it_is_bounded_and_counts_down_again() {
        let tail = Tail::default();
        assert!(!tail.wants(1));
        assert_eq!(taken(&tail, 0, 1), None);
        assert!(tail.wants(TAIL_BYTES_MAX) && !tail.wants(TAIL_BYTES_MAX + 1));
        tail.keep(run(1..5));
        assert!(!tail.wants(TAIL_BYTES_MAX));
        assert_eq!(taken(&tail, 0, 3), Some(vec![1, 2, 3]));
        assert_eq!(taken(&tail, 4, 3), None);
        assert!(tail.wants(TAIL_BYTES_MAX));
    }
}
