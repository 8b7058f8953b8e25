//! What readers are served from: rendered profiles in memory and a search index, both kept fresh by the feed.

pub mod follower;
pub mod policies;
pub mod profiles;
pub mod quality;
pub mod search;

use self::follower::Feed;
use self::profiles::Profiles;
use self::search::Search;
use crate::store::{Store, StoreError};
use std::sync::Arc;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The read side of one node; cheap to clone.
#[derive(Clone)]
pub struct Reads {
    pub profiles: Arc<Profiles>,
    pub search: Arc<Search>,
    pub feed: Feed,
    tasks: Arc<Tasks>,
}

/// Background tasks that end with the last handle.
struct Tasks(Vec<JoinHandle<()>>);

impl Reads {
    /// Starts following the feed; `wake` tells that new events may be there, sooner than polling would.
    pub async fn start(store: &Store, place: &search::Place, wake: Arc<Notify>) -> Result<Reads, StoreError> {
        let profiles = Arc::new(Profiles::new(store.clone()));
        let (feed, follower) = follower::start(store.clone(), profiles.clone(), wake).await?;
        let (search, indexer) = search::start(store.clone(), place, feed.clone()).await?;
        Ok(Reads { profiles, search: Arc::new(search), feed, tasks: Arc::new(Tasks(vec![follower, indexer])) })
    }

    /// Ends the background tasks; what was read stays readable.
    pub fn stop(&self) {
        self.tasks.0.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Tasks {
    fn drop(&mut self) {
        self.0.iter().for_each(JoinHandle::abort);
    }
}
