//! Deliveries that could not be processed: look, repair, retry.

mod groups;

pub use self::groups::*;

use super::body::{Asked, Body, Raw, Segments};
use super::inbox::Parcel;
use super::problem::{Answer, Kind};
use super::state::AppState;
use super::wire::{page_rows, rfc3339};
use crate::domain::failure::Fingerprint;
use crate::domain::ids::DeliveryId;
use crate::domain::limits::RETRY_LETTERS_MAX;
use crate::pipeline::repair::{self, RepairError, again, corrected};
use crate::store::dead_letters::{StoredDeadLetter, Which};
use crate::store::inbox::NewDelivery;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

const PAGE_ROWS: usize = 50;

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Asking {
    /// The `next_after` of the page before.
    after: Option<i64>,
    /// 1 to 1000, 50 if left out.
    limit: Option<usize>,
    /// Only those of this source.
    source: Option<String>,
    /// Only those of this group.
    fingerprint: Option<String>,
}

/// One page of dead letters that wait for repair.
#[derive(Serialize, ToSchema)]
pub struct DeadLetters {
    /// How many wait altogether, of all sources.
    total: i64,
    dead_letters: Vec<DeadLetter>,
    /// Where the next page begins; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_after: Option<i64>,
}

/// A delivery that could not be processed.
#[derive(Serialize, ToSchema)]
pub struct DeadLetter {
    /// Number of the delivery.
    id: i64,
    source: String,
    /// Where it failed: `read`, `source`, `map` or `contract`.
    step: String,
    reason: String,
    /// Dead letters that failed alike have it in common.
    fingerprint: String,
    at: String,
    /// How the payload was read: `manifest`, `canonical`, `notice`, or `unreadable`.
    shape: &'static str,
    payload_bytes: usize,
    /// The delivery that put it right.
    #[serde(skip_serializing_if = "Option::is_none")]
    repaired_by: Option<i64>,
}

/// A dead letter with its payload.
#[derive(Serialize, ToSchema)]
pub struct DeadLetterInFull {
    #[serde(flatten)]
    letter: DeadLetter,
    /// As received, or its beginning; what is no UTF-8 is replaced.
    payload: String,
}

/// A new delivery in a dead letter's place.
#[derive(Serialize, ToSchema)]
pub struct Repaired {
    dead_letter: i64,
    /// Number of the new delivery. If it fails as well it becomes a dead letter of its own.
    delivery: i64,
}

/// Which dead letters to retry; all, if nothing is said.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Only those of this source.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// Only those of this group.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
    /// Only those after this one, and up to that one; `next` of an answer says both.
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    upto: Option<i64>,
}

impl Retry {
    /// All of one group.
    pub fn of_group(fingerprint: &str) -> Retry {
        Retry { fingerprint: Some(fingerprint.to_owned()), ..Retry::default() }
    }
}

/// What was retried.
#[derive(Serialize, ToSchema)]
pub struct Retried {
    retried: usize,
    /// Those that have to be repaired, because they cannot be read at all.
    unreadable: usize,
    /// The body of the call that goes on; absent if nothing is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Retry>,
}

/// Lists dead letters that wait for repair, oldest first, without their payloads.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "Records", params(Asking),
    responses((status = 200, description = "A page of dead letters", body = DeadLetters)))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Json<DeadLetters>> {
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let after = DeliveryId(asking.after.unwrap_or(0));
    let fingerprint = fingerprint(asking.fingerprint.as_deref())?;
    let which = Which { source: asking.source.as_deref(), fingerprint: fingerprint.as_ref() };
    let found = state.store.dead_letters_after(after, which, rows).await?;
    let next_after = found.last().filter(|_| found.len() == rows).map(|letter| letter.delivery.0);
    let total = state.store.dead_letter_count().await?;
    Ok(Json(DeadLetters { total, dead_letters: found.iter().map(DeadLetter::from).collect(), next_after }))
}

/// Shows one dead letter with its payload.
#[utoipa::path(get, path = "/v1/dead-letters/{id}", tag = "Records", params(("id" = i64, Path)),
    responses((status = 200, description = "The dead letter", body = DeadLetterInFull), (status = 404, description = "Unknown")))]
pub async fn show(State(state): State<AppState>, Segments(id): Segments<i64>) -> Answer<Json<DeadLetterInFull>> {
    let stored = find(&state, id).await?;
    let payload = String::from_utf8_lossy(&stored.payload).into_owned();
    Ok(Json(DeadLetterInFull { letter: DeadLetter::from(&stored), payload }))
}

