//! What an operator has to know of.

use super::body::Asked;
use super::problem::Answer;
use super::state::AppState;
use super::wire::{page_rows, rfc3339};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const PAGE_ROWS: usize = 50;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// The `id` of the last event that is known.
    after: Option<i64>,
    /// 1 to 1000, 50 if left out.
    limit: Option<usize>,
}

/// One page of events.
#[derive(Serialize, ToSchema)]
pub struct OperatorEvents {
    events: Vec<OperatorEvent>,
}

/// Something that happened to a part of the hub.
#[derive(Serialize, ToSchema)]
pub struct OperatorEvent {
    id: i64,
    at: String,
    /// `subscriber_disabled`, `subscriber_misconfigured`, `subscriber_restored` or `source_drifted`.
    kind: String,
    /// The id of the subscriber, or the name of the source, that it is about.
    subject: String,
    /// What happened, and what to do.
    detail: String,
}

/// Lists what an operator has to know of, oldest first: subscribers that were disabled, that lack something, or that a
/// restored backup has brought along, and sources that send something else than before.
#[utoipa::path(get, path = "/v1/operator-events", tag = "Operations", params(Asking),
    responses((status = 200, description = "A page of events", body = OperatorEvents)))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Json<OperatorEvents>> {
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let found = state.store.operator_events_after(asking.after.unwrap_or(0), rows).await?;
    let event = |stored: crate::store::operator_events::OperatorEvent| OperatorEvent {
        id: stored.id,
        at: rfc3339(stored.at_us),
        kind: stored.kind,
        subject: stored.subject,
        detail: stored.detail,
    };
    Ok(Json(OperatorEvents { events: found.into_iter().map(event).collect() }))
}
