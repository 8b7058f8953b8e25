//! Takes records in: framed while they arrive, durable before they are acknowledged, bad ones kept apart.

mod arrival;
mod receive;

pub use self::receive::Receipts;

use self::arrival::Arrival;
use self::receive::{Reception, Taken};
use super::body::{Asked, Segments, media_type, too_large};
use super::keys::Caller;
use super::problem::{Answer, Kind, Problem, internal};
use super::state::AppState;
use crate::domain::limits::{
    BACKLOG_DELIVERIES_MAX, BODY_BYTES_MAX, IDEMPOTENCY_KEY_CHARS_MAX, RECORD_BYTES_MAX, UNPACKED_BYTES_MAX,
};
use crate::store::idempotency::Earlier;
use crate::store::inbox::Shape;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use connectors::read::{Format, Options};
use serde::Deserialize;
use std::sync::Arc;
use utoipa::IntoParams;

/// Members that wrap the records of a body whose manifest names none.
const WRAPPERS: [&str; 3] = ["records", "customers", "items"];
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// `source`: as the system itself writes them, by its manifest (the default); `canonical`: in the canonical
    /// form, with `key` and optional `version`, `changed_at` and `deleted` beside the customer's fields.
    shape: Option<ShapeName>,
}

#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShapeName {
    Canonical,
    Source,
}

/// Takes in records of one source: one JSON object, a JSON array, NDJSON or CSV, plain or gzip.
///
/// Every record is durable when the answer comes. Records that cannot be read become dead letters and are marked
/// `rejected` in the receipts; the others are processed in the order of their receipts. Sending a record again
/// changes nothing, so repeat a request that was not answered.
#[utoipa::path(post, path = "/v1/sources/{source}/records", tag = "Records",
    params(("source" = String, Path, description = "Name of the source"), Asking,
           ("Idempotency-Key" = Option<String>, Header, description = "Same key and body: the same answer again")),
    request_body(description = "The records", content(
        (serde_json::Value = "application/json"), (String = "application/x-ndjson"), (String = "text/csv"),
        (Vec<u8> = "application/gzip"))),
    responses((status = 202, description = "Durable; one receipt a record, in the order of the body", body = Receipts),
              (status = 404, description = "The source has no manifest"),
              (status = 413, description = "Too large as it is, or unpacked; `accepted` says how many records came before"),
              (status = 415, description = "Not a supported content type"),
              (status = 422, description = "The Idempotency-Key belongs to another body"),
              (status = 429, description = "The pipeline has fallen behind; wait as Retry-After says")))]
pub async fn send_records(
    State(state): State<AppState>,
    Extension(caller): Extension<Arc<Caller>>,
    Segments(source): Segments<String>,
    Asked(asking): Asked<Asking>,
    request: Request,
) -> Answer<Response> {
    let headers = request.headers();
    let (shape, options) = reading(&state, &caller, &source, asking.shape, headers)?;
    let key = idempotency_key(headers)?;
    check_room(&state, headers)?;
    let earlier = match &key {
        Some(key) => state.store.earlier(caller.key, key).await?,
        None => None,
    };
    // What the body means depends on these, so they are part of what the key stands for.
    let meaning = format!("{source}\n{}\n{}", shape.name(), media_type(headers));
    let arrival = Arrival::start(request.into_body(), &meaning, &state.streams).await;
    if let Some(earlier) = earlier {
        return replay(&state, arrival, &earlier).await;
    }
    let reception =
        Reception { inbox: state.inbox.clone(), source, shape, options, key: key.map(|key| (caller.key, key)) };
    let received = tokio::task::spawn_blocking(move || reception.receive(arrival)).await.map_err(|_| internal())?;
    let taken = match received {
        Err(receive::Failure::KeyTaken { request_hash }) => return rival(&state, &caller, request_hash).await,
        other => other.map_err(Problem::from)?,
    };
    if let Some(control) = state.control() {
        control.wake();
    }
    Ok(accepted(taken.receipts()))
}

