//! An answer becomes deliveries, and what they have said before is left out.

use crate::pipeline::clock::now_us;
use crate::remote::Reply;
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::polls::Batch;
use connectors::Manifest;
use connectors::poll::{Answer, Page, Paged, Plan, PollError, Progress, Then};
use foldhash::HashMap;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// An answer, taken apart.
pub struct Answered {
    pub progress: Progress,
    pub then: Then,
    /// Why there is nothing to go on with, where that is so.
    pub what: String,
    records: Vec<Record>,
    rejected: Vec<(String, Vec<u8>)>,
}

pub(super) struct Record {
    /// Its own key; one that cannot be mapped is known again by its content.
    pub(super) key: String,
    pub(super) hash: i64,
    pub(super) payload: Vec<u8>,
}

/// Takes an answer apart, on a thread that serves nobody.
pub async fn read(
    manifest: Arc<Manifest>,
    plan: Plan,
    progress: Progress,
    reply: Reply,
) -> Result<Answered, PollError> {
    let work = move || take_apart(&manifest, &plan, &progress, &reply);
    match tokio::task::spawn_blocking(work).await {
        Ok(answered) => answered,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn take_apart(manifest: &Manifest, plan: &Plan, progress: &Progress, reply: &Reply) -> Result<Answered, PollError> {
    let is_success = (200..300).contains(&reply.status);
    let page = if is_success && plan.expects_records(progress) {
        let reading = plan.next_reading(progress);
        let count = reading.count_header.as_ref().and_then(|name| reply.header(name));
        Page::read(manifest, reading, count, &reply.body)
    } else {
        Page::of_state(&reply.body)
    };
    let answer = Answer {
        status: reply.status,
        header: &|name| reply.header(name),
        body: page.body.as_ref(),
        is_whole: page.is_whole,
        records: page.count(),
        last: page.last.as_deref(),
        newest_us: page.newest_us,
        now_us: now_us(),
    };
    let taken = plan.take(progress, &answer)?;
    let what = if is_success { "the answer was cut off".to_owned() } else { format!("status {}", reply.status) };
    let rejected = page.rejected.into_iter().map(|(reason, excerpt)| (reason.to_string(), excerpt)).collect();
    let records = page.records.into_iter().map(Record::from).collect();
    Ok(Answered { progress: taken.progress, then: taken.then, what, records, rejected })
}

impl From<Paged> for Record {
    fn from(Paged { key, payload }: Paged) -> Record {
        let hash = xxh3_64(&payload) as i64;
        Record { key: key.unwrap_or_else(|| format!("content {hash:016x}")), hash, payload }
    }
}

impl Answered {
    /// How many records it held, good and bad.
    pub fn count(&self) -> usize {
        self.records.len() + self.rejected.len()
    }

    pub fn keys(&self) -> Vec<String> {
        self.records.iter().map(|record| record.key.clone()).chain(self.rejected.iter().map(rejected_key)).collect()
    }

    /// What is to be stored: the records that do not say what they said the last time.
    pub fn batch(self, source: &str, known: &HashMap<String, i64>) -> Batch {
        let mut batch = Batch::default();
        let is_new = |key: &str, hash: i64| known.get(key) != Some(&hash);
        let mut add = |shape, payload, rejected, key: String, hash: i64| {
            let source = source.to_owned();
            batch.deliveries.push(NewDelivery { source, shape, payload, repairs: None, rejected });
            batch.seen.push((key, hash));
        };
        for Record { key, hash, payload } in self.records {
            if is_new(&key, hash) {
                add(Shape::Manifest, payload, None, key, hash);
            }
        }
        for rejected in self.rejected {
            let (key, hash) = (rejected_key(&rejected), xxh3_64(&rejected.1) as i64);
            if is_new(&key, hash) {
                let (reason, excerpt) = rejected;
                add(Shape::Unreadable, excerpt, Some(("read", reason)), key, hash);
            }
        }
        batch
    }
}

fn rejected_key((_, excerpt): &(String, Vec<u8>)) -> String {
    format!("content {:016x}", xxh3_64(excerpt))
}
