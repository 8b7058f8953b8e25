//! Runs the pipeline: prepares the next batch while the last one is applied, and lets commands go first.

use super::prepare::{Prepared, prepare};
use super::sightings::Sightings;
use super::sources::Sources;
use super::{Finished, Pipeline, Request, clock, echoes};
use crate::domain::command::CommandError;
use crate::domain::ids::{DecisionId, DeliveryId, GoldenId};
use crate::domain::limits::BATCH_RECORDS_MAX;
use crate::domain::plan::{DecisionChange, Plan};
use crate::store::{Store, StoreError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinHandle;

/// How long the worker sleeps when nobody wakes it; other processes append without waking us.
const POLL_MS: u64 = 200;
/// How long what was seen of payloads may wait to be stored.
const SIGHTINGS_MS: u64 = 5_000;
/// Pause after a failure of the store, doubling up to the maximum.
const PAUSE_MS_MIN: u64 = 100;
const PAUSE_MS_MAX: u64 = 10_000;

/// The running worker, as the rest of the process sees it.
#[derive(Clone)]
pub struct Control {
    store: Store,
    wake: Arc<Notify>,
    totals: watch::Receiver<Totals>,
    stop: Arc<watch::Sender<bool>>,
}

/// What the worker has done since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// The last delivery that is done with.
    pub position: DeliveryId,
    pub accepted: usize,
    pub unchanged: usize,
    pub stale: usize,
    pub deleted: usize,
    pub dead_letters: usize,
    pub batches: usize,
    pub commands: usize,
    /// Failures since the last success.
    pub failing: usize,
}

/// What came of a command.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    Done {
        /// New decisions, to be named when they are to be undone.
        decisions: Vec<DecisionId>,
        revoked: Vec<DecisionId>,
        /// Golden ids with their new versions.
        changed: Vec<ChangedId>,
    },
    Refused {
        /// A stable word for programs.
        code: String,
        message: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedId {
    pub id: GoldenId,
    pub version: i32,
    pub kind: String,
}

/// Starts the worker.
pub fn spawn(pipeline: Pipeline, sources: Arc<Sources>) -> (Control, JoinHandle<()>) {
    let (totals_tx, totals) = watch::channel(Totals::default());
    let (stop, stopped) = watch::channel(false);
    let wake = Arc::new(Notify::new());
    let control = Control { store: pipeline.store.clone(), wake: wake.clone(), totals, stop: Arc::new(stop) };
    let (sightings, noted) = (Sightings::default(), Instant::now());
    let worker = Worker { pipeline, sources, wake, totals: totals_tx, stopped, sightings, noted };
    (control, tokio::spawn(worker.run()))
}

impl Control {
    /// Tells the worker that there is something to do.
    pub fn wake(&self) {
        self.wake.notify_one();
    }

    pub fn totals(&self) -> Totals {
        *self.totals.borrow()
    }

    /// A receiver that changes with the totals.
    pub fn watch(&self) -> watch::Receiver<Totals> {
        self.totals.clone()
    }

    /// Waits until a delivery is done with.
    pub async fn reached(&self, position: DeliveryId) -> Totals {
        let mut totals = self.totals.clone();
        self.wake();
        // The sender lives as long as the worker; when it is gone the last totals are final.
        let _ = totals.wait_for(|totals| totals.position >= position).await;
        *totals.borrow()
    }

    /// Lets the worker finish its batch and end.
    pub fn stop(&self) {
        self.stop.send_replace(true);
        self.wake();
    }

    /// Queues a command and waits for its outcome.
    pub async fn command(&self, request: &Request) -> Result<Outcome, StoreError> {
        let text = serde_json::to_string(request).map_err(|_| StoreError::Corrupt { what: "command" })?;
        let id = self.store.queue_command(&text).await?;
        let mut totals = self.totals.clone();
        self.wake();
        loop {
            if let Some(outcome) = self.store.command_outcome(id).await? {
                return serde_json::from_str(&outcome).map_err(|_| StoreError::Corrupt { what: "outcome" });
            }
            let _ = tokio::time::timeout(Duration::from_millis(POLL_MS), totals.changed()).await;
        }
    }
}

struct Worker {
    pipeline: Pipeline,
    sources: Arc<Sources>,
    wake: Arc<Notify>,
    totals: watch::Sender<Totals>,
    stopped: watch::Receiver<bool>,
    /// What was seen of payloads and is not stored yet, and when that was done the last time.
    sightings: Sightings,
    noted: Instant,
}

impl Worker {
    async fn run(mut self) {
        let mut pause_ms = PAUSE_MS_MIN;
        while !*self.stopped.borrow() {
            match self.turn().await {
                Ok(()) => return,
                Err(StoreError::Fenced) => {
                    tracing::error!("another process has taken over the pipeline; this one stops resolving");
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, cause = error.cause(), "a batch failed; it will be repeated");
                    self.totals.send_modify(|totals| totals.failing += 1);
                    tokio::time::sleep(Duration::from_millis(pause_ms)).await;
                    pause_ms = (pause_ms * 2).min(PAUSE_MS_MAX);
                    if let Err(error) = self.pipeline.reload().await {
                        tracing::error!(%error, "the population could not be loaded again");
                    }
                }
            }
        }
    }

    /// Works from the stored checkpoint until stopped (`Ok`) or until something fails.
    async fn turn(&mut self) -> Result<(), StoreError> {
        let (position, _) = self.pipeline.store.progress().await?;
        self.totals.send_modify(|totals| totals.position = position);
        let (ahead, mut batches) = mpsc::channel(1);
        let feeder = Feeder {
            store: self.pipeline.store.clone(),
            sources: self.sources.clone(),
            wake: self.wake.clone(),
            stopped: self.stopped.clone(),
            position,
        };
        let feeder = tokio::spawn(feeder.run(ahead));
        let result = self.drain(&mut batches).await;
        feeder.abort();
        result
    }

    async fn drain(&mut self, batches: &mut mpsc::Receiver<Result<Fed, StoreError>>) -> Result<(), StoreError> {
        loop {
            while self.pipeline.apply_command().await? {
                self.totals.send_modify(|totals| totals.commands += 1);
            }
            let busy = self.pipeline.change_policy().await?;
            let fed = match batches.try_recv() {
                Ok(fed) => Some(fed),
                Err(TryRecvError::Empty) if busy => {
                    self.report();
                    continue;
                }
                // Nothing to resolve meanwhile, so the last batch is waited for.
                Err(_) => {
                    self.pipeline.settle().await?;
                    self.report();
                    self.note_sightings(false).await?;
                    batches.recv().await
                }
            };
            match fed {
                None => return self.note_sightings(true).await,
                Some(Ok(Fed::Command)) => {}
                Some(Ok(Fed::Batch(mut batch))) => {
                    self.sightings.absorb(std::mem::take(&mut batch.sightings));
                    self.pipeline.take_batch(*batch).await?;
                    self.note_sightings(false).await?;
                }
                Some(Err(error)) => return Err(error),
            }
            self.report();
        }
    }

    /// Stores what was seen of payloads, unless that was done a moment ago. After a failure payloads count twice, and what
    /// a killed process had not stored counts not at all: the shares are right all the same.
    async fn note_sightings(&mut self, at_once: bool) -> Result<(), StoreError> {
        if at_once || self.noted.elapsed() >= Duration::from_millis(SIGHTINGS_MS) {
            self.noted = Instant::now();
            let seen = self.sightings.take();
            if !seen.is_empty() {
                self.pipeline.store.note_layouts(seen, clock::now_us()).await?;
            }
        }
        Ok(())
    }

    fn report(&mut self) {
        for finished in self.pipeline.finished() {
            self.totals.send_modify(|totals| totals.add(finished));
        }
    }
}

