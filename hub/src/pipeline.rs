//! From durable deliveries and commands to golden records: lease, prepare, resolve, compose, apply.

pub mod clock;
mod prepare;
pub mod sources;
mod worker;

pub use self::prepare::{Prepared, prepare};
pub use self::sources::Sources;
pub use self::worker::{ChangedId, Control, Outcome, Totals, spawn};

use crate::domain::command::{Command, Mandate, evaluate};
use crate::domain::ids::DecisionId;
use crate::domain::plan::Plan;
use crate::domain::resolver::{Resolver, Tally, compose};
use crate::domain::rules::Rules;
use crate::store::leader::Leadership;
use crate::store::{Store, StoreError};
use matching::Model;
use std::sync::{Arc, RwLock};
use std::time::Instant;
use uuid::Uuid;

/// The one that resolves: holds leadership, the resolver, and the rules.
pub struct Pipeline {
    store: Store,
    rules: Arc<Rules>,
    model: Arc<Model>,
    leadership: Leadership,
    resolver: SharedResolver,
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
        let mut pipeline = Pipeline { store, rules, model, leadership, resolver };
        pipeline.reload().await?;
        Ok(pipeline)
    }

    /// Rebuilds the resolver from the store: at the start, and after a batch that the store refused.
    pub async fn reload(&mut self) -> Result<(), StoreError> {
        *self.slot() = None;
        let loaded = self.store.load(self.model.clone()).await?;
        *self.slot() = Some(loaded);
        Ok(())
    }

    /// Takes one prepared batch all the way; the resolver must be reloaded if this fails.
    pub async fn apply_batch(&mut self, batch: Prepared) -> Result<Tally, StoreError> {
        let resolver = self.resolver.clone();
        let incoming = batch.incoming;
        let started = Instant::now();
        let resolution = blocking(move || resolve(&resolver, |r| r.resolve(incoming, Vec::new()))).await?;
        let (tally, resolved) = (resolution.tally, started.elapsed());
        let mut plan = self.compose(resolution).await?;
        let composed = started.elapsed() - resolved;
        plan.checkpoint = Some(batch.checkpoint);
        plan.dead_letters = batch.dead_letters;
        self.store.apply(plan, &batch.repaired, &[], self.leadership.epoch, clock::now_us()).await?;
        let applied = started.elapsed() - resolved - composed;
        tracing::debug!(accepted = tally.accepted, ?resolved, ?composed, ?applied, "batch");
        Ok(tally)
    }

    /// Carries out the oldest waiting command; answers whether there was one.
    pub async fn apply_command(&mut self) -> Result<bool, StoreError> {
        let Some(waiting) = self.store.next_command().await? else { return Ok(false) };
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
        self.store
            .apply(plan, &[], &[(waiting.id, outcome)], self.leadership.epoch, clock::now_us())
            .await?;
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
