//! From durable deliveries and commands to golden records: lease, prepare, resolve, compose, apply.

pub mod clock;
pub mod consents;
mod echoes;
mod erasure;
pub mod policies;
mod prepare;
mod purge;
pub mod reconcile;
pub mod repair;
mod sightings;
pub mod sources;
pub mod train;
pub mod trial;
pub mod what_if;
mod worker;

use self::erasure::Order;
use self::policies::{Coming, Slices, Standing, standing_or_next};

use self::purge::Purge;

pub use self::prepare::{Prepared, content_hash, prepare};
pub use self::sources::Sources;
pub use self::worker::{ChangedId, Control, Outcome, Totals, spawn};

use crate::domain::command::{Command, Mandate, evaluate};
use crate::domain::ids::{DecisionId, DeliveryId, RecordNo};
use crate::domain::plan::Plan;
use crate::domain::policy::{Draft, Policy};
use crate::domain::privacy::Tombstones;
use crate::domain::resolver::{self, Body, Resolution, Resolver, Tally};
use crate::store::leader::Leadership;
use crate::store::{Store, StoreError};
use foldhash::HashMap;
use std::collections::VecDeque;
use std::sync::{Arc, RwLock};
use std::time::Instant;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The one that resolves: holds leadership, the resolver, and the policy in force.
pub struct Pipeline {
    store: Store,
    policy: Policy,
    /// The policy that is to come into force next.
    coming: Option<Coming>,
    /// Whether a part of the population is still as the policy before left it.
    renewing: bool,
    slices: Slices,
    leadership: Leadership,
    resolver: SharedResolver,
    /// By what forgotten people are refused.
    tombstones: Arc<Tombstones>,
    purge: Purge,
    /// Batches that are resolved and not durable yet, oldest first.
    in_flight: VecDeque<InFlight>,
    finished: Vec<Finished>,
}

/// Resolved batches that may be on their way into the store while the next one is resolved: one whose values survive,
/// and one that is written.
const IN_FLIGHT_MAX: usize = 2;

/// A batch on its way into the store.
struct InFlight {
    writing: JoinHandle<Result<(), StoreError>>,
    ahead: Option<Ahead>,
    batch: Finished,
}

/// What a batch has to know of the one before it.
struct Ahead {
    /// Values that the store may not have yet.
    bodies: Arc<HashMap<RecordNo, Body>>,
    /// Answers when they are durable, and breaks off when they will not be.
    written: oneshot::Receiver<()>,
}

/// A batch that is durable.
#[derive(Clone, Copy, Debug)]
pub struct Finished {
    pub position: DeliveryId,
    pub tally: Tally,
    pub dead_letters: usize,
}

/// Readers look into the resolver between batches; it is absent until it is loaded.
pub type SharedResolver = Arc<RwLock<Option<Resolver>>>;

impl Pipeline {
    /// Becomes the leader and loads the population under the policy in force; for a store that has none yet, that is
    /// `first`.
    pub async fn start(store: Store, first: &Draft, resolver: SharedResolver) -> Result<Pipeline, StoreError> {
        let leadership = store.lead().await?;
        let (by, reason) = ("hub".to_owned(), "the first start with this database".to_owned());
        store.open_policies(first, &Mandate { by, reason, at_us: clock::now_us() }).await?;
        let Standing { policy, resolver: loaded, renewing } = standing_or_next(&store, leadership.epoch).await?;
        *resolver.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(loaded);
        let (in_flight, finished) = (VecDeque::new(), Vec::new());
        let (coming, slices) = (None, Slices::default());
        let tombstones = Arc::new(store.tombstones().await?);
        let purge = Purge::new(store.clone(), !tombstones.is_empty());
        Ok(Pipeline {
            store,
            policy,
            coming,
            renewing,
            slices,
            leadership,
            resolver,
            tombstones,
            purge,
            in_flight,
            finished,
        })
    }

    /// Changes policy in other slices; smaller ones let batches through sooner and take longer in all.
    pub fn in_slices(self, slices: Slices) -> Pipeline {
        Pipeline { slices, ..self }
    }

    /// Rebuilds the resolver from the store, after a batch that the store refused.
    pub async fn reload(&mut self) -> Result<(), StoreError> {
        // Whether a batch in flight was written or not, the store says; only it must be done.
        for flight in self.in_flight.drain(..) {
            let _ = flight.writing.await;
        }
        *self.slot() = None;
        let Standing { policy, resolver, renewing } = standing_or_next(&self.store, self.leadership.epoch).await?;
        (self.policy, self.coming, self.renewing) = (policy, None, renewing);
        self.load_tombstones().await?;
        *self.slot() = Some(resolver);
        Ok(())
    }

