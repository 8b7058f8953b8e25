//! Messages of NATS JetStream: a durable pull consumer, acknowledged once the inbox has them. What comes again is known
//! by its id or by its place in the stream; what cannot be read becomes a dead letter and is acknowledged all the same,
//! so that it does not come for ever.

mod batch;

use self::batch::Batch;
use super::{Collection, PAUSE_MS};
use crate::deliver::nats::NatsError;
use crate::store::StoreError;
use async_nats::jetstream::consumer::{AckPolicy, PullConsumer, pull};
use async_nats::jetstream::{Context, Message};
use std::convert::Infallible;
use std::time::Duration;
use tokio_stream::StreamExt;

/// Messages that one transaction stores, and what they may occupy; no server lets a larger one through.
const BATCH_MESSAGES: usize = 512;
const BATCH_BYTES: usize = 64 << 20;
/// How long one question to the server stays open when there is nothing to fetch.
const WAIT_SECS: u64 = 5;
/// The server sends again what is not acknowledged so long. What is sent again while the hub still holds it is known to be
/// the same.
const ACK_SECS: u64 = 3;

/// One source's messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    pub source: String,
    /// The name of a server that the operator has named.
    pub server: String,
    pub stream: String,
    /// Only these subjects; all of the stream if there is none.
    pub subject: Option<String>,
    /// The consumer, by which the server knows how far the hub has come.
    pub durable: String,
}

/// Why a stream is not followed for the moment.
#[derive(Debug, thiserror::Error)]
enum Interrupted {
    #[error(transparent)]
    Server(#[from] NatsError),
    #[error("the server has no stream of that name, or does not answer")]
    NoStream,
    #[error("the durable consumer cannot be made or used: it exists with other settings, or is not permitted")]
    NoConsumer,
    #[error("the server does not answer")]
    Silent,
    #[error("the store failed")]
    Store(#[from] StoreError),
}

/// Follows a stream; whatever goes wrong, it begins again where the server knows it to be.
pub async fn run(collection: Collection, stream: Stream) {
    let mut last = String::new();
    loop {
        let Err(error) = follow(&collection, &stream).await;
        // A server that is away for an hour is one line in the log.
        let what = error.to_string();
        if what != last {
            tracing::warn!(source = stream.source, %error, "a stream is not followed for the moment");
        }
        last = what;
        tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
    }
}

async fn follow(collection: &Collection, stream: &Stream) -> Result<Infallible, Interrupted> {
    let jetstream = collection.servers.jetstream(&stream.server).await?;
    let (mut consumer, made_at) = consumer(&jetstream, stream).await?;
    overdue_first(&mut consumer).await?;
    loop {
        collection.room().await?;
        let Fetched { messages, is_whole } = fetch(&consumer).await?;
        let batch = Batch::new(&stream.source, made_at, &messages);
        while let Err(error) = batch.store(collection).await {
            // Held on to, because what is given back comes later, behind what is newer.
            tracing::warn!(source = stream.source, %error, "messages cannot be stored; it is tried again");
            tokio::time::sleep(Duration::from_millis(PAUSE_MS)).await;
        }
        for message in &messages {
            message.ack().await.map_err(|_| Interrupted::Silent)?;
        }
        if !is_whole {
            return Err(Interrupted::Silent);
        }
    }
}

/// Messages that left for another process or over a broken connection are sent again once they are overdue, and before all
/// others; whoever asked earlier would get what is newer first, and what is older would then count as the latest word.
async fn overdue_first(consumer: &mut PullConsumer) -> Result<(), Interrupted> {
    let info = consumer.info().await.map_err(|_| Interrupted::Silent)?;
    if info.num_ack_pending > 0 {
        tokio::time::sleep(Duration::from_secs(ACK_SECS) + Duration::from_millis(PAUSE_MS)).await;
    }
    Ok(())
}

/// What came of one question.
struct Fetched {
    messages: Vec<Message>,
    /// Whether nothing got lost on the way.
    is_whole: bool,
}

/// The durable consumer, and when its stream was made: another stream of the same name counts anew.
async fn consumer(jetstream: &Context, stream: &Stream) -> Result<(PullConsumer, i128), Interrupted> {
    let mut found = jetstream.get_stream(&stream.stream).await.map_err(|_| Interrupted::NoStream)?;
    let made_at = found.info().await.map_err(|_| Interrupted::NoStream)?.created.unix_timestamp_nanos();
    let settings = pull::Config {
        durable_name: Some(stream.durable.clone()),
        filter_subject: stream.subject.clone().unwrap_or_default(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(ACK_SECS),
        max_ack_pending: 4 * BATCH_MESSAGES as i64,
        ..pull::Config::default()
    };
    let consumer = found.get_or_create_consumer(&stream.durable, settings).await;
    Ok((consumer.map_err(|_| Interrupted::NoConsumer)?, made_at))
}

/// What there is, or else the next message as soon as it comes.
async fn fetch(consumer: &PullConsumer) -> Result<Fetched, Interrupted> {
    let here = consumer.fetch().max_messages(BATCH_MESSAGES).max_bytes(BATCH_BYTES).messages();
    let here = gather(here.await.map_err(|_| Interrupted::Silent)?).await?;
    if !here.messages.is_empty() {
        return Ok(here);
    }
    let next = consumer.batch().max_messages(1).expires(Duration::from_secs(WAIT_SECS)).messages();
    gather(next.await.map_err(|_| Interrupted::Silent)?).await
}

async fn gather(mut coming: pull::Batch) -> Result<Fetched, Interrupted> {
    let mut messages = Vec::new();
    loop {
        match tokio::time::timeout(Duration::from_secs(2 * WAIT_SECS), coming.next()).await {
            Ok(Some(Ok(message))) => messages.push(message),
            Ok(None) => return Ok(Fetched { messages, is_whole: true }),
            // What has come so far is good, and the rest comes again.
            _ if !messages.is_empty() => return Ok(Fetched { messages, is_whole: false }),
            _ => return Err(Interrupted::Silent),
        }
    }
}
