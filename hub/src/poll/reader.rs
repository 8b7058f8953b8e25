//! Reads one system, one request at a time.

use super::Shared;
use super::page::{self, Answered};
use crate::domain::limits::BACKLOG_DELIVERIES_MAX;
use crate::domain::polling::{Standing, Status};
use crate::pipeline::clock::now_us;
use crate::remote::{System, SystemError};
use crate::store::StoreError;
use crate::store::polls::{Batch, Poll as Stored};
use connectors::Manifest;
use connectors::poll::{Poll, Progress, Then};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

const US_PER_SEC: i64 = 1_000_000;
/// Longest sleep, so that a clock that is put forward or back does not matter for long.
const SLEEP_MS_MAX: u64 = 1000;
/// Pause of a reader that found no room in the inbox, or no store.
const PAUSE_MS: u64 = 1000;

/// The reader of one system.
pub struct Reader {
    pub(super) shared: Shared,
    pub(super) manifest: Arc<Manifest>,
    pub(super) poll: Poll,
    /// Kept between requests for its connections, its token and its budget; made anew after a failure, because the
    /// operator may have changed a secret.
    system: Option<System>,
}

/// What became of one turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// A request was made and its outcome stored.
    Done,
    /// Nothing may be asked for so long.
    Rest(Duration),
    /// Somebody has changed what is asked of the system; nothing was stored.
    Overtaken,
}

/// A request that failed: how far the reading stands, and why, without anything of what was sent or answered.
pub(super) struct Failed {
    pub(super) progress: Progress,
    pub(super) what: String,
}

impl Reader {
    /// Nothing if the source's manifest does not say how it is read.
    pub fn new(shared: Shared, source: &str) -> Option<Reader> {
        let manifest = Arc::new(shared.sources.get(source)?.clone());
        let poll = manifest.poll()?.clone();
        Some(Reader { shared, manifest, poll, system: None })
    }

    pub fn source(&self) -> &str {
        self.manifest.name()
    }

    /// Reads until it is dropped.
    pub async fn run(mut self, mut heard: watch::Receiver<i64>) {
        loop {
            let rest = match self.turn().await {
                Ok(Turn::Done | Turn::Overtaken) => continue,
                Ok(Turn::Rest(rest)) => rest.min(Duration::from_millis(SLEEP_MS_MAX)),
                Err(error) => {
                    tracing::warn!(source = self.source(), %error, "what was read cannot be stored; it is read again");
                    Duration::from_millis(PAUSE_MS)
                }
            };
            if let Ok(Err(_)) = tokio::time::timeout(rest, heard.changed()).await {
                return;
            }
        }
    }

    /// Makes the next request, if it is time for one.
    pub async fn turn(&mut self) -> Result<Turn, StoreError> {
        let Some(stored) = self.shared.store.poll(self.source()).await? else { return Ok(rest(PAUSE_MS)) };
        if stored.status == Status::Paused || self.is_full().await? {
            return Ok(rest(PAUSE_MS));
        }
        let until = |us: i64| us - now_us();
        if until(stored.standing.held_us) > 0 {
            return Ok(rest_us(until(stored.standing.held_us)));
        }
        if let Some(turn) = self.follow_up(&stored).await? {
            return Ok(turn);
        }
        if until(stored.standing.due_us) > 0 {
            return Ok(rest_us(until(stored.standing.due_us)));
        }
        let progress = Progress::from_text(&stored.progress);
        let asked = match progress {
            Ok(progress) => self.ask(progress).await,
            Err(error) => Err(Failed { progress: Progress::default(), what: error.to_string() }),
        };
        let (now, batch) = match asked {
            Ok(answered) => self.settle(&stored, answered).await?,
            Err(failed) => (self.note(&stored, failed), Batch::default()),
        };
        self.save(&stored, &now, batch).await
    }

