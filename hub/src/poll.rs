//! Reads systems over HTTP: one process looks after all of them, each by a task of its own, so that a slow one delays
//! nobody. What to ask next is planned in `connectors::poll`; how far a system has been read commits with its records.

mod notices;
mod page;
mod reader;

pub use self::reader::{Reader, Turn};

use crate::pipeline::Sources;
use crate::remote::secret::{self, Environment};
use crate::remote::target::AllowedHosts;
use crate::store::leader::Duty;
use crate::store::{Store, StoreError};
use connectors::Manifest;
use connectors::poll::{Poll, Progress};
use foldhash::{HashMap, HashMapExt};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How often the list of systems is looked at when nobody says that it has changed.
const LOOK_MS: u64 = 500;
/// How often a node that does not read asks whether it may.
const TAKE_OVER_MS: u64 = 1000;

/// What the operator permits and provides.
#[derive(Clone)]
pub struct Access {
    /// Hosts that may be private, and may be asked without TLS.
    pub allowed: AllowedHosts,
    /// Where addresses and secrets are kept that manifests name.
    pub environment: Environment,
}

/// What every system's task works with.
#[derive(Clone)]
pub struct Shared {
    pub store: Store,
    pub sources: Arc<Sources>,
    pub access: Access,
    pub client: reqwest::Client,
}

/// The reading of one node; it ends when dropped.
pub struct Readers {
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Readers {
    /// Starts to read, as soon as no other process does.
    pub fn start(store: Store, sources: Arc<Sources>, access: Access) -> Readers {
        let wake = Arc::new(Notify::new());
        let woken = wake.clone();
        let task = tokio::spawn(async move {
            match Shared::new(store, sources, access) {
                Ok(shared) => take_turns(&shared, &woken).await,
                Err(error) => tracing::error!(%error, "no system is read: there is no HTTP client"),
            }
        });
        Readers { wake, task }
    }

    /// Tells that somebody has changed what is asked of a system.
    pub fn changed(&self) {
        self.wake.notify_one();
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Shared {
    pub fn new(
        store: Store,
        sources: Arc<Sources>,
        access: Access,
    ) -> Result<Shared, Box<dyn std::error::Error + Send + Sync>> {
        let client = crate::remote::client(&access.allowed, crate::domain::limits::POLL_SECS_MAX)?;
        Ok(Shared { store, sources, access, client })
    }

    /// The systems that are configured: their manifests say how they are read, and every secret is there.
    pub fn configured(&self) -> Vec<&Manifest> {
        self.sources.iter().filter(|manifest| is_configured(manifest, &self.access.environment)).collect()
    }
}

/// Gives systems a place to note how far they have been read, unless they have one.
pub async fn add(store: &Store, manifests: &[&Manifest]) -> Result<(), StoreError> {
    let names: Vec<&str> = manifests.iter().map(|manifest| manifest.name()).collect();
    store.add_polls(&names, &Progress::default().to_text()).await
}

/// Whether a system can be asked: shipped manifests wait for the address and the secrets of whoever uses them.
pub fn is_configured(manifest: &Manifest, environment: &Environment) -> bool {
    manifest.poll().is_some_and(|poll| missing(poll, environment).is_empty())
}

/// The places of settings and secrets that hold nothing.
pub fn missing(poll: &Poll, environment: &Environment) -> Vec<String> {
    let holds = |place| secret::text(place, &**environment).is_ok_and(|text| text.is_some());
    poll.places().into_iter().filter(|place| !holds(place)).map(ToString::to_string).collect()
}

/// Waits for the process that reads to end, and takes its place.
async fn take_turns(shared: &Shared, wake: &Notify) {
    // A hub that reads nothing needs no lock, and asks no database for one.
    while shared.configured().is_empty() {
        tokio::time::sleep(Duration::from_millis(TAKE_OVER_MS)).await;
    }
    loop {
        match shared.store.read_systems().await {
            Ok(duty) => attend(shared, duty, wake).await,
            Err(StoreError::LeaderElsewhere) => {}
            Err(error) => tracing::warn!(%error, "could not ask whether another process reads"),
        }
        tokio::time::sleep(Duration::from_millis(TAKE_OVER_MS)).await;
    }
}

/// One system's task, and how it is told that something was asked of the system.
struct Running {
    told: watch::Sender<i64>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Looks after the systems for as long as nobody else does.
async fn attend(shared: &Shared, mut duty: Duty, wake: &Notify) {
    let mut running: HashMap<String, Running> = HashMap::new();
    while duty.is_held().await {
        running.retain(|_, running| !running.task.is_finished());
        if let Err(error) = match_up(shared, &mut running).await {
            tracing::warn!(%error, "the systems cannot be looked after");
        }
        let _ = tokio::time::timeout(Duration::from_millis(LOOK_MS), wake.notified()).await;
    }
    tracing::warn!("another process reads from now on");
}

/// Starts the tasks that are missing, and tells those whose systems something was asked of.
async fn match_up(shared: &Shared, running: &mut HashMap<String, Running>) -> Result<(), StoreError> {
    let configured = shared.configured();
    if configured.iter().any(|manifest| !running.contains_key(manifest.name())) {
        add(&shared.store, &configured).await?;
    }
    running.retain(|source, _| configured.iter().any(|manifest| manifest.name() == source));
    for poll in shared.store.polls().await? {
        if !configured.iter().any(|manifest| manifest.name() == poll.source) {
            continue;
        }
        let (revision, source) = (poll.revision, poll.source.clone());
        let running = running.entry(poll.source).or_insert_with(|| start(shared.clone(), source, revision));
        running.told.send_if_modified(|known| std::mem::replace(known, revision) != revision);
    }
    Ok(())
}

fn start(shared: Shared, source: String, revision: i64) -> Running {
    let (told, heard) = watch::channel(revision);
    let task = tokio::spawn(async move {
        if let Some(reader) = Reader::new(shared, &source) {
            reader.run(heard).await;
        }
    });
    Running { told, task }
}
