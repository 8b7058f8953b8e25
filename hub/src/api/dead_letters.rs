//! Deliveries that could not be processed: look, repair, retry.

use super::body::{Asked, Body, Raw, Segments};
use super::inbox::Parcel;
use super::problem::{Answer, Kind, Problem};
use super::state::AppState;
use super::wire::{page_rows, rfc3339};
use crate::domain::ids::DeliveryId;
use crate::domain::limits::{INBOX_RECORDS_MAX, PAGE_ROWS_MAX, RECORD_BYTES_MAX, RETRY_LETTERS_MAX};
use crate::store::dead_letters::StoredDeadLetter;
use crate::store::inbox::{NewDelivery, Shape};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use connectors::read::{Format, Item, Options, records};
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

/// Which dead letters to retry.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// Only those of this source; all if left out.
    source: Option<String>,
}

/// What was retried.
#[derive(Serialize, ToSchema)]
pub struct Retried {
    retried: usize,
    /// Those that have to be repaired, because they cannot be read at all.
    unreadable: usize,
    /// Whether more are left for another call.
    more: bool,
}

/// Lists dead letters that wait for repair, oldest first, without their payloads.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "Records", params(Asking),
    responses((status = 200, description = "A page of dead letters", body = DeadLetters)))]
pub async fn list(State(state): State<AppState>, Asked(asking): Asked<Asking>) -> Answer<Json<DeadLetters>> {
    let rows = page_rows(asking.limit, PAGE_ROWS);
    let after = DeliveryId(asking.after.unwrap_or(0));
    let found = state.store.dead_letters_after(after, asking.source.as_deref(), rows).await?;
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
    let stored = open(find(&state, id).await?)?;
    let payload = one_record(&body)?;
    let shape = match &stored.shape {
        Shape::Unreadable => Shape::Manifest,
        known => known.clone(),
    };
    send_again(&state, stored, shape, payload).await
}

/// Sends a dead letter through the pipeline again, unchanged: after a manifest was corrected, for instance.
#[utoipa::path(post, path = "/v1/dead-letters/{id}/retry", tag = "Records", params(("id" = i64, Path)),
    responses((status = 202, description = "Durable, on its way through the pipeline", body = Repaired),
              (status = 404, description = "Unknown"),
              (status = 409, description = "Already repaired, or to be repaired because it cannot be read")))]
pub async fn retry(State(state): State<AppState>, Segments(id): Segments<i64>) -> Answer<(StatusCode, Json<Repaired>)> {
    let stored = open(find(&state, id).await?)?;
    if stored.shape == Shape::Unreadable {
        return Err(Kind::Conflict.because("The payload cannot be read at all; repair it instead."));
    }
    let (shape, payload) = (stored.shape.clone(), stored.payload.clone());
    send_again(&state, stored, shape, payload).await
}

/// Retries all dead letters, or those of one source, as far as one call goes.
#[utoipa::path(post, path = "/v1/dead-letters/retry", tag = "Records", request_body = Retry,
    responses((status = 202, description = "On their way through the pipeline", body = Retried)))]
pub async fn retry_many(
    State(state): State<AppState>,
    Body(retry): Body<Retry>,
) -> Answer<(StatusCode, Json<Retried>)> {
    let mut done = Retried { retried: 0, unreadable: 0, more: true };
    let mut after = DeliveryId(0);
    while done.more && done.retried + done.unreadable < RETRY_LETTERS_MAX {
        let rows = PAGE_ROWS_MAX.min(INBOX_RECORDS_MAX);
        let page = state.store.dead_letters_after(after, retry.source.as_deref(), rows).await?;
        done.more = page.len() == rows;
        after = page.last().map_or(after, |letter| letter.delivery);
        let (dead, readable): (Vec<_>, Vec<_>) = page.into_iter().partition(|l| l.shape == Shape::Unreadable);
        done.unreadable += dead.len();
        done.retried += readable.len();
        let deliveries: Vec<NewDelivery> =
            readable.into_iter().map(|l| delivery(l.shape.clone(), l.payload.clone(), l)).collect();
        if !deliveries.is_empty() {
            state.inbox.append(Parcel { deliveries, remember: None }).await?;
        }
    }
    wake(&state);
    Ok((StatusCode::ACCEPTED, Json(done)))
}

async fn find(state: &AppState, id: i64) -> Answer<StoredDeadLetter> {
    let found = state.store.dead_letter(DeliveryId(id)).await?;
    found.ok_or_else(|| {
        Kind::UnknownDeadLetter.because("No dead letter has this number; GET /v1/dead-letters lists them.")
    })
}

fn open(stored: StoredDeadLetter) -> Answer<StoredDeadLetter> {
    match stored.repaired_by {
        None => Ok(stored),
        Some(by) => {
            let detail = format!("Delivery {} has already taken this dead letter's place.", by.0);
            Err(Kind::Conflict.because(detail).with("repaired_by", by.0))
        }
    }
}

/// The one record of a body, byte for byte.
fn one_record(body: &[u8]) -> Answer<Vec<u8>> {
    // No member has the empty name, so that nothing inside the record is taken for records.
    let mut options = Options { format: Format::JsonArray, records: vec![String::new()], ..Options::default() };
    options.limits.record_bytes_max = RECORD_BYTES_MAX;
    let mut found = records(body, &options);
    let wrong =
        |why: String| -> Problem { Kind::InvalidRecord.because(format!("Send the record as one JSON object: {why}.")) };
    match (found.next(), found.next()) {
        (Some(Item::Record { payload, .. }), None) => Ok(payload),
        (Some(Item::Rejected { reason, .. }), _) => Err(wrong(reason.to_string())),
        (Some(Item::Failed { reason, .. }), _) => Err(wrong(reason.to_string())),
        _ => Err(wrong("there is none, or more than one".to_owned())),
    }
}

async fn send_again(
    state: &AppState,
    stored: StoredDeadLetter,
    shape: Shape,
    payload: Vec<u8>,
) -> Answer<(StatusCode, Json<Repaired>)> {
    let dead_letter = stored.delivery.0;
    let deliveries = vec![delivery(shape, payload, stored)];
    let id = state.inbox.append(Parcel { deliveries, remember: None }).await?;
    wake(state);
    Ok((StatusCode::ACCEPTED, Json(Repaired { dead_letter, delivery: id.0 })))
}

fn delivery(shape: Shape, payload: Vec<u8>, stored: StoredDeadLetter) -> NewDelivery {
    NewDelivery { source: stored.source, shape, payload, repairs: Some(stored.delivery), rejected: None }
}

fn wake(state: &AppState) {
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
            at: rfc3339(stored.at_us),
            shape: stored.shape.name(),
            payload_bytes: stored.payload.len(),
            repaired_by: stored.repaired_by.map(|by| by.0),
        }
    }
}
