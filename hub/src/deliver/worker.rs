//! Serves one subscriber: carries out what the outbox plans, and stores how far it has come a few times a second.

mod read;

pub use self::read::{Rendered, render, rules};

use self::read::Reader;
use super::Shared;
use super::line::Line;
use super::nats::NatsError;
use super::signature::SecretError;
use super::target::TargetError;
use super::webhook::Outcome;
use super::write_back::WriteBackError;
use crate::domain::ids::{EventSeq, GoldenId};
use crate::domain::outbox::{Failure, Next, Outbox, Pace, Saved, Verdict};
use crate::pipeline::clock::now_us;
use crate::store::StoreError;
use crate::store::subscribers::{FailedAttempt, Progress, Subscriber};
use rand::Rng;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What was delivered since the last time is repeated after a crash; storing more often costs the disk more.
const SAVE_MS: u64 = 250;
/// Longest sleep, so that a clock that is put forward or back does not matter for long.
const SLEEP_MS_MAX: u64 = 1000;
/// Pause before settings that cannot be used are tried again.
const PAUSE_SECS: u64 = 10;

/// Why a subscriber's task ends early; the next one goes on from what is stored.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error(transparent)]
    Target(#[from] TargetError),
    #[error(transparent)]
    Nats(#[from] NatsError),
    #[error(transparent)]
    WriteBack(#[from] WriteBackError),
    #[error("an attempt broke down")]
    Broken,
    #[error("there is no folder for file drops; set `drops` or HUB_DROPS")]
    NoDrops,
}

/// Delivers until told to stop, or until somebody has changed the subscriber.
pub async fn run(
    shared: Shared,
    subscriber: Subscriber,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), WorkerError> {
    match Line::of(&shared, &subscriber) {
        Ok(line) => {
            shared.store.note_trouble(&subscriber, None, now_us()).await?;
            Worker::start(shared, subscriber, line).await?.run(stopped).await
        }
        Err(error) => Err(not_ready(&shared, &subscriber, &mut stopped, error).await?),
    }
}

/// Tells what is missing for a subscriber, and leaves the operator time to put it right.
pub async fn not_ready(
    shared: &Shared,
    subscriber: &Subscriber,
    stopped: &mut watch::Receiver<bool>,
    error: WorkerError,
) -> Result<WorkerError, StoreError> {
    shared.store.note_trouble(subscriber, Some(&error.to_string()), now_us()).await?;
    let _ = tokio::time::timeout(Duration::from_secs(PAUSE_SECS), stopped.wait_for(|stopped| *stopped)).await;
    Ok(error)
}

struct Worker {
    shared: Shared,
    subscriber: Subscriber,
    line: Line,
    reader: Reader,
    outbox: Outbox,
    saved: Saved,
    saved_at: Instant,
    /// What happened since it was stored the last time.
    progress: Progress,
    on_the_way: JoinSet<Attempted>,
    /// Why the subscriber is not served any longer.
    over: Option<String>,
}

/// One attempt that has come to its end.
struct Attempted {
    golden: GoldenId,
    seq: EventSeq,
    attempt: u32,
    outcome: Result<Outcome, StoreError>,
}

impl Worker {
    async fn start(shared: Shared, subscriber: Subscriber, line: Line) -> Result<Worker, WorkerError> {
        let saved = shared.store.saved(&subscriber).await?;
        let reader = Reader::new(&shared, &subscriber);
        let owed = reader.owed(&saved).await?;
        let settings = &subscriber.settings;
        let pace = Pace {
            parallel: settings.parallel as usize,
            rate: settings.rate_per_second,
            schedule: shared.operator.schedule.clone(),
        };
        Ok(Worker {
            outbox: Outbox::resume(&saved, &owed, pace),
            saved,
            saved_at: Instant::now(),
            progress: Progress::default(),
            on_the_way: JoinSet::new(),
            over: None,
            shared,
            subscriber,
            line,
            reader,
        })
    }

    async fn run(mut self, mut stopped: watch::Receiver<bool>) -> Result<(), WorkerError> {
        let mut feed = self.shared.feed.watch();
        loop {
            let is_ending = *stopped.borrow_and_update() || self.over.is_some();
            let mut sleep = Duration::from_millis(SAVE_MS);
            if !is_ending {
                let newest = *feed.borrow_and_update();
                self.read_on(newest).await?;
                sleep = self.send();
            }
            if is_ending && self.on_the_way.is_empty() {
                self.save().await?;
                return Ok(());
            }
            if self.saved_at.elapsed() >= Duration::from_millis(SAVE_MS) && !self.save().await? {
                return Ok(());
            }
            tokio::select! {
                Some(attempted) = self.on_the_way.join_next() => {
                    self.settle(attempted.map_err(|_| WorkerError::Broken)?)?;
                    // What else has ended meanwhile is settled at once, before anything is stored.
                    while let Some(attempted) = self.on_the_way.try_join_next() {
                        self.settle(attempted.map_err(|_| WorkerError::Broken)?)?;
                    }
                }
                () = tokio::time::sleep(sleep) => {}
                changed = feed.changed(), if !is_ending => {
                    // The read side has ended, and the node with it.
                    if changed.is_err() { return Ok(()) }
                }
                _ = stopped.changed(), if !is_ending => {}
            }
        }
    }

    /// Takes from the feed what there is room for.
    async fn read_on(&mut self, newest: EventSeq) -> Result<(), StoreError> {
        while let Some(after) = self.outbox.wants().filter(|after| *after < newest) {
            let page = self.reader.page(after).await?;
            if page.is_empty() {
                return Ok(());
            }
            let now_us = now_us();
            page.into_iter().for_each(|(seq, golden)| self.outbox.take(seq, golden, now_us));
        }
        Ok(())
    }

    /// Sends what may leave now; answers how long to sleep if nothing happens.
    fn send(&mut self) -> Duration {
        let longest = match self.progress.is_empty() {
            true => Duration::from_millis(SLEEP_MS_MAX),
            false => Duration::from_millis(SAVE_MS).saturating_sub(self.saved_at.elapsed()),
        };
        loop {
            let now_us = now_us();
            match self.outbox.next(now_us) {
                Next::Send { golden, seq, attempt } => {
                    let (line, rendered) = (self.line.clone(), self.reader.render(golden, seq));
                    self.on_the_way.spawn(async move {
                        let outcome = line.attempt(golden, seq, rendered).await;
                        Attempted { golden, seq, attempt, outcome }
                    });
                }
                Next::Later { at_us } => {
                    return longest.min(Duration::from_micros((at_us - now_us).unsigned_abs()));
                }
                Next::Nothing => return longest,
            }
        }
    }

    fn settle(&mut self, attempted: Attempted) -> Result<(), StoreError> {
        let Attempted { golden, seq, attempt, outcome } = attempted;
        let at_us = now_us();
        self.reader.forget(seq);
        let (failure, what) = match outcome? {
            Outcome::Delivered => {
                self.outbox.delivered(golden, at_us);
                self.progress.delivered += 1;
                self.progress.delivered_us = Some(at_us);
                return Ok(());
            }
            Outcome::Gone => {
                let reason = "the receiver answers 410: it is gone; resume when it is back, or delete the subscriber";
                self.over = Some(reason.to_owned());
                (Failure::Plain, "status 410".to_owned())
            }
            Outcome::Failed { failure, what } => (failure, what),
            Outcome::Early => (Failure::Early, "the source has not told the newer state of its record".to_owned()),
        };
        let chance = rand::rng().random();
        if self.outbox.failed(golden, failure, at_us, chance) == Verdict::Exhausted {
            let reason = format!("event {} has failed for three days, at last with: {what}", seq.0);
            self.over.get_or_insert(reason);
        }
        if failure != Failure::Early {
            self.progress.failures.push(FailedAttempt { seq, attempt, at_us, what });
        }
        Ok(())
    }

    /// Stores how far it has come; answers `false` if somebody has changed the subscriber meanwhile.
    async fn save(&mut self) -> Result<bool, StoreError> {
        self.saved_at = Instant::now();
        let now = self.outbox.save();
        let mut progress = std::mem::take(&mut self.progress);
        progress.disabled = self.over.clone().filter(|_| self.on_the_way.is_empty());
        if let Some(reason) = &progress.disabled {
            progress.disabled_us = now_us();
            tracing::error!(subscriber = %self.subscriber.id, reason, "a subscriber is disabled; nothing is lost");
        }
        if progress.is_empty() && now == self.saved {
            return Ok(true);
        }
        let stored = self.shared.store.save_deliveries(&self.subscriber, &self.saved, &now, &progress).await?;
        self.saved = now;
        Ok(stored)
    }
}
