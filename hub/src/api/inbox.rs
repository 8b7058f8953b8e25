//! The one writer of deliveries in this process: requests that arrive together become durable together.

use crate::domain::ids::DeliveryId;
use crate::domain::limits::{INBOX_QUEUE_MAX, INBOX_RECORDS_MAX};
use crate::pipeline::clock;
use crate::store::idempotency::{Earlier, Remembered};
use crate::store::inbox::NewDelivery;
use crate::store::{Store, StoreError};
use foldhash::HashMap;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

/// A way to the writer; cheap to clone. A full queue makes senders wait.
#[derive(Clone)]
pub struct Inbox(mpsc::Sender<Job>);

/// What becomes of what is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Durably,
    /// Everything is acknowledged and dropped: the ceiling that intake is measured against.
    Nothing,
}

/// What is to become durable, all or nothing.
pub struct Parcel {
    pub deliveries: Vec<NewDelivery>,
    /// The answer to remember with them; its place in the transaction is filled in by the writer.
    pub remember: Option<Remembered>,
}

/// What became of a parcel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The id of its first delivery; the others follow it.
    Stored(DeliveryId),
    /// Something had been stored under its key before: the first ids of that.
    Known(Vec<DeliveryId>),
}

struct Job {
    parcel: Parcel,
    /// Whether a parcel whose key is known is left out, and not a conflict.
    once: bool,
    done: oneshot::Sender<Result<Outcome, StoreError>>,
}

/// Where a parcel's deliveries stand in a transaction.
enum Place {
    At(i64),
    /// Another parcel of the transaction has its key.
    Same(i64),
    Known(Vec<DeliveryId>),
}

impl Inbox {
    pub fn start(store: Store, keep: Keep) -> (Inbox, JoinHandle<()>) {
        let (sender, jobs) = mpsc::channel(INBOX_QUEUE_MAX);
        let writer = match keep {
            Keep::Durably => tokio::spawn(write(store, jobs)),
            Keep::Nothing => tokio::spawn(drop_all(jobs)),
        };
        (Inbox(sender), writer)
    }

    /// Makes a parcel durable and returns the id of its first delivery; the others follow it.
    pub async fn append(&self, parcel: Parcel) -> Result<DeliveryId, StoreError> {
        self.send(parcel, false).await?.await.map_err(|_| closed())?.map(Outcome::first)
    }

    /// The same for parcels that each stand for themselves, and are stored once whatever happens; they share a transaction
    /// as far as they can.
    pub async fn append_once(&self, parcels: Vec<Parcel>) -> Vec<Result<Outcome, StoreError>> {
        let mut answers = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            answers.push(self.send(parcel, true).await);
        }
        let mut done = Vec::with_capacity(answers.len());
        for answer in answers {
            done.push(match answer {
                Ok(answer) => answer.await.unwrap_or_else(|_| Err(closed())),
                Err(error) => Err(error),
            });
        }
        done
    }

    async fn send(
        &self,
        parcel: Parcel,
        once: bool,
    ) -> Result<oneshot::Receiver<Result<Outcome, StoreError>>, StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.send(Job { parcel, once, done }).await.map_err(|_| closed())?;
        Ok(answer)
    }

    /// The same for threads that may wait.
    pub fn append_blocking(&self, parcel: Parcel) -> Result<DeliveryId, StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.blocking_send(Job { parcel, once: false, done }).map_err(|_| closed())?;
        answer.blocking_recv().map_err(|_| closed())?.map(Outcome::first)
    }
}

impl Outcome {
    fn first(self) -> DeliveryId {
        match self {
            Outcome::Stored(first) => first,
            Outcome::Known(ids) => ids.first().copied().unwrap_or_default(),
        }
    }
}

/// The writer ends with the process only.
fn closed() -> StoreError {
    StoreError::Corrupt { what: "inbox" }
}

async fn write(store: Store, mut jobs: mpsc::Receiver<Job>) {
    while let Some(first) = jobs.recv().await {
        let mut batch = vec![first];
        let mut records = batch[0].parcel.deliveries.len();
        while records < INBOX_RECORDS_MAX
            && let Ok(job) = jobs.try_recv()
        {
            records += job.parcel.deliveries.len();
            batch.push(job);
        }
        match together(&store, &batch).await {
            Ok(ids) => batch.into_iter().zip(ids).for_each(|(job, id)| drop(job.done.send(Ok(id)))),
            Err(error) => apart(&store, batch, error).await,
        }
    }
}

async fn drop_all(mut jobs: mpsc::Receiver<Job>) {
    let mut id = 0;
    while let Some(job) = jobs.recv().await {
        id += 1;
        drop(job.done.send(Ok(Outcome::Stored(DeliveryId(id)))));
    }
}

