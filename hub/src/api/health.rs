//! Whether the process lives, and whether it is ready for requests.

use super::state::AppState;
use crate::domain::ids::EventSeq;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// The process is up.
#[derive(Serialize, ToSchema)]
pub struct Alive {
    status: &'static str,
}

/// Whether this node can serve, and how far it lags.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    ready: bool,
    /// Whether the database answers.
    store: bool,
    /// Whether this node resolves: `yes`, `loading`, or `elsewhere`.
    resolver: &'static str,
    /// Deliveries that wait for the pipeline.
    backlog: i64,
    /// Change events that this node has not noticed yet.
    feed_lag: i64,
    /// Change events that searches do not see yet.
    search_lag: i64,
}

/// Says that the process is alive; touches nothing else.
#[utoipa::path(get, path = "/healthz", tag = "Operations",
    responses((status = 200, description = "The process is alive", body = Alive)))]
pub async fn alive() -> Json<Alive> {
    Json(Alive { status: "ok" })
}

/// Says whether the node is ready for requests: the database answers and the population is loaded where it must be.
#[utoipa::path(get, path = "/readyz", tag = "Operations", responses(
    (status = 200, description = "Ready", body = Ready),
    (status = 503, description = "Not ready; the body says what is missing", body = Ready)))]
pub async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Ready>) {
    let store = state.store.ping().await.is_ok();
    let figures = state.progress.now();
    let loaded = match state.resolver.try_read() {
        Ok(slot) => slot.is_some(),
        // A batch is being resolved, so there is something to resolve with.
        Err(_) => true,
    };
    let resolver = match (state.control().is_some(), loaded) {
        (true, true) => "yes",
        (true, false) => "loading",
        (false, _) => "elsewhere",
    };
    let ready = store && resolver != "loading";
    let lag = |at: EventSeq| (figures.feed.0 - at.0).max(0);
    let answer = Ready {
        ready,
        store,
        resolver,
        backlog: figures.backlog(),
        feed_lag: lag(state.reads.feed.position()),
        search_lag: lag(state.reads.search.position()),
    };
    (if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, Json(answer))
}