    /// Takes one prepared batch; while its values survive and are written, the next ones can be resolved.
    /// After a failure the resolver is ahead of the store and must be reloaded.
    pub async fn take_batch(&mut self, mut batch: Prepared) -> Result<(), StoreError> {
        let refused = self.refuse(&mut batch).await?;
        if !refused.is_empty() {
            self.purge.want();
        }
        let resolver = self.resolver.clone();
        let incoming = batch.incoming;
        let started = Instant::now();
        let resolution = if incoming.iter().any(|incoming| incoming.echo) {
            self.settle().await?;
            echoes::resolve_with_echoes(&self.store, &resolver, &self.policy, incoming).await?
        } else {
            blocking(move || resolve(&resolver, |r| r.resolve(incoming, Vec::new()))).await?
        };
        tracing::debug!(accepted = resolution.tally.accepted, took = ?started.elapsed(), "resolved");
        while self.in_flight.len() >= IN_FLIGHT_MAX {
            self.settle_one().await?;
        }
        let (position, dead_letters) = (batch.checkpoint, batch.dead_letters.len());
        let finished = Finished { position, tally: resolution.tally, dead_letters };
        let ahead = self.in_flight.back_mut().and_then(|flight| flight.ahead.take());
        let bodies = Arc::new(resolution.bodies());
        let (store, policy, epoch) = (self.store.clone(), self.policy.clone(), self.leadership.epoch);
        let (done, written) = oneshot::channel();
        let writing = tokio::spawn(async move {
            let mut plan = compose(&store, resolution, policy, ahead.as_ref()).await?;
            tracing::debug!(since = ?started.elapsed(), "composed");
            plan.checkpoint = Some(position);
            plan.dead_letters = batch.dead_letters;
            plan.notices = batch.notices;
            plan.refused = refused;
            if let Some(ahead) = ahead {
                ahead.written.await.map_err(|_| StoreError::Stuck)?;
            }
            store.apply(plan, &batch.repaired, &[], epoch, clock::now_us()).await?;
            tracing::debug!(since = ?started.elapsed(), "written");
            let _ = done.send(());
            Ok(())
        });
        self.in_flight.push_back(InFlight { writing, ahead: Some(Ahead { bodies, written }), batch: finished });
        Ok(())
    }

    /// Waits until all batches in flight are durable.
    pub async fn settle(&mut self) -> Result<(), StoreError> {
        while !self.in_flight.is_empty() {
            self.settle_one().await?;
        }
        Ok(())
    }

    async fn settle_one(&mut self) -> Result<(), StoreError> {
        let Some(flight) = self.in_flight.pop_front() else { return Ok(()) };
        match flight.writing.await {
            Ok(written) => written?,
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
        self.finished.push(flight.batch);
        Ok(())
    }

    /// The batches that have become durable since the last call.
    pub fn finished(&mut self) -> Vec<Finished> {
        std::mem::take(&mut self.finished)
    }

    /// Carries out the oldest waiting command; answers whether there was one.
    pub async fn apply_command(&mut self) -> Result<bool, StoreError> {
        let Some(waiting) = self.store.next_command().await? else {
            // What is on its way could leave something behind again.
            if self.in_flight.is_empty() {
                self.purge.step().await;
            }
            return Ok(false);
        };
        self.settle().await?;
        let Request { command, mandate } =
            serde_json::from_str(&waiting.request).map_err(|_| StoreError::Corrupt { what: "command" })?;
        if let Command::Readmit { tombstones } = &command {
            self.store.lift(tombstones).await?;
            self.load_tombstones().await?;
        }
        let order = match &command {
            Command::Erase { golden, request, keeps } => {
                Some(Order { golden: *golden, request: *request, keeps: *keeps, by: mandate.by.clone() })
            }
            _ => None,
        };
        let evaluated =
            resolve(&self.resolver, |resolver| evaluate(resolver, command, &mandate, || DecisionId(Uuid::now_v7())))?;
        let (plan, outcome) = match evaluated {
            Err(refused) => (Plan::default(), Outcome::refused(&refused)),
            Ok(changes) => {
                let plan = match order {
                    Some(order) => self.erase(order, changes).await?,
                    None => {
                        let resolution = resolve(&self.resolver, |resolver| resolver.resolve(Vec::new(), changes))?;
                        compose(&self.store, resolution, self.policy.clone(), None).await?
                    }
                };
                let outcome = Outcome::done(&plan);
                (plan, outcome)
            }
        };
        let outcome = serde_json::to_string(&outcome).unwrap_or_default();
        let erasure = plan.erasure.clone();
        self.store.apply(plan, &[], &[(waiting.id, outcome)], self.leadership.epoch, clock::now_us()).await?;
        if let Some(erasure) = erasure {
            Arc::make_mut(&mut self.tombstones).add(&erasure.tombstones, erasure.position);
            self.purge.want();
        }
        Ok(true)
    }

    fn slot(&self) -> std::sync::RwLockWriteGuard<'_, Option<Resolver>> {
        self.resolver.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// A command with its mandate, as it is queued.
#[derive(Debug, serde::Serialize, serde::Deserialize)]
pub struct Request {
    #[serde(flatten)]
    pub command: Command,
    pub mandate: Mandate,
}

/// Lets the values survive. Those of members that the batch does not carry itself come from the batch before it or from
/// the store.
async fn compose(
    store: &Store,
    resolution: Resolution,
    policy: Policy,
    ahead: Option<&Ahead>,
) -> Result<Plan, StoreError> {
    let mut bodies = HashMap::default();
    let mut missing = resolution.missing();
    if let Some(ahead) = ahead {
        bodies.extend(missing.iter().filter_map(|record| Some((*record, ahead.bodies.get(record)?.clone()))));
        missing.retain(|record| !ahead.bodies.contains_key(record));
    }
    bodies.extend(store.bodies(&missing).await?);
    blocking(move || Ok(resolver::compose(resolution, bodies, &policy))).await
}

fn resolve<T>(shared: &SharedResolver, work: impl FnOnce(&mut Resolver) -> T) -> Result<T, StoreError> {
    let mut slot = shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Absent only after a failed reload; the worker then loads again before it goes on.
    let resolver = slot.as_mut().ok_or(StoreError::Corrupt { what: "population" })?;
    Ok(work(resolver))
}

/// Reads, and lets others read meanwhile.
fn look<T>(shared: &SharedResolver, work: impl FnOnce(&Resolver) -> T) -> Result<T, StoreError> {
    let slot = shared.read().unwrap_or_else(std::sync::PoisonError::into_inner);
    slot.as_ref().map(work).ok_or(StoreError::Corrupt { what: "population" })
}

/// Keeps long computations off the threads that serve requests.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}