/// One bad parcel must not take the others down with it.
async fn apart(store: &Store, mut batch: Vec<Job>, error: StoreError) {
    // Another process may have stored the same a moment before; then a second look finds it.
    let may_be_known = error.is_conflict() && batch.iter().any(|job| job.once);
    if batch.len() == 1 && !may_be_known {
        if let Some(job) = batch.pop() {
            drop(job.done.send(Err(error)));
        }
        return;
    }
    for job in batch {
        let stored = together(store, std::slice::from_ref(&job)).await;
        let outcome = stored.and_then(|mut one| one.pop().ok_or_else(closed));
        drop(job.done.send(outcome));
    }
}

/// Stores several parcels in one transaction; answers what became of each.
async fn together(store: &Store, batch: &[Job]) -> Result<Vec<Outcome>, StoreError> {
    let known = known(store, batch).await?;
    let (mut deliveries, mut remember) = (Vec::new(), Vec::new());
    let (mut places, mut placed) = (Vec::with_capacity(batch.len()), HashMap::default());
    for job in batch {
        let key = job.parcel.remember.as_ref().filter(|_| job.once).map(|r| (r.caller, r.key.as_str()));
        if let Some(earlier) = key.and_then(|(caller, key)| known.get(&caller)?.get(key)) {
            places.push(Place::Known(earlier.deliveries.iter().map(|(first, _)| DeliveryId(*first)).collect()));
            continue;
        }
        let (offset, count) = (deliveries.len() as i64, job.parcel.deliveries.len() as i64);
        if let Some(same) = key.and_then(|key| placed.insert(key, offset)) {
            placed.extend(key.map(|key| (key, same)));
            places.push(Place::Same(same));
            continue;
        }
        places.push(Place::At(offset));
        remember.extend(job.parcel.remember.clone().map(|r| Remembered { offset, count, ..r }));
        deliveries.extend(job.parcel.deliveries.iter().cloned());
    }
    let first = match deliveries.is_empty() && remember.is_empty() {
        true => DeliveryId(0),
        false => store.append(deliveries, clock::now_us(), remember).await?,
    };
    let outcome = |place| match place {
        Place::At(offset) => Outcome::Stored(DeliveryId(first.0 + offset)),
        Place::Same(offset) => Outcome::Known(vec![DeliveryId(first.0 + offset)]),
        Place::Known(ids) => Outcome::Known(ids),
    };
    Ok(places.into_iter().map(outcome).collect())
}

/// What was stored earlier under keys of the batch, by caller.
async fn known(store: &Store, batch: &[Job]) -> Result<HashMap<Uuid, HashMap<String, Earlier>>, StoreError> {
    let mut asked: HashMap<Uuid, Vec<String>> = HashMap::default();
    for remember in batch.iter().filter(|job| job.once).filter_map(|job| job.parcel.remember.as_ref()) {
        asked.entry(remember.caller).or_default().push(remember.key.clone());
    }
    let mut known = HashMap::default();
    for (caller, keys) in asked {
        known.insert(caller, store.known(caller, keys).await?);
    }
    Ok(known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::inbox::Shape;

    const NOTICES: usize = 200;

    fn parcel(number: usize) -> Parcel {
        let payload = b"{}".to_vec();
        let delivery =
            NewDelivery { source: "shop".into(), shape: Shape::Canonical, payload, repairs: None, rejected: None };
        let key = format!("id {number}");
        let remember =
            Remembered { caller: Uuid::nil(), key, request_hash: 0, before: Vec::new(), offset: 0, count: 0 };
        Parcel { deliveries: vec![delivery], remember: Some(remember) }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_two_processes_are_told_at_once_is_stored_once() {
        let folder = std::env::temp_dir().join(format!("hub-inbox-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let url = format!("sqlite:{}", folder.join("hub.db").display());
        // Each with a handle of its own, as two processes have.
        let (first, _) = Store::migrate(&url).await.expect("the schema is made");
        let second = Store::open(&url).await.expect("the store opens");
        let (one, _) = Inbox::start(first.clone(), Keep::Durably);
        let (other, _) = Inbox::start(second, Keep::Durably);
        for number in 0..NOTICES {
            let (left, right) =
                tokio::join!(one.append_once(vec![parcel(number)]), other.append_once(vec![parcel(number)]));
            let outcomes = [left, right].map(|mut all| all.pop().expect("an answer").expect("no conflict is told"));
            let stored = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Stored(_))).count();
            assert_eq!(stored, 1, "{number}: {outcomes:?}");
        }
        let (_, newest) = first.progress().await.expect("the store answers");
        assert_eq!(newest.0 as usize, NOTICES);
        std::fs::remove_dir_all(&folder).expect("the folder can be removed");
    }
}
