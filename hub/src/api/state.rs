//! What every handler may reach.

use super::audit::Recorder;
use super::inbox::{Inbox, Keep};
use super::keys::Keys;
use super::meters::{Meters, Progress};
use super::webhook::Doors;
use super::what_if::Jobs;
use crate::deliver::{Deliveries, Operator};
use crate::domain::decision::Diligence;
use crate::domain::limits::{INTAKE_STREAMS_MAX, WEBHOOK_BYTES_HELD_MAX};
use crate::pipeline::{Control, SharedResolver, Sources};
use crate::poll::{Access, Readers};
use crate::read::policies::Policies;
use crate::read::quality::Measured;
use crate::read::{Reads, search};
use crate::store::{Store, StoreError};
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinHandle;

/// What a node is made of before it serves.
pub struct Setup {
    pub store: Store,
    pub sources: Arc<Sources>,
    /// Empty on a node that does not resolve.
    pub resolver: SharedResolver,
    pub search: search::Place,
    /// The hub's address as others know it, such as `https://hub.example.com`: it names the hub in the envelopes of its
    /// events, and is part of what some systems sign.
    pub origin: String,
    /// Which sources may send webhooks.
    pub doors: Doors,
    /// What the operator permits and provides for deliveries to subscribers.
    pub operator: Operator,
    /// What the operator permits and provides for systems that are read.
    pub access: Access,
    pub keep: Keep,
    /// What is asked of stewards.
    pub reviews: Diligence,
}

/// The state of one node; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

pub struct Inner {
    pub store: Store,
    pub sources: Arc<Sources>,
    pub policies: Policies,
    pub what_ifs: Jobs,
    pub quality: Arc<Measured>,
    pub resolver: SharedResolver,
    pub reads: Reads,
    pub keys: Arc<Keys>,
    pub inbox: Inbox,
    /// Long bodies that are being received.
    pub streams: Arc<Semaphore>,
    /// The one list that is being compared.
    pub reconciling: Semaphore,
    pub doors: Doors,
    /// Bytes of webhooks that are being received.
    pub webhook_room: Arc<Semaphore>,
    pub meters: Meters,
    pub progress: Progress,
    pub origin: String,
    pub operator: Operator,
    pub deliveries: Deliveries,
    pub access: Access,
    pub readers: Readers,
    pub reviews: Diligence,
    pub audit: Recorder,
    control: OnceLock<Control>,
    wake_reads: Arc<Notify>,
    stopping: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl AppState {
    /// Starts the read side, the inbox and the watch over keys and progress.
    pub async fn start(setup: Setup) -> Result<AppState, StoreError> {
        let wake_reads = Arc::new(Notify::new());
        let reads = Reads::start(&setup.store, &setup.search, wake_reads.clone()).await?;
        let (feed, operator) = (reads.feed.clone(), setup.operator.clone());
        let readers = Readers::start(setup.store.clone(), setup.sources.clone(), setup.access.clone());
        let deliveries =
            Deliveries::start(setup.store.clone(), feed, operator, setup.sources.clone(), setup.origin.clone());
        let keys = Arc::new(Keys::new(setup.store.clone()));
        let fresh = keys.clone();
        let (inbox, writer) = Inbox::start(setup.store.clone(), setup.keep);
        let (progress, watcher) = Progress::start(setup.store.clone()).await?;
        let (audit, recording) = Recorder::start(setup.store.clone());
        let tasks = vec![writer, watcher, recording, tokio::spawn(async move { fresh.keep_fresh().await })];
        Ok(AppState(Arc::new(Inner {
            policies: Policies::new(setup.store.clone()),
            what_ifs: Jobs::default(),
            quality: Arc::default(),
            store: setup.store,
            sources: setup.sources,
            resolver: setup.resolver,
            reads,
            keys,
            inbox,
            streams: Arc::new(Semaphore::new(INTAKE_STREAMS_MAX)),
            reconciling: Semaphore::new(1),
            doors: setup.doors,
            webhook_room: Arc::new(Semaphore::new(WEBHOOK_BYTES_HELD_MAX)),
            meters: Meters::new(),
            progress,
            origin: setup.origin,
            operator: setup.operator,
            deliveries,
            access: setup.access,
            readers,
            reviews: setup.reviews,
            audit,
            control: OnceLock::new(),
            wake_reads,
            stopping: watch::channel(false).0,
            tasks,
        })))
    }

    /// Tells that this node resolves, so that what is sent to it is worked on at once.
    pub fn resolves(&self, control: Control) {
        let (wake, mut totals) = (self.wake_reads.clone(), control.watch());
        // Ends with the worker, whose sender it watches.
        tokio::spawn(async move {
            while totals.changed().await.is_ok() {
                wake.notify_one();
            }
        });
        let _ = self.control.set(control);
    }

    /// Ends the streams that would keep a server from stopping.
    pub fn stop(&self) {
        self.stopping.send_replace(true);
    }
}

impl Inner {
    pub fn control(&self) -> Option<&Control> {
        self.control.get()
    }

    /// Completes when the node begins to stop.
    pub async fn stopped(&self) {
        let mut stopping = self.stopping.subscribe();
        let _ = stopping.wait_for(|stopping| *stopping).await;
    }
}

impl Deref for AppState {
    type Target = Inner;

    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}
