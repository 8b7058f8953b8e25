//! The systems that are read over HTTP: how each is doing, and what an operator asks of it. No personal data.

use super::body::Segments;
use super::problem::{Answer, Kind};
use super::state::AppState;
use super::wire::rfc3339;
use crate::domain::polling::{Standing, Status};
use crate::pipeline::clock::now_us;
use crate::poll;
use crate::store::polls::{Edit, Poll as Stored};
use axum::Json;
use axum::extract::State;
use connectors::Manifest;
use serde::Serialize;
use utoipa::ToSchema;

/// Every source with a manifest.
#[derive(Serialize, ToSchema)]
pub struct Connectors {
    connectors: Vec<Connector>,
}

/// One source.
#[derive(Serialize, ToSchema)]
pub struct Connector {
    source: String,
    title: String,
    /// Whether its webhooks are taken in.
    webhook: bool,
    /// How it is read over HTTP; absent if its manifest does not say.
    #[serde(skip_serializing_if = "Option::is_none")]
    poll: Option<Poll>,
}

/// How reading a system goes.
#[derive(Serialize, ToSchema)]
pub struct Poll {
    /// `unconfigured` until its address and secrets are there, `waiting` until it is read for the first time, then
    /// `active` or `paused`.
    state: &'static str,
    /// The places that hold nothing yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<String>,
    every_seconds: u32,
    /// `closed`, or after failures in a row `open`: nothing is asked before `next_at`, and then once, to see.
    circuit: &'static str,
    /// Failures in a row.
    failures: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_success_at: Option<String>,
    /// When everything had been read the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    finished_at: Option<String>,
    /// Since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    lag_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_failure_at: Option<String>,
    pages: i64,
    /// Records that were stored.
    records: i64,
    /// Records that said what they had said the last time.
    unchanged: i64,
}

/// Lists every source with how it is read and how that goes.
#[utoipa::path(get, path = "/v1/connectors", tag = "Records",
    responses((status = 200, description = "Every source", body = Connectors)))]
pub async fn list(State(state): State<AppState>) -> Answer<Json<Connectors>> {
    let stored = state.store.polls().await?;
    let one = |manifest: &Manifest| {
        let own = stored.iter().find(|poll| poll.source == manifest.name());
        connector(&state, manifest, own)
    };
    Ok(Json(Connectors { connectors: state.sources.iter().map(one).collect() }))
}

/// Shows one source.
#[utoipa::path(get, path = "/v1/connectors/{source}", tag = "Records", params(("source" = String, Path)),
    responses((status = 200, description = "The source", body = Connector), (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(source): Segments<String>) -> Answer<Json<Connector>> {
    let manifest = manifest(&state, &source)?;
    Ok(Json(connector(&state, manifest, state.store.poll(&source).await?.as_ref())))
}

/// Reads a system now, whatever its time and its circuit say.
#[utoipa::path(post, path = "/v1/connectors/{source}/run", tag = "Records", params(("source" = String, Path)),
    responses((status = 200, description = "It is read", body = Connector), (status = 404, description = "Unknown"),
              (status = 409, description = "It is not read over HTTP, not configured, or paused")))]
pub async fn run(state: State<AppState>, source: Segments<String>) -> Answer<Json<Connector>> {
    if state.store.poll(&source.0).await?.is_some_and(|poll| poll.status == Status::Paused) {
        return Err(Kind::Conflict.because("The source is paused; resume it first."));
    }
    edit(state, source, Edit::Run).await
}

/// Stops reading a system until it is resumed. What has been read stays.
#[utoipa::path(post, path = "/v1/connectors/{source}/pause", tag = "Records", params(("source" = String, Path)),
    responses((status = 200, description = "Paused", body = Connector), (status = 404, description = "Unknown"),
              (status = 409, description = "It is not read over HTTP, or not configured")))]
pub async fn pause(state: State<AppState>, source: Segments<String>) -> Answer<Json<Connector>> {
    edit(state, source, Edit::Pause).await
}

/// Goes on exactly where reading a system stood.
#[utoipa::path(post, path = "/v1/connectors/{source}/resume", tag = "Records", params(("source" = String, Path)),
    responses((status = 200, description = "Resumed", body = Connector), (status = 404, description = "Unknown"),
              (status = 409, description = "It is not read over HTTP, or not configured")))]
pub async fn resume(state: State<AppState>, source: Segments<String>) -> Answer<Json<Connector>> {
    edit(state, source, Edit::Resume).await
}

async fn edit(state: State<AppState>, source: Segments<String>, edit: Edit) -> Answer<Json<Connector>> {
    let manifest = manifest(&state, &source.0)?;
    if !poll::is_configured(manifest, &state.access.environment) {
        let detail =
            "The source is not read over HTTP: give its manifest a [poll], and the hub its address and secrets.";
        return Err(Kind::Conflict.because(detail));
    }
    poll::add(&state.store, &[manifest]).await?;
    state.store.edit_poll(&source.0, edit).await?;
    state.readers.changed();
    show(state, source).await
}

fn connector(state: &AppState, manifest: &Manifest, stored: Option<&Stored>) -> Connector {
    Connector {
        source: manifest.name().to_owned(),
        title: manifest.title().to_owned(),
        webhook: state.doors.keys(manifest.name()).is_some(),
        poll: manifest.poll().map(|poll| Poll::new(state, poll, stored)),
    }
}

impl Poll {
    fn new(state: &AppState, poll: &connectors::poll::Poll, stored: Option<&Stored>) -> Poll {
        let missing = poll::missing(poll, &state.access.environment);
        let status = match stored.map(|stored| stored.status) {
            _ if !missing.is_empty() => "unconfigured",
            None => "waiting",
            Some(status) => status.name(),
        };
        let standing = stored.map(|stored| stored.standing.clone()).unwrap_or_default();
        let Standing { due_us, held_us, failures, failed_us, failure, answered_us, finished_us, .. } = standing.clone();
        Poll {
            state: status,
            missing,
            every_seconds: poll.every_secs,
            circuit: if standing.is_open() { "open" } else { "closed" },
            failures,
            last_success_at: answered_us.map(rfc3339),
            finished_at: finished_us.map(rfc3339),
            lag_seconds: finished_us.map(|us| ((now_us() - us) / 1_000_000).max(0)),
            next_at: (due_us.max(held_us) > 0 && status == "active").then(|| rfc3339(due_us.max(held_us))),
            last_failure: failure,
            last_failure_at: failed_us.map(rfc3339),
            pages: standing.pages,
            records: standing.records,
            unchanged: standing.unchanged,
        }
    }
}

/// The manifest of a source that is known.
pub(super) fn manifest<'s>(state: &'s AppState, source: &str) -> Answer<&'s Manifest> {
    let unknown = || Kind::UnknownSource.because("No source has this name; GET /v1/connectors lists them.");
    state.sources.get(source).ok_or_else(unknown)
}
