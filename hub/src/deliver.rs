//! Changes out to subscribers: one process looks after all of them, each by a task of its own, so that a slow one delays
//! nobody. The feed is the log; a subscriber is a cursor over it. What to send next is planned in `domain::outbox`.

pub mod envelope;
mod files;
mod line;
pub mod nats;
pub mod schema;
pub mod signature;
mod stream;
mod webhook;
mod worker;
pub mod write_back;

use self::nats::Servers;
use self::signature::Secrets;
pub use crate::remote::target;

use self::target::AllowedHosts;
use crate::domain::ids::SubscriberId;
use crate::domain::outbox::Schedule;
use crate::domain::subscriber::{Status, Target};
use crate::pipeline::Sources;
use crate::read::follower::Feed;
use crate::read::policies::Policies;
use crate::store::leader::Duty;
use crate::store::subscribers::Subscriber;
use crate::store::{Store, StoreError};
use foldhash::{HashMap, HashMapExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How often the list of subscribers is looked at when nobody says that it has changed.
const LOOK_MS: u64 = 500;
/// How often a node that does not deliver asks whether it may.
const TAKE_OVER_MS: u64 = 1000;

/// What the operator permits and provides.
#[derive(Clone)]
pub struct Operator {
    pub allowed: AllowedHosts,
    pub secrets: Secrets,
    pub nats: Servers,
    /// The folder below which file drops lie.
    pub drops: Option<PathBuf>,
    pub schedule: Arc<Schedule>,
}

/// What every subscriber's task works with.
#[derive(Clone)]
struct Shared {
    store: Store,
    feed: Feed,
    operator: Operator,
    sources: Arc<Sources>,
    /// Names this hub in the envelopes of its events.
    origin: String,
    policies: Arc<Policies>,
    client: reqwest::Client,
}

/// Deliveries of one node; they end when dropped.
pub struct Deliveries {
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Deliveries {
    /// Starts to deliver, as soon as no other process does.
    pub fn start(store: Store, feed: Feed, operator: Operator, sources: Arc<Sources>, origin: String) -> Deliveries {
        let wake = Arc::new(Notify::new());
        let woken = wake.clone();
        let task = tokio::spawn(async move {
            match webhook::client(&operator.allowed) {
                Ok(client) => {
                    let policies = Arc::new(Policies::new(store.clone()));
                    let shared = Shared { store, feed, operator, sources, origin, policies, client };
                    take_turns(&shared, &woken).await;
                }
                Err(error) => tracing::error!(%error, "nothing is delivered: there is no HTTP client"),
            }
        });
        Deliveries { wake, task }
    }

    /// Tells that somebody has changed a subscriber.
    pub fn changed(&self) {
        self.wake.notify_one();
    }
}

impl Drop for Deliveries {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Waits for the process that delivers to end, and takes its place.
async fn take_turns(shared: &Shared, wake: &Notify) {
    loop {
        match shared.store.deliver().await {
            Ok(duty) => attend(shared, duty, wake).await,
            Err(StoreError::LeaderElsewhere) => {}
            Err(error) => tracing::warn!(%error, "could not ask whether another process delivers"),
        }
        tokio::time::sleep(Duration::from_millis(TAKE_OVER_MS)).await;
    }
}

/// One subscriber's task, as of one revision of it.
struct Running {
    revision: i64,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Looks after the subscribers for as long as nobody else does.
async fn attend(shared: &Shared, mut duty: Duty, wake: &Notify) {
    let mut running = HashMap::new();
    while duty.is_held().await {
        match shared.store.subscribers().await {
            Ok(subscribers) => match_up(shared, &mut running, subscribers),
            Err(error) => tracing::warn!(%error, "the subscribers cannot be read"),
        }
        let _ = tokio::time::timeout(Duration::from_millis(LOOK_MS), wake.notified()).await;
    }
    tracing::warn!("another process delivers from now on");
}

/// Stops the tasks of subscribers that have changed, and starts those that are missing. A task that was told to stop
/// lets what is on its way arrive first, so that nothing overtakes it.
fn match_up(shared: &Shared, running: &mut HashMap<SubscriberId, Running>, subscribers: Vec<Subscriber>) {
    running.retain(|_, task| !task.task.is_finished());
    for (id, task) in running.iter() {
        let is_same = |subscriber: &Subscriber| {
            subscriber.id == *id && subscriber.revision == task.revision && subscriber.status == Status::Active
        };
        if !subscribers.iter().any(is_same) {
            task.stop.send_replace(true);
        }
    }
    for subscriber in subscribers.into_iter().filter(|subscriber| subscriber.status == Status::Active) {
        running.entry(subscriber.id).or_insert_with(|| start(shared.clone(), subscriber));
    }
}

fn start(shared: Shared, subscriber: Subscriber) -> Running {
    let (stop, stopped) = watch::channel(false);
    let (id, revision) = (subscriber.id, subscriber.revision);
    let task = tokio::spawn(async move {
        let ended = match &subscriber.settings.target {
            Target::Webhook { .. } | Target::Nats { .. } | Target::WriteBack { .. } => {
                worker::run(shared, subscriber, stopped).await
            }
            Target::Files { .. } => files::run(shared, subscriber, stopped).await,
        };
        if let Err(error) = ended {
            tracing::warn!(subscriber = %id, %error, "deliveries pause and begin again");
        }
    });
    Running { revision, stop, task }
}
