//! The way to one subscriber.

use super::signature::Signer;
use super::target::{self, TargetError};
use super::webhook::Outcome;
use super::worker::{Rendered, WorkerError};
use super::{Shared, stream, webhook, write_back};
use crate::domain::ids::{EventSeq, GoldenId};
use crate::domain::subscriber::Target;
use crate::pipeline::clock::now_us;
use crate::store::StoreError;
use crate::store::subscribers::Subscriber;

/// How a subscriber's events reach it.
#[derive(Clone)]
pub enum Line {
    Webhook(webhook::Line),
    Nats(stream::Line),
    WriteBack(write_back::Line),
}

impl Line {
    /// Everything that is needed for a subscriber, or what is missing.
    pub fn of(shared: &Shared, subscriber: &Subscriber) -> Result<Line, WorkerError> {
        let target = &subscriber.settings.target;
        match target {
            Target::Webhook { url, .. } => {
                let url = target::check(url, &shared.operator.allowed)?;
                let signer = Signer::of(target, &shared.operator.secrets)?;
                Ok(Line::Webhook(webhook::Line { client: shared.client.clone(), url, signer }))
            }
            Target::Nats { server, subject } => Ok(Line::Nats(stream::Line::new(shared, server, subject)?)),
            Target::WriteBack { source } => {
                let system = write_back::System::open(source, &shared.sources, &shared.operator)?;
                Ok(Line::WriteBack(write_back::Line::new(shared, subscriber, system)))
            }
            // File drops have no line.
            Target::Files { .. } => Err(TargetError::Malformed.into()),
        }
    }

    /// Makes one attempt at one event.
    pub async fn attempt(
        &self,
        golden: GoldenId,
        seq: EventSeq,
        rendered: impl Future<Output = Result<Rendered, StoreError>>,
    ) -> Result<Outcome, StoreError> {
        match self {
            Line::Webhook(line) => match rendered.await? {
                Rendered::Body(body) => Ok(line.call(seq, body, now_us()).await),
                Rendered::Unwanted => Ok(Outcome::Delivered),
            },
            Line::Nats(line) => match rendered.await? {
                Rendered::Body(body) => Ok(line.call(golden, seq, body).await),
                Rendered::Unwanted => Ok(Outcome::Delivered),
            },
            // What counts is what is golden now; the event only says that it is time to look.
            Line::WriteBack(line) => line.bring_up(golden).await,
        }
    }
}
