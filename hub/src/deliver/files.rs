//! File drops: pages of the feed as NDJSON files that appear whole. Their names are where in the feed
//! they begin, so that they sort, and a page that is written again after a crash takes the place of its first copy.

use super::Shared;
use super::worker::{WorkerError, not_ready, render, rules};
use crate::domain::ids::EventSeq;
use crate::domain::limits::FEED_PAGE_ROWS;
use crate::domain::outbox::{Circuit, Saved};
use crate::domain::subscriber::Target;
use crate::pipeline::clock::now_us;
use crate::store::subscribers::{FailedAttempt, Progress, Subscriber};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::watch;

/// A second's events share a file.
const GATHER_SECS: u64 = 1;
const PAUSE_SECS: u64 = 5;

/// Writes until told to stop, or until somebody has changed the subscriber.
pub async fn run(
    shared: Shared,
    subscriber: Subscriber,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), WorkerError> {
    let Target::Files { folder } = &subscriber.settings.target else { return Ok(()) };
    let Some(folder) = shared.operator.drops.as_ref().map(|drops| drops.join(folder)) else {
        return Err(not_ready(&shared, &subscriber, &mut stopped, WorkerError::NoDrops).await?);
    };
    shared.store.note_trouble(&subscriber, None, now_us()).await?;
    let mut saved = shared.store.saved(&subscriber).await?;
    let mut feed = shared.feed.watch();
    loop {
        tokio::select! {
            _ = stopped.wait_for(|stopped| *stopped) => return Ok(()),
            newer = feed.wait_for(|newest| *newest > saved.cursor) => {
                if newer.is_err() { return Ok(()) }
            }
        }
        let page = Page::read(&shared, &subscriber, saved.cursor).await?;
        let (mut now, mut progress) =
            (Saved { cursor: page.last, circuit: Circuit::default(), ..saved.clone() }, page.progress());
        let (place, first) = (folder.clone(), page.first);
        let written = tokio::task::spawn_blocking(move || page.write(&place)).await.map_err(|_| WorkerError::Broken)?;
        let mut pause = GATHER_SECS;
        if let Err(error) = written {
            tracing::warn!(subscriber = %subscriber.id, %error, "a file drop cannot be written; it is tried again");
            let failed = FailedAttempt { seq: first, attempt: 1, at_us: now_us(), what: error.kind().to_string() };
            (now, progress) = (saved.clone(), Progress { failures: vec![failed], ..Progress::default() });
            pause = PAUSE_SECS;
        }
        if !shared.store.save_deliveries(&subscriber, &saved, &now, &progress).await? {
            return Ok(());
        }
        saved = now;
        let _ = tokio::time::timeout(Duration::from_secs(pause), stopped.wait_for(|stopped| *stopped)).await;
    }
}

/// The wanted events of one page of the feed.
struct Page {
    first: EventSeq,
    last: EventSeq,
    lines: Vec<u8>,
    count: i64,
}

impl Page {
    async fn read(shared: &Shared, subscriber: &Subscriber, after: EventSeq) -> Result<Page, WorkerError> {
        let changes = shared.store.changes_after(after, FEED_PAGE_ROWS).await?;
        let mut page = Page { first: EventSeq(after.0 + 1), last: after, lines: Vec::new(), count: 0 };
        let rules = rules(&shared.policies, &subscriber.settings).await?;
        for change in &changes {
            page.last = change.seq;
            if let Some(body) = render(change, &subscriber.settings, &shared.origin, rules.as_deref())? {
                page.lines.extend_from_slice(&body);
                page.lines.push(b'\n');
                page.count += 1;
            }
        }
        Ok(page)
    }

    fn progress(&self) -> Progress {
        let delivered_us = (self.count > 0).then(now_us);
        Progress { delivered: self.count, delivered_us, ..Progress::default() }
    }

    /// The file appears under its name when it is complete and on the disk, and not before.
    fn write(self, folder: &Path) -> io::Result<()> {
        if self.count == 0 {
            return Ok(());
        }
        fs::create_dir_all(folder)?;
        let name = format!("{:020}.ndjson", self.first.0);
        let part: PathBuf = folder.join(format!(".{name}.part"));
        let mut file = File::create(&part)?;
        file.write_all(&self.lines)?;
        file.sync_all()?;
        fs::rename(&part, folder.join(name))?;
        File::open(folder)?.sync_all()
    }
}
