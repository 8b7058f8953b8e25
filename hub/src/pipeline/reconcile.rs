//! A source's own list of its records against what the hub holds of it. The list is read as often as it has to be, so that
//! no more than some windows of it are in memory; where nothing differs, once.

use super::clock;
use crate::domain::customer::Customer;
use crate::domain::limits::INBOX_RECORDS_MAX;
use crate::domain::reconcile::{Comparison, Differs, Drift, Held, Summary, window};
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::reconciliations::Reconciled;
use crate::store::{Store, StoreError};
use connectors::Manifest;
use connectors::read::{Item, Options, Records};
use foldhash::HashSet;
use serde_json::json;
use std::io::{self, Read};
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// Rows of the store that are read at once.
const ROWS: usize = 10_000;

/// Reads the source's list from its beginning, as its manifest says.
pub type Open = Arc<dyn Fn(&Options) -> io::Result<Records<Box<dyn Read>>> + Send + Sync>;

/// What to do about what differs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heal {
    /// Take in again what is missing here or different.
    pub take: bool,
    /// Mark as deleted what the source does not have any more.
    pub delete: bool,
}

/// What the two sides have.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub ours: u64,
    pub theirs: u64,
    /// Records of the list that cannot be read or mapped; nobody knows whom they mean.
    pub unusable: u64,
    /// Windows of the keys in which the sides differ.
    pub windows: usize,
    /// How many records differ in each way, in the order of [`Drift::ALL`].
    pub counts: [u64; 4],
    /// Deliveries that were made to heal.
    pub healed: u64,
}

/// Why no comparison was made.
#[derive(Debug, thiserror::Error)]
pub enum ReconcileError {
    #[error("the list cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("the list cannot be read to its end, line {line}: {reason}; nothing was compared")]
    Broken { line: u64, reason: String },
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the reading broke down")]
    Panicked,
}

/// Compares, shows each record that differs to `differs`, and heals as far as it is told to. The pipeline should have
/// nothing left to do for the source; what it has would show as drift.
pub async fn reconcile(
    store: &Store,
    manifest: &Manifest,
    open: &Open,
    heal: Heal,
    mut differs: impl FnMut(&Differs),
) -> Result<Report, ReconcileError> {
    let source = manifest.name();
    let mut ours = Summary::default();
    each_of_ours(store, source, |window, held| ours.add(window, &held)).await?;
    let (theirs, unusable) =
        over(manifest, open, (Summary::default(), 0), |(summary, unusable), listed| match listed {
            Listed::Held { window, held, .. } => summary.add(window, &held),
            Listed::Gone => {}
            Listed::Unusable => *unusable += 1,
        })
        .await?;
    let groups = ours.groups(&theirs);
    let mut report = Report { ours: ours.count(), theirs: theirs.count(), unusable, ..Report::default() };
    report.windows = groups.iter().map(Vec::len).sum();
    for group in groups {
        let mut comparison = Comparison::default();
        let within: HashSet<usize> = group.into_iter().collect();
        each_of_ours(store, source, |window, held| {
            if within.contains(&window) {
                comparison.ours(held);
            }
        })
        .await?;
        let comparison = over(manifest, open, comparison, move |comparison, listed| match listed {
            Listed::Held { window, held, .. } if within.contains(&window) => comparison.theirs(&held),
            _ => {}
        })
        .await?;
        let found = comparison.finish();
        for one in &found {
            report.counts[one.drift as usize] += 1;
            differs(one);
        }
        report.healed += take_again(store, manifest, open, heal, &found).await?;
        report.healed += delete(store, source, heal, &found).await?;
    }
    store.note_reconciliation(&report.outcome(source)).await?;
    Ok(report)
}

impl Report {
    /// As it is kept.
    fn outcome(&self, source: &str) -> Reconciled {
        let count = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        Reconciled {
            source: source.to_owned(),
            at_us: clock::now_us(),
            ours: count(self.ours),
            theirs: count(self.theirs),
            differ: count(self.counts.iter().sum()),
            healed: count(self.healed),
        }
    }
}

