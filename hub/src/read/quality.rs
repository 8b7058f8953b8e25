//! How good the data is: measured in the background on a sample, kept for a while, and measured anew when somebody looks.

use super::profiles::member_keys;
use crate::domain::ids::RecordNo;
use crate::domain::quality::Quality;
use crate::domain::survivorship::alone;
use crate::store::reviews::Outcome;
use crate::store::scan::Counts;
use crate::store::{Store, StoreError};
use foldhash::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// Records and people that are looked at: shares are right to within a percentage point or so.
const RECORDS_MAX: usize = 20_000;
const PEOPLE_MAX: usize = 2_000;
/// Records of one person that are compared.
const MEMBERS_MAX: usize = 20;
const KEPT_SECS: u64 = 300;
/// Whoever asks waits so long for the first figures.
const PATIENCE_MS: u64 = 1500;
const CHUNK: usize = 500;
const DAY_US: i64 = 24 * 3600 * 1_000_000;
/// Ages of open reviews that are told apart, in days.
pub const AGES: [i64; 3] = [1, 7, 30];

/// The figures of one moment.
#[derive(Debug)]
pub struct Snapshot {
    pub at_us: i64,
    pub counts: Counts,
    pub quality: Quality,
    /// Records that were looked at.
    pub sampled: usize,
    /// Reviews that have been open for longer than each of [`AGES`].
    pub older: [i64; 3],
    pub outcomes: Vec<Outcome>,
    /// People whom the hub had joined and stewards parted, unasked.
    pub parted: i64,
}

/// The newest figures of one node.
#[derive(Default)]
pub struct Measured(Mutex<Slot>);

#[derive(Default)]
struct Slot {
    newest: Option<(Arc<Snapshot>, Instant)>,
    running: Option<watch::Receiver<bool>>,
}

impl Measured {
    /// The newest figures. If there are none or they are old, others are under way; the first are waited for a moment.
    pub async fn get(self: &Arc<Self>, store: &Store, now_us: i64) -> Option<Arc<Snapshot>> {
        let (newest, running) = self.begin(store, now_us);
        let (None, Some(mut running)) = (&newest, running) else { return newest };
        let done = running.wait_for(|done| *done);
        let _ = tokio::time::timeout(Duration::from_millis(PATIENCE_MS), done).await;
        self.slot(|slot| slot.newest.as_ref().map(|(snapshot, _)| snapshot.clone()))
    }

    fn begin(self: &Arc<Self>, store: &Store, now_us: i64) -> (Option<Arc<Snapshot>>, Option<watch::Receiver<bool>>) {
        self.slot(|slot| {
            let is_fresh = slot.newest.as_ref().is_some_and(|(_, at)| at.elapsed().as_secs() < KEPT_SECS);
            if !is_fresh && slot.running.is_none() {
                let (done, running) = watch::channel(false);
                slot.running = Some(running);
                tokio::spawn(self.clone().run(store.clone(), now_us, done));
            }
            (slot.newest.as_ref().map(|(snapshot, _)| snapshot.clone()), slot.running.clone())
        })
    }

    async fn run(self: Arc<Self>, store: Store, now_us: i64, done: watch::Sender<bool>) {
        let measured = measure(&store, now_us).await;
        self.slot(|slot| {
            slot.running = None;
            match measured {
                Ok(snapshot) => slot.newest = Some((Arc::new(snapshot), Instant::now())),
                Err(error) => {
                    tracing::warn!(%error, cause = error.cause(), "the quality of data could not be measured")
                }
            }
        });
        done.send_replace(true);
    }

    fn slot<T>(&self, work: impl FnOnce(&mut Slot) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn measure(store: &Store, at_us: i64) -> Result<Snapshot, StoreError> {
    let mut quality = Quality::default();
    let (mut sampled, mut people) = (0, HashSet::default());
    for chunk in evenly(store.record_count().await?, RECORDS_MAX).chunks(CHUNK) {
        for record in store.source_records(chunk).await?.into_iter().filter(|record| !record.deleted) {
            sampled += 1;
            quality.take_record(&record.key.source, &alone(&record.customer));
            people.extend(record.golden.filter(|_| people.len() < PEOPLE_MAX));
        }
    }
    for golden in people {
        let Some(profile) = store.profile(golden).await? else { continue };
        let keys = member_keys(&profile)?;
        if keys.len() < 2 {
            continue;
        }
        let mut records = Vec::new();
        for key in keys.iter().take(MEMBERS_MAX) {
            let record = store.source_record(key).await?.filter(|record| !record.deleted);
            records.extend(record.map(|record| (record.key.source, alone(&record.customer))));
        }
        quality.take_person(&records);
    }
    Ok(Snapshot {
        at_us,
        counts: store.counts().await?,
        quality,
        sampled,
        older: store.reviews_older(AGES.map(|days| at_us - days * DAY_US)).await?,
        outcomes: store.outcomes().await?,
        parted: store.parted_unasked().await?,
    })
}

/// So many of all records at the most, from the first to the last at equal distances. Numbers begin at 0.
fn evenly(all: i64, most: usize) -> Vec<RecordNo> {
    let all = u64::try_from(all).unwrap_or(0);
    let count = all.min(most as u64);
    (0..count).map(|place| RecordNo((place * all / count) as u32)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_evenly() {
        let of = |all, most| evenly(all, most).iter().map(|record| record.0).collect::<Vec<_>>();
        assert_eq!((of(3, 10), of(10, 4), of(0, 4)), (vec![0, 1, 2], vec![0, 2, 5, 7], vec![]));
    }
}
