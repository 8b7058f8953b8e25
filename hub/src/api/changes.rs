//! The change feed: pages to pull, or a stream to follow. Both resume from any position and skip nothing.

mod stream;

use super::body::Asked;
use super::problem::{Answer, Kind};
use super::state::AppState;
use super::wire::page_rows;
use crate::deliver::envelope::{Envelope, envelope};
use crate::domain::ids::EventSeq;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

const PAGE_ROWS: usize = 100;
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// The sequence number after which to begin; 0, the beginning, if left out.
    after: Option<i64>,
    /// 1 to 1000, 100 if left out; of no effect on a stream.
    limit: Option<usize>,
}

/// One page of the feed.
#[derive(Serialize, ToSchema)]
pub struct Changes {
    #[schema(value_type = Vec<Envelope>)]
    events: Vec<Box<RawValue>>,
    /// Ask for what comes after this.
    next_after: i64,
    /// The newest event there is.
    newest: i64,
}

/// Reads the change feed as CloudEvents, in order and without gaps. With `Accept: text/event-stream` it is a stream
/// of server-sent events that goes on as changes come and resumes by `Last-Event-ID`.
#[utoipa::path(get, path = "/v1/changes", tag = "Changes",
    params(Asking, ("Last-Event-ID" = Option<i64>, Header, description = "Resumes a stream after this event")),
    responses((status = 200, description = "A page, or a stream", content(
        (Changes = "application/json"), (String = "text/event-stream")))))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>, headers: HeaderMap) -> Answer<Response> {
    let after = EventSeq(asking.after.unwrap_or(0).max(0));
    let accepts = headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/event-stream") {
        let after = last_event_id(&headers)?.unwrap_or(after);
        return Ok(stream::stream(state, after).into_response());
    }
    let found = state.store.events_after(after, page_rows(asking.limit, PAGE_ROWS)).await?;
    let newest = state.store.last_event().await?;
    let next_after = found.last().map_or(after.0, |event| event.seq.0);
    let events: Result<Vec<_>, _> = found.iter().map(|event| envelope(event, &state.origin)).collect();
    Ok(axum::Json(Changes { events: events?, next_after, newest: newest.0 }).into_response())
}

fn last_event_id(headers: &HeaderMap) -> Answer<Option<EventSeq>> {
    let Some(value) = headers.get(LAST_EVENT_ID) else { return Ok(None) };
    let seq = value.to_str().ok().and_then(|text| text.trim().parse().ok()).filter(|seq| *seq >= 0);
    seq.map(|seq| Some(EventSeq(seq)))
        .ok_or_else(|| Kind::MalformedParameter.because("Last-Event-ID takes the id of an event of this stream."))
}
