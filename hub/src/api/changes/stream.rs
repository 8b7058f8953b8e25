//! The feed as server-sent events: catches up from the store, then follows.

use crate::api::state::AppState;
use crate::deliver::envelope::envelope;
use crate::domain::ids::EventSeq;
use crate::store::StoreError;
use axum::response::sse::{Event, KeepAlive, Sse};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Events read at once; few, because a slow reader holds them in memory.
const PAGE_ROWS: usize = 200;
const EVENTS_WAITING: usize = 64;
/// A comment this often keeps proxies from closing a quiet stream.
const HEARTBEAT_SECS: u64 = 15;
const PAUSE_SECS: u64 = 1;

type Sent = Result<Event, Infallible>;

pub fn stream(state: AppState, after: EventSeq) -> Sse<impl tokio_stream::Stream<Item = Sent>> {
    let (sender, receiver) = mpsc::channel(EVENTS_WAITING);
    tokio::spawn(async move {
        tokio::select! {
            () = state.stopped() => {}
            () = sender.closed() => {}
            () = follow(&state, after, &sender) => {}
        }
    });
    let heartbeat = KeepAlive::new().interval(Duration::from_secs(HEARTBEAT_SECS)).text("still here");
    Sse::new(ReceiverStream::new(receiver)).keep_alive(heartbeat)
}

/// Sends events until the reader goes away.
async fn follow(state: &AppState, mut after: EventSeq, sender: &mpsc::Sender<Sent>) {
    let mut position = state.reads.feed.watch();
    loop {
        match page(state, after).await {
            Ok(events) if events.is_empty() => {
                // Another process may have appended what our follower has not noticed yet; it will.
                if position.wait_for(|at| *at > after).await.is_err() {
                    return;
                }
            }
            Ok(events) => {
                for (seq, event) in events {
                    if sender.send(Ok(event)).await.is_err() {
                        return;
                    }
                    after = seq;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a stream of changes waits for the database");
                tokio::time::sleep(Duration::from_secs(PAUSE_SECS)).await;
            }
        }
    }
}

async fn page(state: &AppState, after: EventSeq) -> Result<Vec<(EventSeq, Event)>, StoreError> {
    let found = state.store.events_after(after, PAGE_ROWS).await?;
    let event = |stored: &crate::store::events::StoredEvent| {
        let kind = crate::deliver::schema::type_of(stored.kind);
        let data = envelope(stored, &state.origin)?;
        Ok((stored.seq, Event::default().id(stored.seq.0.to_string()).event(kind).data(data.get())))
    };
    found.iter().map(event).collect()
}
