//! Finds people by what somebody remembers of them: a full-text index of the golden records.
//!
//! Derived from the feed and never a source of truth: it remembers how far it has come in its own commits, goes on
//! from there, and is built afresh when it is missing or does not fit.

mod document;
mod indexer;
mod open;
mod query;
mod text;

pub use self::open::Place;
pub use self::text::Sought;

use self::document::Fields;
use super::follower::Feed;
use crate::domain::ids::{EventSeq, GoldenId};
use crate::store::{Store, StoreError};
use std::time::Duration;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::Query;
use tantivy::schema::Value;
use tantivy::{IndexReader, TantivyDocument};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// The search index of one node.
pub struct Search {
    reader: IndexReader,
    fields: Fields,
    position: watch::Receiver<EventSeq>,
}

/// A golden record that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hit {
    pub id: GoldenId,
    pub score: f32,
}

/// What a search found: the best hits and how many there are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    pub hits: Vec<Hit>,
    pub total: usize,
}

/// Why the index cannot answer.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    #[error("the search index did not answer")]
    Index(#[from] tantivy::TantivyError),
    #[error("the search was given up")]
    GivenUp,
}

/// Opens the index and starts feeding it.
pub(super) async fn start(store: Store, place: &Place, feed: Feed) -> Result<(Search, JoinHandle<()>), StoreError> {
    let end = feed.position();
    let opened = open::open(place, end).map_err(|error| {
        tracing::error!(%error, "the search index cannot be made");
        StoreError::Corrupt { what: "search index" }
    })?;
    let (sender, position) = watch::channel(opened.position);
    let search = Search { reader: opened.reader.clone(), fields: opened.fields, position };
    let task = tokio::spawn(indexer::run(store, opened, sender, feed));
    Ok((search, task))
}

impl Search {
    /// The last event that searches see.
    pub fn position(&self) -> EventSeq {
        *self.position.borrow()
    }

    /// Waits until searches see an event; answers whether that happened in time.
    pub async fn reached(&self, seq: EventSeq, within: Duration) -> bool {
        let mut position = self.position.clone();
        matches!(tokio::time::timeout(within, position.wait_for(|at| *at >= seq)).await, Ok(Ok(_)))
    }

    /// The golden records that fit a text best.
    pub fn find(&self, text: &str, limit: usize) -> Result<Found, SearchError> {
        let words = text::words(text);
        if words.is_empty() {
            return Ok(Found::default());
        }
        let all = self.run(&query::every_word(&self.fields, &words), limit)?;
        if all.total > 0 || words.len() == 1 {
            return Ok(all);
        }
        // One word may be wrong altogether; hits then lack it.
        self.run(&query::all_words_but_one(&self.fields, &words), limit)
    }

    /// The golden records that carry exactly this value, after standardising.
    pub fn look_up(&self, sought: &Sought, limit: usize) -> Result<Found, SearchError> {
        self.run(query::exact(&self.fields, sought).as_ref(), limit)
    }

    fn run(&self, query: &dyn Query, limit: usize) -> Result<Found, SearchError> {
        let searcher = self.reader.searcher();
        let best = TopDocs::with_limit(limit.max(1)).order_by_score();
        let (best, total) = searcher.search(query, &(best, Count))?;
        let mut hits = Vec::with_capacity(best.len());
        for (score, address) in best {
            let document: TantivyDocument = searcher.doc(address)?;
            let id = document.get_first(self.fields.id).and_then(|v| v.as_str().and_then(|t| t.parse::<Uuid>().ok()));
            hits.extend(id.map(|id| Hit { id: GoldenId(id), score }));
        }
        // Equal scores come in the order of the ids, so that the same question gets the same answer.
        hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
        Ok(Found { hits, total })
    }
}
