//! Leaves nothing of forgotten people in the files of the database, beside everything else that the pipeline does.

use crate::store::{Engine, Store};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Vacuuming large tables of PostgreSQL takes long, so that people who are forgotten in between share it.
const VACUUM_SECS: u64 = 600;
const RETRY_MS: u64 = 500;

/// Whether there is something to purge, and what is done about it.
pub struct Purge {
    store: Store,
    wanted: bool,
    due: Instant,
    running: Option<JoinHandle<bool>>,
}

impl Purge {
    /// Whether the process before had come to it, nobody knows; `wanted` if anybody was ever forgotten.
    pub fn new(store: Store, wanted: bool) -> Purge {
        Purge { store, wanted, due: Instant::now(), running: None }
    }

    /// Something was taken out.
    pub fn want(&mut self) {
        self.wanted = true;
    }

    /// Begins a purge that is due, and looks after one that has ended; never waits.
    pub async fn step(&mut self) {
        if let Some(running) = self.running.take_if(|running| running.is_finished()) {
            // Readers stood in the way, or the database did not answer.
            self.wanted |= !running.await.unwrap_or(false);
        }
        if !self.wanted || self.running.is_some() || Instant::now() < self.due {
            return;
        }
        self.wanted = false;
        self.due = Instant::now()
            + match self.store.engine() {
                Engine::Sqlite => Duration::from_millis(RETRY_MS),
                Engine::Postgres => Duration::from_secs(VACUUM_SECS),
            };
        let store = self.store.clone();
        self.running = Some(tokio::spawn(async move {
            store.purge().await.unwrap_or_else(|error| {
                tracing::warn!(%error, cause = error.cause(), "the files of the database could not be purged yet");
                false
            })
        }));
    }
}
