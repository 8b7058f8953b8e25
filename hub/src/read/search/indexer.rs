//! Feeds the index from the feed: at once when little happens, in large commits while catching up.

use super::document::Fields;
use super::open::{Opened, payload};
use crate::domain::cause::Cause;
use crate::domain::ids::{EventSeq, GoldenId};
use crate::domain::limits::FEED_PAGE_ROWS;
use crate::domain::plan::EventKind;
use crate::read::follower::Feed;
use crate::store::Store;
use crate::store::events::StoredEvent;
use foldhash::{HashMap, HashMapExt};
use std::time::{Duration, Instant};
use tantivy::{IndexReader, IndexWriter, TantivyError, Term};
use tokio::sync::watch;

/// Commits are at least so far apart; each costs a segment.
const COMMIT_MS_MIN: u64 = 500;
/// Documents that wait for a commit while the index catches up.
const COMMIT_DOCUMENTS: usize = 50_000;
const PAUSE_MS: u64 = 1000;

struct Indexer {
    writer: IndexWriter,
    reader: IndexReader,
    fields: Fields,
    /// The last event that was given to the writer.
    taken: EventSeq,
    waiting: usize,
    committed_at: Instant,
    /// Somebody was forgotten, whose document is still in the files of a segment.
    unpurged: bool,
}

/// Runs until its task is ended.
pub async fn run(store: Store, opened: Opened, visible: watch::Sender<EventSeq>, feed: Feed) {
    let mut follow = feed.watch();
    let mut indexer = Indexer {
        writer: opened.writer,
        reader: opened.reader,
        fields: opened.fields,
        taken: opened.position,
        waiting: 0,
        committed_at: Instant::now(),
        // What a process before this one has left of forgotten people is looked for once.
        unpurged: true,
    };
    loop {
        let page = match store.events_after(indexer.taken, FEED_PAGE_ROWS).await {
            Ok(page) => page,
            Err(error) => {
                tracing::warn!(%error, "the search index cannot follow the feed; it shows older values");
                tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
                continue;
            }
        };
        let caught_up = page.len() < FEED_PAGE_ROWS;
        let since_ms = indexer.committed_at.elapsed().as_millis() as u64;
        if page.is_empty() && indexer.waiting == 0 {
            // The follower wakes us; the sender lives as long as it does.
            if follow.wait_for(|at| *at > indexer.taken).await.is_err() {
                return;
            }
            continue;
        }
        if page.is_empty() && since_ms < COMMIT_MS_MIN {
            tokio::time::sleep(Duration::from_millis(COMMIT_MS_MIN - since_ms)).await;
            continue;
        }
        let visible = visible.clone();
        let step = tokio::task::spawn_blocking(move || {
            let done = indexer.step(page, caught_up);
            if let Ok(Some(position)) = &done {
                visible.send_replace(*position);
            }
            (indexer, done)
        });
        let Ok((back, done)) = step.await else { return };
        indexer = back;
        if let Err(error) = done {
            tracing::error!(%error, "the search index cannot be written; it shows older values until the next start");
            return;
        }
    }
}

impl Indexer {
    /// Takes one page and commits when it is time to; answers the position that searches see from now on.
    fn step(&mut self, page: Vec<StoredEvent>, caught_up: bool) -> Result<Option<EventSeq>, TantivyError> {
        self.take(page)?;
        let is_due = caught_up && self.committed_at.elapsed() >= Duration::from_millis(COMMIT_MS_MIN);
        if self.waiting < COMMIT_DOCUMENTS && !is_due {
            return Ok(None);
        }
        let mut commit = self.writer.prepare_commit()?;
        commit.set_payload(&payload(self.taken));
        commit.commit()?;
        self.reader.reload()?;
        if caught_up && std::mem::take(&mut self.unpurged) {
            self.purge()?;
        }
        self.waiting = 0;
        self.committed_at = Instant::now();
        Ok(Some(self.taken))
    }

    /// Writes the segments anew that hold deleted documents, so that no bytes of them are left.
    fn purge(&mut self) -> Result<(), TantivyError> {
        let segments = self.writer.index().searchable_segment_metas()?;
        for segment in segments.into_iter().filter(|segment| segment.num_deleted_docs() > 0) {
            self.writer.merge(&[segment.id()]).wait()?;
        }
        self.reader.reload()?;
        self.writer.garbage_collect_files().wait()?;
        Ok(())
    }

    /// Only the last event of each golden id in a page counts.
    fn take(&mut self, page: Vec<StoredEvent>) -> Result<(), TantivyError> {
        let Some(last) = page.last() else { return Ok(()) };
        self.taken = last.seq;
        let mut newest: HashMap<GoldenId, StoredEvent> = HashMap::with_capacity(page.len());
        for event in page {
            newest.insert(event.golden, event);
        }
        for (id, event) in newest {
            self.writer.delete_term(Term::from_field_text(self.fields.id, &id.to_string()));
            let is_live = !matches!(event.kind, EventKind::Merged | EventKind::Deleted);
            if let Some(document) = is_live.then(|| self.fields.document(id, &event.body)).flatten() {
                self.writer.add_document(document)?;
            }
            self.unpurged |= event.kind == EventKind::Deleted && event.cause.as_deref().is_some_and(is_erasure);
            self.waiting += 1;
        }
        Ok(())
    }
}

fn is_erasure(cause: &str) -> bool {
    matches!(serde_json::from_str(cause), Ok(Cause::Erasure))
}