/// Every record that the hub holds of a source and that is not deleted.
async fn each_of_ours(store: &Store, source: &str, mut each: impl FnMut(usize, Held)) -> Result<(), StoreError> {
    // No key is empty.
    let mut after = String::new();
    loop {
        let page = store.held_after(source, &after, ROWS).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after.clone_from(&last.key);
        page.into_iter().for_each(|held| each(window(source, &held.key), held));
    }
}

/// A record of the list.
enum Listed {
    /// With its window, and as it was read.
    Held { window: usize, held: Held, payload: Vec<u8> },
    /// The list says that the source does not have it any more.
    Gone,
    /// It cannot be read or mapped.
    Unusable,
}

/// Folds the whole list, on a thread that serves nobody.
async fn over<T: Send + 'static>(
    manifest: &Manifest,
    open: &Open,
    mut state: T,
    mut fold: impl FnMut(&mut T, Listed) + Send + 'static,
) -> Result<T, ReconcileError> {
    let (manifest, open) = (manifest.clone(), open.clone());
    let work = move || {
        let today = clock::today();
        for item in open(manifest.read_options())? {
            match item {
                Item::Record { payload, .. } => {
                    fold(&mut state, listed(&manifest, payload, &today).unwrap_or(Listed::Unusable));
                }
                Item::Rejected { .. } => fold(&mut state, Listed::Unusable),
                Item::Failed { position, reason } => {
                    return Err(ReconcileError::Broken { line: position.line, reason: reason.to_string() });
                }
            }
        }
        Ok(state)
    };
    tokio::task::spawn_blocking(work).await.map_err(|_| ReconcileError::Panicked)?
}

fn listed(manifest: &Manifest, payload: Vec<u8>, today: &str) -> Option<Listed> {
    let mapped = manifest.map(&payload).ok()?;
    if mapped.deleted {
        return Some(Listed::Gone);
    }
    let customer = Customer::checked(&mapped.record, today).ok()?;
    let canonical = serde_json::to_string(&customer).ok()?;
    let (version, content) = (mapped.version.map(|version| version.0), xxh3_64(canonical.as_bytes()));
    let window = window(manifest.name(), &mapped.key);
    Some(Listed::Held { window, held: Held { key: mapped.key, version, content }, payload })
}

/// Sends what is missing here or different through the pipeline, as the list has it.
async fn take_again(
    store: &Store,
    manifest: &Manifest,
    open: &Open,
    heal: Heal,
    found: &[Differs],
) -> Result<u64, ReconcileError> {
    let wanted = found.iter().filter(|one| matches!(one.drift, Drift::MissingHere | Drift::Different));
    let wanted: HashSet<String> = wanted.map(|one| one.key.clone()).collect();
    if !heal.take || wanted.is_empty() {
        return Ok(0);
    }
    // The records of a group are few enough to be held.
    let payloads = over(manifest, open, Vec::new(), move |payloads, listed| match listed {
        Listed::Held { held, payload, .. } if wanted.contains(&held.key) => payloads.push(payload),
        _ => {}
    })
    .await?;
    let delivery = |payload| delivery(manifest.name(), Shape::Manifest, payload);
    append(store, payloads.into_iter().map(delivery).collect()).await
}

/// Marks what the source does not have any more as deleted, each in the version that the hub knows, of which a deletion is
/// the last word: a later version of the source brings the record back.
async fn delete(store: &Store, source: &str, heal: Heal, found: &[Differs]) -> Result<u64, ReconcileError> {
    let gone = found.iter().filter(|one| heal.delete && one.drift == Drift::MissingThere);
    let deletion = |one: &Differs| {
        let body = json!({ "key": one.key, "version": one.version, "deleted": true });
        delivery(source, Shape::Canonical, body.to_string().into_bytes())
    };
    append(store, gone.map(deletion).collect()).await
}

async fn append(store: &Store, mut deliveries: Vec<NewDelivery>) -> Result<u64, ReconcileError> {
    let count = deliveries.len() as u64;
    while !deliveries.is_empty() {
        let rest = deliveries.split_off(deliveries.len().min(INBOX_RECORDS_MAX));
        store.append(deliveries, clock::now_us(), Vec::new()).await?;
        deliveries = rest;
    }
    Ok(count)
}

fn delivery(source: &str, shape: Shape, payload: Vec<u8>) -> NewDelivery {
    NewDelivery { source: source.to_owned(), shape, payload, repairs: None, rejected: None }
}