impl Totals {
    fn add(&mut self, finished: Finished) {
        let tally = finished.tally;
        self.position = finished.position;
        self.accepted += tally.accepted;
        self.unchanged += tally.unchanged;
        self.stale += tally.stale;
        self.deleted += tally.deleted;
        self.dead_letters += finished.dead_letters;
        self.batches += 1;
        self.failing = 0;
    }
}

/// Something for the worker to do.
enum Fed {
    Batch(Box<Prepared>),
    /// Perhaps a command waits.
    Command,
}

/// Reads and prepares deliveries ahead of the worker.
struct Feeder {
    store: Store,
    sources: Arc<Sources>,
    wake: Arc<Notify>,
    stopped: watch::Receiver<bool>,
    position: DeliveryId,
}

impl Feeder {
    async fn run(mut self, ahead: mpsc::Sender<Result<Fed, StoreError>>) {
        while !*self.stopped.borrow() {
            let fed = self.next().await;
            let failed = fed.is_err();
            if ahead.send(fed).await.is_err() || failed {
                return;
            }
        }
    }

    async fn next(&mut self) -> Result<Fed, StoreError> {
        let started = Instant::now();
        let deliveries = self.store.deliveries_after(self.position, BATCH_RECORDS_MAX).await?;
        let Some(last) = deliveries.last() else {
            let _ = tokio::time::timeout(Duration::from_millis(POLL_MS), self.wake.notified()).await;
            return Ok(Fed::Command);
        };
        let received_us = deliveries.first().map_or(0, |first| first.received_us);
        self.position = last.id;
        let leased = started.elapsed();
        let sources = self.sources.clone();
        let work = move || prepare(deliveries, &sources, &clock::today());
        match tokio::task::spawn_blocking(work).await {
            Ok(Some(mut batch)) => {
                echoes::mark(&self.store, &mut batch, received_us).await?;
                tracing::debug!(records = batch.incoming.len(), ?leased, prepared = ?(started.elapsed() - leased), "ahead");
                Ok(Fed::Batch(Box::new(batch)))
            }
            Ok(None) => Ok(Fed::Command),
            Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
        }
    }
}

impl Outcome {
    pub(super) fn refused(error: &CommandError) -> Outcome {
        Outcome::Refused { code: code(error).to_owned(), message: error.to_string() }
    }

    pub(super) fn done(plan: &Plan) -> Outcome {
        let taken = plan.decisions.iter().filter_map(|change| match change {
            DecisionChange::Take(decision) => Some(decision.id),
            DecisionChange::Revoke { .. } => None,
        });
        let revoked = plan.decisions.iter().filter_map(|change| match change {
            DecisionChange::Revoke { id, .. } => Some(*id),
            DecisionChange::Take(_) => None,
        });
        let changed = plan.events.iter().map(|event| ChangedId {
            id: event.golden,
            version: event.version,
            kind: event.kind.name().to_owned(),
        });
        Outcome::Done { decisions: taken.collect(), revoked: revoked.collect(), changed: changed.collect() }
    }
}

fn code(error: &CommandError) -> &'static str {
    match error {
        CommandError::Unknown(_) => "unknown_golden_record",
        CommandError::Retired(..) => "retired_golden_record",
        CommandError::Gone(_) => "gone_golden_record",
        CommandError::Changed { .. } => "version_mismatch",
        CommandError::SamePerson => "same_golden_record",
        CommandError::KeptApart(_) => "kept_apart",
        CommandError::Decided(_) => "decided_already",
        CommandError::NotMember { .. } => "not_a_member",
        CommandError::NothingToPart => "nothing_to_part",
        CommandError::NoDecision(_) => "no_such_decision",
        CommandError::Decision(_) => "invalid_decision",
    }
}
