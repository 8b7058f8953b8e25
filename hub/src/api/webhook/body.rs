//! A webhook's body, whole: bounded in size, in time, and together with all others that are on their way in.

use crate::api::body::too_large;
use crate::api::problem::{Answer, Kind};
use crate::domain::limits::{WEBHOOK_BODY_BYTES_MAX, WEBHOOK_SECS_MAX};
use axum::body::Body;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::StreamExt;

/// A body with the room that it takes up.
pub struct Held {
    pub bytes: Vec<u8>,
    _room: Option<OwnedSemaphorePermit>,
}

pub async fn whole(body: Body, room: &Arc<Semaphore>) -> Answer<Held> {
    let limit = Duration::from_secs(WEBHOOK_SECS_MAX);
    tokio::time::timeout(limit, gather(body, room)).await.unwrap_or_else(|_| {
        let detail = format!("The body did not arrive within {WEBHOOK_SECS_MAX} seconds; send the webhook again.");
        Err(Kind::MalformedBody.because(detail))
    })
}

/// Room is taken for what has arrived, not for what was announced: whoever sends nothing takes nothing.
async fn gather(body: Body, room: &Arc<Semaphore>) -> Answer<Held> {
    let mut stream = body.into_data_stream();
    let mut held = Held { bytes: Vec::new(), _room: None };
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Kind::MalformedBody.because("The body broke off; send the webhook again."))?;
        if held.bytes.len() + chunk.len() > WEBHOOK_BODY_BYTES_MAX {
            return Err(too_large(WEBHOOK_BODY_BYTES_MAX));
        }
        let more = u32::try_from(chunk.len()).ok().and_then(|bytes| room.clone().try_acquire_many_owned(bytes).ok());
        let more = more.ok_or_else(|| {
            Kind::Backlog.because("Too many webhooks are on their way in; send the webhook again later.")
        })?;
        match &mut held._room {
            Some(taken) => taken.merge(more),
            None => held._room = Some(more),
        }
        held.bytes.extend_from_slice(&chunk);
    }
    Ok(held)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn kind_of(bytes: usize, room: &Arc<Semaphore>) -> Result<usize, Kind> {
        whole(Body::from(vec![b'x'; bytes]), room).await.map(|held| held.bytes.len()).map_err(|problem| problem.kind())
    }

    #[tokio::test]
    async fn bodies_take_room_only_as_long_as_they_are_held() {
        let room = Arc::new(Semaphore::new(100));
        let held = whole(Body::from("x".repeat(60)), &room).await;
        assert!(held.is_ok());
        assert_eq!(kind_of(60, &room).await, Err(Kind::Backlog));
        assert_eq!(kind_of(40, &room).await, Ok(40));
        drop(held);
        assert_eq!(kind_of(100, &room).await, Ok(100));
        assert_eq!(room.available_permits(), 100);
    }

    #[tokio::test]
    async fn a_body_may_be_as_long_as_a_record_and_no_longer() {
        let room = Arc::new(Semaphore::new(WEBHOOK_BODY_BYTES_MAX * 2));
        assert_eq!(kind_of(WEBHOOK_BODY_BYTES_MAX, &room).await, Ok(WEBHOOK_BODY_BYTES_MAX));
        assert_eq!(kind_of(WEBHOOK_BODY_BYTES_MAX + 1, &room).await, Err(Kind::TooLarge));
        assert_eq!(kind_of(0, &room).await, Ok(0));
    }
}
