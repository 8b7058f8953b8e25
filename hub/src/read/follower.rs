//! Follows the feed: forgets the profiles that changed and tells everybody how far this node has come.
//!
//! It starts at the end of the feed, because a fresh node remembers nothing that could be stale.

use super::profiles::Profiles;
use crate::domain::ids::EventSeq;
use crate::domain::limits::FEED_PAGE_ROWS;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

/// How long the follower sleeps when nobody wakes it; other processes append without waking us.
const POLL_MS: u64 = 200;
/// Pause after a failure of the store.
const PAUSE_MS: u64 = 1000;

/// How far this node has followed the feed.
#[derive(Clone)]
pub struct Feed {
    position: watch::Receiver<EventSeq>,
    wake: Arc<Notify>,
}

impl Feed {
    /// The last event that this node has taken notice of.
    pub fn position(&self) -> EventSeq {
        *self.position.borrow()
    }

    /// A receiver that changes with the position.
    pub fn watch(&self) -> watch::Receiver<EventSeq> {
        self.position.clone()
    }

    /// Waits until an event has been taken notice of; answers whether that happened in time.
    pub async fn reached(&self, seq: EventSeq, within: Duration) -> bool {
        let mut position = self.position.clone();
        self.wake.notify_one();
        matches!(tokio::time::timeout(within, position.wait_for(|at| *at >= seq)).await, Ok(Ok(_)))
    }
}

/// Starts the follower at the end of the feed.
pub(super) async fn start(
    store: Store,
    profiles: Arc<Profiles>,
    wake: Arc<Notify>,
) -> Result<(Feed, JoinHandle<()>), StoreError> {
    let (sender, position) = watch::channel(store.last_event().await?);
    let follower = Follower { store, profiles, position: sender, wake: wake.clone() };
    Ok((Feed { position, wake }, tokio::spawn(follower.run())))
}

struct Follower {
    store: Store,
    profiles: Arc<Profiles>,
    position: watch::Sender<EventSeq>,
    wake: Arc<Notify>,
}

impl Follower {
    async fn run(self) {
        loop {
            match self.advance().await {
                Ok(true) => {}
                Ok(false) => {
                    let _ = tokio::time::timeout(Duration::from_millis(POLL_MS), self.wake.notified()).await;
                }
                Err(error) => {
                    tracing::warn!(%error, "the feed cannot be read; this node's answers may be old");
                    tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
                }
            }
        }
    }

    /// Takes one page of the feed; answers whether there was anything.
    async fn advance(&self) -> Result<bool, StoreError> {
        let after = *self.position.borrow();
        let changed = self.store.changed_after(after, FEED_PAGE_ROWS).await?;
        let Some((last, _)) = changed.last() else { return Ok(false) };
        for (_, golden) in &changed {
            self.profiles.forget(*golden);
        }
        self.position.send_replace(*last);
        Ok(true)
    }
}
