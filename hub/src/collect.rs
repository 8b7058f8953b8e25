//! What the hub fetches of its own accord: messages of streams, files of watched folders. One process does so at a time,
//! so that what a source says without a version of its own is taken in the order in which the source said it.

pub mod files;
pub mod folders;
pub mod streams;

use self::folders::Folder;
use self::streams::Stream;
use crate::deliver::nats::Servers;
use crate::domain::limits::BACKLOG_DELIVERIES_MAX;
use crate::pipeline::{Sources, clock};
use crate::store::idempotency::Remembered;
use crate::store::inbox::NewDelivery;
use crate::store::leader::Duty;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::{JoinHandle, JoinSet};

/// How often a node that does not collect asks whether it may, and one that does, whether it still may.
const TAKE_OVER_MS: u64 = 1000;
/// Pause before a store that failed is asked again, and before a backlog is looked at again.
const PAUSE_MS: u64 = 500;

/// What to collect, and for whom.
#[derive(Clone)]
pub struct Collection {
    pub store: Store,
    pub servers: Servers,
    pub sources: Arc<Sources>,
    pub streams: Vec<Stream>,
    pub folders: Vec<Folder>,
    /// Tells the pipeline that there is something to do.
    pub wake: Arc<dyn Fn() + Send + Sync>,
}

/// Collects until dropped. Whatever is cut off by that was not acknowledged and comes again.
pub struct Collecting(JoinHandle<()>);

impl Drop for Collecting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts to collect, as soon as no other process does.
pub fn start(collection: Collection) -> Collecting {
    Collecting(tokio::spawn(take_turns(collection)))
}

async fn take_turns(collection: Collection) {
    if collection.streams.is_empty() && collection.folders.is_empty() {
        return;
    }
    loop {
        match collection.store.collect().await {
            Ok(duty) => attend(&collection, duty).await,
            Err(StoreError::LeaderElsewhere) => {}
            Err(error) => tracing::warn!(%error, "could not ask whether another process collects"),
        }
        tokio::time::sleep(Duration::from_millis(TAKE_OVER_MS)).await;
    }
}

/// Collects for as long as nobody else does; what still runs then ends with the set.
async fn attend(collection: &Collection, mut duty: Duty) {
    let mut running = JoinSet::new();
    for stream in &collection.streams {
        running.spawn(streams::run(collection.clone(), stream.clone()));
    }
    for folder in &collection.folders {
        running.spawn(folders::run(collection.clone(), folder.clone()));
    }
    while duty.is_held().await {
        tokio::time::sleep(Duration::from_millis(TAKE_OVER_MS)).await;
    }
    tracing::warn!("another process collects from now on");
}

impl Collection {
    /// Waits until the pipeline is not too far behind.
    async fn room(&self) -> Result<(), StoreError> {
        loop {
            let (done, last) = self.store.progress().await?;
            if last.0 - done.0 < BACKLOG_DELIVERIES_MAX {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
        }
    }

    /// Makes deliveries durable, each under its key, and wakes the pipeline.
    async fn append(&self, deliveries: Vec<NewDelivery>, remember: Vec<Remembered>) -> Result<(), StoreError> {
        self.store.append(deliveries, clock::now_us(), remember).await?;
        (self.wake)();
        Ok(())
    }
}