fn reading(
    state: &AppState,
    caller: &Caller,
    source: &str,
    shape: Option<ShapeName>,
    headers: &HeaderMap,
) -> Answer<(Shape, Options)> {
    if !caller.speaks_for(source) {
        return Err(Kind::Forbidden.because("The key is bound to another source."));
    }
    let shape = match shape {
        Some(ShapeName::Canonical) => Shape::Canonical,
        Some(ShapeName::Source) | None => Shape::Manifest,
    };
    let manifest = state.sources.get(source).and_then(|_| state.sources.reader(source, &shape));
    let manifest = manifest.ok_or_else(|| {
        Kind::UnknownSource.because("No manifest has this name; add one to the manifest folder and restart the hub.")
    })?;
    let mut options = manifest.read_options().clone();
    if options.records.is_empty() {
        // Otherwise a list inside a single record could be taken for the records.
        options.records = WRAPPERS.map(str::to_owned).to_vec();
    }
    options.format = format(headers, options.format)?;
    options.limits.record_bytes_max = RECORD_BYTES_MAX;
    options.limits.unpacked_bytes_max = UNPACKED_BYTES_MAX;
    Ok((shape, options))
}

fn format(headers: &HeaderMap, by_manifest: Format) -> Answer<Format> {
    match media_type(headers).to_ascii_lowercase().as_str() {
        "application/json" => Ok(Format::JsonArray),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => Ok(Format::Ndjson),
        "text/csv" => Ok(Format::Csv),
        "application/gzip" | "application/x-gzip" => Ok(by_manifest),
        _ => Err(Kind::UnsupportedMediaType
            .because("Send application/json, application/x-ndjson, text/csv or application/gzip in Content-Type.")),
    }
}

pub fn idempotency_key(headers: &HeaderMap) -> Answer<Option<String>> {
    let Some(value) = headers.get(IDEMPOTENCY_KEY) else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > IDEMPOTENCY_KEY_CHARS_MAX {
        let detail = format!("Idempotency-Key takes 1 to {IDEMPOTENCY_KEY_CHARS_MAX} visible ASCII characters.");
        return Err(Kind::MalformedParameter.because(detail));
    }
    Ok(Some(key.to_owned()))
}

fn check_room(state: &AppState, headers: &HeaderMap) -> Answer<()> {
    let length = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY_BYTES_MAX as u64) {
        return Err(too_large(BODY_BYTES_MAX).with("accepted", 0));
    }
    let backlog = state.progress.now().backlog();
    if backlog > BACKLOG_DELIVERIES_MAX {
        let detail = "Too many deliveries wait for the pipeline. Nothing was taken in; send the request again later.";
        return Err(Kind::Backlog.because(detail).with("backlog", backlog));
    }
    Ok(())
}

/// The answer that the first request with this key got.
async fn replay(state: &AppState, arrival: Arrival, earlier: &Earlier) -> Answer<Response> {
    let hash = tokio::task::spawn_blocking(move || arrival.hash_all()).await.map_err(|_| internal())?;
    let hash = hash.map_err(|_| Kind::MalformedBody.because("The body broke off; send the request again."))?;
    again(state, hash, earlier).await
}

/// Somebody has used the key while this request was under way.
async fn rival(state: &AppState, caller: &Caller, (key, hash): (String, i64)) -> Answer<Response> {
    let earlier = state.store.earlier(caller.key, &key).await?.ok_or_else(internal)?;
    again(state, hash, &earlier).await
}

async fn again(state: &AppState, hash: i64, earlier: &Earlier) -> Answer<Response> {
    if hash != earlier.request_hash {
        let detail = "The key was used for a request with another body. Use a fresh key for each request.";
        return Err(Kind::IdempotencyKeyReused.because(detail));
    }
    let taken = Taken::again(&state.store, &earlier.deliveries).await?;
    let mut response = accepted(taken.receipts());
    response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

fn accepted(receipts: Receipts) -> Response {
    (StatusCode::ACCEPTED, Json(receipts)).into_response()
}
