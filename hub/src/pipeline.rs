//! From durable deliveries and commands to golden records: lease, prepare, resolve, compose, apply.

pub mod clock;
mod prepare;
pub mod sources;
mod worker;

pub use self::prepare::{Prepared, prepare};
pub use self::sources::Sources;
pub use self::worker::{ChangedId, Control, Outcome, Totals, spawn};

use crate::domain::command::{Command, Mandate, evaluate};
use crate::domain::ids::{DecisionId, DeliveryId};
use crate::domain::plan::Plan;
use crate::domain::resolver::{Resolver, Tally, compose};
use crate::domain::rules::Rules;
use crate::store::leader::Leadership;
use crate::store::{Store, StoreError};
use matching::Model;
use std::sync::{Arc, RwLock};
use std::time::Instant;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The one that resolves: holds leadership, the resolver, and the rules.
pub struct Pipeline {
    store: Store,
    rules: Arc<Rules>,
    model: Arc<Model>,
    leadership: Leadership,
    resolver: SharedResolver,
    /// The batch that the store is writing while the next one is resolved.
    in_flight: Option<InFlight>,
    finished: Vec<Finished>,
}

/// A batch on its way into the store.
struct InFlight {
    writing: JoinHandle<Result<(), StoreError>>,
    batch: Finished,
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
    /// Becomes the leader and loads the population.
    pub async fn start(
        store: Store,
        rules: Arc<Rules>,
        model: Arc<Model>,
        resolver: SharedResolver,
    ) -> Result<Pipeline, StoreError> {
        let leadership = store.lead().await?;
        let (in_flight, finished) = (None, Vec::new());
        let mut pipeline = Pipeline { store, rules, model, leadership, resolver, in_flight, finished };
        pipeline.reload().await?;
        Ok(pipeline)
    }

    /// Rebuilds the resolver from the store: at the start, and after a batch that the store refused.
    pub async fn reload(&mut self) -> Result<(), StoreError> {
        // Whether the batch in flight was written or not, the store says; only it must be done.
        if let Some(flight) = self.in_flight.take() {
            let _ = flight.writing.await;
        }
        *self.slot() = None;
        let loaded = self.store.load(self.model.clone()).await?;
        *self.slot() = Some(loaded);
        Ok(())
    }

    /// Takes one prepared batch; while the store writes it, the next one can be resolved.
    /// After a failure the resolver is ahead of the store and must be reloaded.
    pub async fn take_batch(&mut self, batch: Prepared) -> Result<(), StoreError> {
        let resolver = self.resolver.clone();
        let incoming = batch.incoming;
        let started = Instant::now();
        let resolution = blocking(move || resolve(&resolver, |r| r.resolve(incoming, Vec::new()))).await?;
        let (tally, resolved) = (resolution.tally, started.elapsed());
        // Values are read back from the store, so the batch before must be in it.
        self.settle().await?;
        let settled = started.elapsed();
        let mut plan = self.compose(resolution).await?;
        tracing::debug!(accepted = tally.accepted, ?resolved, ?settled, composed = ?started.elapsed(), "batch");
        plan.checkpoint = Some(batch.checkpoint);
        plan.dead_letters = batch.dead_letters;
        let finished = Finished { position: batch.checkpoint, tally, dead_letters: plan.dead_letters.len() };
        let (store, epoch, repaired) = (self.store.clone(), self.leadership.epoch, batch.repaired);
        let writing = tokio::spawn(async move { store.apply(plan, &repaired, &[], epoch, clock::now_us()).await });
        self.in_flight = Some(InFlight { writing, batch: finished });
        Ok(())
    }

    /// Waits until the batch in flight is durable.
    pub async fn settle(&mut self) -> Result<(), StoreError> {
        let Some(flight) = self.in_flight.take() else { return Ok(()) };
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
        let Some(waiting) = self.store.next_command().await? else { return Ok(false) };
        self.settle().await?;
        let request: Request =
            serde_json::from_str(&waiting.request).map_err(|_| StoreError::Corrupt { what: "command" })?;
        let evaluated = resolve(&self.resolver, |resolver| {
            evaluate(resolver, request.command, &request.mandate, || DecisionId(Uuid::now_v7()))
        })?;
        let (plan, outcome) = match evaluated {
            Err(refused) => (Plan::default(), Outcome::refused(&refused)),
            Ok(changes) => {
                let resolution = resolve(&self.resolver, |resolver| resolver.resolve(Vec::new(), changes))?;
                let plan = self.compose(resolution).await?;
                let outcome = Outcome::done(&plan);
                (plan, outcome)
            }
        };
        let outcome = serde_json::to_string(&outcome).unwrap_or_default();
        self.store.apply(plan, &[], &[(waiting.id, outcome)], self.leadership.epoch, clock::now_us()).await?;
        Ok(true)
    }

    async fn compose(&self, resolution: crate::domain::resolver::Resolution) -> Result<Plan, StoreError> {
        let bodies = self.store.bodies(&resolution.missing()).await?;
        let (resolver, rules) = (self.resolver.clone(), self.rules.clone());
        blocking(move || resolve(&resolver, |r| compose(r, resolution, bodies, &rules))).await
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

fn resolve<T>(shared: &SharedResolver, work: impl FnOnce(&mut Resolver) -> T) -> Result<T, StoreError> {
    let mut slot = shared.write().unwrap_or_else(std::sync::PoisonError::into_inner);
    // Absent only after a failed reload; the worker then loads again before it goes on.
    let resolver = slot.as_mut().ok_or(StoreError::Corrupt { what: "population" })?;
    Ok(work(resolver))
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
