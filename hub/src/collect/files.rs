//! A source's file into the inbox: known again by its content, checked against its control total before anything enters,
//! and read on where it broke off.

mod examine;
mod exceptions;

pub use self::examine::{Examined, Expected, examine};
pub use self::exceptions::Exceptions;

use crate::domain::ids::DeliveryId;
use crate::domain::limits::INBOX_RECORDS_MAX;
use crate::pipeline::clock;
use crate::store::files::{FileId, FileRead};
use crate::store::inbox::{NewDelivery, Shape};
use crate::store::{Store, StoreError};
use connectors::Manifest;
use connectors::read::{Item, Records, records};
use std::io::{self, Read};
use std::sync::Arc;

/// What became of a file.
#[derive(Debug)]
pub struct Outcome {
    /// What was read of it, now and before.
    pub read: FileRead,
    /// Records that were taken in now.
    pub taken: i64,
    /// The last delivery that it gave now; nothing if there was none.
    pub last: Option<DeliveryId>,
    pub end: End,
    pub exceptions: Exceptions,
}

/// How the reading of a file ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    Complete,
    /// It was read before.
    Known,
    /// It is not what its control total says; nothing of it was taken in.
    Refused {
        reason: String,
    },
    /// It cannot be read to its end; the records before are taken in.
    Broken {
        reason: String,
    },
}

/// Why a file could not be worked on at all; it may be tried again.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error("the file cannot be read: {}", .0.kind())]
    Io(#[from] io::Error),
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("the reading broke down")]
    Broken,
}

/// Who takes a file in.
#[derive(Clone)]
pub struct Taker {
    pub store: Store,
    /// Tells the pipeline that there is something to do.
    pub wake: Arc<dyn Fn() + Send + Sync>,
    /// Whether records are mapped as well, to tell at once which ones cannot be used.
    pub checks: bool,
}

impl Outcome {
    fn of(read: FileRead, end: End) -> Outcome {
        Outcome { read, taken: 0, last: None, end, exceptions: Exceptions::default() }
    }

    /// Nothing was taken in, for a reason that belongs into the report.
    pub fn refused(reason: String) -> Outcome {
        let mut outcome = Outcome::of(FileRead::default(), End::Refused { reason: reason.clone() });
        outcome.exceptions.add(0, "control", reason);
        outcome
    }
}

impl Taker {
    /// Takes a file in whose content was examined. `input` is the same content from its beginning; with `again` it is
    /// read even if it was before.
    pub async fn take(
        &self,
        manifest: &Manifest,
        examined: &Examined,
        expected: &Expected,
        again: bool,
        input: impl Read + Send + 'static,
    ) -> Result<Outcome, FileError> {
        if let Some(reason) = expected.differs(examined) {
            return Ok(Outcome::refused(reason));
        }
        // Whoever wants a file again gets it under another name, and the ledger of its first reading stays.
        let hash = match again {
            true => format!("{} again {}", examined.hash, clock::now_us()),
            false => examined.hash.clone(),
        };
        let file = FileId { source: manifest.name().to_owned(), hash };
        let read = self.store.begin_file(&file, clock::now_us()).await?;
        if read.ended_us.is_some() {
            return Ok(Outcome::of(read, End::Known));
        }
        self.read_on(manifest, &file, read, input).await
    }

    async fn read_on(
        &self,
        manifest: &Manifest,
        file: &FileId,
        mut read: FileRead,
        input: impl Read + Send + 'static,
    ) -> Result<Outcome, FileError> {
        let mut reader = Reader {
            items: records(input, manifest.read_options()),
            manifest: manifest.clone(),
            skip: read.records,
            checks: self.checks,
            exceptions: Exceptions::default(),
        };
        let (before, mut last) = (read.records, None);
        loop {
            // Reading, unpacking and mapping is work for a thread that serves nobody.
            let (returned, chunk) = tokio::task::spawn_blocking(move || {
                let chunk = reader.chunk();
                (reader, chunk)
            })
            .await
            .map_err(|_| FileError::Broken)?;
            reader = returned;
            let is_whole = chunk.ended && chunk.failed.is_none();
            if !chunk.deliveries.is_empty() || is_whole {
                let any = !chunk.deliveries.is_empty();
                let stored = self.store.append_of_file(file, read, chunk.deliveries, is_whole, clock::now_us()).await?;
                read = stored.0;
                last = if any { Some(stored.1) } else { last };
                (self.wake)();
            }
            if chunk.ended {
                let end = chunk.failed.map_or(End::Complete, |reason| End::Broken { reason });
                let taken = read.records - before;
                return Ok(Outcome { read, taken, last, end, exceptions: reader.exceptions });
            }
        }
    }
}

struct Reader<R> {
    items: Records<R>,
    manifest: Manifest,
    /// Records that are durable from an earlier reading.
    skip: i64,
    checks: bool,
    exceptions: Exceptions,
}

struct Chunk {
    deliveries: Vec<NewDelivery>,
    ended: bool,
    failed: Option<String>,
}

impl<R: Read> Reader<R> {
    /// The next records. Those that were taken in before are looked at again for the report, and only for that.
    fn chunk(&mut self) -> Chunk {
        let mut deliveries = Vec::new();
        let today = clock::today();
        while deliveries.len() < INBOX_RECORDS_MAX {
            let Some(item) = self.items.next() else { return Chunk { deliveries, ended: true, failed: None } };
            self.exceptions.look(&item, self.checks.then_some((&self.manifest, today.as_str())));
            if let Item::Failed { position, reason } = &item {
                let failed = Some(format!("line {}: {reason}", position.line));
                return Chunk { deliveries, ended: true, failed };
            }
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            deliveries.extend(delivery(self.manifest.name(), item));
        }
        Chunk { deliveries, ended: false, failed: None }
    }
}

/// A record of a file as a delivery; records that cannot be read become dead letters, so that nothing is lost.
pub fn delivery(source: &str, item: Item) -> Option<NewDelivery> {
    let source = source.to_owned();
    match item {
        Item::Record { payload, .. } => {
            Some(NewDelivery { source, shape: Shape::Manifest, payload, repairs: None, rejected: None })
        }
        Item::Rejected { position, reason, excerpt, .. } => {
            let reason = format!("line {}: {reason}", position.line);
            let rejected = Some(("read", reason));
            Some(NewDelivery { source, shape: Shape::Unreadable, payload: excerpt, repairs: None, rejected })
        }
        Item::Failed { .. } => None,
    }
}
