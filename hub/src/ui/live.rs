//! Tells a page that something has changed, so that it looks again.

use crate::api::AppState;
use crate::api::what_if::JobState;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use std::convert::Infallible;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};
use tokio_stream::wrappers::ReceiverStream;

const LOOK_MS: u64 = 500;
/// Pages are told so often even if nothing that is watched has changed: how long ago something was changes by itself.
const ANYWAY_SECS: u64 = 10;
/// Then the browser asks again, and is let in only if it is still signed in.
const LIFE_SECS: u64 = 600;

pub async fn stream(State(state): State<AppState>) -> Sse<impl tokio_stream::Stream<Item = Result<Event, Infallible>>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            () = state.stopped() => {}
            () = sender.closed() => {}
            () = sleep(Duration::from_secs(LIFE_SECS)) => {}
            () = watch(&state, &sender) => {}
        }
    });
    Sse::new(ReceiverStream::new(receiver)).keep_alive(KeepAlive::default())
}

async fn watch(state: &AppState, sender: &mpsc::Sender<Result<Event, Infallible>>) {
    let (mut known, mut told) = (String::new(), Instant::now());
    loop {
        let now = seen(state);
        // At once the first time: what the page shows is older than the stream.
        if now == known && told.elapsed() < Duration::from_secs(ANYWAY_SECS) {
            sleep(Duration::from_millis(LOOK_MS)).await;
            continue;
        }
        (known, told) = (now, Instant::now());
        if sender.send(Ok(Event::default().event("change").data("look"))).await.is_err() {
            return;
        }
    }
}

/// What differs as soon as anything does that pages show.
fn seen(state: &AppState) -> String {
    let trying = match state.what_ifs.get().map(|job| (job.id, job.state)) {
        None => String::new(),
        Some((id, JobState::Running(step))) => format!("{id} {step:?}"),
        Some((id, JobState::Done(_) | JobState::Failed(_))) => id.to_string(),
    };
    format!("{:?} {trying}", state.progress.now())
}
