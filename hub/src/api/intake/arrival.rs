//! A request body on its way in, readable by a thread that waits for it, hashed as it passes.

use crate::domain::limits::{BODY_BYTES_MAX, BODY_BYTES_PER_SEC_MIN, BODY_IDLE_SECS_MAX};
use axum::body::{Body, BodyDataStream, HttpBody};
use bytes::{Buf, Bytes};
use std::io::{Error, ErrorKind, Read, Result};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::Instant;
use tokio_stream::StreamExt;
use xxhash_rust::xxh3::Xxh3;

/// Chunks that may wait between the connection and the reader.
const CHUNKS_WAITING: usize = 8;

/// Bodies up to this length are read before a thread is taken up with them.
const WHOLE_BYTES_MAX: u64 = 1 << 20;

/// Why a body ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    TooLarge,
    Broken,
}

pub struct Arrival {
    chunks: mpsc::Receiver<std::result::Result<Bytes, Cut>>,
    current: Bytes,
    hash: Xxh3,
    cut: Arc<OnceLock<Cut>>,
    /// Held as long as a thread reads a long body.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Arrival {
    /// Begins to read a body; `meaning` is hashed with it. A slow sender of a short body keeps no thread waiting.
    pub async fn start(body: Body, meaning: &str, streams: &Arc<Semaphore>) -> Arrival {
        let is_short = body.size_hint().upper().is_some_and(|bytes| bytes <= WHOLE_BYTES_MAX);
        let (sender, chunks) = mpsc::channel(CHUNKS_WAITING);
        let mut turn = None;
        if is_short {
            // There is room for one.
            let _ = sender.try_send(gather(body).await);
        } else {
            // Fails only once the semaphore is closed, which it never is.
            turn = streams.clone().acquire_owned().await.ok();
            tokio::spawn(pump(body, sender));
        }
        let mut hash = Xxh3::new();
        hash.update(meaning.as_bytes());
        hash.update(&[0]);
        Arrival { chunks, current: Bytes::new(), hash, cut: Arc::default(), _turn: turn }
    }

    /// Where it will be told why the body broke off, if it does.
    pub fn cut(&self) -> Arc<OnceLock<Cut>> {
        self.cut.clone()
    }

    /// Reads what is left and gives the hash of everything.
    pub fn hash_all(mut self) -> Result<i64> {
        self.finish()
    }

    /// The same for a reader that is still needed.
    pub fn finish(&mut self) -> Result<i64> {
        std::io::copy(self, &mut std::io::sink())?;
        Ok(self.hash.digest() as i64)
    }
}

async fn gather(body: Body) -> std::result::Result<Bytes, Cut> {
    let mut stream = body.into_data_stream();
    let mut whole = Vec::new();
    let started = Instant::now();
    while let Some(chunk) = next(&mut stream, started, whole.len()).await {
        whole.extend_from_slice(&chunk?);
    }
    Ok(whole.into())
}

async fn pump(body: Body, chunks: mpsc::Sender<std::result::Result<Bytes, Cut>>) {
    let mut stream = body.into_data_stream();
    let (started, mut bytes) = (Instant::now(), 0);
    while let Some(chunk) = next(&mut stream, started, bytes).await {
        bytes += chunk.as_ref().map_or(0, Bytes::len);
        let chunk = if bytes > BODY_BYTES_MAX { Err(Cut::TooLarge) } else { chunk };
        let is_last = chunk.is_err();
        // The reader gives up early on input that cannot be read on.
        if chunks.send(chunk).await.is_err() || is_last {
            return;
        }
    }
}

/// The next chunk, after so many bytes. A sender that stops in the middle, or as good as, has broken off: it would hold a
/// thread that others wait for.
async fn next(stream: &mut BodyDataStream, started: Instant, bytes: usize) -> Option<std::result::Result<Bytes, Cut>> {
    let idle = Duration::from_secs(BODY_IDLE_SECS_MAX);
    let overdue = started + idle + Duration::from_secs(bytes as u64 / BODY_BYTES_PER_SEC_MIN);
    match tokio::time::timeout_at(overdue.min(Instant::now() + idle), stream.next()).await {
        Ok(chunk) => chunk.map(|chunk| chunk.map_err(|_| Cut::Broken)),
        Err(_) => Some(Err(Cut::Broken)),
    }
}

impl Read for Arrival {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.current.is_empty() {
            match self.chunks.blocking_recv() {
                None => return Ok(0),
                Some(Ok(chunk)) => {
                    self.hash.update(&chunk);
                    self.current = chunk;
                }
                Some(Err(cut)) => {
                    let _ = self.cut.set(cut);
                    return Err(Error::new(ErrorKind::ConnectionAborted, "the body broke off"));
                }
            }
        }
        let length = buffer.len().min(self.current.len());
        self.current.copy_to_slice(&mut buffer[..length]);
        Ok(length)
    }
}
