//! Thin notices say that a record has changed, but not how: the record itself is asked for. A record that is not there
//! any more is deleted.

use super::page::Record;
use super::reader::{Failed, Reader, Turn};
use crate::domain::ids::SourceKey;
use crate::domain::limits::FETCHES_MAX;
use crate::pipeline::clock::now_us;
use crate::remote::Reply;
use crate::store::StoreError;
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::notices::StoredNotice;
use crate::store::polls::{Batch, Poll as Stored};
use connectors::poll::{Answer, Page, Progress, Request};
use foldhash::{HashSet, HashSetExt};
use serde_json::json;

/// What the webhook's topic is for, as stored with the notice.
const PURPOSE: &str = "fetch";

/// What the system says of one record.
enum Fetched {
    Record(Record),
    Gone,
    /// It answers in a way that no repetition mends.
    Unusable(String),
}

impl Reader {
    /// Asks for the records of the next thin notices; nothing if there are none. Several notices in a row on one record
    /// need it once.
    pub(super) async fn follow_up(&mut self, stored: &Stored) -> Result<Option<Turn>, StoreError> {
        if self.poll.fetch.is_none() {
            return Ok(None);
        }
        let source = self.source().to_owned();
        let notices = self.shared.store.notices_after(stored.notice, Some(&source), Some(PURPOSE), FETCHES_MAX).await?;
        if notices.is_empty() {
            return Ok(None);
        }
        let (mut now, mut batch, mut done) = (stored.clone(), Batch::default(), HashSet::new());
        for notice in &notices {
            let key = notice.source_key.as_deref().filter(|key| !done.contains(*key));
            if let Some(key) = key {
                match self.fetch(key, stored).await {
                    Ok(fetched) => self.add(&mut batch, notice, key, fetched).await?,
                    Err(failed) => {
                        now = self.note(&now, failed);
                        break;
                    }
                }
                done.insert(key.to_owned());
            }
            now.notice = notice.delivery;
        }
        if now.notice != stored.notice && now.standing.failed_us == stored.standing.failed_us {
            now.standing = now.standing.recovered();
            let progress = Progress::from_text(&stored.progress).unwrap_or_default();
            now.progress = progress.recovered().to_text();
        }
        now.standing.records += batch.deliveries.len() as i64;
        self.save(stored, &now, batch).await.map(Some)
    }

    async fn fetch(&mut self, key: &str, stored: &Stored) -> Result<Fetched, Failed> {
        let progress = Progress::from_text(&stored.progress).unwrap_or_default();
        let failed =
            |error: &dyn std::fmt::Display| Failed { progress: progress.failed(None), what: error.to_string() };
        let base = self.system().map_err(|error| failed(&error))?.base().to_owned();
        let url = self.poll.record_url(&base, key).ok_or_else(|| failed(&"the manifest has no `fetch`"))?;
        let system = self.system().map_err(|error| failed(&error))?;
        let reply = system.ask(&Request { url, body: None }, now_us).await.map_err(|error| failed(&error))?;
        let status = reply.status;
        match status {
            200..300 => Ok(self.record(&reply)),
            404 | 410 => Ok(Fetched::Gone),
            _ if is_busy(&reply) || matches!(status, 401 | 403) => Err(failed(&format!("status {status}"))),
            _ => Ok(Fetched::Unusable(format!("the system answered {status} for this record; retry it later"))),
        }
    }

    fn record(&self, reply: &Reply) -> Fetched {
        let options = self.poll.fetch.as_ref().map(|fetch| &fetch.page);
        let found = options.and_then(|options| Page::record(&self.manifest, options, &reply.body));
        let unusable = || "the answer holds no record; check `fetch` in the manifest".to_owned();
        found.map_or_else(|| Fetched::Unusable(unusable()), |found| Fetched::Record(Record::from(found)))
    }

    async fn add(
        &self,
        batch: &mut Batch,
        notice: &StoredNotice,
        key: &str,
        fetched: Fetched,
    ) -> Result<(), StoreError> {
        let (store, source) = (&self.shared.store, self.source());
        let (shape, payload, rejected, seen) = match fetched {
            Fetched::Record(Record { key, hash, payload }) => {
                let known = store.seen(source, std::slice::from_ref(&key)).await?;
                if known.get(&key) == Some(&hash) {
                    return Ok(());
                }
                (Shape::Manifest, payload, None, (key, hash))
            }
            Fetched::Gone => {
                let known = store.source_record(&SourceKey::new(source, key)).await?;
                let Some(known) = known.filter(|known| !known.deleted) else { return Ok(()) };
                // The deletion is the last word of the version that is known, so that a later one can bring it back.
                let payload = json!({ "key": key, "deleted": true, "version": known.version }).to_string();
                (Shape::Canonical, payload.into_bytes(), None, (key.to_owned(), 0))
            }
            Fetched::Unusable(reason) => {
                (Shape::Unreadable, notice.payload.clone(), Some(("fetch", reason)), (key.to_owned(), 0))
            }
        };
        batch.deliveries.push(NewDelivery { source: source.to_owned(), shape, payload, repairs: None, rejected });
        batch.seen.push(seen);
        Ok(())
    }
}

/// Whether the system wants to be left alone for a while.
fn is_busy(reply: &Reply) -> bool {
    let header = |name: &str| reply.header(name);
    let (status, now_us) = (reply.status, now_us());
    let answer =
        Answer { status, header: &header, body: None, is_whole: true, records: 0, last: None, newest_us: None, now_us };
    answer.wait_secs(0).is_some()
}
