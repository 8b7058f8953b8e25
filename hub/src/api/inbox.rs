//! The one writer of deliveries in this process: requests that arrive together become durable together.

use crate::domain::ids::DeliveryId;
use crate::domain::limits::{INBOX_QUEUE_MAX, INBOX_RECORDS_MAX};
use crate::pipeline::clock;
use crate::store::idempotency::Remembered;
use crate::store::inbox::NewDelivery;
use crate::store::{Store, StoreError};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// A way to the writer; cheap to clone. A full queue makes senders wait.
#[derive(Clone)]
pub struct Inbox(mpsc::Sender<Job>);

/// What is to become durable, all or nothing.
pub struct Parcel {
    pub deliveries: Vec<NewDelivery>,
    /// The answer to remember with them; its place in the transaction is filled in by the writer.
    pub remember: Option<Remembered>,
}

struct Job {
    parcel: Parcel,
    done: oneshot::Sender<Result<DeliveryId, StoreError>>,
}

impl Inbox {
    pub fn start(store: Store) -> (Inbox, JoinHandle<()>) {
        let (sender, jobs) = mpsc::channel(INBOX_QUEUE_MAX);
        (Inbox(sender), tokio::spawn(write(store, jobs)))
    }

    /// Makes a parcel durable and returns the id of its first delivery; the others follow it.
    pub async fn append(&self, parcel: Parcel) -> Result<DeliveryId, StoreError> {
        self.send(parcel).await?.await.map_err(|_| closed())?
    }

    /// The same for parcels that each stand for themselves; they share a transaction as far as they can.
    pub async fn append_each(&self, parcels: Vec<Parcel>) -> Vec<Result<DeliveryId, StoreError>> {
        let mut answers = Vec::with_capacity(parcels.len());
        for parcel in parcels {
            answers.push(self.send(parcel).await);
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

    async fn send(&self, parcel: Parcel) -> Result<oneshot::Receiver<Result<DeliveryId, StoreError>>, StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.send(Job { parcel, done }).await.map_err(|_| closed())?;
        Ok(answer)
    }

    /// The same for threads that may wait.
    pub fn append_blocking(&self, parcel: Parcel) -> Result<DeliveryId, StoreError> {
        let (done, answer) = oneshot::channel();
        self.0.blocking_send(Job { parcel, done }).map_err(|_| closed())?;
        answer.blocking_recv().map_err(|_| closed())?
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

/// One bad parcel must not take the others down with it.
async fn apart(store: &Store, mut batch: Vec<Job>, error: StoreError) {
    if batch.len() == 1 {
        if let Some(job) = batch.pop() {
            drop(job.done.send(Err(error)));
        }
        return;
    }
    for job in batch {
        let alone = together(store, std::slice::from_ref(&job)).await;
        drop(job.done.send(alone.map(|ids| ids.first().copied().unwrap_or_default())));
    }
}

/// Stores several parcels in one transaction; answers the first id of each.
async fn together(store: &Store, batch: &[Job]) -> Result<Vec<DeliveryId>, StoreError> {
    let mut deliveries = Vec::new();
    let (mut offsets, mut remember) = (Vec::new(), Vec::new());
    for job in batch {
        let (offset, count) = (deliveries.len() as i64, job.parcel.deliveries.len() as i64);
        offsets.push(offset);
        remember.extend(job.parcel.remember.clone().map(|r| Remembered { offset, count, ..r }));
        deliveries.extend(job.parcel.deliveries.iter().cloned());
    }
    let first = store.append(deliveries, clock::now_us(), remember).await?;
    Ok(offsets.into_iter().map(|offset| DeliveryId(first.0 + offset)).collect())
}