/// Puts a corrected record in a dead letter's place. The body is the record, in the shape that the source uses.
#[utoipa::path(post, path = "/v1/dead-letters/{id}/repair", tag = "Records", params(("id" = i64, Path)),
    request_body(content = serde_json::Value, description = "The corrected record, one JSON object"),
    responses((status = 202, description = "Durable, on its way through the pipeline", body = Repaired),
              (status = 404, description = "Unknown"), (status = 409, description = "Already repaired"),
              (status = 422, description = "The body is not one record")))]
pub async fn repair(
    State(state): State<AppState>,
    Segments(id): Segments<i64>,
    Raw(body): Raw,
) -> Answer<(StatusCode, Json<Repaired>)> {
    let letter = find(&state, id).await?;
    send_again(&state, id, corrected(letter, &body)).await
}

/// Sends a dead letter through the pipeline again, unchanged: after a manifest was corrected, for instance.
#[utoipa::path(post, path = "/v1/dead-letters/{id}/retry", tag = "Records", params(("id" = i64, Path)),
    responses((status = 202, description = "Durable, on its way through the pipeline", body = Repaired),
              (status = 404, description = "Unknown"),
              (status = 409, description = "Already repaired, or to be repaired because it cannot be read")))]
pub async fn retry(State(state): State<AppState>, Segments(id): Segments<i64>) -> Answer<(StatusCode, Json<Repaired>)> {
    let letter = find(&state, id).await?;
    send_again(&state, id, again(letter)).await
}

/// Retries all dead letters, those of one source, or those of one group, as far as one call goes.
#[utoipa::path(post, path = "/v1/dead-letters/retry", tag = "Records", request_body = Retry,
    responses((status = 202, description = "On their way through the pipeline", body = Retried)))]
pub async fn retry_many(
    State(state): State<AppState>,
    Body(retry): Body<Retry>,
) -> Answer<(StatusCode, Json<Retried>)> {
    let fingerprint = fingerprint(retry.fingerprint.as_deref())?;
    let which = Which { source: retry.source.as_deref(), fingerprint: fingerprint.as_ref() };
    let upto = match retry.upto {
        Some(upto) => DeliveryId(upto),
        None => state.store.progress().await?.1,
    };
    let (mut retried, mut unreadable) = (0, 0);
    let mut next = Some(DeliveryId(retry.after.unwrap_or(0)));
    while let Some(after) = next.filter(|_| retried + unreadable < RETRY_LETTERS_MAX) {
        let round = repair::round(&state.store, which, after, upto).await?;
        next = round.next_after;
        unreadable += round.unreadable;
        retried += round.deliveries.len();
        if !round.deliveries.is_empty() {
            state.inbox.append(Parcel { deliveries: round.deliveries, remember: None }).await?;
        }
    }
    wake(&state);
    let next = next.map(|after| Retry { after: Some(after.0), upto: Some(upto.0), ..retry });
    Ok((StatusCode::ACCEPTED, Json(Retried { retried, unreadable, next })))
}

async fn find(state: &AppState, id: i64) -> Answer<StoredDeadLetter> {
    let found = state.store.dead_letter(DeliveryId(id)).await?;
    found.ok_or_else(|| {
        Kind::UnknownDeadLetter.because("No dead letter has this number; GET /v1/dead-letters lists them.")
    })
}

async fn send_again(
    state: &AppState,
    dead_letter: i64,
    delivery: Result<NewDelivery, RepairError>,
) -> Answer<(StatusCode, Json<Repaired>)> {
    let id = state.inbox.append(Parcel { deliveries: vec![delivery?], remember: None }).await?;
    wake(state);
    Ok((StatusCode::ACCEPTED, Json(Repaired { dead_letter, delivery: id.0 })))
}

fn fingerprint(text: Option<&str>) -> Answer<Option<Fingerprint>> {
    let parse = |text| {
        let detail = "A fingerprint has 16 hexadecimal digits; GET /v1/dead-letters/groups lists them.";
        Fingerprint::parse(text).ok_or_else(|| Kind::MalformedParameter.because(detail))
    };
    text.map(parse).transpose()
}

pub fn wake(state: &AppState) {
    if let Some(control) = state.control() {
        control.wake();
    }
}

impl From<&StoredDeadLetter> for DeadLetter {
    fn from(stored: &StoredDeadLetter) -> DeadLetter {
        DeadLetter {
            id: stored.delivery.0,
            source: stored.source.clone(),
            step: stored.step.clone(),
            reason: stored.reason.clone(),
            fingerprint: stored.fingerprint.clone(),
            at: rfc3339(stored.at_us),
            shape: stored.shape.name(),
            payload_bytes: stored.payload.len(),
            repaired_by: stored.repaired_by.map(|by| by.0),
        }
    }
}
