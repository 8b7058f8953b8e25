//! Events as messages of a NATS stream. The server acknowledges each when it is stored; until then it counts as not
//! delivered, and the next event of the same person waits.

use super::Shared;
use super::nats::{ACK_SECS_MAX, NatsError};
use super::webhook::Outcome;
use crate::domain::ids::{EventSeq, GoldenId};
use crate::domain::outbox::Failure;
use crate::domain::subscriber::subject;
use async_nats::HeaderMap;
use async_nats::jetstream::Context;
use async_nats::jetstream::context::{PublishError, PublishErrorKind};
use bytes::Bytes;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// By this header the server knows a message that it has stored already.
const MESSAGE_ID: &str = "Nats-Msg-Id";

/// Where one subscriber's events go.
#[derive(Clone)]
pub struct Line {
    shared: Shared,
    server: Arc<str>,
    /// The pattern of the subjects.
    subject: Arc<str>,
    jetstream: Arc<OnceCell<Context>>,
}

/// What the subject needs of an event.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    r#type: std::borrow::Cow<'a, str>,
}

impl Line {
    pub fn new(shared: &Shared, server: &str, subject: &str) -> Result<Line, NatsError> {
        shared.operator.nats.check(server)?;
        let jetstream = Arc::default();
        Ok(Line { shared: shared.clone(), server: server.into(), subject: subject.into(), jetstream })
    }

    /// Publishes one event under its own id, so that the server drops a repeated one.
    pub async fn call(&self, golden: GoldenId, seq: EventSeq, body: Bytes) -> Outcome {
        let failed = |what: String| Outcome::Failed { failure: Failure::Plain, what };
        let jetstream = match self.jetstream.get_or_try_init(|| self.shared.operator.nats.jetstream(&self.server)).await
        {
            Ok(jetstream) => jetstream,
            Err(error) => return failed(error.to_string()),
        };
        let kind = serde_json::from_slice::<Head>(&body).map(|head| head.r#type.into_owned()).unwrap_or_default();
        let subject = subject::fill(&self.subject, &kind, golden);
        let mut headers = HeaderMap::new();
        headers.insert(MESSAGE_ID, format!("{}#{}", self.shared.origin, seq.0));
        headers.insert("Content-Type", "application/cloudevents+json");
        let published = async {
            jetstream.publish_with_headers(subject, headers, body).await?.await?;
            Ok::<(), PublishError>(())
        };
        match tokio::time::timeout(Duration::from_secs(2 * ACK_SECS_MAX), published).await {
            Ok(Ok(())) => Outcome::Delivered,
            Ok(Err(error)) => failed(describe(error.kind()).to_owned()),
            Err(_) => failed("no acknowledgement in time".to_owned()),
        }
    }
}

/// The kind of error; its own text could show the subject.
fn describe(kind: PublishErrorKind) -> &'static str {
    match kind {
        PublishErrorKind::StreamNotFound => "no stream takes the subject; create one that does",
        PublishErrorKind::TimedOut => "no acknowledgement in time",
        PublishErrorKind::BrokenPipe => "the connection broke off",
        PublishErrorKind::MaxPayloadExceeded => "the event is larger than the server's max_payload",
        _ => "the server refused the message",
    }
}