    /// Whether so much waits for the pipeline that nothing more is fetched.
    async fn is_full(&self) -> Result<bool, StoreError> {
        let (done, newest) = self.shared.store.progress().await?;
        Ok(newest.0 - done.0 > BACKLOG_DELIVERIES_MAX)
    }

    pub(super) async fn save(&self, before: &Stored, now: &Stored, batch: Batch) -> Result<Turn, StoreError> {
        let is_stored = self.shared.store.save_poll(before, now, batch, now_us()).await?;
        Ok(if is_stored { Turn::Done } else { Turn::Overtaken })
    }

    /// One request and what its answer means.
    async fn ask(&mut self, progress: Progress) -> Result<Answered, Failed> {
        let unanswered =
            |error: &dyn std::fmt::Display| Failed { progress: progress.failed(None), what: error.to_string() };
        let system = self.system().map_err(|error| unanswered(&error))?;
        let base = system.base().to_owned();
        let plan = self.poll.plan(&base);
        let system = self.system().map_err(|error| unanswered(&error))?;
        let reply = system.ask(&plan.next(&progress), now_us).await.map_err(|error| unanswered(&error))?;
        let answered = page::read(self.manifest.clone(), plan, progress.clone(), reply).await;
        answered.map_err(|error| Failed { progress: progress.failed(Some(&error)), what: error.to_string() })
    }

    /// What an answer changes: the records that are new, and where the reading stands then.
    async fn settle(&self, stored: &Stored, answered: Answered) -> Result<(Stored, Batch), StoreError> {
        let (now, then) = (now_us(), answered.then);
        let progress = answered.progress.to_text();
        if let Then::Wait { secs } = then {
            let failures = answered.progress.failures();
            let standing = match failures {
                // A job that is not done yet is no failure.
                0 => Standing { due_us: now.saturating_add(us(secs)), ..stored.standing.recovered() },
                _ => {
                    self.warn(failures, &answered.what);
                    stored.standing.failed(failures, answered.what, now, us(secs))
                }
            };
            return Ok((Stored { progress, standing, ..stored.clone() }, Batch::default()));
        }
        let known = self.shared.store.seen(self.source(), &answered.keys()).await?;
        let total = answered.count();
        let batch = answered.batch(self.source(), &known);
        let new = batch.deliveries.len();
        let standing = stored.standing.answered(now, new, total - new);
        let standing = match then {
            Then::More { pause_secs } => Standing { due_us: now.saturating_add(us(pause_secs)), ..standing },
            Then::Finished | Then::Wait { .. } => standing.finished(now, us(u64::from(self.poll.every_secs))),
        };
        Ok((Stored { progress, standing, ..stored.clone() }, batch))
    }

    /// Where the reading stands after a request that failed.
    pub(super) fn note(&mut self, stored: &Stored, failed: Failed) -> Stored {
        self.system = None;
        let Failed { progress, what } = failed;
        self.warn(progress.failures(), &what);
        let wait_us = us(progress.wait_secs());
        let standing = stored.standing.failed(progress.failures(), what, now_us(), wait_us);
        Stored { progress: progress.to_text(), standing, ..stored.clone() }
    }

    fn warn(&self, failures: u32, reason: &str) {
        tracing::warn!(source = self.source(), failures, reason, "a system cannot be read; it is asked again later");
    }

    pub(super) fn system(&mut self) -> Result<&mut System, SystemError> {
        let system = match self.system.take() {
            Some(system) => system,
            None => {
                let access = self.shared.access.clone();
                System::new(&self.poll, self.shared.client.clone(), access.allowed, access.environment)?
            }
        };
        Ok(self.system.insert(system))
    }
}

fn us(secs: u64) -> i64 {
    i64::try_from(secs).unwrap_or(i64::MAX).saturating_mul(US_PER_SEC)
}

fn rest_us(us: i64) -> Turn {
    rest(u64::try_from(us / 1000 + 1).unwrap_or(PAUSE_MS))
}

fn rest(millis: u64) -> Turn {
    Turn::Rest(Duration::from_millis(millis))
}
